"""When a source counts as silent: measured by its own past, told by days."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.rhythm import LEAST_GAPS, LEAST_SILENCE, TIMES, News, Silence, overdue, silence

MONDAY = date(2026, 6, 1)


def every(days: int, times: int) -> set[date]:
    return {MONDAY + timedelta(days=days * n) for n in range(times)}


def weekdays(weeks: int) -> set[date]:
    return {MONDAY + timedelta(weeks=w, days=d) for w in range(weeks) for d in range(5)}


@pytest.mark.parametrize(
    ("past", "quiet_days", "expected"),
    [
        (every(1, 30), 3, None),  # a daily outlet: three days may be a holiday
        (every(1, 30), 4, Silence(4, 1, 29, MONDAY + timedelta(days=29))),
        (every(7, 12), 21, None),  # a weekly column: three issues left out
        (every(7, 12), 22, Silence(22, 7, 11, MONDAY + timedelta(weeks=11))),
        (weekdays(10), 9, None),  # a newsroom that rests at week-ends rests at Christmas as well
        (weekdays(10), 10, Silence(10, 3, 49, MONDAY + timedelta(weeks=9, days=4))),
        (every(1, LEAST_GAPS), 400, None),  # nine gaps: too short a past
        (set(), 400, None),
    ],
)
def test_a_silence_is_measured_by_the_gaps_before_it(past: set[date], quiet_days: int, expected: object):
    until = max(past, default=MONDAY) + timedelta(days=quiet_days)
    assert silence(past, until) == expected


def test_one_long_holiday_in_the_past_does_not_hide_the_next_silence():
    past = {day for day in every(1, 120) if not 50 <= (day - MONDAY).days < 80}
    found = silence(past, max(past) + timedelta(days=4))
    assert found is not None
    assert found.usual_days == 1


def test_what_claims_to_be_of_the_future_is_no_news_yet():
    past = every(1, 30) | {MONDAY + timedelta(days=300)}
    assert silence(past, MONDAY + timedelta(days=40)) == silence(every(1, 30), MONDAY + timedelta(days=40))


HISTORIES = st.lists(st.integers(1, 60), min_size=LEAST_GAPS, max_size=60)


def days_of(gaps: list[int]) -> set[date]:
    days = [MONDAY]
    for gap in gaps:
        days.append(days[-1] + timedelta(days=gap))
    return set(days)


@given(HISTORIES, st.integers(0, 400))
def test_a_source_within_its_own_rhythm_is_never_called_silent(gaps: list[int], quiet: int):
    past = days_of(gaps)
    found = silence(past, max(past) + timedelta(days=quiet))
    if quiet <= max(LEAST_SILENCE.days, min(gaps) * TIMES):
        assert found is None
    if quiet > max(LEAST_SILENCE.days, max(gaps) * TIMES):
        assert found is not None
        assert found.days == quiet


@given(HISTORIES, st.integers(0, 400), st.integers(1, 100))
def test_who_is_silent_is_so_the_day_after_as_well(gaps: list[int], quiet: int, later: int):
    past = days_of(gaps)
    until = max(past) + timedelta(days=quiet)
    if silence(past, until) is not None:
        assert silence(past, until + timedelta(days=later)) is not None


NOW = datetime(2026, 11, 5, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("first_days", "newest_days", "late_days"),
    [
        (400, 244, 244),
        (400, 242, None),  # half a year and two months have not passed
        (244, 244, 244),  # the text of our first look, and no other since
        (242, 242, None),  # not watched for long enough
    ],
)
def test_a_half_yearly_report_is_overdue_after_eight_months(
    first_days: int, newest_days: int, late_days: int | None
):
    news = News(frozenset(), NOW - timedelta(days=first_days), NOW - timedelta(days=newest_days))
    assert overdue(news, NOW) == (timedelta(days=late_days) if late_days else None)
