"""What the scheduler makes up at its start and after the clock was set, and what it leaves for its time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from stancewatch.plan import Planned, plan
from stancewatch.triggers import trigger_of

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
TRIGGERS = {
    "crawl": trigger_of("15 5 * * *", "UTC"),
    "deliver": trigger_of("*/5 * * * *", "UTC"),
    "health": trigger_of("0 7 * * *", "UTC"),
}
TODAY = {"crawl": NOW - timedelta(hours=6), "health": NOW - timedelta(hours=5)}
TOMORROW_CRAWL = datetime(2026, 5, 2, 5, 15, tzinfo=UTC)
TOMORROW_HEALTH = datetime(2026, 5, 2, 7, tzinfo=UTC)


def test_after_a_good_day_everything_waits_for_its_time():
    assert plan(TRIGGERS, TODAY, NOW) == {
        "crawl": Planned(TOMORROW_CRAWL),
        "deliver": Planned(NOW),
        "health": Planned(TOMORROW_HEALTH),
    }


def test_what_was_missed_is_made_up_now_and_delivery_never_is():
    late = NOW + timedelta(minutes=1)
    planned = plan(TRIGGERS, {"crawl": TODAY["crawl"]}, late)
    assert planned["health"] == Planned(late, made_up=True)
    assert planned["deliver"] == Planned(NOW + timedelta(minutes=5))


def test_health_judges_after_the_crawl_that_is_made_up():
    planned = plan(TRIGGERS, {}, NOW)
    assert planned["crawl"] == Planned(NOW, made_up=True)
    assert planned["health"] == Planned(TOMORROW_HEALTH, made_up=True, after_crawl=True)


def test_what_is_under_way_is_not_made_up_beside_itself():
    planned = plan(TRIGGERS, {}, NOW, busy={"crawl"})
    assert planned["crawl"] == Planned(TOMORROW_CRAWL)
    assert planned["health"].after_crawl
    assert not plan(TRIGGERS, {}, NOW, busy={"crawl", "health"})["health"].made_up
