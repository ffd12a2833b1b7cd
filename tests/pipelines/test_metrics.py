"""The figures for Prometheus: what they say of a story in a real database, and that each is explained."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from support.store import Story, config

from pipelines import ledger, metrics
from pipelines.store.facts import RunSource
from pipelines.store.session import Store

OPERATING = Path(__file__).parents[2] / "docs" / "operating.md"


@pytest.fixture
def story(store: Store, clock: Any) -> Story:
    """A crawl of seven minutes in which Zoom pauses for Hong Kong; the alert about it waits."""
    told = Story(store, clock)
    began = ledger.open_run(store, "crawl", clock())
    told.shows("zoom-guide", "zoom US conditional process=warrant: We ask for a warrant.")
    told.reports("courier", "zoom HK pauses: Zoom stopped.")
    told.intake.failed("herald", "https://herald.example/feed", "the name does not resolve")
    outcomes = {"ok": 2, "error": 1}
    ledger.note_source(store, began, RunSource("courier", requests=3, captures=2, outcomes=outcomes))
    ledger.finish_run(store, began, "ok", {}, None, clock.tick(minutes=7))
    return told


def figures(story: Story) -> dict[str, float]:
    """Name and label, as in `stancewatch_sources{ok}` → value; read back from the text by Prometheus's own parser."""
    with story.store.reading() as session:
        text = metrics.text(session, config(), story.clock())
    return {
        sample.name + "".join(f"{{{label}}}" for label in sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_they_tell_how_the_watch_is(story: Story, clock: Any):
    ended = clock().timestamp()
    clock.tick(hours=7)
    found = figures(story)
    assert {name: value for name, value in found.items() if value} == {
        "stancewatch_last_good_crawl_timestamp_seconds": ended,
        "stancewatch_last_run_duration_seconds{crawl}": 420,
        "stancewatch_last_run_success{crawl}": 1,
        "stancewatch_sources{ok}": 2,
        "stancewatch_sources{failing}": 1,
        "stancewatch_sources{never_asked}": 1,
        "stancewatch_last_crawl_captures{ok}": 2,
        "stancewatch_last_crawl_captures{error}": 1,
        "stancewatch_statements": 2,
        "stancewatch_changes{confirmed}": 1,
        "stancewatch_changes{provisional}": 1,
        "stancewatch_alerts{queued}": 1,
        "stancewatch_oldest_alert_waiting_seconds": 7 * 3600 + 420,
        "stancewatch_findings{info}": 1,
        "stancewatch_findings{warning}": 1,
    }


def test_what_is_zero_is_there_as_well(store: Store, clock: Any):
    found = figures(Story(store, clock))
    assert found["stancewatch_findings{critical}"] == 1  # no crawl yet
    assert found["stancewatch_last_good_crawl_timestamp_seconds"] == 0
    for name in ("alerts{dead}", "changes{retracted}", "sources{failing}", "last_crawl_captures{bot_wall}"):
        assert found[f"stancewatch_{name}"] == 0


def test_a_crawl_under_way_is_seen_growing_and_the_one_before_is_told_as_the_last(story: Story, clock: Any):
    ledger.open_run(story.store, "crawl", clock())
    clock.tick(hours=2)
    found = figures(story)
    assert found["stancewatch_crawl_running_seconds"] == 7200
    assert found["stancewatch_last_run_duration_seconds{crawl}"] == 420


def test_the_file_is_replaced_whole_and_nothing_is_left_beside_it(story: Story, clock: Any, tmp_path: Path):
    path = tmp_path / "metrics.prom"
    path.write_text("what was there before\n", encoding="utf-8")
    with story.store.reading() as session:
        metrics.write(path, session, config(), clock())
        assert path.read_text(encoding="utf-8") == metrics.text(session, config(), clock())
    assert [file.name for file in tmp_path.glob("metrics*")] == ["metrics.prom"]


def test_each_is_explained_in_the_manual_and_nothing_else_is(store: Store, clock: Any):
    with store.reading() as session:
        text = metrics.text(session, config(), clock())
    names = {family.name for family in text_string_to_metric_families(text)}
    explained = set(
        re.findall(r"^\| `(stancewatch_[a-z_]+)", OPERATING.read_text(encoding="utf-8"), re.MULTILINE)
    )
    assert names == explained
