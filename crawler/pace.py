"""Whose turn it is to ask a host: one request at a time, a least gap, and rests that the host asked for.

Scrapy paces each spider by itself; all our spiders run in one process and may share hosts, so this is theirs together.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from time import monotonic

from crawler.failures import HeldBackError

# Seconds that requests in flight may still take once the run is told to stop.
GRACE_S = 5.0


@dataclass(slots=True)
class _Host:
    gap_s: float
    ready_at: float = 0.0
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Pace:
    """The turns of all hosts. `gap_s` between two requests; a wait longer than `longest_wait_s` is not waited."""

    def __init__(self, gap_s: float, longest_wait_s: float) -> None:
        self._longest_wait_s = longest_wait_s
        self._hosts: defaultdict[str, _Host] = defaultdict(lambda: _Host(gap_s))
        self._stopping = asyncio.Event()
        self._running: set[asyncio.Timeout] = set()

    @asynccontextmanager
    async def turn(self, host: str) -> AsyncIterator[None]:
        """Held while one request runs. Raises HeldBackError if the host rests too long, or the run stops."""
        place = self._hosts[host]
        async with place.lock:
            await self._wait(host, place)
            place.ready_at = monotonic() + place.gap_s
            async with asyncio.timeout(None) as limit:
                self._running.add(limit)
                try:
                    yield
                finally:
                    self._running.discard(limit)

    def slow_down(self, host: str, gap_s: float) -> None:
        """A Crawl-delay: never less than this between two requests, as far as a run waits at all."""
        place = self._hosts[host]
        gap_s = min(gap_s, self._longest_wait_s)
        place.gap_s = max(place.gap_s, gap_s)
        place.ready_at = max(place.ready_at, monotonic() + gap_s)

    def rest(self, host: str, seconds: float) -> None:
        """No request for so long."""
        place = self._hosts[host]
        place.ready_at = max(place.ready_at, monotonic() + seconds)

    def rests_too_long(self, host: str) -> bool:
        """Whether this run will ask the host no more."""
        return self._hosts[host].ready_at - monotonic() > self._longest_wait_s

    def stop(self) -> None:
        """Nobody waits any longer, and what is in flight has `GRACE_S` left."""
        self._stopping.set()
        for limit in self._running:
            limit.reschedule(asyncio.get_running_loop().time() + GRACE_S)

    async def _wait(self, host: str, place: _Host) -> None:
        wait = place.ready_at - monotonic()
        if self.rests_too_long(host):
            raise HeldBackError(f"{host} asks to be left alone for another {wait:.0f} s")
        if wait > 0:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), wait)
        if self._stopping.is_set():
            raise HeldBackError("the run was stopped")
