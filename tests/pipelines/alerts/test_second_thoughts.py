"""From page to outbox: what edits, rejections and late articles tell those who were told already."""

from __future__ import annotations

import pytest
from support.store import Story

from pipelines import ledger
from pipelines.store import outbox, queries

FIRST = "zoom HK pauses: Zoom stopped handling requests from Hong Kong."
SECOND = "zoom HK pauses: Hong Kong's police get no data from Zoom any more, a spokesman told us."


@pytest.fixture
def story(store, clock) -> Story:
    return Story(store, clock)


def deliver(story) -> list[str]:
    """Marks all that waits as sent; returns in which statuses the change was told, this time."""
    with story.store.writing() as session:
        due = outbox.due(session, story.clock())
        for alert in due:
            assert outbox.claim(session, alert, story.clock(), story.clock.tick(minutes=5))
            outbox.mark_sent(session, alert.id, story.clock())
    return [alert.change_status for alert in due]


def reject(story, words: str) -> None:
    with story.store.reading() as session:
        (said,) = [s for s in queries.statements(session) if s.evidence in words]
    ledger.post_verdict(
        story.store, said.id, "reject", who="ana", now=story.clock.tick(days=1), context=story.context
    )


def test_an_edited_article_that_says_the_same_tells_nobody_twice(story, clock):
    story.reports("courier", FIRST)
    assert deliver(story) == ["provisional"]
    clock.tick(hours=3)
    story.reports("courier", f"{FIRST}\nThis article was corrected.")
    assert deliver(story) == []


def test_an_edited_article_that_says_so_no_longer_is_told_to_whom_was_told(story, clock):
    story.reports("courier", FIRST)
    deliver(story)
    clock.tick(hours=3)
    story.reports("courier", "Zoom has not stopped anything. We were wrong.")
    assert deliver(story) == ["retracted"]


def test_the_only_report_rejected_is_told_to_whom_was_told(story):
    story.reports("courier", FIRST)
    deliver(story)
    reject(story, FIRST)
    assert deliver(story) == ["retracted"]


def test_one_of_two_reports_rejected_takes_nothing_back(story, clock):
    story.reports("courier", FIRST)
    deliver(story)
    clock.tick(days=1)
    story.reports("herald", SECOND)
    assert deliver(story) == ["confirmed"]
    reject(story, FIRST)
    assert deliver(story) == []
    assert ledger.rebuild(story.store, context=story.context) == []


def test_what_is_told_after_a_rejection_is_told(story, clock):
    story.reports("courier", FIRST)
    deliver(story)
    reject(story, FIRST)
    deliver(story)
    clock.tick(days=1)
    story.reports("herald", SECOND)
    assert deliver(story) == ["provisional"]


def test_an_earlier_dated_report_of_the_same_event_tells_nobody_twice(story, clock):
    story.reports("courier", FIRST)
    deliver(story)
    yesterday = clock() - (clock.tick(days=1) - clock())
    clock.tick(days=1)
    story.reports("courier", FIRST, path="/copy", published=yesterday)
    assert deliver(story) == []
