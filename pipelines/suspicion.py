"""When a text is held back instead of believed: it would move too much at once, or its page shrank beyond its own history.

Pure. What is held moves nothing until somebody releases it (`stancewatch holds`); a page that stays short is believed
after a while. Whether a page is good at all (walls, errors, another language) is judged before, by its outcome.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from pipelines.changes import Change
from pipelines.evidence import Version

Pair = tuple[str, str]

# A page of fewer characters has no layout to lose: a warrant canary that goes from two sentences to one is news.
LEAST_LENGTH = 1000
# Twice the same frame, weeks apart, is no sign that it stood there in between.
LEAST_LOOKS = 4


@dataclass(frozen=True, slots=True)
class Limits:
    """What is believed without a look: positions moved by one text, by one source in one run; how short a page may get.

    `shrunk_to` is a share of the shortest text that the page showed before; `stays` how long it has to stay so.
    """

    by_text: int = 12
    by_source: int = 30
    shrunk_to: float = 0.5
    stays: timedelta = timedelta(days=7)


@dataclass(slots=True)
class Moved:
    """How many positions each source has moved in a run so far."""

    by_source: dict[str, int] = field(default_factory=dict)

    def add(self, source: str, positions: int) -> None:
        """Count a text that was believed."""
        self.by_source[source] = self.by_source.get(source, 0) + positions


def judged(versions: Iterable[Version], limits: Limits) -> list[Version]:
    """A page's versions, oldest first, each marked whether it is short, and whether it is believed.

    One that is much shorter than all before it is not believed, until the page has shown nothing but such ones for as
    long as `limits.stays`, at LEAST_LOOKS looks or more; then all of these are. They are no measure of what comes after: a
    page that is whole again and shrinks once more is doubted once more. What an analyst released is believed at once.
    """
    found: list[Version] = []
    short: list[Version] = []
    least = 0
    for version in sorted(versions, key=lambda v: v.n):
        if version.released or not is_short(version.length, least, limits):
            found += _outlasted(short, limits)
            short = []
            least = min(least or version.length, version.length)
            found.append(version)
        else:
            short.append(version)
    return found + _outlasted(short, limits)


def _outlasted(short: Sequence[Version], limits: Limits) -> list[Version]:
    looks = sum(version.looks for version in short)
    lasted = looks >= LEAST_LOOKS and short[-1].last_seen - short[0].first_seen >= limits.stays
    return [replace(version, short=True, believed=lasted) for version in short]


def is_short(length: int, least: int, limits: Limits) -> bool:
    """Whether a page's text is shorter than the shortest that it showed before allows."""
    return least >= LEAST_LENGTH and length < limits.shrunk_to * least


def short_words(length: int, least: int) -> str:
    """Why a short text is not believed."""
    return f"its text shrank to {length} characters; it never had fewer than {least}"


def moved_pairs(
    stored: Mapping[Pair, Mapping[str, Change]], derived: Mapping[Pair, Sequence[Change]]
) -> set[Pair]:
    """Pairs of which a position that was known would move: by a change that is new, or by one that is taken back."""
    found = set[Pair]()
    for pair, changes in derived.items():
        ids = {change.id for change in changes}
        new = any(c.id not in stored[pair] and c.kind != "new" and not c.baseline for c in changes)
        lost = any(
            c.id not in ids and c.status != "retracted" and not c.baseline for c in stored[pair].values()
        )
        if new or lost:
            found.add(pair)
    return found


def too_many(positions: int, source: str, moved: Moved, limits: Limits) -> str | None:
    """Why a text that would move so many positions is not believed; None if it is."""
    if positions > limits.by_text:
        return f"it would move {positions} positions at once, more than {limits.by_text} (positions.hold_over_text)"
    total = moved.by_source.get(source, 0) + positions
    if positions and total > limits.by_source:
        return (
            f"{source} would have moved {total} positions in this run, more than {limits.by_source} "
            "(positions.hold_over_source)"
        )
    return None
