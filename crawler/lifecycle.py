"""Scrapy extension: a crawler joins the run of its process, or opens one (plain `scrapy crawl`), and leaves it."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Self

from scrapy import Spider, signals
from scrapy.crawler import Crawler
from scrapy.http import Headers, Request, Response
from twisted.python.failure import Failure

from crawler import configured, opening
from crawler import run as runs
from pipelines.clock import utc_now


class RunLifecycle:
    """One for each crawler."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._own = ExitStack()
        if not runs.is_open():
            config = configured.config()
            sources = opening.chosen(config, [])
            only = getattr(crawler.spider, "only", None)
            if only and only not in {source.id for source in sources}:
                sources += (config.source(only),)
            self._own.enter_context(opening.opened(config, sources, utc_now))
        self._run = runs.current()
        self._run.join(crawler)
        crawler.signals.connect(self._allow_larger_pdf, signals.headers_received)
        crawler.signals.connect(self._spider_error, signals.spider_error)
        crawler.signals.connect(self._spider_closed, signals.spider_closed)
        crawler.signals.connect(self._engine_stopped, signals.engine_stopped)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Called by Scrapy. What `opening.opened` raises goes through."""
        return cls(crawler)

    def _allow_larger_pdf(self, headers: Headers, request: Request) -> None:
        # Only here is it known what comes, and the limit not yet applied.
        if (headers.get("Content-Type") or b"").lower().startswith(b"application/pdf"):
            request.meta["download_maxsize"] = self._run.config.settings.crawl.pdf_bytes

    def _spider_error(self, failure: Failure, response: Response) -> None:
        # A fault of ours in reading one page: Scrapy logs it and goes on; the source must not look well.
        source = response.request.meta["source"].id if response.request else ""
        self._run.lost(source, f"reading {response.url} failed: {failure.value!r}")
        self._run.ended(source)

    def _spider_closed(self, spider: Spider, reason: str) -> None:  # noqa: ARG002
        if reason == "shutdown" and not self._run.error:
            self._run.stopped = True

    def _engine_stopped(self) -> None:
        if self._run.leave(self._crawler):
            self._own.close()
