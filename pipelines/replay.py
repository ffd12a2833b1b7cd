"""Recorded versions of pages through the whole flow into a throw-away store: what would have been told of them, and when.

    recorded        versions as they were recorded, and the addresses that their pages get
    | capture_of    the page that showed it, archived
    | Intake.take   as from a spider; time is what the data says
    | outbox        what is queued counts as mailed
    replay          each change and each alert as it happens, then the counts

Nothing of the user's own store or settings is touched, but for the rules and the settle time.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html import escape
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt

from extract.knowledge import Company
from extract.types import Analysis, Capture, Outcome, SourceKind
from pipelines.alerts.outbox import parcels
from pipelines.alerts.view import ChangeView
from pipelines.alerts.words import direction_words, position_words
from pipelines.archive import ArchiveWriter, Exchange
from pipelines.clock import Clock
from pipelines.config import AlertSettings, Config, Source, Subscriber
from pipelines.ingest import Intake
from pipelines.pool import AnalysePool
from pipelines.recorded import Page, RecordedVersion, pages_of
from pipelines.store import outbox, queries
from pipelines.store.session import Store, open_store

WATCHER = "watcher@replay.invalid"  # who is mailed: a subscriber with every default
_HEADERS = (("Content-Type", "text/html; charset=utf-8"),)
_CLAIM = timedelta(minutes=10)


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
    pages = pages_of(ordered, config.knowledge)
    run = _Replay(_config_of(config, pages.values(), folder), pages, on_version)
    try:
        yield from run.through(ordered)
    finally:
        run.store.close()


class _Replay:
    def __init__(
        self, config: Config, pages: Mapping[str, Page], on_version: Callable[[RecordedVersion], None]
    ) -> None:
        self._config, self._pages, self._on_version = config, pages, on_version
        self._clock, self._answered = _SetClock(), _Answered()
        self.store: Store = open_store(config.settings.database_url, upgrade=True)
        self._told: set[str] = set()
        self._counts: dict[str, Counts] = {}

    def through(self, versions: Sequence[RecordedVersion]) -> Iterator[dict[str, Any]]:
        markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
        knowledge = self._config.knowledge
        captures = [_capture_of(version, self._pages[version.document], markdown) for version in versions]
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
            yield self._alert(told, version)

    def _alert(self, told: Sequence[str], version: RecordedVersion) -> dict[str, Any]:
        """A mail, in the words of its newest change."""
        lines = [self._line("alert", change, version) for change in told]
        return max(lines, key=lambda line: line["date"]) | {"changes": list(told)}

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


def _capture_of(version: RecordedVersion, page: Page, markdown: MarkdownIt) -> Capture:
    """The page that showed a version, as if it had been fetched when it was recorded."""
    body = (
        '<!doctype html><html><head><meta charset="utf-8">'
        f"<title>{escape(version.document)}</title></head><body><main>{markdown.render(version.text)}</main></body></html>"
    )
    return Capture(
        source=page.id,
        kind=SourceKind.PAGE,
        url=page.url,
        final_url=page.url,
        fetched=version.at,
        status=200,
        headers={"content-type": "text/html; charset=utf-8"},
        body=body.encode("utf-8", "replace"),
        site=page.company,
        language="en",
    )


def _config_of(config: Config, pages: Collection[Page], folder: Path) -> Config:
    """The user's rules and settle time, in a place of its own, with one subscriber and the pages as sources."""
    known = {company.id for company in config.knowledge.companies}
    unlisted = {page.company: page.service for page in pages if page.company not in known}
    companies = tuple(
        Company.model_validate({"id": slug, "name": service}) for slug, service in unlisted.items()
    )
    knowledge = config.knowledge.model_copy(update={"companies": (*config.knowledge.companies, *companies)})
    sources = tuple(
        Source(id=page.id, kind=SourceKind.PAGE, url=page.url, company=page.company, what="privacy-policy")
        for page in pages
    )
    settings = config.settings.model_copy(
        update={
            "data_dir": folder,
            "database": f"sqlite:///{folder / 'replay.db'}",
            "alerts": AlertSettings(subscribers=(Subscriber(email=WATCHER),)),
        }
    )
    return Config(settings, sources, knowledge)
