"""When a change is confirmed, and why in words: by the company itself, by an analyst, or by two independent reports.

Pure. Copies of one wire text are one report, however many outlets carry it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from extract.types import Stance
from pipelines.readings import Reading

# Share of equal MinHash values from which two texts are taken as one: a wire text under another headline,
# with a paragraph cut or added, stays well above; two reporters' own texts on one event well below.
COPY_SIMILARITY = 0.5


@dataclass(frozen=True, slots=True)
class Confirmation:
    """Whether it is confirmed, and why or why not yet: words that stand behind the status in mails and lists."""

    confirmed: bool
    words: str


def similarity(a: Sequence[int], b: Sequence[int]) -> float:
    """Estimated overlap of two texts (Jaccard of their shingles), 0 to 1, from their MinHash values."""
    if not a or len(a) != len(b):
        return 0.0
    return sum(x == y for x, y in zip(a, b, strict=True)) / len(a)


def independent(a: Reading, b: Reading) -> bool:
    """Whether two reports come from different outlets and were written apart.

    A text without fingerprint is too short to tell from a copy, so it never counts as independent.
    """
    apart = a.publisher.casefold() != b.publisher.casefold() and a.host != b.host
    return (
        apart
        and bool(a.fingerprint and b.fingerprint)
        and similarity(a.fingerprint, b.fingerprint) < COPY_SIMILARITY
    )


def confirm(stance: Stance, reports: Sequence[Reading]) -> Confirmation:
    """Judges the readings that say the same stance, oldest first, with none in between that ended it."""
    own = next((r for r in reports if r.own), None)
    if own is not None:
        where = "the company's own page" if own.page else "the company's own words at"
        return Confirmation(True, f"{where} {own.url}")
    if any(r.says[stance].ruled for r in reports):
        return Confirmation(True, "accepted by an analyst")
    for a, b in combinations(reports, 2):
        if independent(a, b):
            return Confirmation(True, f"reported by {a.publisher} and {b.publisher} independently")
    first = reports[0]
    copies = sorted({r.publisher for r in reports} - {first.publisher})
    words = f"only {first.publisher} so far"
    if copies:
        words += f" (what {_list(copies)} carr{'ies' if len(copies) == 1 else 'y'} is the same text or house)"
    return Confirmation(False, words)


def _list(names: Sequence[str], most: int = 4) -> str:
    shown = list(names[:most])
    if len(names) > most:
        shown.append(f"{len(names) - most} more")
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
