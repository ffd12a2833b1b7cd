"""Recorded versions of pages through the whole flow into a throw-away store: what would have been told of them, and when.

    versions_in     one JSON object a line: service, terms, date, text (Markdown)
    | capture_of    the page that showed it, archived
    | Intake.take   as from a spider; time is what the data says
    | outbox        what is queued counts as mailed
    replay          each change and each alert as it happens, then the counts

Nothing of the user's own store or settings is touched, but for the rules and the settle time.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html import escape
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt

from extract.knowledge import Company, Knowledge
from extract.types import Analysis, Capture, Outcome, SourceKind
from pipelines.alerts.outbox import parcels
from pipelines.alerts.view import ChangeView
from pipelines.alerts.words import direction_words, position_words
from pipelines.archive import ArchiveWriter, Exchange
from pipelines.clock import Clock
from pipelines.config import AlertSettings, Config, Source, Subscriber
from pipelines.ingest import Intake
from pipelines.pool import AnalysePool
from pipelines.store import outbox, queries
from pipelines.store.session import Store, open_store

WATCHER = "watcher@replay.invalid"  # who is mailed: a subscriber with every default
_HEADERS = (("Content-Type", "text/html; charset=utf-8"),)
_CLAIM = timedelta(minutes=10)
_LONGEST_NAME = 100


class ReplayError(ValueError):
    """A file cannot be replayed; the message names it, and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class RecordedVersion:
    """One recorded version of a page. `at` is when it was recorded, UTC."""

    service: str
    terms: str
    at: datetime
    text: str

    @property
    def document(self) -> str:
        """The page that it is a version of."""
        return f"{self.service}: {self.terms}"


@dataclass(slots=True)
class Counts:
    """What became of one page's versions."""

    versions: int = 0
    not_ok: int = 0
    changes: int = 0
    alerts: int = 0
    sets: set[frozenset[tuple[str, ...]]] = field(default_factory=set)

    def as_dict(self) -> dict[str, int]:
        """JSON-ready; `distinct` counts the sets of (authority, stance, time) that its versions were read as."""
        return {
            "versions": self.versions,
            "not_ok": self.not_ok,
            "distinct": len(self.sets),
            "changes": self.changes,
            "alerts": self.alerts,
        }


