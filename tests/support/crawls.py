"""A crawl as it really runs: a child process over HTTP, with a folder of configuration of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from support.web import overlay

from pipelines.archive import read_response
from pipelines.store import queries
from pipelines.store.facts import FetchState
from pipelines.store.session import open_store

ROOT = Path(__file__).parents[2]


@dataclass
class Crawls:
    """Crawls with one configuration and one data folder, run as often as wanted."""

    folder: Path
    sources: list[dict[str, Any]] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)
    environ: dict[str, str] = field(default_factory=dict)

    def source(self, source: str, kind: str, url: str, **more: Any) -> None:
        """One more source."""
        self.sources.append({"id": source, "kind": kind, "url": url, "publisher": "Test", **more})

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """`python -m crawler …` under way."""
        return self.process([sys.executable, "-m", "crawler", *arguments])

    def process(self, command: list[str]) -> subprocess.Popen[str]:
        """Any command, with our configuration."""
        lines = "".join(f"- {json.dumps(source)}\n" for source in self.sources)
        config = overlay(self.folder / "config", lines, **self.settings)
        environ = os.environ | {"STANCEWATCH_CONFIG": str(config)} | self.environ
        pipe = subprocess.PIPE
        return subprocess.Popen(command, cwd=ROOT, env=environ, stdout=pipe, stderr=pipe, text=True)

    def run(self, *arguments: str) -> Result:
        """A whole crawl."""
        return ended(self.start("crawl", "--progress", *arguments))

    def states(self, source: str) -> Mapping[str, FetchState]:
        """What the database knows of a source's addresses."""
        store = open_store(f"sqlite:///{self.folder}/data/stancewatch.db")
        with store.reading() as session:
            found = queries.fetch_states(session, source)
        store.close()
        return found

    def captures(self) -> list[tuple[str, str]]:
        """Address and outcome of every capture; each is read back from the archive on the way."""
        store = open_store(f"sqlite:///{self.folder}/data/stancewatch.db")
        with store.reading() as session:
            found = list(queries.captures(session, limit=1000))
        store.close()
        for capture in found:
            assert (
                read_response(self.folder / "data" / "archive", capture.warc_file, capture.warc_offset).status
                == capture.status
            )
        return sorted((capture.url, capture.outcome) for capture in found)


@dataclass
class Result:
    """How a crawl went."""

    code: int
    events: list[dict[str, Any]]
    log: str

    def of(self, source: str) -> dict[str, Any]:
        """The last that was told of a source."""
        return [event for event in self.events if event.get("source") == source][-1]


def ended(process: subprocess.Popen[str], seconds: float = 180) -> Result:
    """Waits for a crawl."""
    out, log = process.communicate(timeout=seconds)
    return Result(process.returncode, [json.loads(line) for line in out.splitlines()], log)
