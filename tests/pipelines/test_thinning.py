"""Old reports that only repeat may be left out: whatever happens later is the same without them."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest
import sqlalchemy as sa
from hypothesis import given, settings, target
from hypothesis import strategies as st
from support.pairs import SETTLE, day, page, report, ruled, timeline
from support.store import Story

from extract.types import Stance
from pipelines import ledger, positions
from pipelines.evidence import Evidence
from pipelines.positions import fold
from pipelines.store import queries
from pipelines.store.session import Store
from pipelines.store.tables import StatementRow
from pipelines.thinning import spendable

HORIZON = 60
FEW = [Stance.PAUSES, Stance.COMPLIES, Stance.CONDITIONAL, Stance.CHALLENGES]


@st.composite
def reports(draw, first: int, last: int, least: int, most: int) -> list[Evidence]:
    """Articles from one day to another, each found within a day: most repeat what is in force, some tell of a change."""
    found: list[Evidence] = []
    phase = draw(st.sampled_from(FEW))
    days = sorted(draw(st.lists(st.integers(first, last), min_size=least, max_size=most)))
    for n, at in enumerate(days):
        if draw(st.integers(0, 7)) == 0:
            phase = draw(st.sampled_from(FEW))
        told = {phase} | ({draw(st.sampled_from(FEW))} if draw(st.integers(0, 9)) == 0 else set())
        outlet = draw(st.sampled_from(["courier", "herald", "ledger", "gazette"]))
        said = report(
            outlet,
            at,
            *sorted(told),
            found=at + draw(st.floats(0, 1)),
            wire=draw(st.sampled_from(["wire", f"own {n}", f"own {n}", f"own {n}"])),
            url=f"https://{outlet}.example/{at}/{n}",
        )
        ruling = draw(st.sampled_from([None] * 19 + ["reject"]))
        found += ruled(said, ruling) if ruling else said
    return found


@settings(max_examples=200)
@given(
    reports(0, HORIZON - 2, 20, 40),
    reports(HORIZON - 2, HORIZON + 30, 0, 4),
    reports(HORIZON + 1, HORIZON + 30, 0, 6),
    st.booleans(),
    st.integers(1, 4),
)
def test_what_is_left_out_leaves_no_trace_in_anything_that_follows(old, recent, new, watched, named):
    shown, versions = page((5, {Stance.CONDITIONAL: None}), (20, {Stance.REFUSES: None}), until=90)
    recent = [replace(e, first_seen=max(e.first_seen, day(HORIZON))) for e in renamed(recent, "recent")]
    new = renamed(new, "new")
    evidence = old + recent + (shown if watched else [])
    versions = versions if watched else []
    with named_at_most(named):
        before = fold("zoom", "HK", evidence, versions, SETTLE)
        spent = spendable(before, evidence, versions, SETTLE, day(HORIZON), worth=1)
        target(len(spent))
        left = [e for e in evidence if e.id not in spent]
        assert fold("zoom", "HK", left + new, versions, SETTLE) == fold(
            "zoom", "HK", evidence + new, versions, SETTLE
        )


@settings(max_examples=200)
@given(
    reports(0, HORIZON - 2, 20, 40),
    reports(HORIZON + 1, HORIZON + 30, 1, 8),
    st.booleans(),
    st.integers(1, 4),
    st.data(),
)
def test_nor_in_what_follows_when_an_analyst_rules_on_recent_reports(old, recent, watched, named, data):
    shown, versions = page((5, {Stance.CONDITIONAL: None}), (20, {Stance.REFUSES: None}), until=90)
    recent = renamed(recent, "recent")
    evidence = old + recent + (shown if watched else [])
    versions = versions if watched else []
    with named_at_most(named):
        before = fold("zoom", "HK", evidence, versions, SETTLE)
        spent = spendable(before, evidence, versions, SETTLE, day(HORIZON), worth=1)
        target(len(spent))
        ruling = data.draw(st.sampled_from(["accept", "reject", "reject"]))
        some = data.draw(st.sets(st.sampled_from([e.id for e in recent]), max_size=3)) if recent else set()
        moved = [e for told in evidence for e in (ruled([told], ruling) if told.id in some else [told])]
        left = [e for e in moved if e.id not in spent]
        assert fold("zoom", "HK", left, versions, SETTLE) == fold("zoom", "HK", moved, versions, SETTLE)


def renamed(found: list[Evidence], name: str) -> list[Evidence]:
    """Other articles than those of the same days."""
    return [
        replace(e, id=f"{name} {e.id}", document=f"{name} {e.document}", url=f"{e.url}/{name}") for e in found
    ]


class named_at_most:  # noqa: N801  (reads as a phrase)
    """Fewer statements named than usual, so that short stories have some to leave out."""

    def __init__(self, most: int) -> None:
        self._most = most

    def __enter__(self) -> None:
        self._before, positions.STATEMENTS_NAMED = positions.STATEMENTS_NAMED, self._most

    def __exit__(self, *_: object) -> None:
        positions.STATEMENTS_NAMED = self._before


def test_a_pair_that_is_told_of_every_day_keeps_few():
    daily = [e for n in range(300) for e in report("courier" if n % 2 else "herald", n / 5, Stance.PAUSES)]
    spent = spendable(timeline(daily), daily, [], SETTLE, day(HORIZON))
    assert 200 < len(spent) < 300


def test_what_the_company_said_what_was_ruled_and_what_is_recent_stays():
    daily = [e for n in range(300) for e in report("courier" if n % 2 else "herald", n / 5, Stance.PAUSES)]
    marked = [replace(daily[150], own=True), *ruled([daily[151]], "accept")]
    evidence = [*daily[:150], *marked, *daily[152:], *report("ledger", HORIZON + 1, Stance.PAUSES)]
    spent = spendable(timeline(evidence), evidence, [], SETTLE, day(HORIZON))
    assert spent
    assert not spent & {marked[0].id, marked[1].id, evidence[-1].id}


@pytest.fixture
def story(store, clock, monkeypatch) -> Story:
    """A store that leaves much out early."""
    monkeypatch.setattr(ledger.concluding, "spendable", partial(spendable, worth=5))
    monkeypatch.setattr(positions, "STATEMENTS_NAMED", 2)
    return Story(store, clock)


def spent(store: Store) -> int:
    """How many statements are left out by now."""
    with store.reading() as session:
        return sum(session.scalars(sa.select(StatementRow.spent)).all())


def reports_daily(story: Story, days: range) -> None:
    """Two outlets in turn tell the same, once a day."""
    for n in days:
        outlet = "courier" if n % 2 else "herald"
        story.reports(outlet, f"zoom HK pauses: Zoom does not answer Hong Kong, day {n}.", path=f"/{n}")
        story.clock.tick(days=1)


def test_the_store_leaves_out_what_only_repeats_and_derives_the_same_from_all(story, store, clock):
    reports_daily(story, range(12))
    assert spent(store) == 0
    clock.tick(days=60)
    story.reports("courier", "zoom HK pauses: Still nothing from Zoom.", path="/later")
    assert spent(store) >= 5
    assert ledger.rebuild(store, context=story.context) == []
    story.reports("herald", "zoom HK complies: Zoom answers.", path="/end")
    assert ledger.rebuild(store, context=story.context) == []
    with store.reading() as session:
        said = queries.statements(session)[-1]
    ledger.post_verdict(store, said.id, "reject", who="ana", now=clock(), context=story.context)
    assert ledger.rebuild(store, context=story.context) == []


def test_what_a_page_said_long_ago_and_shows_again_is_folded_with_all_of_its_time(story, store, clock):
    """A page says the contrary, is out of reach for seven weeks, and still says so: it counts from when it was first seen."""
    story.shows("zoom-guide", "Hello.\nNothing else.")
    clock.tick(days=1)
    reports_daily(story, range(3))
    contrary = "zoom HK complies: Zoom answers.\nNothing else."
    story.shows("zoom-guide", contrary)
    clock.tick(days=1)
    reports_daily(story, range(3, 16))
    clock.tick(days=50)
    story.reports("courier", "zoom HK pauses: Still nothing from Zoom.", path="/later")
    assert spent(store) >= 5
    clock.tick(days=1)
    story.shows("zoom-guide", contrary)
    assert ledger.rebuild(store, context=story.context) == []


def test_a_rebuild_that_is_applied_leaves_nothing_out(story, store, clock):
    reports_daily(story, range(12))
    clock.tick(days=60)
    story.reports("courier", "zoom HK pauses: Still nothing from Zoom.", path="/later")
    assert spent(store) >= 5
    ledger.rebuild(store, context=story.context, apply_at=clock())
    assert spent(store) == 0
