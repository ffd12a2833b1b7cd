"""When each job runs next: at its time, or now if a time passed without a good run. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pipelines.health import CRAWL, HEALTH
from stancewatch.triggers import missed, next_fire

# Delivery comes round in minutes anyway; these are made up if a firing is owed to them.
MADE_UP = (CRAWL, HEALTH)


@dataclass(frozen=True, slots=True)
class Planned:
    """When a job runs next. `made_up`: for a time that was missed; `after_crawl`: as soon as the crawl has ended."""

    at: datetime
    made_up: bool = False
    after_crawl: bool = False


def plan(
    triggers: Mapping[str, Any],
    last_good: Mapping[str, datetime],
    now: datetime,
    busy: Collection[str] = (),
) -> dict[str, Planned]:
    """Job → when it runs next. `last_good` is when its last good run began; `busy` jobs are under way and owe nothing."""
    planned: dict[str, Planned] = {}
    owing = {
        job
        for job, trigger in triggers.items()
        if job in MADE_UP and job not in busy and missed(trigger, last_good.get(job), now)
    }
    for job, trigger in triggers.items():
        at = next_fire(trigger, last_good.get(job), now) or now
        # What health is to judge is the day after its crawl, not the gap before it.
        after_crawl = job == HEALTH and job in owing and (CRAWL in owing or CRAWL in busy)
        made_up = job in owing
        planned[job] = Planned(now if made_up and not after_crawl else at, made_up, after_crawl)
    return planned
