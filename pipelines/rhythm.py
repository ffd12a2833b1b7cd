"""How often a source brings something new, learned from its own past, and whether it is silent for longer. Pure.

A day counts once, however much it brought: what is learned is the rhythm of days, with its week-ends and holidays.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise

# Fewer gaps than this say nothing of a rhythm.
LEAST_GAPS = 10
# Nobody need look at a silence shorter than this.
LEAST_SILENCE = timedelta(days=3)
# A silence counts once it is so many times as long as all but the longest twentieth of the gaps before it.
TIMES, SHARE = 3, 0.95
# Companies report every half year; two months more for the writing of it.
REPORT_EVERY = timedelta(days=243)


@dataclass(frozen=True, slots=True)
class News:
    """When a source brought something new. `days` are UTC days of publication, else of our first look.

    `first` and `newest` are our own first looks: at the first text of the source, and at the newest.
    """

    days: frozenset[date]
    first: datetime
    newest: datetime


@dataclass(frozen=True, slots=True)
class Silence:
    """A silence that is longer than a source's own past allows, in days, and the past it is measured by."""

    days: int
    usual_days: int
    gaps: int
    since: date


def silence(days: Collection[date], until: date) -> Silence | None:
    """The silence of a source at the day of our last good look, if it is out of its rhythm; None if it is not.

    Out of rhythm is longer than three times the 95th percentile of the gaps between its days, and at least three days.
    With fewer than ten gaps there is no rhythm to be out of.
    """
    past = sorted(day for day in days if day <= until)
    gaps = sorted((later - earlier).days for earlier, later in pairwise(past))
    if len(gaps) < LEAST_GAPS:
        return None
    usual = gaps[math.ceil(SHARE * len(gaps)) - 1]
    quiet = (until - past[-1]).days
    if quiet <= max(TIMES * usual, LEAST_SILENCE.days):
        return None
    return Silence(quiet, usual, len(gaps), past[-1])


def overdue(news: News, until: datetime) -> timedelta | None:
    """For how long a half-yearly report has shown no new text, if that is too long; None if it is not, or we cannot know.

    We cannot know before we have watched it for as long.
    """
    watched, quiet = until - news.first, until - news.newest
    return quiet if min(watched, quiet) > REPORT_EVERY else None
