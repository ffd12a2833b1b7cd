"""When a change is confirmed, and in which words."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.pairs import day, text

from extract.types import Facets, Stance
from pipelines.confirmation import COPY_SIMILARITY, confirm, independent
from pipelines.evidence import Reading, Said, similarity

PAUSES = Stance.PAUSES


def told(outlet: str, wire: str | None = None, *, ruled: bool = False, **more) -> Reading:
    """An outlet's report that Zoom pauses; `wire` makes it a copy of that text."""
    reading = Reading(
        at=day(1),
        found=day(1),
        document=outlet,
        url=f"https://www.{outlet}.example/a",
        publisher=outlet.title(),
        own=False,
        says={PAUSES: Said(outlet, Facets(), day(1), ruled=ruled)},
        tells=frozenset({PAUSES}),
        fingerprint=text(wire or outlet),
    )
    return replace(reading, **more)


def words(*reports: Reading) -> tuple[bool, str]:
    confirmation = confirm(PAUSES, reports)
    return confirmation.confirmed, confirmation.words


def test_one_outlet_confirms_nothing():
    assert words(told("courier")) == (False, "only Courier so far")


def test_two_independent_outlets_confirm():
    assert words(told("courier"), told("herald")) == (
        True,
        "reported by Courier and Herald independently",
    )


def test_copies_of_one_wire_text_are_one_report_however_many_carry_it():
    copies = [told(f"outlet{n}", "wire") for n in range(12)]
    confirmed, why = words(*copies)
    assert not confirmed
    assert why.startswith(
        "only Outlet0 so far (what Outlet1, Outlet10, Outlet11, Outlet2 and 7 more carry is"
    )
    assert words(*copies, told("herald")) == (True, "reported by Outlet0 and Herald independently")


def test_one_outlet_twice_is_one_witness():
    again = told("courier", "another text", url="https://courier.example/b")
    assert not confirm(PAUSES, [told("courier"), again]).confirmed


@pytest.mark.parametrize(
    "other",
    [
        {"publisher": "COURIER"},  # another address of the same outlet
        {
            "url": "https://courier.example/other",
            "publisher": "Courier Tech",
        },  # another desk of the same house
        {"fingerprint": ()},  # too short to tell from a copy
    ],
)
def test_what_may_come_from_one_hand_is_not_independent(other):
    assert independent([told("courier"), told("herald")])
    assert not independent([told("courier"), replace(told("herald"), **other)])


def test_who_carries_a_text_and_then_writes_his_own_repeats_what_he_read():
    wire, copy = told("courier"), told("gazette", "courier")
    follow_up = told("gazette", "gazette's own", url="https://gazette.example/b")
    assert not independent([wire, copy, follow_up])
    assert not independent([copy, wire, told("courier", "courier's own", url="https://courier.example/b")])


def test_who_carries_a_text_after_writing_his_own_stays_a_witness():
    assert independent([told("courier"), told("herald"), told("herald", "courier")])


def test_a_thousand_copies_are_quickly_one():
    copies = [told(f"outlet{n}", "wire") for n in range(1000)]
    assert not independent([*copies, told("outlet7", "its own")])
    assert independent([*copies, told("herald")]) == (copies[0], told("herald"))


def test_the_companys_own_page_confirms_alone():
    page = told("zoom", own=True, page="https://zoom.example/guide", url="https://zoom.example/guide")
    assert words(told("courier"), page) == (True, "the company's own page https://zoom.example/guide")
    post = told("zoom", own=True)
    assert words(post) == (True, "the company's own words at https://www.zoom.example/a")


def test_an_analyst_confirms_alone():
    assert words(told("courier", ruled=True)) == (True, "accepted by an analyst")


@given(st.permutations(range(64)), st.integers(0, 64))
def test_likeness_is_the_share_of_equal_values(values, same):
    other = tuple(v if n < same else -1 - v for n, v in enumerate(values))
    assert similarity(values, other) == same / 64
    assert similarity(other, values) == same / 64


def test_texts_without_or_with_another_kind_of_fingerprint_are_not_alike():
    assert similarity((), ()) == similarity((1,), (1, 2)) == 0.0
    assert 0 < COPY_SIMILARITY < 1
