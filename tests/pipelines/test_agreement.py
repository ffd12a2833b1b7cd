"""Cohen's kappa: known figures, and what must hold for every pair of coders."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from pipelines.agreement import CATEGORIES, NONE, agreement_of, kappa_of

CODES = some.lists(
    some.tuples(some.sampled_from(CATEGORIES), some.sampled_from(CATEGORIES)), min_size=1, max_size=60
)


def table(both: int, first: int, second: int, neither: int) -> list[tuple[str, str]]:
    """Two coders saying yes or no: how often both, only the first, only the second, neither."""
    return [("y", "y")] * both + [("y", "n")] * first + [("n", "y")] * second + [("n", "n")] * neither


def test_fifty_proposals_read_by_two_people():
    """20 and 15 alike of 50: observed .70, by chance .5 × .6 + .5 × .4 = .50, so kappa .40.

    Wilson's limits of .70 in 50 are .5625 and .8090: as far above .50, by the half that chance leaves, lie .125 and .618.
    """
    found = kappa_of(table(20, 5, 10, 15))
    assert (found.n, found.observed) == (50, pytest.approx(0.7))
    assert found.expected == pytest.approx(0.5)
    assert found.kappa == pytest.approx(0.4)
    assert (found.low, found.high) == (pytest.approx(0.125, abs=5e-4), pytest.approx(0.618, abs=5e-4))


def test_as_much_agreement_is_worth_less_where_chance_agrees_too():
    even, uneven = kappa_of(table(45, 15, 25, 15)), kappa_of(table(25, 35, 5, 35))
    assert even.observed == uneven.observed == pytest.approx(0.6)
    assert even.kappa == pytest.approx(0.1304, abs=1e-4)
    assert uneven.kappa == pytest.approx(0.2593, abs=1e-4)


def test_always_the_same_code_says_nothing_of_agreement():
    found = agreement_of([(NONE, NONE)] * 9)
    assert (found.overall.observed, found.overall.kappa) == (1.0, None)
    assert found.by_stance["refuses"].kappa is None


@pytest.mark.parametrize(
    ("codes", "low", "high"),
    [
        (table(5, 0, 0, 4), 0.39, 1.0),  # never differed
        (table(50, 0, 0, 40), 0.91, 1.0),
        (table(1, 0, 0, 49), -0.82, 1.0),  # one unit of it says nothing of a stance
        (table(0, 4, 0, 16), -1.0, 0.6),  # one coder never said it, so kappa can be nothing but 0
        (table(0, 5, 5, 0), -1.0, -0.45),  # always differed
    ],
)
def test_an_interval_is_as_wide_as_few_units_leave_it(codes, low, high):
    found = kappa_of(codes)
    assert (found.low, found.high) == (pytest.approx(low, abs=0.01), pytest.approx(high, abs=0.01))


def test_each_stance_is_measured_against_all_others():
    codes = [("refuses", "refuses")] * 8 + [("pauses", "reviewing")] * 4 + [("complies", "complies")] * 8
    found = agreement_of(codes)
    assert found.by_stance["refuses"].kappa == 1.0
    assert found.by_stance["pauses"].kappa == pytest.approx(0.0)
    assert found.confusion["pauses", "reviewing"] == 4


def test_a_table_tells_who_coded_what():
    """The first coder's codes are the rows, the second's the columns; the last of each are sums."""
    codes = [("refuses", "refuses")] * 3 + [("refuses", "none"), ("none", "pauses"), ("none", "pauses")]
    found = agreement_of(codes)
    assert found.given == ("refuses", "pauses", "none")
    assert found.table() == {
        "refuses": (3, 0, 1, 4),
        "pauses": (0, 0, 0, 0),
        "none": (0, 2, 0, 2),
        "all": (3, 2, 1, 6),
    }


@given(CODES)
def test_who_is_called_the_first_does_not_matter_nor_the_order(codes):
    turned = kappa_of([(b, a) for a, b in reversed(codes)])
    assert (turned.observed, turned.kappa) == pytest.approx((kappa_of(codes).observed, kappa_of(codes).kappa))


@given(CODES)
def test_full_agreement_is_one_and_none_is_more(codes):
    same = kappa_of([(a, a) for a, _ in codes])
    assert same.kappa is None or same.kappa == pytest.approx(1.0)
    found = kappa_of(codes)
    if found.kappa is not None:
        assert -1 - 1e-9 <= found.low <= found.kappa + 1e-9 <= 1 + 2e-9
        assert found.kappa <= found.high + 1e-9
        assert found.high - found.low > 0.01


def test_nothing_and_unknown_codes_are_refused():
    with pytest.raises(ValueError, match="nothing was coded by both"):
        agreement_of([])
    with pytest.raises(ValueError, match="no codes: maybe"):
        agreement_of([("maybe", NONE)])
