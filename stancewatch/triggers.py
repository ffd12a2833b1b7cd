"""When a cron line fires, fired last, and whether a run was missed: arithmetic only, no clock and no scheduler.

Five fields in a time zone, checked by `pipelines.cron` before. One thing APScheduler does otherwise than cron is put
right here: it would run a daily job twice in the night when the clocks go back.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger

# How far back the last firing is looked for, step by step; the longest covers a 29 February across 1900 or 2100.
_LOOK_BACK = tuple(timedelta(days=d) for d in (0.05, 1.1, 8, 32, 367, 3 * 366, 9 * 366))


class CronError(ValueError):
    """A cron line that cannot be used; str() says why."""


class WallClockTrigger(CronTrigger):  # type: ignore[misc]  # apscheduler has no type information
    """A cron trigger that fires a job with a fixed hour once in the night when that hour comes twice.

    A job of every hour goes on through both, as with cron. An hour that is skipped in spring fires an hour later.
    """

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime | None:
        """The next firing after `previous_fire_time`, or from `now` on if there was none."""
        found: datetime | None = super().get_next_fire_time(previous_fire_time, now)
        while found is not None and found.fold and not self._every_hour():
            # In UTC, because adding to a local time forgets which of the two hours it was in.
            after = found.astimezone(UTC) + timedelta(microseconds=1)
            found = super().get_next_fire_time(None, after.astimezone(self.timezone))
        return found

    def _every_hour(self) -> bool:
        return next(str(f) for f in self.fields if f.name == "hour").startswith("*")


def trigger_of(line: str, timezone: str) -> WallClockTrigger:
    """The trigger of five cron fields in a time zone. Raises CronError if they name no time that ever comes."""
    minute, hour, day, month, weekday = line.split()
    # A system without a time zone database still has UTC.
    zone = UTC if timezone == "UTC" else ZoneInfo(timezone)
    trigger = WallClockTrigger(
        minute=minute, hour=hour, day=day, month=month, day_of_week=weekday, timezone=zone
    )
    if trigger.get_next_fire_time(None, datetime(2024, 1, 1, tzinfo=UTC)) is None:
        raise CronError(f"{line!r} never comes")
    return trigger


def previous_fire(trigger: Any, now: datetime) -> datetime | None:
    """The last time at or before `now` when the trigger fired or would have; None if that is years ago."""
    for window in _LOOK_BACK:
        last: datetime | None = None
        at: datetime | None = trigger.get_next_fire_time(None, now - window)
        while at is not None and at <= now:
            last, at = at, trigger.get_next_fire_time(at, at)
        if last is not None:
            return last
    return None


def last_due(line: str, timezone: str, now: datetime) -> datetime | None:
    """When a cron line last fired; None if it never did in years, or names no time that ever comes."""
    try:
        return previous_fire(trigger_of(line, timezone), now)
    except CronError:
        return None


def next_fire(trigger: Any, last_started: datetime | None, now: datetime) -> datetime | None:
    """The next firing from now on that was not answered yet; None if none comes.

    After a clock was set back by up to a day, the last run may lie ahead: its firing comes again and is left out.
    """
    if last_started is not None and now < last_started <= now + timedelta(days=1):
        now = last_started + timedelta(microseconds=1)
    found: datetime | None = trigger.get_next_fire_time(None, now)
    return found


def missed(trigger: Any, last_started: datetime | None, now: datetime) -> bool:
    """Whether the trigger fired since the job last started: a run is owed. A job that never ran owes one."""
    if last_started is None:
        return True
    fired = previous_fire(trigger, now)
    return fired is not None and last_started < fired
