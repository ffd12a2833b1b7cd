"""What overviews read: what was in force on a day is the same from stored changes as from the whole history."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from support.store import Story

from extract.types import Stance
from pipelines import ledger
from pipelines.store import queries
from pipelines.store.queries import copies
from pipelines.timelines import positions_at

COMPANIES, AUTHORITIES = ("zoom", "meta", "whatsapp"), ("HK", "US", "*")


@pytest.mark.parametrize("seed", range(4))
def test_what_was_in_force_on_any_day_is_what_the_history_says(store, clock, seed):
    draw, story = random.Random(seed), Story(store, clock)
    began = clock()
    for n in range(25):
        clock.tick(hours=draw.choice((1, 20, 40)))
        pair = f"{draw.choice(COMPANIES)} {draw.choice(AUTHORITIES)}"
        said = f"{pair} {draw.choice(list(Stance))}: Said in {n}."
        if draw.random() < 0.25:
            story.shows("zoom-guide", said.replace(pair, f"zoom {draw.choice(AUTHORITIES)}"))
        else:
            when = clock() - timedelta(days=draw.choice((0, 0, 3)))
            story.reports(draw.choice(("courier", "herald")), said, path=f"/{n}", published=when)
    days = [began + timedelta(days=n) for n in range(-3, 45)]
    with store.reading() as session:
        for day in days:
            then = positions_at(session, story.context.rules, as_of=day)
            expected = {(p.company, p.authority): ({h.stance for h in p.held}, p.since) for p in then}
            found = queries.in_force_at(session, day, COMPANIES)
            assert {(f.company, f.authority): (set(f.stances), f.since) for f in found} == expected


def test_what_is_in_force_today_is_told_by_company_authority_and_stance(store, clock):
    story = Story(store, clock)
    story.reports(
        "courier",
        "zoom HK pauses: Zoom stopped.\nzoom US complies: Zoom complies.\nmeta US complies: So does Meta.",
    )
    with store.reading() as session:
        assert queries.companies_known(session) == ["meta", "zoom"]
        wanted = queries.PositionFilter(stance=Stance.PAUSES)
        assert queries.companies_holding(session, wanted) == ["zoom"]
        assert queries.authorities_used(session, queries.PositionFilter()) == {"US": 2, "HK": 1}
        assert [(f.authority, f.stances) for f in queries.in_force(session, ["zoom"], ["HK"])] == [
            ("HK", (Stance.PAUSES,))
        ]
        assert queries.companies_told(session, ["zoom", "nobody"])["zoom"].positions == 2
        assert queries.companies_told(session, ["zoom", "nobody"])["nobody"].changed is None


def test_a_pair_s_statements_are_looked_through_a_bounded_number_at_a_time(store, clock, monkeypatch):
    story = Story(store, clock)
    story.reports("courier", "zoom HK refuses past: Zoom once refused.", path="/first")
    for n in range(12):
        clock.tick(hours=1)
        story.reports("courier", f"zoom HK pauses: Zoom paused, told {n}.", path=f"/{n}")
    monkeypatch.setattr(copies, "LOOK", 5)
    monkeypatch.setattr(copies, "LOOKS", 1)
    after, seen, pages = None, [], 0
    with store.reading() as session:
        while pages == 0 or after:
            page = queries.statements_once(session, "zoom", "HK", after, wanted=lambda one: one.said.ignored)
            seen += [one.said.evidence for one in page.rows]
            after, pages = page.after, pages + 1
    assert (seen, pages) == (["Zoom once refused."], 3)


def test_what_many_texts_of_a_page_say_is_told_once_however_long_the_list_is(store, clock):
    story = Story(store, clock)
    began = clock()
    for n in range(12):
        story.shows(
            "zoom-guide", f"zoom HK conditional: We ask for a warrant.\nzoom HK unable: We hold no keys, says text {n // 6}.\nText {n}."
        )  # fmt: skip
        clock.tick(days=1)
    story.reports(
        "courier", "zoom HK conditional: We ask for a warrant."
    )  # the same words at another address
    with store.reading() as session:
        told = queries.statements_once(session, "zoom", "HK").rows
        pages, after = [], None
        while not pages or after:
            page = queries.statements_once(session, "zoom", "HK", after, limit=1)
            pages += page.rows
            after = page.after
    assert pages == list(told)
    assert {(one.said.source, one.said.evidence, one.texts) for one in told} == {
        ("courier", "We ask for a warrant.", 1), ("zoom-guide", "We ask for a warrant.", 12),
        ("zoom-guide", "We hold no keys, says text 0.", 6), ("zoom-guide", "We hold no keys, says text 1.", 6),
    }  # fmt: skip
    (warrant,) = [one for one in told if one.texts == 12]
    assert (warrant.since, warrant.until) == (began, began + timedelta(days=11))


def test_a_copy_that_was_ruled_on_stands_by_itself(store, clock):
    story = Story(store, clock)
    for n in range(3):
        story.shows("zoom-guide", f"zoom HK conditional: We ask for a warrant.\nText {n}.")
        clock.tick(days=1)
    with store.reading() as session:
        oldest = queries.statements(session)[-1]
    ledger.post_verdict(store, oldest.id, "reject", who="ana", now=clock(), context=story.context)
    with store.reading() as session:
        told = queries.statements_once(session, "zoom", "HK").rows
    assert [(one.texts, one.said.ruling) for one in told] == [(2, None), (1, "reject")]


def test_of_two_moves_on_one_day_the_one_that_goes_on_from_the_other_is_last(store, clock):
    """A report of the day of two moves is found before the one that tells the first of them."""
    story = Story(store, clock)
    day = clock().replace(hour=0) + timedelta(days=7)
    story.reports("courier", "zoom HK refuses: a.", path="/a", published=day - timedelta(days=6))
    clock.tick(days=8)
    story.reports("courier", "zoom HK pauses: c.", path="/c", published=day + timedelta(days=1))
    clock.tick(hours=7)
    story.reports("herald", "zoom HK complies: b.", path="/b", published=day)
    clock.tick(hours=6)
    story.reports("herald", "zoom HK pauses: b2.", path="/b2", published=day)
    with store.reading() as session:
        for at in (day, day + timedelta(days=1), day + timedelta(days=2)):
            (told,) = positions_at(session, story.context.rules, as_of=at)
            (shown,) = queries.in_force_at(session, at, ["zoom"])
            assert list(shown.stances) == [held.stance for held in told.held]
