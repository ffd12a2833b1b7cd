"""Notices that the wall clock was set, or stood still with the machine: held against a clock that nobody sets. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

# Less is a clock that is being steered, or a busy machine.
NOTICED = timedelta(minutes=1)


class ClockWatch:
    """Two clocks, compared at each look. `steady_s` counts seconds from anywhere, as an event loop's time does."""

    def __init__(self, now: datetime, steady_s: float) -> None:
        self._now = now
        self._steady_s = steady_s

    def jump(self, now: datetime, steady_s: float) -> timedelta | None:
        """By how much the wall clock went ahead of the steady one since the last look (behind: negative), if it matters."""
        went = now - self._now - timedelta(seconds=steady_s - self._steady_s)
        self._now, self._steady_s = now, steady_s
        return went if abs(went) >= NOTICED else None
