"""The one place that reads the clock. Everything else is handed a `Clock`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The present moment, UTC and aware."""
    return datetime.now(UTC)


def going_on_from(moment: datetime, clock: Clock) -> Clock:
    """A clock that shows `moment` now and goes on as `clock` does: what is looked at later goes on from that time."""
    began = clock()
    return lambda: moment + (clock() - began)


def standing(moment: datetime) -> Clock:
    """A clock that stands at `moment`: a rehearsal of that moment gives the same however long it takes.

    Each look at it is a microsecond later than the last one, so that what came first stays first. Raises ValueError if
    `moment` has no time zone.
    """
    if moment.tzinfo is None:
        raise ValueError(f"a clock needs a time zone: {moment.isoformat()} (write …Z or …+00:00)")
    looks = count()
    return lambda: moment.astimezone(UTC) + timedelta(microseconds=next(looks))
