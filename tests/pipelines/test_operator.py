"""What the operator was told, folded from the rows that earlier mails left; and when a mail that waits is tried again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.findings import Finding
from pipelines.health import Health
from pipelines.operator import Next, Told, due, next_mail, told_so_far
from pipelines.store.facts import RunFacts

NOW = datetime(2026, 11, 5, 7, tzinfo=UTC)


def judged(*critical: str) -> Health:
    return Health(tuple(Finding("critical", name, "no-crawl", f"{name} is broken") for name in critical), "")


def key(name: str) -> str:
    return f"no-crawl:{name}"


def row(number: int, mail: str, *critical: str, state: str = "ok", **more: Any) -> RunFacts:
    counts = {"mail": mail, "critical": {key(name): f"{name} is broken" for name in critical}} | more
    return RunFacts(number, "operator", NOW, NOW, state, counts, None)


DAILY = row(1, "daily", report=10)


@pytest.mark.parametrize(
    ("rows", "critical", "over"),
    [
        ([], "", ""),
        ([row(1, "daily", "disk", report=10)], "disk", ""),
        ([DAILY, row(2, "alarm", "disk")], "disk", ""),
        ([DAILY, row(2, "alarm", "disk", state="failed")], "", ""),  # nobody heard it
        ([DAILY, row(2, "alarm", "disk"), row(3, "nothing")], "", "disk"),
        ([DAILY, row(2, "alarm", "disk"), row(3, "alarm", "mail")], "mail", "disk"),
        ([DAILY, row(2, "alarm", "disk"), row(3, "nothing"), row(4, "alarm", "disk")], "disk", ""),
        ([DAILY, row(2, "alarm", "disk"), row(3, "nothing"), row(4, "daily", report=11)], "", ""),
        (
            [DAILY, row(2, "alarm", "disk"), row(3, "daily", report=11, state="failed")],
            "",
            "disk",
        ),  # the mail that says it is over still waits
        (
            [DAILY, row(2, "alarm", "disk"), row(3, "alarm", "disk", "mail", state="failed", lasting=[])],
            "",
            "disk",
        ),  # it was over and is back, while no mail went out: to be told again
        ([DAILY, row(2, "alarm", "disk", state="running")], "", ""),
    ],
)
def test_what_was_told_and_what_is_over(rows: list[RunFacts], critical: str, over: str):
    told = told_so_far(rows[::-1])
    assert (set(told.critical), set(told.over)) == (
        {key(name) for name in critical.split()},
        {key(name) for name in over.split()},
    )


def test_only_a_mail_that_failed_last_waits():
    failed = row(2, "alarm", "disk", state="failed")
    assert told_so_far([failed, DAILY]).waiting == failed
    assert told_so_far([row(3, "daily", report=11), failed, DAILY]).waiting is None


@pytest.mark.parametrize(
    ("told", "critical", "report", "expected"),
    [
        (Told(), "", None, None),
        (Told(), "disk", None, None),  # no report yet: it was set up just now
        (Told(), "disk", 10, "daily"),
        (Told(report=10), "", 10, None),
        (Told(report=10), "disk", 10, "alarm"),
        (Told(report=10), "disk", 11, "daily"),  # it tells the alarm as well
        (Told({key("disk"): ""}, report=10), "disk", 10, None),
        (Told({key("disk"): ""}, report=10), "disk mail", 10, "alarm"),
        (Told({key("disk"): ""}, report=10), "", 10, "nothing"),
        (Told(report=10, waiting=row(2, "alarm", "disk", state="failed")), "", 10, "nothing"),
    ],
)
def test_what_is_told_next(told: Told, critical: str, report: int | None, expected: str | None):
    following = next_mail(told, judged(*critical.split()), report)
    assert (following.kind if following else None) == expected


@given(st.lists(st.tuples(st.sets(st.sampled_from("abc")), st.booleans(), st.booleans()), max_size=30))
def test_whatever_comes_and_goes_each_trouble_is_told_once_until_it_is_over(
    rounds: list[tuple[set[str], bool, bool]],
):
    """Rounds of (what is broken, whether the mail server works, whether the daily report has come)."""
    rows, report, knows = [DAILY], 10, set()
    for broken, server_up, new_day in rounds:
        report += new_day
        knows &= broken  # what is over may be told again
        told = told_so_far(rows[::-1])
        following = next_mail(told, judged(*sorted(broken)), report)
        if following is None:
            assert broken <= knows
            continue
        assert {finding.about for finding in following.fresh} == (
            broken - knows if following.kind != "nothing" else set()
        )
        state = "ok" if server_up or following.kind == "nothing" else "failed"
        number = told.waiting.id if told.waiting else rows[-1].id + 1
        if told.waiting:
            rows.pop()
        rows.append(RunFacts(number, "operator", NOW, NOW, state, following.counts(0), None))
        if state == "ok" and following.kind != "nothing":
            knows = set(broken)
    assert len(rows) <= len(rounds) + 1


def alarm(*critical: str) -> Next:
    following = next_mail(Told(report=10), judged(*critical), 10)
    assert following is not None
    return following


@pytest.mark.parametrize(
    ("attempts", "minutes", "expected"),
    [(0, 0, True), (1, 0.9, False), (1, 1, True), (2, 4, False), (2, 5, True), (9, 59, False), (9, 60, True)],
)
def test_a_refused_mail_waits_longer_each_time_and_one_that_met_a_dead_server_does_not(
    attempts: int, minutes: float, expected: bool
):
    told = Told(report=10, waiting=row(2, "alarm", "disk", state="failed", attempts=attempts))
    assert due(alarm("disk"), told, NOW + timedelta(minutes=minutes), (1, 5, 60)) is expected


def test_another_trouble_is_tried_at_once_and_a_clock_set_back_keeps_nothing_waiting():
    told = Told(report=10, waiting=row(2, "alarm", "disk", state="failed", attempts=9))
    assert due(alarm("disk", "mail"), told, NOW, (60,))
    assert due(alarm("disk"), told, NOW - timedelta(hours=1), (60,))
    assert not due(alarm("disk"), told, NOW, (60,))
