"""What every spider does: conditional requests for its sources, responses into captures, failures into words.

An index spider (feed, sitemap, listing) adds `links_of`; which of the links are fetched is `crawler.links`' business.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Any, ClassVar
from urllib.parse import urlsplit

from scrapy import Request, Spider
from scrapy.http import Response
from twisted.python.failure import Failure

from crawler import run as runs
from crawler.failures import HeldBackError, words_of
from crawler.guard import redirect_target, refusal
from crawler.handover import Lost, Read
from crawler.index import IndexPage, Link
from crawler.links import READ, Chooser, cleaned
from crawler.run import History
from extract.types import Capture, Hints, Outcome, SourceKind
from pipelines.config import Source

# Of a sitemap index, the newest parts; and how deep indexes may nest.
MOST_PARTS, MOST_DEPTH = 20, 2


class UnreadableIndexError(Exception):
    """An index page that cannot be read as one; str() says why."""


class SourceSpider(Spider):
    """Fetches the sources of one kind. `-a source=ID` restricts it to one."""

    kind: ClassVar[SourceKind]

    def __init__(self, source: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.only = source
        self.histories: dict[str, History] = {}

    async def start(self) -> AsyncIterator[Request]:
        """One request a source."""
        run = runs.current()
        for source in run.sources:
            if source.kind is self.kind and self.only in (None, source.id):
                self.histories[source.id] = await asyncio.to_thread(run.history, source)
                yield self.request(source, source.url, self.parse)

    def parse(self, response: Response) -> Any:
        """A watched page: read as it is."""
        yield self.read(response)

    def request(self, source: Source, url: str, callback: Any, **meta: Any) -> Request:
        """A request with the validators of the last good capture, so that an unchanged page costs nothing."""
        runs.current().began(source.id)
        state = self.histories[source.id].own.get(url)
        headers = {}
        if state and state.outcome in READ and callback != self.article:
            headers = {"If-None-Match": state.etag, "If-Modified-Since": state.last_modified}
        return Request(
            url,
            callback=callback,
            errback=self.lost,
            headers={name: value for name, value in headers.items() if value},
            meta={"source": source, "asked": url, **meta},
            dont_filter=True,
        )

    def article(self, response: Response) -> Iterator[Read]:
        """A page that an index led to."""
        yield self.read(response)

    def read(self, response: Response) -> Read:
        """The response for the intake."""
        capture = capture_of(response)
        state = self.histories[capture.source].own.get(capture.url)
        return Read(capture, state.failures if state else 0)

    def lost(self, failure: Failure) -> Iterator[Lost]:
        """No response: why, in plain words."""
        request: Request = failure.request  # type: ignore[attr-defined]  # Scrapy puts it there
        error, source = failure.value or RuntimeError("no reason given"), request.meta["source"]
        note = words_of(error, urlsplit(request.url).hostname or "")
        held_back = isinstance(error, HeldBackError) or runs.current().stopped
        yield Lost(source.id, asked(request), note, held_back)


class IndexSpider(SourceSpider):
    """Fetches index pages and the articles they lead to."""

    def __init__(self, source: str | None = None, **kwargs: Any) -> None:
        super().__init__(source, **kwargs)
        self._choosers: dict[str, Chooser] = {}

    def links_of(self, response: Response) -> Iterable[Link]:
        """The links of an index page, in its order. Raises UnreadableIndexError."""
        raise NotImplementedError

    async def parse(self, response: Response) -> AsyncIterator[Any]:
        """The page, then a request for each link that is to be fetched."""
        source: Source = response.meta["source"]
        capture = capture_of(response)
        outcome, note, links = await self._judge(response, capture)
        page = IndexPage(capture, outcome, note)
        requests = [*self._articles(source, links, page), *self._parts(source, links, page, response)]
        yield page
        for request in requests:
            yield request

    async def _judge(self, response: Response, capture: Capture) -> tuple[Outcome, str, list[Link]]:
        if capture.status == 304:
            return Outcome.NOT_MODIFIED, "", []
        if 300 <= capture.status < 400:
            return Outcome.MOVED, f"moved to {capture.final_url}", []
        if capture.status != 200:
            return Outcome.ERROR, f"status {capture.status}", []
        try:
            links = await asyncio.to_thread(lambda: list(self.links_of(response)))
        except UnreadableIndexError as error:
            return Outcome.ERROR, str(error), []
        except Exception as error:
            # A stranger's bytes in somebody else's parser: whatever breaks there is this page's trouble alone.
            self.logger.exception("%s cannot be read", response.url)
            return Outcome.ERROR, f"cannot be read: {type(error).__name__}", []
        had_some = self.histories[capture.source].own.keys() - {capture.url}
        if not links and had_some:
            return Outcome.EMPTY, "no entries, where there were some", []
        return Outcome.OK, f"{len(links)} entries", links

    def _articles(self, source: Source, links: list[Link], page: IndexPage) -> Iterator[Request]:
        run = runs.current()
        facts = run.facts[source.id]
        articles = [link for link in links if not link.nested]
        facts.items += len(articles)
        dates = [link.hints.published for link in articles if link.hints.published]
        facts.newest = max([*dates, *([facts.newest] if facts.newest else [])], default=None)
        chooser = self._choosers.setdefault(
            source.id,
            Chooser(
                source,
                run.config.settings.crawl,
                self.histories[source.id],
                run.waiting,
                lambda reason: facts.dropped.update([reason]),
            ),
        )
        for link in chooser.choose(articles, page, run.clock()):
            yield self.request(source, link.url, self.article, hints=link.hints)

    def _parts(
        self, source: Source, links: list[Link], page: IndexPage, response: Response
    ) -> Iterator[Request]:
        parts = [link for link in links if link.nested]
        depth = response.meta.get("depth_of_index", 0) + 1
        if not parts:
            return
        page.whole = False  # a part may change while its index does not: the index is always read
        dropped = runs.current().facts[source.id].dropped
        for number, link in enumerate(parts):
            url = cleaned(link.url, response.url)
            if url is None or refusal(url, source):
                dropped["part of a sitemap not on its hosts"] += 1
            elif number >= MOST_PARTS or depth > MOST_DEPTH:
                dropped["part of a sitemap over the cap"] += 1
            else:
                yield self.request(source, url, self.parse, depth_of_index=depth)


def asked(request: Request) -> str:
    """The address as its source or link has it: before any redirect, and before Scrapy escapes it."""
    return str(request.meta["asked"])


def capture_of(response: Response) -> Capture:
    """The response as a capture; the archive has it already."""
    request = response.request
    assert request is not None
    source: Source = request.meta["source"]
    record = request.meta["record"]
    headers = {
        name.decode("latin-1").lower(): b", ".join(values).decode("latin-1")
        for name, values in response.headers.items()
    }
    moved = response.status // 100 == 3 and redirect_target(response)
    return Capture(
        source=source.id,
        kind=source.kind,
        url=asked(request),
        final_url=moved or response.url,
        fetched=request.meta["sent"],
        status=response.status,
        headers=headers,
        body=response.body,
        site=source.company,
        publisher=source.publisher,
        language=source.language,
        hints=request.meta.get("hints", Hints()),
        warc_file=record.file,
        warc_offset=record.offset,
    )