def versions_in(path: Path, on_fault: Callable[[str], None]) -> list[RecordedVersion]:
    """The versions of a file (`.jsonl` or `.jsonl.gz`). `on_fault` hears of each line that is none, which is left out.

    Raises ReplayError if the file cannot be read at all.
    """
    opened = gzip.open if path.suffix == ".gz" else open
    found = []
    try:
        with opened(path, "rt", encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    try:
                        found.append(_version(json.loads(line)))
                    except (ValueError, KeyError, TypeError) as error:
                        on_fault(f"{path}, line {number}: no recorded version ({_why(error)}); left out")
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise ReplayError(f"{path}: cannot be read: {error}") from error
    return found


def _version(line: Any) -> RecordedVersion:
    if not isinstance(line, dict):
        raise TypeError("not a JSON object")
    for name in ("service", "terms", "date", "text"):
        if not isinstance(line[name], str):
            raise TypeError(f"{name!r} is no text")
    for name in ("service", "terms"):
        if not line[name].strip() or len(line[name]) > _LONGEST_NAME:
            raise ValueError(f"{name!r} is no name: empty, or longer than {_LONGEST_NAME} characters")
    at = datetime.fromisoformat(line["date"])
    return RecordedVersion(
        line["service"], line["terms"], at.replace(tzinfo=at.tzinfo or UTC).astimezone(UTC), line["text"]
    )


def _why(error: Exception) -> str:
    return f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else str(error)


def slug_of(service: str, knowledge: Knowledge) -> str:
    """The company of this name or alias, else a slug of the name."""
    wanted = service.casefold()
    for company in knowledge.companies:
        if wanted in (name.casefold() for name in (company.name, *company.aliases)):
            return company.id
    return _slug(service)


def _slug(words: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", words.casefold()).strip("-") or "unnamed"


class _SetClock:
    """A clock that stands at the moment of the version that is replayed."""

    def __init__(self) -> None:
        self.now = datetime.min.replace(tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


class _Answered:
    """Analyses that were made beforehand, handed out in their turn."""

    def __init__(self) -> None:
        self.next = Analysis(Outcome.ERROR)

    def analyse(self, capture: Capture) -> Analysis:  # noqa: ARG002  (as the pool)
        return self.next


def replay(
    versions: Iterable[RecordedVersion],
    config: Config,
    folder: Path,
    on_version: Callable[[RecordedVersion], None] = lambda _: None,
) -> Iterator[dict[str, Any]]:
    """Each change and each alert as it happens, oldest first, as JSON-ready values; a last one with the counts.

    `folder` takes the archive and the database and may be thrown away. Raises StoreError, ArchiveError, PoolError.
    """
    ordered = sorted(versions, key=lambda v: (v.at, v.document))
    run = _Replay(_config_of(config, ordered, folder), folder, on_version)
    try:
        yield from run.through(ordered)
    finally:
        run.store.close()


class _Replay:
    def __init__(self, config: Config, folder: Path, on_version: Callable[[RecordedVersion], None]) -> None:
        self._config, self._folder, self._on_version = config, folder, on_version
        self._clock, self._answered = _SetClock(), _Answered()
        self.store: Store = open_store(config.settings.database_url, upgrade=True)
        self._told: set[str] = set()
        self._counts: dict[str, Counts] = {}

    def through(self, versions: Sequence[RecordedVersion]) -> Iterator[dict[str, Any]]:
        markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
        knowledge = self._config.knowledge
        captures = [_capture_of(version, knowledge, markdown) for version in versions]
        workers = self._config.settings.analyse.workers
        with (
            AnalysePool(knowledge, self._config.settings.analyse) as pool,
            ThreadPoolExecutor(workers) as threads,
            ArchiveWriter(self._config.settings.archive_dir, self._clock) as archive,
        ):
            analyses = threads.map(pool.analyse, captures)
            for version, capture, analysis in zip(versions, captures, analyses, strict=True):
                yield from self._take(version, capture, analysis, archive)
                self._on_version(version)
        yield self._summary()

    def _take(
        self, version: RecordedVersion, capture: Capture, analysis: Analysis, archive: ArchiveWriter
    ) -> Iterator[dict[str, Any]]:
        self._clock.now, self._answered.next = version.at, analysis
        place = archive.write(Exchange(capture.url, "GET", (), 200, "OK", _HEADERS, capture.body, version.at))
        archived = Capture(
            **{name: getattr(capture, name) for name in capture.__dataclass_fields__}
            | {"warc_file": place.file, "warc_offset": place.offset}
        )
        # A run of its own for each version: what one may move at once is no matter of all of them together.
        taken = Intake(self._config, self.store, self._answered, self._clock, run_id=0).take(archived)
        counts = self._counts.setdefault(version.document, Counts())
        counts.versions += 1
        if taken.outcome is Outcome.OK:
            counts.sets.add(frozenset((s.authority, s.stance, s.time) for s in analysis.statements))
        else:
            counts.not_ok += 1
        for change in taken.changes:
            if not change.baseline and change.id not in self._told:
                self._told.add(change.id)
                counts.changes += 1
                yield self._line("change", change.id, version)
        for told in self._mailed(self._clock):
            counts.alerts += 1
            yield self._line("alert", told[0], version) | {"changes": told}

    def _mailed(self, clock: Clock) -> list[list[str]]:
        """What is mailed now, mail by mail: the changes that each tells. All of it counts as delivered."""
        found = []
        with self.store.writing() as session:
            outbox.supersede(session, clock())
            for parcel in parcels(outbox.due(session, clock())):
                taken = [a for a in parcel if outbox.claim(session, a, clock(), clock() + _CLAIM)]
                for alert in taken:
                    outbox.mark_sent(session, alert.id, clock())
                if taken:
                    found.append([alert.change_id for alert in taken])
        return found

    def _line(self, kind: str, change_id: str, version: RecordedVersion) -> dict[str, Any]:
        with self.store.reading() as session:
            view = queries.change_view(session, change_id, self._config.knowledge)
        return {
            "type": kind,
            "date": f"{view.occurred:%Y-%m-%d}",
            "found": f"{version.at:%Y-%m-%d}",
            "company": view.company,
            "authority": view.authority,
            "kind": view.kind,
            "severity": view.severity,
            "status": view.status,
            "from": position_words(view.before, terms=True),
            "to": position_words(view.after, terms=True),
            "document": version.document,
            "change": change_id,
            "reason": view.reason,
            **_terms(view),
        }

    def _summary(self) -> dict[str, Any]:
        total = self._counts.values()
        return {
            "type": "summary",
            "versions": sum(c.versions for c in total),
            "changes": sum(c.changes for c in total),
            "alerts": sum(c.alerts for c in total),
            "documents": {name: counts.as_dict() for name, counts in sorted(self._counts.items())},
        }


def _terms(view: ChangeView) -> dict[str, Any]:
    if view.kind != "terms":
        return {}
    return {"direction": direction_words(view), "promise_dropped": "no longer said:" in view.reason}


def _capture_of(version: RecordedVersion, knowledge: Knowledge, markdown: MarkdownIt) -> Capture:
    """The page that showed a version, as if it had been fetched when it was recorded."""
    slug = slug_of(version.service, knowledge)
    url = f"https://{slug}.replay.invalid/{_slug(version.terms)}"
    body = (
        '<!doctype html><html><head><meta charset="utf-8">'
        f"<title>{escape(version.document)}</title></head><body><main>{markdown.render(version.text)}</main></body></html>"
    )
    return Capture(
        source=f"{slug}-{_slug(version.terms)}",
        kind=SourceKind.PAGE,
        url=url,
        final_url=url,
        fetched=version.at,
        status=200,
        headers={"content-type": "text/html; charset=utf-8"},
        body=body.encode("utf-8", "replace"),
        site=slug,
        language="en",
    )


def _config_of(config: Config, versions: Sequence[RecordedVersion], folder: Path) -> Config:
    """The user's rules and settle time, in a place of its own, with one subscriber and the pages as sources."""
    services = sorted({v.service for v in versions})
    known = {company.id for company in config.knowledge.companies}
    unlisted = {slug_of(s, config.knowledge): s for s in services}
    companies = tuple(
        Company.model_validate({"id": slug, "name": s}) for slug, s in unlisted.items() if slug not in known
    )
    knowledge = config.knowledge.model_copy(update={"companies": (*config.knowledge.companies, *companies)})
    captured = {(slug_of(v.service, knowledge), _slug(v.terms)) for v in versions}
    sources = tuple(
        Source(
            id=f"{slug}-{terms}",
            kind=SourceKind.PAGE,
            url=f"https://{slug}.replay.invalid/{terms}",
            company=slug,
            what="privacy-policy",
        )
        for slug, terms in sorted(captured)
    )
    settings = config.settings.model_copy(
        update={
            "data_dir": folder,
            "database": f"sqlite:///{folder / 'replay.db'}",
            "alerts": AlertSettings(subscribers=(Subscriber(email=WATCHER),)),
        }
    )
    return Config(settings, sources, knowledge)
