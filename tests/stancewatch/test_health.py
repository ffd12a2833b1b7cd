"""Whether the watch is well: judged from plain facts, and read from a real database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from support.store import config

from extract.types import Outcome
from pipelines import ledger
from pipelines.health import HealthFacts, Level, health, judge, last_whole
from pipelines.store.facts import RunFacts, SourceHealth

NOW = datetime(2026, 11, 5, 7, tzinfo=UTC)


def run(number: int, hours_ago: float, state: str = "ok", error: str | None = None) -> RunFacts:
    ended = NOW - timedelta(hours=hours_ago)
    return RunFacts(number, "crawl", ended - timedelta(minutes=20), ended, state, {}, error)


def source(name: str, failures: int = 0, note: str | None = None) -> SourceHealth:
    outcome = Outcome.ERROR if failures else Outcome.OK
    return SourceHealth(name, NOW - timedelta(days=2), NOW, failures, None, outcome, note, 3, 1)


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
    told = desk("health", "--json").objects
    assert (len(told), told[0]["level"], told[0]["findings"][0]["about"]) == (1, "critical", "runs")
