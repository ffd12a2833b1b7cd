"""How conditions compare: widened, narrowed, otherwise changed, or the same. The ladders of the codebook, rung by rung."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.types import Facets
from pipelines.terms import NOTICE_LADDER, OFFENCE_LADDER, PROCESS_LADDER, Direction, carried, compare

PROCESSES = [*PROCESS_LADDER, "consent", "emergency"]
FACETS = st.builds(
    Facets,
    process=st.lists(st.sampled_from(PROCESSES), max_size=3, unique=True).map(lambda p: tuple(sorted(p))),
    data=st.lists(st.sampled_from(["content", "metadata", "keys"]), max_size=2, unique=True).map(
        lambda d: tuple(sorted(d))
    ),
    offence=st.sampled_from([None, *OFFENCE_LADDER]),
    notice=st.sampled_from([None, *NOTICE_LADDER]),
)
OPPOSITE = {
    Direction.WIDENED: Direction.NARROWED,
    Direction.NARROWED: Direction.WIDENED,
    Direction.CHANGED: Direction.CHANGED,
}


def direction(before: Facets, after: Facets) -> str | None:
    moved = compare(before, after)
    return moved and str(moved.direction)


@pytest.mark.parametrize(("easier", "harder"), list(combinations(PROCESS_LADDER, 2)))
def test_who_accepts_less_process_gives_in_more_cases(easier, harder):
    assert direction(Facets(process=(harder,)), Facets(process=(easier,))) == "widened"
    assert direction(Facets(process=(easier,)), Facets(process=(harder,))) == "narrowed"


@pytest.mark.parametrize(("fewer", "more"), list(combinations(OFFENCE_LADDER, 2)))
def test_who_gives_for_more_crimes_gives_in_more_cases(fewer, more):
    assert direction(Facets(offence=fewer), Facets(offence=more)) == "widened"
    assert direction(Facets(offence=more), Facets(offence=fewer)) == "narrowed"


@pytest.mark.parametrize(("less", "more"), list(combinations(NOTICE_LADDER, 2)))
def test_who_tells_users_less_lets_more_flow(less, more):
    assert direction(Facets(notice=more), Facets(notice=less)) == "widened"
    assert direction(Facets(notice=less), Facets(notice=more)) == "narrowed"


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (("warrant",), ("court_order", "warrant"), "widened"),
        (("court_order",), ("court_order", "warrant"), None),  # who accepts an order accepts a warrant
        (("court_order", "warrant"), ("court_order",), None),
        (("warrant",), ("emergency", "warrant"), "widened"),
        (("emergency", "warrant"), ("warrant",), "narrowed"),
        (("consent",), ("emergency",), "changed"),
        (("consent",), ("warrant",), "changed"),
        (("mlat",), ("consent", "legal_request"), "widened"),
    ],
)
def test_several_processes_compare_by_what_each_lets_through(before, after, expected):
    assert direction(Facets(process=before), Facets(process=after)) == expected


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (("metadata",), ("content", "metadata"), "widened"),
        (("content", "metadata"), ("metadata",), "narrowed"),
        (("content",), ("keys",), "changed"),
        (("content",), (), None),
        ((), ("content",), None),
    ],
)
def test_data_compares_by_what_is_given(before, after, expected):
    assert direction(Facets(data=before), Facets(data=after)) == expected


def test_widened_here_and_narrowed_there_is_changed():
    before = Facets(process=("warrant",), notice="none")
    after = Facets(process=("subpoena",), notice="before")
    assert direction(before, after) == "changed"


def test_the_words_name_each_facet_that_moved_and_no_other():
    moved = compare(
        Facets(process=("court_order",), data=("subscriber",), offence="terrorism"),
        Facets(process=("legal_request",), data=("subscriber",), offence="breach_of_terms"),
    )
    assert moved is not None
    assert moved.words == "legal process court order → legal request; offence terrorism → breach of terms"


@given(FACETS, FACETS)
def test_back_is_the_opposite_of_forth(before, after):
    forth, back = compare(before, after), compare(after, before)
    assert (forth is None) == (back is None)
    if forth and back:
        assert OPPOSITE[forth.direction] == back.direction


@given(FACETS, FACETS)
def test_what_is_left_unsaid_keeps_its_last_value_and_is_no_difference(before, after):
    known = carried(before, after)
    assert compare(before, after) == compare(before, known)
    assert compare(after, known) is None
    assert compare(before, carried(before, Facets())) is None
    assert carried(before, known) == known


@given(FACETS)
def test_the_same_conditions_are_no_change(facets):
    assert compare(facets, facets) is None
    assert compare(facets, Facets()) is compare(Facets(), facets) is None
