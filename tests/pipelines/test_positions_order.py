"""What holds of every story: order and repetition do not show, what was rejected leaves no trace, what was told stays told."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from support.pairs import SETTLE, day, page, report, ruled, stances

from extract.types import Facets, Stance, Time
from pipelines.changes import changes_of
from pipelines.evidence import Evidence, Version
from pipelines.positions import fold

OUTLETS = ("courier", "herald", "ledger")
FACETS = st.builds(
    Facets,
    process=st.sampled_from([(), ("court_order",), ("subpoena",), ("court_order", "warrant")]),
    offence=st.sampled_from([None, "terrorism", "any"]),
)
STANCES = st.lists(st.sampled_from(list(Stance)), min_size=1, max_size=2, unique=True)
ONE = st.lists(st.sampled_from(list(Stance)), min_size=1, max_size=1)


@st.composite
def articles(draw, told=STANCES) -> list[Evidence]:
    at = draw(st.integers(0, 12))
    said = report(
        draw(st.sampled_from(OUTLETS)),
        at,
        *draw(told),
        found=at + draw(st.integers(0, 6)),
        wire=draw(st.sampled_from(["wire", "own 1", "own 2", "own 3"])),
        time=draw(st.sampled_from([Time.NOW, Time.NOW, Time.NOW, Time.PAST])),
    )
    ruling = draw(st.sampled_from([None, None, None, "accept", "reject"]))
    return ruled(said, ruling) if ruling else said


@st.composite
def own_pages(draw, number: int = 1) -> tuple[list[Evidence], list[Version]]:
    says = draw(
        st.lists(st.dictionaries(st.sampled_from(list(Stance)), FACETS, max_size=2), min_size=1, max_size=5)
    )
    gaps = draw(st.lists(st.sampled_from([0.3, 1.0, 2.0]), min_size=len(says), max_size=len(says)))
    at, shown = float(draw(st.integers(0, 4))), []
    for told, gap in zip(says, gaps, strict=True):
        shown.append((at, dict(told)))
        at += gap
    return page(*shown, url=f"https://zoom.example/{number}", until=at)


@st.composite
def stories(draw) -> tuple[list[Evidence], list[Version]]:
    evidence = [e for article in draw(st.lists(articles(), max_size=6)) for e in article]
    versions: list[Version] = []
    for number in range(draw(st.integers(0, 2))):
        said, shown = draw(own_pages(number))
        evidence, versions = evidence + said, versions + shown
    return list({e.id: e for e in evidence}.values()), versions


def line(evidence, versions):
    return fold("zoom", "HK", evidence, versions, SETTLE)


@given(stories(), st.randoms(use_true_random=False))
def test_order_and_repetition_do_not_show(story, chance):
    evidence, versions = story
    again = [evidence + chance.sample(evidence, len(evidence) // 2), versions + versions[:1]]
    for stored in again:
        chance.shuffle(stored)
    assert line(*again) == line(evidence, versions)
    assert changes_of(line(*again)) == changes_of(line(evidence, versions))


@given(stories())
def test_a_rejected_statement_leaves_no_trace(story):
    evidence, versions = story
    kept = [e for e in evidence if e.verdict is None or e.verdict.ruling != "reject"]
    assert line(evidence, versions) == line(kept, versions)


@given(stories())
def test_history_leaves_no_trace(story):
    evidence, versions = story
    assert line(evidence, versions) == line([e for e in evidence if e.time is Time.NOW], versions)


@given(stories())
def test_the_last_step_is_the_position_and_steps_follow_each_other(story):
    timeline = line(*story)
    ats = [step.at for step in timeline.steps]
    assert ats == sorted(ats)
    assert stances(timeline.held) == (stances(timeline.steps[-1].after) if timeline.steps else set())
    for before, after in zip(timeline.steps, timeline.steps[1:], strict=False):
        assert stances(before.after) == stances(after.before)
    for step in timeline.steps:
        assert step.added or step.ended or step.terms


@given(stories())
def test_everything_held_is_held_by_a_statement_that_says_so(story):
    evidence, versions = story
    said = {e.id: e.stance for e in evidence}
    timeline = line(evidence, versions)
    states = [timeline.held, *(s.before for s in timeline.steps), *(s.after for s in timeline.steps)]
    for held in (h for state in states for h in state):
        assert held.statements
        assert {said[s] for s in held.statements} == {held.stance}


@given(stories())
def test_ids_are_unique_and_a_change_of_another_pair_has_another(story):
    changes = changes_of(line(*story))
    assert len({c.id for c in changes}) == len(changes)
    others = [replace(e, authority="US") for e in story[0]]
    elsewhere = changes_of(fold("zoom", "US", others, story[1], SETTLE))
    assert {c.id for c in changes}.isdisjoint(c.id for c in elsewhere)


@settings(max_examples=200)
@given(st.lists(articles(ONE), min_size=1, max_size=7))
def test_reports_that_arrive_one_by_one_take_back_nothing_that_was_told(found):
    """Each article is found after all before it, whatever its date: what was told of the earlier ones keeps its id.

    But for a return of a stance that, by an older article found later, had never been gone: it is in force all the same.
    """
    told: dict[str, set[Stance]] = {}
    evidence: list[Evidence] = []
    for n, article in enumerate(found):
        seen = day(20 + n)
        evidence += [
            replace(e, id=f"{n}-{e.id}", document=f"{n}-{e.document}", url=f"{e.url}/{n}", first_seen=seen)
            for e in article
            if e.verdict is None or e.verdict.ruling != "reject"
        ]
        timeline = line(evidence, [])
        changes = {
            c.id: {h.stance for h in c.after} - {h.stance for h in c.before} for c in changes_of(timeline)
        }
        for came in (told[lost] for lost in told.keys() - changes.keys()):
            assert came, found
            assert came <= {h.stance for h in timeline.held}, found
        told |= changes


@given(own_pages(), st.data())
def test_looking_at_a_page_once_more_changes_nothing(own, data):
    """A sight of the same text may let an absence settle; it ends or begins nothing else."""
    evidence, versions = own
    longer = [*versions[:-1], replace(versions[-1], last_seen=versions[-1].last_seen + timedelta(days=9))]
    before, after = line(evidence, versions), line(evidence, longer)
    settled = [s for s in after.steps if s.gone or s.ended]
    assert {c.id for c in changes_of(before)} <= {c.id for c in changes_of(after)} or settled
