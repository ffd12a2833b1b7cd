"""What evaluation adds up besides right and wrong: which stance was read for which, and what confidence was worth. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import zip_longest

MISSED, MADE_UP = "missed", "made up"
SURE = 0.9
# Upper ends, the last included: a statement of .9 lies in the bin below, "above .9" means above.
_ENDS = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)

Keys = Iterable[tuple[str, str, str]]


@dataclass(slots=True)
class Confusion:
    """How often a stance of the gold (or `MADE_UP`) was read as a stance (or `MISSED`)."""

    cells: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, gold: Keys, read: Keys) -> None:
        """Counts (company, authority, stance) of one document.

        Of the same company and authority, what is not right is paired off in alphabetical order.
        """
        wanted, given = _by_pair(gold), _by_pair(read)
        for pair in wanted.keys() | given.keys():
            here, there = wanted.get(pair, set()), given.get(pair, set())
            self.cells.update((stance, stance) for stance in here & there)
            left = zip_longest(sorted(here - there), sorted(there - here))
            self.cells.update((w or MADE_UP, g or MISSED) for w, g in left)

    @property
    def stances(self) -> list[str]:
        """The stances that occur, in alphabetical order."""
        return sorted({name for cell in self.cells for name in cell} - {MISSED, MADE_UP})

    def as_dict(self) -> dict[str, dict[str, int]]:
        """JSON-ready: a row for each stance of the gold, zeros left out."""
        rows = [*self.stances, MADE_UP]
        columns = [*self.stances, MISSED]
        table = {row: {c: self.cells[row, c] for c in columns if self.cells[row, c]} for row in rows}
        return {row: cells for row, cells in table.items() if cells}


def _by_pair(keys: Keys) -> dict[tuple[str, str], set[str]]:
    found: dict[tuple[str, str], set[str]] = {}
    for company, authority, stance in keys:
        found.setdefault((company, authority), set()).add(stance)
    return found


@dataclass(slots=True)
class Bin:
    """Statements of like confidence: how many, how many right, and the sum of their confidences."""

    statements: int = 0
    right: int = 0
    confidence: float = 0.0

    @property
    def precision(self) -> float:
        """Share that is right; 1 if there is none."""
        return self.right / self.statements if self.statements else 1.0


@dataclass(slots=True)
class Reliability:
    """What confidence was worth: of statements of a confidence, how many were right."""

    bins: dict[float, Bin] = field(default_factory=lambda: {end: Bin() for end in _ENDS})

    def add(self, confidence: float, *, right: bool) -> None:
        """Counts one statement."""
        chosen = self.bins[next((end for end in _ENDS if confidence <= end), _ENDS[-1])]
        chosen.statements += 1
        chosen.right += right
        chosen.confidence += confidence

    @property
    def sure(self) -> Bin:
        """The statements above `SURE`."""
        return self.bins[_ENDS[-1]]

    @property
    def error(self) -> float:
        """Expected calibration error: how far mean confidence and precision lie apart, weighed by statements."""
        counted = sum(b.statements for b in self.bins.values())
        return sum(abs(b.right - b.confidence) for b in self.bins.values()) / counted if counted else 0.0

    def rows(self) -> list[tuple[str, Bin]]:
        """Each bin that holds statements with its name, surest first."""
        starts = dict(zip(_ENDS, (0.0, *_ENDS), strict=False))
        return [
            (f"above {starts[end]:.1f} to {end:.1f}", found)
            for end, found in sorted(self.bins.items(), reverse=True)
            if found.statements
        ]

    def as_dict(self) -> Mapping[str, object]:
        """JSON-ready."""
        return {
            "above": SURE,
            "statements": self.sure.statements,
            "right": self.sure.right,
            "precision": round(self.sure.precision, 4),
            "expected_calibration_error": round(self.error, 4),
            "bins": [
                {
                    "bin": name,
                    "statements": b.statements,
                    "right": b.right,
                    "precision": round(b.precision, 4),
                    "confidence": round(b.confidence / b.statements, 4),
                }
                for name, b in self.rows()
            ],
        }
