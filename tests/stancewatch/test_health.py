"""Whether the watch is well: judged from plain facts, and read from a real database."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

import pytest
from support.store import config

from extract.types import Outcome
from pipelines import ledger
from pipelines.clock import utc_now
from pipelines.findings import Code, HealthFacts, Level
from pipelines.health import health, judge, last_whole
from pipelines.rhythm import News
from pipelines.store import queries
from pipelines.store.facts import HoldFacts, RunFacts, SourceHealth

NOW = datetime(2026, 11, 5, 7, tzinfo=UTC)


def run(number: int, hours_ago: float, state: str = "ok", error: str | None = None) -> RunFacts:
    ended = NOW - timedelta(hours=hours_ago)
    return RunFacts(number, "crawl", ended - timedelta(minutes=20), ended, state, {}, error)


def source(name: str, failures: int = 0, note: str | None = None, ok_days_ago: float = 2) -> SourceHealth:
    outcome = Outcome.ERROR if failures else Outcome.OK
    return SourceHealth(name, NOW - timedelta(days=ok_days_ago), NOW, failures, None, outcome, note, 3, 1)


WELL = HealthFacts(
    now=NOW,
    last_good=run(9, 2),
    last=run(9, 2),
    sources=(source("courier"), source("herald")),
    enabled=("courier", "herald"),
    changes_of_day=2,
    alerts={"sent": 5},
    oldest_waiting=None,
)


def found(facts: HealthFacts) -> list[tuple[Level, str]]:
    return [(finding.level, finding.about) for finding in judge(facts, config()).findings]


def words(facts: HealthFacts) -> str:
    return "\n".join(finding.words for finding in judge(facts, config()).findings)


def test_a_good_day_has_no_findings_and_a_line_that_says_somebody_watches():
    judged = judge(WELL, config())
    assert (judged.findings, judged.level, judged.ok) == ((), "info", True)
    assert judged.alive == (
        "last good crawl 2026-11-05 05:00 UTC; 2 of 2 sources ok, 0 failing; 2 changes in 24 h; "
        "0 alerts waiting for 1 subscriber"
    )


def test_no_good_crawl_at_all_is_critical():
    assert found(replace(WELL, last_good=None, last=None)) == [("critical", "runs")]


@pytest.mark.parametrize(("hours", "expected"), [(25.9, []), (26.1, [("critical", "runs")])])
def test_a_crawl_that_is_overdue_is_critical(hours: float, expected: list[Any]):
    assert found(replace(WELL, last_good=run(9, hours), last=run(9, hours))) == expected


@pytest.mark.parametrize("state", ["failed", "aborted"])
def test_a_newer_crawl_that_did_not_end_well_is_a_warning(state: str):
    facts = replace(WELL, last=run(10, 1, state, "the disk is full\nat line 3"))
    assert found(facts) == [("warning", "runs")]
    assert "run 10" in words(facts)
    assert words(facts).endswith(": the disk is full")


def test_an_old_failure_before_a_good_crawl_is_forgotten():
    assert found(replace(WELL, last=run(8, 1, "failed"))) == []


@pytest.mark.parametrize(("failures", "expected"), [(2, []), (3, [("warning", "courier")])])
def test_a_source_is_named_once_it_failed_often_enough(failures: int, expected: list[Any]):
    assert found(replace(WELL, sources=(source("courier", failures, "403"), source("herald")))) == expected


def test_a_source_that_is_switched_off_is_not_named():
    assert found(replace(WELL, enabled=("herald",), sources=(source("courier", 9), source("herald")))) == []


def test_no_source_that_answers_is_one_critical_finding_before_the_others():
    facts = replace(WELL, sources=(source("courier", 3), source("herald", 4)))
    assert found(facts) == [("critical", "sources"), ("warning", "courier"), ("warning", "herald")]


def test_a_crawl_of_one_source_by_hand_is_not_the_days_crawl():
    whole, part = replace(run(8, 30), counts={"sources": 3}), replace(run(9, 2), counts={"sources": 1})
    assert last_whole([part, whole], config()) == whole  # of four sources
    assert last_whole([replace(part, counts={})], config()) is not None
    assert last_whole([part, replace(whole, state="failed")], config()) is None


def test_sources_that_were_never_asked_are_information():
    many = tuple(f"new-{n:02}" for n in range(20))
    facts = replace(WELL, enabled=(*WELL.enabled, *many))
    assert found(facts) == [("info", "sources")]
    assert "new-00" in words(facts)
    assert "and 8 more" in words(facts)
    assert judge(facts, config()).ok


def test_alerts_given_up_are_critical():
    assert found(replace(WELL, alerts={"dead": 1})) == [("critical", "outbox")]
    assert words(replace(WELL, alerts={"dead": 1})).startswith("1 alert given up")


@pytest.mark.parametrize(("hours", "expected"), [(5.9, []), (6.1, [("warning", "outbox")])])
def test_alerts_that_wait_long_are_a_warning(hours: float, expected: list[Any]):
    facts = replace(WELL, alerts={"queued": 4}, oldest_waiting=NOW - timedelta(hours=hours))
    assert found(facts) == expected


def under_way(hours: float) -> RunFacts:
    return replace(run(10, 0, "running"), started=NOW - timedelta(hours=hours), finished=None)


@pytest.mark.parametrize(
    ("running", "due", "expected"),
    [
        (under_way(5.9), None, []),
        (under_way(6.1), None, ["crawl-overrun"]),  # health.max_crawl_hours
        (under_way(2), NOW - timedelta(hours=2, minutes=1), []),  # begun when it was due
        (under_way(2), NOW - timedelta(hours=1), ["crawl-overrun"]),  # and still running at the next time
        (under_way(9), NOW - timedelta(hours=1), ["crawl-overrun"]),  # both: told once
    ],
)
def test_a_crawl_that_does_not_end_is_one_warning(
    running: RunFacts, due: datetime | None, expected: list[str]
):
    judged = judge(replace(WELL, running=running, due=due, begun=running.started), config())
    assert [finding.code for finding in judged.findings] == expected


def test_a_crawl_that_does_not_end_is_told_with_its_hours_and_the_time_that_was_left_out():
    facts = replace(WELL, running=under_way(8), due=NOW - timedelta(hours=1))
    assert words(facts).startswith(
        "the crawl of 2026-11-04 23:00 UTC (run 10) is still running after 8 h, more than 6 h "
        "(health.max_crawl_hours); the one due at 2026-11-05 06:00 UTC was left out: "
    )


@pytest.mark.parametrize(
    ("begun_hours", "due_hours", "expected"),
    [
        (2, 2.1, []),
        (20, 0.4, []),  # half an hour to begin
        (20, 0.6, ["crawl-not-begun"]),
        (None, 0.6, ["crawl-not-begun"]),
        (20, None, []),  # no scheduler at work: cron has its own times
    ],
)
def test_a_crawl_that_did_not_begin_when_it_was_due_is_a_warning(
    begun_hours: float | None, due_hours: float | None, expected: list[str]
):
    def ago(hours: float | None) -> datetime | None:
        return None if hours is None else NOW - timedelta(hours=hours)

    judged = judge(replace(WELL, begun=ago(begun_hours), due=ago(due_hours)), config())
    assert [finding.code for finding in judged.findings] == expected


def test_a_crawl_that_is_overdue_is_not_told_a_second_time_as_not_begun():
    facts = replace(
        WELL, last_good=run(9, 30), last=run(9, 30), begun=run(9, 30).started, due=NOW - timedelta(hours=2)
    )
    assert found(facts) == [("critical", "runs")]


def test_while_a_crawl_is_under_way_its_being_late_is_no_alarm_yet():
    late = replace(WELL, last_good=run(9, 75), last=run(9, 75))
    assert found(replace(late, running=under_way(0.5))) == [("warning", "runs")]
    assert found(replace(late, running=under_way(7))) == [("critical", "runs"), ("warning", "runs")]
    assert found(replace(WELL, last_good=None, last=None, running=under_way(0.5))) == [("warning", "runs")]


def daily_until(days_ago: int) -> News:
    newest = NOW - timedelta(days=days_ago)
    days = frozenset((newest - timedelta(days=n)).date() for n in range(40))
    return News(days, newest - timedelta(days=40), newest)


@pytest.mark.parametrize(("quiet", "expected"), [(3, []), (4, [("warning", "courier")])])
def test_a_feed_that_answers_and_falls_silent_beyond_its_own_rhythm_is_a_warning(
    quiet: int, expected: list[Any]
):
    facts = replace(WELL, sources=(source("courier", ok_days_ago=0),), news={"courier": daily_until(quiet)})
    assert found(replace(facts, enabled=("courier",))) == expected


def test_a_silence_is_told_in_numbers():
    facts = replace(WELL, sources=(source("courier", ok_days_ago=0),), news={"courier": daily_until(8)})
    assert words(replace(facts, enabled=("courier",))) == (
        "answers, but has brought nothing new for 8 days (since 2026-10-28); of the 39 gaps before, 19 in 20 were no longer "
        "than 1 day: has it moved? Look at https://courier.example/feed"
    )


def test_what_nobody_looked_at_is_no_silence_and_a_page_has_no_rhythm():
    looked_away = replace(WELL, sources=(source("courier", ok_days_ago=2),), news={"courier": daily_until(4)})
    assert found(replace(looked_away, enabled=("courier",))) == []
    page = replace(WELL, sources=(source("zoom-guide", ok_days_ago=0),), news={"zoom-guide": daily_until(90)})
    assert found(replace(page, enabled=("zoom-guide",))) == []


@pytest.mark.parametrize(("ok_days_ago", "expected"), [(3, []), (4, [("warning", "zoom-guide")])])
def test_a_page_that_crawls_leave_out_is_a_warning(ok_days_ago: int, expected: list[Any]):
    facts = replace(WELL, sources=(source("zoom-guide", ok_days_ago=ok_days_ago),), enabled=("zoom-guide",))
    assert found(facts) == expected


@pytest.mark.parametrize(
    ("what", "days", "expected"),
    [
        ("transparency-report", 240, []),
        ("transparency-report", 250, [("warning", "zoom-guide")]),
        ("government-requests", 250, [("warning", "zoom-guide")]),
        ("privacy-policy", 900, []),
    ],
)
def test_a_half_yearly_report_without_a_new_text_in_eight_months_is_a_warning(
    what: Any, days: int, expected: list[Any]
):
    plain = config()
    sources = tuple(s.model_copy(update={"what": what}) for s in plain.sources)
    news = News(frozenset(), NOW - timedelta(days=days + 200), NOW - timedelta(days=days))
    facts = replace(
        WELL,
        sources=(source("zoom-guide", ok_days_ago=0),),
        enabled=("zoom-guide",),
        news={"zoom-guide": news},
    )
    judged = judge(facts, replace(plain, sources=sources))
    assert [(f.level, f.about) for f in judged.findings] == expected
    assert not expected or "no new text for 8 months (since 2026-02-28)" in judged.findings[0].words


def test_when_sources_brought_something_new_is_read_from_their_documents(story: Any, clock: Any):
    began = clock()
    story.reports("courier", "One.", published=began - timedelta(days=3))
    story.reports(
        "courier", "Two.", path="/b", published=began - timedelta(days=900)
    )  # an old page, found today
    clock.tick(days=2)
    story.reports("courier", "Three.", path="/c")  # says no date: the day of our first look
    story.shows("zoom-guide", "We ask for a warrant.")
    with story.store.reading() as session:
        news = queries.news(session, clock() - timedelta(days=400))
    assert news == {
        "courier": News(frozenset({date(2026, 10, 29), date(2026, 11, 3)}), began, clock()),
        "zoom-guide": News(frozenset({date(2026, 11, 3)}), clock(), clock()),
    }


def test_a_time_of_the_schedule_counts_only_where_a_scheduler_has_been_at_work(story: Any, clock: Any):
    ledger.finish_run(story.store, ledger.open_run(story.store, "crawl", clock()), "ok", {}, None, clock())
    due = clock.tick(hours=4)
    clock.tick(hours=1)

    def codes() -> list[str]:
        with story.store.reading() as session:
            judged = health(session, story.configuration, clock(), due)
        return [finding.code for finding in judged.findings if finding.level != "info"]

    assert codes() == []
    ledger.finish_run(story.store, ledger.open_run(story.store, "health", clock()), "ok", {}, None, clock())
    assert codes() == ["crawl-not-begun"]
    ledger.open_run(story.store, "crawl", clock())
    assert codes() == []
    clock.tick(days=8)
    assert codes() == ["crawl-overdue", "crawl-overrun"]


def test_it_is_read_from_the_database(story: Any, clock: Any):
    began = ledger.open_run(story.store, "crawl", clock())
    story.shows("zoom-guide", "zoom US conditional process=warrant: We ask for a warrant.")
    story.reports("courier", "zoom HK pauses: Zoom stopped.")
    for _ in range(3):
        clock.tick(minutes=1)
        story.intake.failed("herald", "https://herald.example/feed", "the name does not resolve")
    ledger.finish_run(story.store, began, "ok", {}, None, clock.tick(minutes=5))
    with story.store.reading() as session:
        judged = health(session, story.configuration, clock.tick(hours=7))
    assert [(f.level, f.about) for f in judged.findings] == [
        ("warning", "herald"), ("warning", "outbox"), ("info", "sources"),
    ]  # fmt: skip
    assert "1 change in 24 h" in judged.alive


def test_the_command_says_what_is_wrong_and_gives_it_to_monitoring(desk: Any, story: Any):
    answer = desk("health")
    assert answer.code == 1
    assert "critical: runs: no crawl has ended well yet" in answer.out
    assert desk("health", "--json").objects == [
        {
            "level": "critical",
            "alive": "no good crawl yet; 0 of 2 sources ok, 0 failing; 0 changes in 24 h; 0 alerts waiting for 0 subscribers",
            "findings": [
                {
                    "level": "critical",
                    "about": "runs",
                    "code": "no-crawl",
                    "words": "no crawl has ended well yet: `stancewatch run` makes one, `stancewatch schedule` one a day",
                }
            ],
        }
    ]


def test_the_manual_explains_each_finding_by_its_code():
    manual = (Path(__file__).parents[2] / "docs" / "operating.md").read_text(encoding="utf-8")
    explained = re.findall(r"^\| `([a-z-]+)` \| (?:critical|warning|info) \|", manual, re.MULTILINE)
    assert sorted(explained) == sorted(get_args(Code))


def test_the_exit_code_tells_a_monitor_how_it_is(desk: Any, story: Any):
    now = utc_now()
    ledger.finish_run(story.store, ledger.open_run(story.store, "crawl", now), "ok", {}, None, now)
    assert desk("health").code == 0
    desk.settings("health: {operator: 7}\n")
    assert desk("health").code == 4


def test_a_database_that_cannot_be_read_is_not_taken_for_a_healthy_one(desk: Any):
    assert (desk("health").code, desk("metrics").code) == (4, 4)


def test_texts_that_are_held_back_are_told_by_source():
    held = HoldFacts(
        document="ab12", url="https://zoom.example/guide", title=None, source="zoom-guide", run=3, at=NOW, kind="short",
        reason="its text shrank", state="held", who=None, decided=None,
    )  # fmt: skip
    facts = replace(WELL, held=(held, replace(held, document="cd34")))
    assert found(facts) == [("critical", "zoom-guide")]
    assert "2 texts held back, the newest because its text shrank (https://zoom.example/guide)" in words(
        facts
    )
