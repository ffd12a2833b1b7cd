"""A desk to give commands at: a configuration folder, a data folder, and the command line run in this process."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from support import web as webs
from support.store import Story, capture, config
from typer.testing import CliRunner

from pipelines.archive import ArchiveWriter, Exchange
from pipelines.ingest import Taken
from pipelines.store.session import Store, open_store
from stancewatch.cli import app

SOURCES = """\
- {id: courier, kind: feed, url: "https://courier.example/feed", publisher: The Courier}
- {id: herald, kind: feed, url: "https://herald.example/feed", publisher: The Herald}
- {id: old, kind: feed, url: "https://old.example/feed", publisher: Old News, enabled: false}
"""


@dataclass
class Answer:
    """What a command gave."""

    code: int
    out: str
    err: str

    @property
    def objects(self) -> list[dict[str, Any]]:
        """Its JSON lines."""
        return [json.loads(line) for line in self.out.splitlines()]


@dataclass
class Desk:
    """Commands, all with one configuration."""

    folder: Path
    environ: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.config = webs.overlay(self.folder / "config", SOURCES)
        self.data = self.folder / "data"

    @property
    def url(self) -> str:
        return f"sqlite:///{self.data}/stancewatch.db"

    def __call__(self, *arguments: str, given: str | bytes | None = None) -> Answer:
        """Run a command."""
        result = CliRunner().invoke(
            app, ["--config", str(self.config), *arguments], input=given, env=dict(self.environ)
        )
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Answer(result.exit_code, result.stdout, result.stderr)

    def settings(self, text: str) -> None:
        """Add settings (YAML) to the configuration."""
        path = self.config / "stancewatch.yml"
        path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")


class Archived(Story):
    """A story whose pages lie in the archive too."""

    archive: ArchiveWriter

    def shows(self, source: str, body: str, **more: Any) -> Taken:
        page = capture(source, body, self.clock(), **more)
        headers = (("Content-Type", "text/html"), ("X-Odd", "a\x1b[31mb"))
        place = self.archive.write(
            Exchange(page.url, "GET", (), page.status, "OK", headers, page.body, sent=page.fetched)
        )
        return self.intake.take(replace(page, warc_file=place.file, warc_offset=place.offset))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """No database yet."""
    return Desk(tmp_path)


@pytest.fixture
def story(desk: Desk, clock: Any, sqlite_template: Path) -> Any:
    """A database with tables, to be filled; its commands are given at `desk`."""
    desk.data.mkdir()
    shutil.copy(sqlite_template, desk.data / "stancewatch.db")
    store: Store = open_store(desk.url)
    with ArchiveWriter(desk.data / "archive", clock) as archive:
        told = Archived(store, clock, config())
        told.archive = archive
        yield told
    store.close()


@pytest.fixture
def told(story: Any, clock: Any) -> Any:
    """Zoom paused for Hong Kong, said by two outlets; its guide has asked for a warrant before."""
    story.shows("zoom-guide", "zoom US conditional process=warrant: We ask for a warrant.")
    clock.tick(days=1)
    story.reports(
        "courier",
        "zoom HK pauses: Zoom stopped handling [red]requests[/red] \x1b[31mfrom Hong Kong.",
        title="Zoom \u202estops",
        published=datetime(2026, 11, 2, 8, tzinfo=UTC),
    )
    clock.tick(hours=1)
    story.reports("herald", "zoom HK pauses: Zoom no longer answers Hong Kong police.", path="/b")
    return story
