"""How far two coders agree beyond chance: Cohen's kappa over nine categories, and for each stance against all others.

Kappa after Cohen 1960 ("A coefficient of agreement for nominal scales"). So is its interval: the limits of the observed
share, with the expected one taken as known; but these limits are Wilson's ("Probable inference", 1927), which do not
shrink to a point where the coders never differ, or one of them gave one code only. Standard errors for large samples
(Fleiss, Cohen and Everitt 1969) do. Pure.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from extract.types import Stance

NONE = "none"  # what is coded where no stance is stated
ALL = "all"
CATEGORIES = (*(str(stance) for stance in Stance), NONE)
_NORMAL_95 = 1.959964


@dataclass(frozen=True, slots=True)
class Kappa:
    """Agreement on `n` units: the observed and the expected share, kappa, and its 95 % interval (`low` to `high`).

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

    @property
    def given(self) -> tuple[str, ...]:
        """The categories that either of them gave."""
        return tuple(category for category in CATEGORIES if any(category in pair for pair in self.confusion))

    def table(self) -> dict[str, tuple[int, ...]]:
        """Their codes as a table, with sums: for each category that was given, and `all`, how often the first coder gave it
        where the second gave each of these.
        """
        rows = {one: [self.confusion.get((one, other), 0) for other in self.given] for one in self.given}
        rows[ALL] = [sum(column) for column in zip(*rows.values(), strict=True)]
        return {name: (*row, sum(row)) for name, row in rows.items()}


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
    low, high = _share_limits(observed, n)
    kappa, low, high = ((share - expected) / (1 - expected) for share in (observed, low, high))
    return Kappa(n, observed, expected, kappa, max(-1.0, low), min(1.0, high))


def _margin(shares: Mapping[tuple[str, str], float], side: int) -> dict[str, float]:
    found: dict[str, float] = {}
    for pair, share in sorted(shares.items()):  # so that the same codes in any order give the same sum
        found[pair[side]] = found.get(pair[side], 0.0) + share
    return found


def _share_limits(share: float, n: int) -> tuple[float, float]:
    """The 95 % limits of a share that was seen in `n` units (Wilson 1927)."""
    squared = _NORMAL_95**2
    middle = share + squared / (2 * n)
    half = _NORMAL_95 * math.sqrt(share * (1 - share) / n + squared / (4 * n**2))
    return (middle - half) / (1 + squared / n), (middle + half) / (1 + squared / n)
