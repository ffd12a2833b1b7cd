"""When alerts that are gathered into a digest go out: by the clock on the wall, once a day or week. Pure; reads no clock."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import get_args
from zoneinfo import ZoneInfo

from pipelines.settings import Deliver, Settings, Weekday

WEEKDAYS: tuple[str, ...] = get_args(Weekday)
# Quickest first: of two ways to the same recipient the quicker one is taken.
QUICKEST: tuple[Deliver, ...] = get_args(Deliver)


@dataclass(frozen=True, slots=True)
class DigestTimes:
    """The hour of every digest and the weekday (0 is Monday) of weekly ones, by the clock of `zone`."""

    hour: int = 7
    weekday: int = 0
    zone: tzinfo = UTC

    def due(self, deliver: Deliver, queued: datetime) -> datetime:
        """When an alert that is queued at a moment is to go out, in UTC: at once, or with the next digest.

        An hour that comes twice in a night counts the first time; one that is left out, as the hour after it.
        """
        if deliver == "instant":
            return queued
        return next(moment for moment in self._moments(deliver, queued) if moment >= queued)

    def _moments(self, deliver: Deliver, start: datetime) -> Iterator[datetime]:
        day = start.astimezone(self.zone).date() - timedelta(days=1)
        while True:
            if deliver == "daily" or day.weekday() == self.weekday:
                yield datetime.combine(day, time(self.hour), self.zone).astimezone(UTC)
            day += timedelta(days=1)


def digest_times(settings: Settings) -> DigestTimes:
    """The times that the settings name."""
    name = settings.schedule.timezone
    # A system without a time zone database still has UTC.
    zone = UTC if name == "UTC" else ZoneInfo(name)
    return DigestTimes(settings.alerts.digest_hour, WEEKDAYS.index(settings.alerts.digest_weekday), zone)
