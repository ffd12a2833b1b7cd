"""What single texts say, and when: articles and watched pages as the fold hears them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.pairs import SETTLE, day, page, report, ruled

from extract.types import Facets, Stance, Time
from pipelines.evidence import Reading, Verdict
from pipelines.readings import dropped_of, readings_of

REFUSES, PAUSES, COMPLIES, CONDITIONAL = (
    Stance.REFUSES,
    Stance.PAUSES,
    Stance.COMPLIES,
    Stance.CONDITIONAL,
)
COURT, ORDERS = Facets(process=("court_order",)), Facets(process=("legal_request",))


def heard(evidence, versions=(), settle=SETTLE) -> list[Reading]:
    return readings_of("zoom", "HK", evidence, versions, settle)


def short(reading: Reading) -> tuple[float, set[str], set[str]]:
    """Day, what it tells, what is gone."""
    at = (reading.at - day(0)) / timedelta(days=1)
    return round(at, 2), {str(s) for s in reading.tells}, {str(s) for s in reading.gone}


def test_an_article_is_heard_when_it_was_published_and_found_when_we_saw_it():
    (reading,) = heard(report("courier", 1, PAUSES, found=4))
    assert (reading.at, reading.found, reading.publisher, reading.page) == (day(1), day(4), "Courier", None)


def test_an_outlet_without_a_name_is_known_by_its_host():
    (said,) = report("courier", 1, PAUSES)
    (reading,) = heard([replace(said, publisher=None, url="https://www.courier.example/a")])
    assert reading.publisher == reading.host == "courier.example"


@pytest.mark.parametrize(
    "more",
    [
        {"time": Time.PAST},
        {"unlisted": True},
        {"superseded": True},
        {"verdict": Verdict("reject")},
        {"verdict": Verdict("correct", {"company": "meta"})},
        {"verdict": Verdict("correct", {"time": "past"})},
    ],
)
def test_what_does_not_count_is_not_heard(more):
    assert heard(report("courier", 1, PAUSES, **more)) == []


@pytest.mark.parametrize("ids", ["ab", "ba"])
def test_of_two_statements_of_one_stance_the_one_that_an_analyst_ruled_on_counts(ids):
    plain, other = report("courier", 1, PAUSES, COMPLIES)
    (corrected,) = ruled([replace(other, id=ids[1])], "correct", stance="pauses")
    (reading,) = heard([replace(plain, id=ids[0]), corrected])
    assert (reading.says[PAUSES].statement, reading.says[PAUSES].ruled) == (ids[1], True)


def test_an_edited_article_is_heard_from_its_first_edition_on():
    first = report("courier", 1, PAUSES, url="https://courier.example/a", document="1", superseded=True)
    (edited,) = report("courier", 1, PAUSES, url="https://courier.example/a", document="2", found=5)
    (reading,) = heard([*first, edited])
    assert (reading.document, reading.found) == ("2", day(1) + timedelta(hours=1))
    undated = [replace(e, published=None) for e in (*first, edited)]
    assert heard(undated)[0].at == day(1) + timedelta(hours=1)


def test_another_days_article_at_the_same_address_is_another_event():
    old = report("courier", 1, PAUSES, url="https://courier.example/live", document="1", superseded=True)
    new = report("courier", 9, PAUSES, url="https://courier.example/live", document="2")
    (reading,) = heard([*old, *new])
    assert (reading.at, reading.found) == (day(9), day(9) + timedelta(hours=1))


def test_a_page_is_heard_when_what_it_says_differs():
    evidence, versions = page(
        (1, {CONDITIONAL: COURT}),
        (3, {CONDITIONAL: Facets()}),
        (5, {CONDITIONAL: ORDERS}),
        (7, {CONDITIONAL: ORDERS, REFUSES: None}),
    )
    assert [short(r) for r in heard(evidence, versions)] == [
        (1, {"conditional"}, set()),
        (3, set(), set()),
        (5, {"conditional"}, set()),
        (7, {"refuses"}, set()),
    ]
    assert [r.baseline for r in heard(evidence, versions)] == [True, False, False, False]


@pytest.mark.parametrize(
    ("seen_until", "gone"),
    [(3, None), (3.49, None), (3.5, 3), (8, 3)],
)
def test_a_sentence_is_gone_when_it_stayed_away_for_the_settle_time(seen_until, gone):
    evidence, versions = page((1, {REFUSES: None}), (3, {}), until=seen_until)
    _, *later = heard(evidence, versions)
    assert [short(r) for r in later] == ([(gone, set(), {"refuses"})] if gone else [])
    assert all(r.found == r.at + SETTLE for r in later)


def test_a_version_that_another_replaced_within_the_settle_time_is_not_heard():
    evidence, versions = page((1, {REFUSES: None}), (3, {COMPLIES: None}), (3.3, {REFUSES: None}))
    assert [short(r)[1] for r in heard(evidence, versions)] == [{"refuses"}]


def test_a_page_that_says_again_what_it_said_before_is_heard_once_it_stayed_so():
    evidence, versions = page((1, {REFUSES: None}), (3, {COMPLIES: None}), (5, {REFUSES: None}), until=5.4)
    assert [short(r)[1] for r in heard(evidence, versions)] == [{"refuses"}, {"complies"}]
    evidence, versions = page((1, {REFUSES: None}), (3, {COMPLIES: None}), (5, {REFUSES: None}), until=6)
    last = heard(evidence, versions)[-1]
    assert (short(last), last.found) == ((5, {"refuses"}, {"complies"}), day(5.5))


def test_without_a_settle_time_everything_counts_at_once():
    evidence, versions = page((1, {REFUSES: None}), (3, {}), (3.1, {REFUSES: None}), (4, {}), until=4)
    assert len(heard(evidence, versions, timedelta(0))) == 4


@given(st.randoms(use_true_random=False))
def test_the_order_in_which_anything_was_stored_does_not_show(chance):
    evidence, versions = page((1, {REFUSES: None}), (3, {COMPLIES: None}), (5, {CONDITIONAL: COURT}))
    evidence += [*report("courier", 2, PAUSES, COMPLIES), *report("herald", 2, PAUSES)]
    shuffled = chance.sample(evidence, len(evidence)), chance.sample(versions, len(versions))
    assert heard(*shuffled) == heard(evidence, versions)


def test_only_what_a_ruling_took_away_is_dropped():
    said = report("courier", 1, PAUSES)
    dated = [replace(e, verdict=Verdict("reject", at=day(3))) for e in said]
    (dropped,) = dropped_of("zoom", "HK", dated)
    assert (dropped.stance, dropped.at, dropped.until) == (PAUSES, day(1), day(3))
    accepted = [replace(e, verdict=Verdict("accept", at=day(3))) for e in said]
    corrected = [replace(e, verdict=Verdict("correct", {"facets": {}}, day(3))) for e in said]
    for kept in (said, accepted, corrected, ruled(said, "reject"), report("courier", 1, time=Time.PAST)):
        assert dropped_of("zoom", "HK", kept) == []
    assert dropped_of("zoom", "US", dated) == []
