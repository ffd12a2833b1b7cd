"""When jobs are due: cron lines, clock changes and downtime, all without waiting."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stancewatch.triggers import CronError, last_due, missed, next_fire, previous_fire, trigger_of

DAILY = "15 5 * * *"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def fires(line: str, zone: str, start: str, days: float) -> list[str]:
    """All firings in a span, in UTC."""
    trigger, now = trigger_of(line, zone), at(start)
    end, found, previous = now + timedelta(days=days), [], None
    while (fire := trigger.get_next_fire_time(previous, now)) is not None and fire < end:
        found.append(f"{fire.astimezone(UTC):%m-%d %H:%M}")
        previous = now = fire
    return found


def test_a_daily_job_runs_once_in_the_night_when_the_hour_comes_twice():
    assert fires("30 2 * * *", "Europe/Berlin", "2026-10-24", 3) == [
        "10-24 00:30",
        "10-25 00:30",
        "10-26 01:30",
    ]


def test_a_daily_job_runs_once_in_the_night_when_its_hour_is_skipped():
    assert fires("30 2 * * *", "Europe/Berlin", "2026-03-28", 3) == [
        "03-28 01:30",
        "03-29 01:30",
        "03-30 00:30",
    ]


def test_a_job_of_every_half_hour_goes_on_through_the_hour_that_comes_twice():
    assert len(fires("*/30 * * * *", "Europe/Berlin", "2026-10-25", 1)) == 48


def test_a_line_that_never_comes_is_refused():
    with pytest.raises(CronError, match="never comes"):
        trigger_of("0 6 30 2 *", "UTC")


@pytest.mark.parametrize(
    ("line", "now", "expected"),
    [
        (DAILY, "2026-05-02 05:15", "2026-05-02 05:15"),
        (DAILY, "2026-05-02 05:14:59", "2026-05-01 05:15"),
        ("*/5 * * * *", "2026-05-02 05:14:59", "2026-05-02 05:10"),
        ("0 6 * * mon", "2026-05-03 23:00", "2026-04-27 06:00"),
        ("0 6 1 * *", "2026-05-31 23:00", "2026-05-01 06:00"),
        ("0 6 1 1 *", "2026-12-31 23:00", "2026-01-01 06:00"),
        ("0 6 29 2 *", "2027-05-31 23:00", "2024-02-29 06:00"),
        ("0 6 29 2 *", "2103-05-31 23:00", "2096-02-29 06:00"),
    ],
)
def test_the_last_firing_is_found_however_long_ago(line: str, now: str, expected: str):
    assert previous_fire(trigger_of(line, "UTC"), at(now)) == at(expected)


@pytest.mark.parametrize(
    ("last", "now", "owed"),
    [
        (None, "2026-05-04 12:00", True),  # never ran
        ("2026-05-04 05:15:00", "2026-05-04 12:00", False),  # ran on time
        ("2026-05-04 07:40", "2026-05-04 12:00", False),  # ran late, or by hand
        ("2026-05-03 05:15", "2026-05-04 05:14", False),  # not due yet
        ("2026-05-03 05:15", "2026-05-04 05:16", True),  # down for one firing
        ("2026-05-01 05:15", "2026-05-04 12:00", True),  # down for three: still one run
        ("2026-05-04 04:00", "2026-05-04 12:00", True),  # ran by hand before the firing
        ("2026-05-09 05:15", "2026-05-04 12:00", False),  # the clock went back: nothing is owed
    ],
)
def test_a_run_is_owed_if_the_trigger_fired_since_the_last_start(last: str | None, now: str, owed: bool):
    assert missed(trigger_of(DAILY, "UTC"), at(last) if last else None, at(now)) is owed


def test_a_run_owed_is_judged_in_the_zone_of_the_schedule():
    trigger = trigger_of("30 2 * * *", "Europe/Berlin")
    assert not missed(
        trigger, at("2026-10-25 00:30"), at("2026-10-25 01:45")
    )  # the second 02:30 owes nothing
    assert missed(trigger, at("2026-03-28 01:30"), at("2026-03-29 01:31"))  # the skipped 02:30 is not lost


@pytest.mark.parametrize(
    ("last", "now", "expected"),
    [
        (None, "2026-05-04 04:00", "2026-05-04 05:15"),
        ("2026-05-03 05:15", "2026-05-04 04:00", "2026-05-04 05:15"),
        (
            "2026-05-04 05:15:01",
            "2026-05-04 04:20",
            "2026-05-05 05:15",
        ),  # set back by an hour: it ran already
        ("2026-05-04 05:15:00", "2026-05-04 04:20", "2026-05-05 05:15"),
        ("2026-05-05 05:15", "2026-05-04 05:16", "2026-05-06 05:15"),  # set back by a day
        ("2027-05-04 05:15", "2026-05-04 04:20", "2026-05-04 05:15"),  # a wrong clock counts for nothing
    ],
)
def test_the_next_firing_is_one_that_no_run_has_answered(last: str | None, now: str, expected: str):
    assert next_fire(trigger_of(DAILY, "UTC"), at(last) if last else None, at(now)) == at(expected)


def test_when_a_line_last_fired_is_known_even_of_one_that_never_does():
    now = at("2026-05-04 12:00")
    assert last_due(DAILY, "Europe/Berlin", now) == at("2026-05-04 03:15")
    assert last_due("0 6 30 2 *", "UTC", now) is None


@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1)),
    st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Pacific/Kiritimati", "Asia/Kathmandu"]),
    st.integers(0, 23),
    st.integers(0, 59),
)
def test_a_run_at_its_firing_owes_nothing_until_the_next(day: datetime, zone: str, hour: int, minute: int):
    now = day.replace(tzinfo=UTC)
    trigger = trigger_of(f"{minute} {hour} * * *", zone)
    last = previous_fire(trigger, now)
    assert last is not None
    assert timedelta(0) <= now - last <= timedelta(hours=25)
    assert not missed(trigger, last, now)
    assert missed(trigger, last - timedelta(seconds=1), now)
