"""The one place that reads the clock. Everything else is handed a `Clock`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The present moment, UTC and aware."""
    return datetime.now(UTC)


def shifted(start: datetime, real: Clock = utc_now) -> Clock:
    """A clock that reads `start` now and runs on from there: for the demo, tests and rehearsals.

    Raises ValueError if `start` has no time zone.
    """
    if start.tzinfo is None:
        raise ValueError(f"a clock needs a time zone: {start.isoformat()} (write …Z or …+00:00)")
    began = real()
    return lambda: start.astimezone(UTC) + (real() - began)
