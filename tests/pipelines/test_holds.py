"""Texts that are held back: they move nothing until somebody, or time, decides."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from support.pairs import PAGE, day
from support.store import Story

from pipelines import ledger
from pipelines.evidence import Version
from pipelines.store import outbox, queries
from pipelines.suspicion import Limits, Moved, judged, too_many

LONG = "zoom HK conditional: Zoom asks for a court order.\n" + "It tells of other things as well. " * 60
SHORT = "It tells of other things."
PAUSES = "zoom HK pauses: Zoom stopped.\nwhatsapp HK pauses: WhatsApp stopped.\nmeta HK pauses: Meta stopped."
COMPLIES = PAUSES.replace("pauses", "complies").replace("stopped", "answers")


@pytest.fixture
def story(store, clock) -> Story:
    return Story(store, clock)


@pytest.fixture
def strict(story, monkeypatch) -> Story:
    """Two positions at once are too many."""
    context = replace(story.context, limits=Limits(by_text=2))
    monkeypatch.setattr(ledger, "context_of", lambda _: replace(context, moved=Moved()))
    return story


def read(story: Story, query, *args):
    with story.store.reading() as session:
        return query(session, *args)


def stances(story: Story) -> list[str]:
    return [str(h.stance) for p in read(story, queries.positions) for h in p.held]


def decide(story: Story, decision: str):
    (held,) = read(story, queries.holds)
    return ledger.post_decision(
        story.store, held.document[:12], decision, who="ana", now=story.clock(), context=story.context
    )


def believed(*shown: tuple[float, float, int], released: int | None = None, looks: int = 4) -> list[bool]:
    """Of versions, each seen from one day to another with a text of so many characters, which are believed."""
    versions = [
        Version(PAGE, n, str(n), day(first), day(last), length=length, looks=looks, released=n == released)
        for n, (first, last, length) in enumerate(shown)
    ]
    return [version.believed for version in judged(versions, Limits())]


@pytest.mark.parametrize(
    ("lengths", "last"),
    [([1000, 5000, 400], False), ([1000, 500], True), ([999, 5000, 400], True), ([1], True)],
)
def test_a_page_is_short_by_its_own_history(lengths, last):
    assert believed(*((n, n, length) for n, length in enumerate(lengths)))[-1] is last


def test_a_short_text_is_believed_where_it_stayed_and_nowhere_else():
    whole, frame = 5000, 99
    assert believed((0, 1, whole), (2, 4, frame), (5, 6, whole), (7, 9, frame), (10, 15, frame)) == [
        True, False, True, True, True,
    ]  # fmt: skip
    # Not where it was seen there but once or twice, and
    assert believed((0, 1, whole), (2, 20, frame), looks=3) == [True, False]
    # whole again, it is doubted again.
    assert believed((0, 1, whole), (2, 10, frame), (11, 12, whole), (13, 14, frame)) == [
        True,
        True,
        True,
        False,
    ]


def test_what_an_analyst_released_is_believed_and_is_the_new_measure():
    assert believed((0, 1, 5000), (2, 3, 2000), (4, 5, 1500), released=1) == [True, True, True]


def test_a_frame_that_stayed_once_says_nothing_of_when_it_came_before(story, clock):
    """It is believed from when it stayed on, and not back to an earlier day on which it showed for hours."""
    for stays in (1, 1, 30):
        story.shows("zoom-guide", LONG)
        clock.tick(days=3)
        story.shows("zoom-guide", SHORT)
        for _ in range(stays):
            clock.tick(days=1)
            story.unchanged("zoom-guide")
        clock.tick(days=1)
    assert [(c.kind, c.occurred.date()) for c in read(story, queries.changes) if not c.baseline] == [
        ("withdrawn", (clock() - timedelta(days=31)).date())
    ]
    (held,) = read(story, queries.holds, None)
    assert held.state == "outlasted"
    story.shows("zoom-guide", LONG)
    clock.tick(days=3)
    story.shows("zoom-guide", SHORT)
    assert [h.state for h in read(story, queries.holds_to_decide)] == ["held"]
    assert ledger.rebuild(story.store, context=story.context) == []


def test_too_many_by_a_text_or_by_a_source_in_a_run():
    moved, limits = Moved(), Limits(by_text=3, by_source=5)
    assert "would move 4 positions at once, more than 3" in too_many(4, "courier", moved, limits)
    for _ in range(2):
        assert too_many(2, "courier", moved, limits) is None
        moved.add("courier", 2)
    assert "would have moved 6 positions in this run" in too_many(2, "courier", moved, limits)
    assert too_many(2, "herald", moved, limits) is None
    assert too_many(0, "courier", moved, limits) is None


def test_a_page_that_shrank_ends_nothing_and_is_reported(story, clock):
    story.shows("zoom-guide", LONG)
    for _ in range(3):
        clock.tick(days=1)
        story.shows("zoom-guide", SHORT)
    assert stances(story) == ["conditional"]
    (held,) = read(story, queries.holds)
    assert (held.state, held.url) == ("held", "https://zoom.example/guide")
    assert "its text shrank to" in held.reason


def test_a_page_that_stays_short_is_believed_after_a_week(story, clock):
    story.shows("zoom-guide", LONG)
    for n in range(9):
        clock.tick(days=1)
        story.shows("zoom-guide", f"{SHORT} Day {n}.")
    assert stances(story) == []
    assert read(story, queries.holds) == []


def test_so_is_one_that_shows_the_very_same_short_text(story, clock):
    story.shows("zoom-guide", LONG)
    clock.tick(days=1)
    story.shows("zoom-guide", SHORT)
    for _ in range(9):
        clock.tick(days=1)
        story.unchanged("zoom-guide")
    assert stances(story) == []
    assert read(story, queries.holds) == []


def test_a_long_text_after_short_ones_leaves_them_held(story, clock):
    for body in (LONG, SHORT, f"{LONG}\nMore."):
        story.shows("zoom-guide", body)
        clock.tick(days=10)
    assert [h.kind for h in read(story, queries.holds)] == ["short"]
    assert read(story, queries.holds_to_decide) == []
    assert stances(story) == ["conditional"]


def test_a_page_that_was_short_for_a_day_needs_nobody(story, clock):
    for body in (LONG, SHORT, LONG):
        story.shows("zoom-guide", body)
        clock.tick(days=4)
    assert [c.baseline for c in read(story, queries.changes)] == [True]


def test_what_is_released_counts_and_is_told(story, clock):
    story.shows("zoom-guide", LONG)
    clock.tick(days=1)
    story.shows("zoom-guide", SHORT)
    clock.tick(days=1)
    story.unchanged("zoom-guide")
    posted = decide(story, "released")
    assert [(c.kind, c.status) for c in posted.changes] == [("withdrawn", "confirmed")]
    assert stances(story) == []
    assert len(read(story, outbox.alerts)) == 1


def test_what_is_discarded_is_never_believed(story, clock):
    story.shows("zoom-guide", LONG)
    clock.tick(days=1)
    story.shows("zoom-guide", SHORT)
    assert decide(story, "discarded").changes == ()
    clock.tick(days=30)
    story.unchanged("zoom-guide")
    story.shows("zoom-guide", SHORT)
    assert stances(story) == ["conditional"]
    assert read(story, queries.holds) == []


def test_a_text_that_would_move_many_positions_waits_for_a_look(strict, clock):
    strict.reports("courier", COMPLIES)
    assert stances(strict) == ["complies"] * 3  # first words move nothing that was known
    clock.tick(days=1)
    assert strict.reports("herald", PAUSES).changes == ()
    assert stances(strict) == ["complies"] * 3
    posted = decide(strict, "released")
    assert len(posted.changes) == 3
    assert stances(strict) == ["pauses"] * 3
    assert strict.reports("herald", PAUSES).changes == ()


def test_a_decision_on_what_is_not_held_is_refused(story):
    with pytest.raises(LookupError, match="no text abc was held back"):
        ledger.post_decision(
            story.store, "abc", "released", who="ana", now=story.clock(), context=story.context
        )


def test_a_rebuild_leaves_held_texts_out(story, clock):
    story.shows("zoom-guide", LONG)
    clock.tick(days=1)
    story.shows("zoom-guide", SHORT)
    clock.tick(days=1)
    story.unchanged("zoom-guide")
    assert ledger.rebuild(story.store, context=story.context) == []
    assert timedelta(days=7) == Limits().stays


def kinds(story: Story) -> list[tuple[str, str]]:
    return sorted((c.kind, c.status) for c in read(story, queries.changes))


def test_a_page_that_goes_back_to_its_old_short_text_keeps_its_past(story, clock):
    asks = "zoom HK conditional process={}: Zoom asks for a {} whenever police want data of users.\n"
    rest = "It tells of other things as well. "
    short = asks.format("court_order", "court order") + rest * 35
    long = asks.format("legal_request", "valid request") + rest * 120
    story.shows("zoom-guide", short)
    clock.tick(days=5)
    for _ in range(2):
        story.shows("zoom-guide", long)
        clock.tick(days=1)
    assert kinds(story) == [("new", "confirmed"), ("terms", "confirmed")]
    clock.tick(days=5)
    assert story.shows("zoom-guide", short).changes == ()
    assert read(story, queries.holds, None) == []
    assert kinds(story) == [("new", "confirmed"), ("terms", "confirmed")]
    assert ledger.rebuild(story.store, context=story.context) == []


@pytest.mark.parametrize("edited", [PAUSES.replace("pauses", "refuses"), "Please allow cookies."])
def test_an_edited_article_that_is_held_leaves_what_it_said_before(strict, clock, edited):
    strict.reports("herald", COMPLIES)
    clock.tick(days=1)
    for n, line in enumerate(PAUSES.splitlines()):  # each alone moves no more than it may
        strict.reports("courier", line, path=f"/{n}")
    clock.tick(days=1)
    before = kinds(strict)
    strict.reports("herald", edited)
    assert [h.kind for h in read(strict, queries.holds)] == ["many"]
    assert (kinds(strict), stances(strict)) == (before, ["pauses"] * 3)
    decide(strict, "discarded")
    assert (kinds(strict), stances(strict)) == (before, ["pauses"] * 3)


def test_a_statement_of_a_discarded_text_does_not_count_once_it_is_accepted(story, clock):
    story.shows("zoom-guide", LONG)
    clock.tick(days=1)
    story.shows("zoom-guide", "zoom HK refuses: Zoom says no.")
    said = next(s for s in read(story, queries.statements) if s.stance == "refuses")
    decide(story, "discarded")
    ledger.post_verdict(story.store, said.id, "accept", who="ana", now=story.clock(), context=story.context)
    assert stances(story) == ["conditional"]
