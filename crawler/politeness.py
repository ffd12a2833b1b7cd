"""How we ask: robots.txt as RFC 9309 wants it, Retry-After, and each request in its host's turn.

Scrapy 2.19 lets requests through that wait for a robots.txt still loading, takes a broken robots.txt for
permission, and knows neither Retry-After nor turns that several spiders share; hence this module.
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Self

from protego import Protego
from scrapy import Request
from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.retry import RetryMiddleware
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK
from scrapy.utils.httpobj import urlparse_cached

from crawler import run as runs
from crawler.failures import HeldBackError, RefusedError, words_of

AGENT = "stancewatch"
PLEASE_WAIT = frozenset({408, 429, 500, 502, 503, 504})
ROBOTS_BYTES = 512 * 1024  # RFC 9309 asks for at least 500 KiB


class PoliteHandler(HTTP11DownloadHandler):
    """Scrapy's own download, in its host's turn. What the answer means for the next turn is settled before that begins."""

    async def download_request(self, request: Request) -> Response:
        """Waits, sends, counts. Raises HeldBackError if by then the source has failed too often."""
        run = runs.current()
        facts = run.facts[request.meta["source"].id]
        host = urlparse_cached(request).hostname or ""
        async with run.pace.turn(host):
            if facts.left_alone:
                raise HeldBackError("its source failed too often in this run and is left alone")
            request.meta["sent"] = run.clock()
            facts.requests += 1
            failure: str | None = "the run was stopped"
            try:
                response = await super().download_request(request)
                failure = f"status {response.status}" if response.status >= 400 else None
                if response.status in PLEASE_WAIT:
                    _rest(request, asked_wait_s(response, run.clock()))
                return response
            except Exception as error:
                failure = words_of(error, host)
                raise
            finally:
                if not request.meta.keys() & {"is_robots", "retry_times"}:
                    run.answered(request.meta["source"].id, failure)


class Robots:
    """Downloader middleware. One robots.txt an origin and run; everyone who waits for it gets its answer."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Called by Scrapy."""
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Raises RefusedError where robots.txt says no, HeldBackError where it cannot be asked."""
        if request.meta.get("is_robots"):
            return
        parts = urlparse_cached(request)
        origin = f"{parts.scheme}://{parts.netloc}"
        known = runs.current().robots
        if origin not in known:
            known[origin] = asyncio.ensure_future(self._rules_of(origin, request))
        rules = await asyncio.shield(known[origin])
        facts = runs.current().facts[request.meta["source"].id]
        facts.robots = facts.robots or ("unreachable" if isinstance(rules, str) else "allows")
        if isinstance(rules, str):
            raise HeldBackError(f"robots.txt cannot be had, so nothing is fetched for now ({rules})")
        if not rules.can_fetch(request.url, AGENT):
            own = request.meta["asked"] == request.meta["source"].url
            facts.robots = "forbids" if own else facts.robots
            raise RefusedError("robots.txt forbids it")

    async def _rules_of(self, origin: str, asker: Request) -> Protego | str:
        """The rules, or why there are none: 4xx means all is allowed; 429, 5xx and silence mean nothing is."""
        meta = {"is_robots": True, "source": asker.meta["source"]}
        request = Request(f"{origin}/robots.txt", priority=1000, meta=meta, callback=NO_CALLBACK)
        try:
            response = await self._crawler.engine.download_async(request)
        except Exception as error:  # noqa: BLE001  # whatever kept us from reading it: not readable is not allowed
            return words_of(error, urlparse_cached(request).hostname or "")
        if response.status == 429 or not 200 <= response.status < 500 or 300 <= response.status < 400:
            return f"status {response.status}"
        text = response.body[:ROBOTS_BYTES].decode("utf-8-sig", errors="replace")
        rules = Protego.parse(text if response.status < 300 else "")
        if delay := rules.crawl_delay(AGENT):
            runs.current().pace.slow_down(urlparse_cached(request).hostname or "", float(delay))
        return rules


class Retry(RetryMiddleware):
    """Scrapy's retries, each in its host's turn; none where the host asked for more time than this run waits."""

    def process_response(self, request: Request, response: Response) -> Request | Response:  # type: ignore[override]  # spiders are passed no longer
        """The request again, or the response."""
        if runs.current().pace.rests_too_long(urlparse_cached(request).hostname or ""):
            return response
        return super().process_response(request, response)

    def process_exception(self, request: Request, exception: Exception) -> Request | Response | None:  # type: ignore[override]
        """The request again, or None."""
        again = super().process_exception(request, exception)
        if again is not None:
            _rest(request, None)
        return again


def _rest(request: Request, asked_s: float | None) -> None:
    """Leaves the host in peace as long as it asks, else longer each time."""
    run = runs.current()
    own_s = run.config.settings.crawl.delay_s * 2.0 ** (1 + request.meta.get("retry_times", 0))
    run.pace.rest(urlparse_cached(request).hostname or "", own_s if asked_s is None else asked_s)


def asked_wait_s(response: Response, now: datetime) -> float | None:
    """Seconds that Retry-After asks for; None if it is absent or senseless. Its dates count from the server's Date."""
    value = (response.headers.get("Retry-After") or b"").decode("latin-1").strip()
    if value.isdecimal():
        return float(min(int(value[:10]), 10**9))
    until = _date_of(value)
    if until is None:
        return None
    since = _date_of((response.headers.get("Date") or b"").decode("latin-1")) or now
    return max(0.0, (until - since).total_seconds())


def _date_of(value: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(value)
    except ValueError:
        return None
    return date if date.tzinfo else None
