"""How far two coders agree beyond chance: Cohen's kappa over nine categories, and for each stance against all others.

Kappa after Cohen 1960 ("A coefficient of agreement for nominal scales"); its standard error, from which the interval is
made, after Fleiss, Cohen and Everitt 1969 ("Large sample standard errors of kappa and weighted kappa"). Pure.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from extract.types import Stance

NONE = "none"  # what is coded where no stance is stated
CATEGORIES = (*(str(stance) for stance in Stance), NONE)
_NORMAL_95 = 1.959964


@dataclass(frozen=True, slots=True)
class Kappa:
    """Agreement on `n` units: the observed and the expected share, kappa, and its 95 % interval.

    `kappa` is None where it is undefined: both put every unit into one and the same category.
    """

    n: int
    observed: float
    expected: float
    kappa: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Agreement:
    """Two coders on the same units: over all categories, by stance, and how often which pair of codes was given."""

    overall: Kappa
    by_stance: Mapping[str, Kappa]
    confusion: Mapping[tuple[str, str], int]


def agreement_of(codes: Sequence[tuple[str, str]]) -> Agreement:
    """The agreement of pairs of codes, each of CATEGORIES. Raises ValueError if there are none, or others."""
    if unknown := sorted({code for pair in codes for code in pair} - set(CATEGORIES)):
        raise ValueError(f"no codes: {', '.join(unknown)}")
    return Agreement(
        kappa_of(codes),
        {
            category: kappa_of([(str(a == category), str(b == category)) for a, b in codes])
            for category in CATEGORIES
        },
        dict(Counter(codes)),
    )


def kappa_of(codes: Sequence[tuple[str, str]]) -> Kappa:
    """Cohen's kappa of pairs of codes, of whatever categories. Raises ValueError if there are none."""
    n = len(codes)
    if not n:
        raise ValueError("nothing was coded by both")
    shares = {pair: count / n for pair, count in Counter(codes).items()}
    ours, theirs = (_margin(shares, side) for side in (0, 1))
    observed = sum(share for (a, b), share in shares.items() if a == b)
    expected = sum(share * theirs.get(category, 0.0) for category, share in ours.items())
    if math.isclose(expected, 1.0):
        return Kappa(n, observed, expected, None, None, None)
    kappa = (observed - expected) / (1 - expected)
    error = _standard_error(shares, ours, theirs, kappa, expected, n)
    return Kappa(
        n,
        observed,
        expected,
        kappa,
        max(-1.0, kappa - _NORMAL_95 * error),
        min(1.0, kappa + _NORMAL_95 * error),
    )


def _margin(shares: Mapping[tuple[str, str], float], side: int) -> dict[str, float]:
    found: dict[str, float] = {}
    for pair, share in sorted(
        shares.items()
    ):  # sorted, so that the same codes in any order give the same sum
        found[pair[side]] = found.get(pair[side], 0.0) + share
    return found


def _standard_error(
    shares: Mapping[tuple[str, str], float],
    ours: Mapping[str, float],
    theirs: Mapping[str, float],
    kappa: float,
    expected: float,
    n: int,
) -> float:
    agreeing = sum(
        share * (1 - (ours[a] + theirs[a]) * (1 - kappa)) ** 2 for (a, b), share in shares.items() if a == b
    )
    differing = (1 - kappa) ** 2 * sum(
        share * (theirs.get(a, 0.0) + ours.get(b, 0.0)) ** 2 for (a, b), share in shares.items() if a != b
    )
    rest = (kappa - expected * (1 - kappa)) ** 2
    variance = (agreeing + differing - rest) / ((1 - expected) ** 2 * n)
    return math.sqrt(max(0.0, variance))
