"""Reads one page or file outside the daily run: from disk, standard input or an address. Keeps nothing.

An address goes through the crawler like any source, in a folder that is gone afterwards: the same robots.txt, limits
and guard, no second way to the network.
"""

from __future__ import annotations

import io
import json
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

from extract.types import Analysis, Capture, Outcome, SourceKind
from pipelines.config import Config
from pipelines.pool import AnalysePool

# Bytes; the same as a page's limit for PDF in the shipped settings.
MOST_BYTES = 60 * 2**20
_SOURCE = "once"


class InputError(ValueError):
    """What was given cannot be read; str() says why."""


@dataclass(frozen=True, slots=True)
class Input:
    """What was given: its bytes and how it is called."""

    name: str
    body: bytes

    @property
    def is_json_lines(self) -> bool:
        """Whether it is documents as JSON lines: named so, or its first line is an object with an id."""
        if self.name.endswith(".jsonl"):
            return True
        first = self.body.lstrip().partition(b"\n")[0]
        if not first.startswith(b"{"):
            return False
        try:
            return "id" in json.loads(first)
        except ValueError:
            return False

    @property
    def media_type(self) -> str:
        """What the bytes look like; a page that is neither PDF nor HTML is text."""
        start = self.body.lstrip()[:256].lower()
        if start.startswith(b"%pdf-"):
            return "application/pdf"
        markup = start.startswith(
            (b"<!doctype", b"<html", b"<?xml", b"<head", b"<body", b"<!--", b"<div", b"<p")
        )
        return "text/html" if markup or self.name.endswith((".html", ".htm", ".xhtml")) else "text/plain"

    def lines(self) -> Iterator[str]:
        """Its lines as text. Raises InputError if it is not UTF-8."""
        try:
            yield from io.TextIOWrapper(io.BytesIO(self.body), encoding="utf-8")
        except UnicodeDecodeError as error:
            raise InputError(f"{self.name}: not UTF-8: {error.reason} at byte {error.start}") from None


def read_input(what: str, standard_input: BinaryIO) -> Input:
    """The bytes of a file, or of standard input for "-". Raises InputError."""
    try:
        if what == "-":
            return Input("-", standard_input.read())
        with Path(what).open("rb") as file:
            body = file.read()
    except OSError as error:
        raise InputError(f"{what}: {error.strerror or error}") from error
    return Input(what, body)


def analyse_input(given: Input, site: str | None, config: Config, now: datetime) -> Analysis:
    """What a page says, read in a worker process that is ended if it takes too long. Raises InputError."""
    if len(given.body) > MOST_BYTES:
        raise InputError(f"{given.name}: larger than {MOST_BYTES // 2**20} MiB")
    if given.media_type == "text/plain":
        return _analyse_text(given, site, config)
    capture = Capture(
        source=_SOURCE,
        kind=SourceKind.PAGE,
        url=_url_of(given.name),
        final_url=_url_of(given.name),
        fetched=now,
        status=200,
        headers={"content-type": given.media_type},
        body=given.body,
        site=site,
    )
    return _analyse(capture, config)


def fetch_once(url: str, site: str | None, overlay: Path | None, config: Config) -> Analysis:
    """Fetch an address as a source and read it. Raises InputError if nothing came."""
    from pipelines.archive import read_response
    from pipelines.config import load_config
    from pipelines.store import queries
    from pipelines.store.session import open_store
    from stancewatch.crawl import child_environ, run_crawl

    with tempfile.TemporaryDirectory(prefix="stancewatch-") as place:
        folder = Path(place)
        overlay_once = _overlay_with(folder / "config", url, site, overlay)
        # Named, not left out: the user's own database may stand in the environment or in the overlay.
        settings = {
            "STANCEWATCH_DATA_DIR": str(folder / "data"),
            "STANCEWATCH_DATABASE": f"sqlite:///{folder / 'data' / 'once.db'}",
        }
        once = load_config(overlay_once, child_environ(overlay_once, settings))
        log: list[str] = []
        result = run_crawl(overlay_once, on_log=log.append, extra_environ=settings)
        if result.state != "ok":
            raise InputError(f"{url}: {(result.error.strip().splitlines() or [result.state])[-1]}")
        store = open_store(once.settings.database_url)
        try:
            with store.reading() as session:
                found = queries.captures(session, _SOURCE, limit=1)
        finally:
            store.close()
        if not found:
            raise InputError(f"{url}: {result.sources.get(_SOURCE, {}).get('note') or 'no answer came'}")
        stored = found[0]
        response = read_response(once.settings.archive_dir, stored.warc_file, stored.warc_offset)
        capture = Capture(
            source=_SOURCE, kind=SourceKind.PAGE, url=stored.url, final_url=stored.final_url, fetched=response.fetched,
            status=response.status, headers=response.headers, body=response.body, site=site,
        )  # fmt: skip
        return _analyse(capture, config)


def _overlay_with(folder: Path, url: str, site: str | None, overlay: Path | None) -> Path:
    """A configuration folder that watches this address alone, else as the one in force."""
    if overlay is not None:
        shutil.copytree(overlay, folder)
    folder.mkdir(exist_ok=True)
    source = {"id": _SOURCE, "kind": "page", "url": url, "what": "privacy-policy" if site else "news"}
    source |= {"company": site} if site else {"publisher": (urlsplit(url).hostname or url)[:120]}
    # JSON is YAML as well, and quotes everything that a URL may hold.
    (folder / "sources.yml").write_text(json.dumps([source]), encoding="utf-8")
    return folder


def _analyse(capture: Capture, config: Config) -> Analysis:
    one = config.settings.analyse.model_copy(update={"workers": 1})
    with AnalysePool(config.knowledge, one) as pool:
        return pool.analyse(capture)


def _analyse_text(given: Input, site: str | None, config: Config) -> Analysis:
    """A bare text needs no extraction: its paragraphs are what blank lines separate."""
    from extract.statements.examples import document_of
    from extract.statements.pipeline import read_statements

    text = "".join(given.lines()).replace("\r\n", "\n").strip("\n")
    if not text.strip():
        return Analysis(Outcome.EMPTY, "no text")
    document = document_of(text, site=site)
    return Analysis(Outcome.OK, "", document, read_statements(document, config.knowledge))


def _url_of(name: str) -> str:
    """An address for a file, only because every capture has one; it leads nowhere."""
    return Path(name).resolve().as_uri() if name != "-" else "file:///dev/stdin"
