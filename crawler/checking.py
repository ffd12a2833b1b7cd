"""`sources check`: the same spiders, guard and politeness, but nothing is stored and one sample article is enough."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from crawler import run as runs
from crawler.run import CrawlRun, History
from extract.types import Capture, Outcome
from pipelines.archive import Exchange, RecordRef
from pipelines.clock import utc_now
from pipelines.config import Config, Source
from pipelines.ingest import Taken
from pipelines.pool import AnalysePool


@dataclass(slots=True)
class _Finding:
    status: int | None = None
    outcome: str = ""
    note: str = ""
    sample: str | None = None
    words: int | None = None


class _Nowhere:
    def write(self, exchange: Exchange) -> RecordRef:
        return RecordRef("", 0, len(exchange.body))


@dataclass
class Examination:
    """Stands where a run has its intake. `findings` are to be asked for when the crawl is over."""

    config: Config
    sources: tuple[Source, ...]
    pool: AnalysePool
    run: CrawlRun = field(init=False)
    found: dict[str, _Finding] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.found = {source.id: _Finding() for source in self.sources}
        self.run = CrawlRun(
            self.config, self.sources, utc_now, _Nowhere(), self, history=lambda _source: History()
        )

    def take(self, capture: Capture) -> Taken:
        """A watched page, a report, or the sample article: what would be read of it?"""
        analysis = self.pool.analyse(capture)
        finding = self.found[capture.source]
        finding.words = len(analysis.document.text.split()) if analysis.document else 0
        if self._is_entry(capture.source, capture.url):
            finding.status, finding.outcome, finding.note = capture.status, analysis.outcome, analysis.note
        else:
            finding.sample = capture.url
            finding.note = (
                finding.note
                if analysis.outcome is Outcome.OK
                else f"sample: {analysis.outcome} ({analysis.note})"
            )
        return Taken(analysis.outcome, analysis.note)

    def take_index(self, capture: Capture, outcome: Outcome, note: str) -> None:
        """A feed, sitemap or listing."""
        if self._is_entry(capture.source, capture.url):
            finding = self.found[capture.source]
            finding.status, finding.outcome, finding.note = capture.status, outcome, note

    def failed(self, source: str, url: str, note: str, status: int | None = None) -> None:
        """No response."""
        finding = self.found[source]
        if self._is_entry(source, url):
            finding.status, finding.outcome, finding.note = status, Outcome.ERROR, note
        else:
            finding.sample, finding.note = url, f"sample: {note}"

    def finish_index(self, capture: Capture) -> None:
        """Nothing is kept."""

    def findings(self) -> Iterator[dict[str, Any]]:
        """One a source, in the order of the configuration."""
        for source in self.sources:
            facts, finding = self.run.facts[source.id], self.found[source.id]
            yield {
                "source": source.id,
                "kind": source.kind,
                "url": source.url,
                "status": finding.status,
                "robots": facts.robots or None,
                "outcome": finding.outcome or "error",
                "note": finding.note or facts.note,
                "items": facts.items,
                "newest": facts.newest.isoformat() if facts.newest else None,
                "sample": finding.sample,
                "words": finding.words,
                "dropped": dict(facts.dropped),
                "seconds": round(facts.seconds, 2),
            }

    def _is_entry(self, source: str, url: str) -> bool:
        return self.config.source(source).url == url


@contextmanager
def opened(config: Config, sources: tuple[Source, ...]) -> Iterator[Examination]:
    """An examination as the run of this process."""
    crawl = config.settings.crawl.model_copy(update={"links_per_source": 1, "retries": 0})
    config = dataclasses.replace(config, settings=config.settings.model_copy(update={"crawl": crawl}))
    with AnalysePool(config.knowledge, config.settings.analyse) as pool:
        examination = Examination(config, sources, pool)
        runs.make_current(examination.run)
        try:
            yield examination
        finally:
            runs.make_current(None)
            examination.run.close()
