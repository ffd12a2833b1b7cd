"""One crawl run, shared by all spiders of the process: what it writes to, what it knows of each source, and its end.

Does not fetch and does not store by itself. `crawler.opening` puts a run together; `current` is how Scrapy's
components, which Scrapy makes, find it.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic
from typing import Literal, Protocol

from protego import Protego
from scrapy.crawler import Crawler

from crawler.index import IndexPage, Waiting
from crawler.pace import Pace
from extract.types import Capture, Outcome
from pipelines.archive import Exchange, RecordRef
from pipelines.clock import Clock
from pipelines.config import Config, Source
from pipelines.ingest import Taken
from pipelines.store.facts import FetchState

log = logging.getLogger(__name__)

State = Literal["waiting", "running", "done", "failed", "skipped"]


class Archive(Protocol):
    """Where exchanges go (`pipelines.archive.ArchiveWriter`; nowhere in a check)."""

    def write(self, exchange: Exchange) -> RecordRef: ...


class Intake(Protocol):
    """Where captures go (`pipelines.ingest.Intake`; a table of findings in a check)."""

    def take(self, capture: Capture) -> Taken: ...
    def take_index(self, capture: Capture, outcome: Outcome, note: str) -> None: ...
    def failed(self, source: str, url: str, note: str, status: int | None = None) -> None: ...
    def finish_index(self, capture: Capture) -> None: ...


@dataclass(frozen=True, slots=True)
class History:
    """What earlier runs know of a source: its own addresses, and those that other sources of its site have read."""

    own: Mapping[str, FetchState] = field(default_factory=dict)
    elsewhere: frozenset[str] = frozenset()


@dataclass(slots=True)
class Facts:
    """What one run did for one source."""

    state: State = "waiting"
    requests: int = 0
    captures: int = 0
    statements: int = 0
    errors: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)
    note: str = ""
    robots: str = ""  # of its own address: allows, forbids, unreachable
    items: int = 0  # links found on its index pages
    newest: datetime | None = None
    began: float | None = None
    ended: float | None = None
    under_way: int = 0
    in_a_row: Counter[str] = field(default_factory=Counter)  # failures to answer, walls read
    left_alone: bool = False

    @property
    def seconds(self) -> float:
        """From its first request to its last result."""
        return (self.ended or monotonic()) - self.began if self.began else 0.0

    def as_dict(self) -> dict[str, int | str]:
        """What a progress line says."""
        names = ("state", "requests", "captures", "statements", "errors", "note")
        return {name: getattr(self, name) for name in names}


class CrawlRun:
    """The parts of a run. Everything here runs in the reactor's thread; what blocks is awaited in others."""

    def __init__(
        self,
        config: Config,
        sources: tuple[Source, ...],
        clock: Clock,
        archive: Archive,
        intake: Intake,
        history: Callable[[Source], History],
        on_event: Callable[[str, Facts], None] = lambda _source, _facts: None,
    ) -> None:
        self.config, self.sources, self.clock = config, sources, clock
        self.archive, self.intake, self.history = archive, intake, history
        self.pace = Pace(config.settings.crawl.delay_s, config.settings.crawl.retry_after_cap_s)
        self.waiting = Waiting()
        self.robots: dict[str, asyncio.Future[Protego | str]] = {}
        self.facts = {source.id: Facts() for source in sources}
        self.error: Exception | None = None
        self.stopped = False
        self._on_event = on_event
        self._crawlers: set[Crawler] = set()
        self._stopping: set[asyncio.Task[None]] = set()
        self._threads = ThreadPoolExecutor(config.settings.analyse.workers, "intake")

    async def take(self, capture: Capture) -> Taken:
        """What the intake makes of a capture. As many at once as there are workers; what is quick need not wait for them."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self.intake.take, capture)

    def join(self, crawler: Crawler) -> None:
        """The crawler belongs to this run until it leaves."""
        self._crawlers.add(crawler)

    def leave(self, crawler: Crawler) -> bool:
        """The crawler has ended; says whether it was the last."""
        self._crawlers.discard(crawler)
        return not self._crawlers

    def fail(self, error: Exception) -> None:
        """Trouble in archive or store: nothing that follows could be trusted, so the run ends."""
        if self.error is None:
            log.error("the run ends: %s", error)
            self.error = error
            self._wind_up()

    def stop(self) -> None:
        """Somebody wants the run to end: what is in flight is finished quickly and stored, the rest is left."""
        self.stopped = True
        self._wind_up()

    def close(self) -> None:
        """Waits for what is being stored; what only waits for it (after a second signal) is given up."""
        self._threads.shutdown(cancel_futures=True)

    # --- what happened to a source ---

    def began(self, source: str) -> None:
        """A request of the source is under way."""
        facts = self.facts[source]
        facts.under_way += 1
        if facts.began is None:
            facts.began, facts.state = monotonic(), "running"
            self._on_event(source, facts)

    def ended(self, source: str) -> None:
        """A request of the source has come to its end, whichever."""
        facts = self.facts[source]
        facts.under_way -= 1
        if facts.under_way == 0:
            facts.ended = monotonic()
            facts.state = (
                "done" if facts.outcomes[Outcome.OK] or facts.outcomes[Outcome.NOT_MODIFIED] else "failed"
            )
            if not facts.captures and not facts.errors:
                facts.state = "skipped"
        self._on_event(source, facts)

    def answered(self, source: str, failure: str | None) -> None:
        """The site answered a first request for a page, or failed; known before the next request goes out."""
        self._budget(self.facts[source], "answer", failure)

    def counted(self, source: str, outcome: Outcome, note: str) -> None:
        """A response was read and turned out so."""
        facts = self.facts[source]
        facts.captures += 1
        facts.outcomes[outcome] += 1
        self._budget(facts, "read", note if outcome is Outcome.BOT_WALL else None)
        if outcome not in (Outcome.OK, Outcome.NOT_MODIFIED):
            facts.note = facts.note or note

    def lost(self, source: str, note: str) -> None:
        """No response came."""
        facts = self.facts[source]
        facts.errors += 1
        facts.note = facts.note or note

    def held_back(self, source: str, note: str) -> None:
        """A link is left for another run."""
        facts = self.facts[source]
        facts.dropped["held back for the next run"] += 1
        facts.note = facts.note or note

    def _budget(self, facts: Facts, what: str, failure: str | None) -> None:
        facts.in_a_row[what] = facts.in_a_row[what] + 1 if failure else 0
        if facts.in_a_row[what] >= self.config.settings.crawl.error_budget and not facts.left_alone:
            facts.left_alone = True
            facts.note = (
                f"left alone for this run after {facts.in_a_row[what]} failures in a row, the last: {failure}"
            )

    async def settle(self, url: str, *, final: bool) -> None:
        """A link has its answer (`final`) or is left for another run; index pages that waited only for it are done."""
        for page in self.waiting.settle(url, final=final):
            await self.finish(page)

    async def finish(self, page: IndexPage) -> None:
        """Keeps the validators of an index page that leads to nothing unsettled."""
        if page.settled and not self.stopped:
            await asyncio.to_thread(self.intake.finish_index, page.capture)

    def _wind_up(self) -> None:
        self.pace.stop()
        for crawler in self._crawlers:
            for slot in crawler.engine.downloader.slots.values():
                slot.delay = 0
            self._stopping.add(asyncio.ensure_future(crawler.stop_async()))


_current: list[CrawlRun] = []


def current() -> CrawlRun:
    """The run of this process. Raises RuntimeError if none is open."""
    if not _current:
        raise RuntimeError("no crawl run is open in this process")
    return _current[-1]


def is_open() -> bool:
    """Whether this process has a run."""
    return bool(_current)


def make_current(run: CrawlRun | None) -> None:
    """Sets or, with None, takes away the run of this process."""
    _current[:] = [run] if run else []
