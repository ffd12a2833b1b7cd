"""The only Scrapy item pipeline: what a spider yields goes to the intake, in a thread, and the run hears of it.

    Capture      an article, a watched page, a report  -> Intake.take
    IndexPage    a feed, sitemap or listing            -> Intake.take_index, and finish_index once its links are settled
    Lost         no response                           -> Intake.failed

Trouble with one page is an outcome; trouble in the store ends the run.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from scrapy.exceptions import DropItem
from scrapy.logformatter import LogFormatter

from crawler import run as runs
from crawler.index import IndexPage
from crawler.links import MOST_TRIES, READ
from extract.types import Capture


@dataclass(frozen=True, slots=True)
class Lost:
    """A request without a response. A `held_back` link is only counted: the next run asks again."""

    source: str
    url: str
    note: str
    held_back: bool


@dataclass(frozen=True, slots=True)
class Read:
    """A capture, and in how many runs its address failed before."""

    capture: Capture
    failures: int


class Handover:
    """Takes items one by one; raises DropItem only when the run is ending."""

    async def process_item(self, item: Any) -> Any:
        """Called by Scrapy."""
        run = runs.current()
        if run.error:
            raise DropItem("the run has failed")
        try:
            match item:
                case Read():
                    await self._take(run, item)
                case IndexPage():
                    await self._take_index(run, item)
                case Lost():
                    await self._lost(run, item)
        except Exception as error:
            run.fail(error)
            raise DropItem(str(error)) from error
        return item

    async def _take(self, run: runs.CrawlRun, item: Read) -> None:
        capture = item.capture
        taken = await run.take(capture)
        run.counted(capture.source, taken.outcome, taken.note)
        run.facts[capture.source].statements += taken.statements_new
        await run.settle(capture.url, final=taken.outcome in READ or item.failures + 1 >= MOST_TRIES)
        run.ended(capture.source)

    async def _take_index(self, run: runs.CrawlRun, page: IndexPage) -> None:
        await asyncio.to_thread(run.intake.take_index, page.capture, page.outcome, page.note)
        run.counted(page.capture.source, page.outcome, page.note)
        await run.finish(page)
        run.ended(page.capture.source)

    async def _lost(self, run: runs.CrawlRun, item: Lost) -> None:
        entry = item.url == run.config.source(item.source).url
        if item.held_back and (run.stopped or not entry):
            run.held_back(item.source, item.note)
        else:
            await asyncio.to_thread(run.intake.failed, item.source, item.url, item.note)
            run.lost(item.source, item.note)
        await run.settle(item.url, final=False)
        run.ended(item.source)


class BriefLog(LogFormatter):
    """Scrapy would print whole pages into a debug log, and a warning for every item of a run that is ending."""

    def scraped(self, *_: Any) -> None:  # type: ignore[override]  # None leaves the line out, as Scrapy documents
        """Nothing."""

    def dropped(self, *_: Any) -> None:  # type: ignore[override]
        """Nothing: the error itself is logged once."""
