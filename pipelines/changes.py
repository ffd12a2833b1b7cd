"""Names, weighs and identifies the steps of a pair: from a `Timeline` to changes. Pure; stores and tells nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from extract.types import Side, identity_of
from pipelines.positions import Held, Step, Timeline

Kind = Literal["new", "stance", "terms", "withdrawn"]
Severity = Literal["minor", "major"]
Status = Literal["provisional", "confirmed", "retracted"]


@dataclass(frozen=True, slots=True)
class Change:
    """A position's step from one state to the next, with its cause.

    `reason` says in words why it has its status. `occurred` is when the company did it, as far as told; `found` is
    when we could first know. `baseline` marks what stood on a page before we looked: recorded, never alerted.
    """

    id: str
    company: str
    authority: str
    kind: Kind
    severity: Severity
    status: Status
    reason: str
    before: tuple[Held, ...]
    after: tuple[Held, ...]
    occurred: datetime
    found: datetime
    baseline: bool


def changes_of(timeline: Timeline) -> tuple[Change, ...]:
    """The changes of a pair, oldest first.

    An id says "the n-th time that this stance came into force (or its terms moved, or it ended) for this pair". It
    does not name the text that told it first: an earlier report of the same event that arrives later, a second one
    that confirms it, or one that adds a lesser stance, leaves the id as it is, and so nobody is told twice.
    """
    times: Counter[str] = Counter()
    found = []
    for step in timeline.steps:
        what = _what(step)
        times[what] += 1
        found.append(
            Change(
                id=identity_of(timeline.company, timeline.authority, what, str(times[what])),
                company=timeline.company,
                authority=timeline.authority,
                kind=_kind(step),
                severity="minor" if _sides(step.before) == _sides(step.after) else "major",
                status="confirmed" if step.confirmation.confirmed else "provisional",
                reason=_reason(step),
                before=step.before,
                after=step.after,
                occurred=step.at,
                found=step.found,
                baseline=step.baseline,
            )
        )
    return tuple(found)


def _what(step: Step) -> str:
    """What the step is about, by its weightiest stance."""
    if step.added:
        return f"stance {step.added[0]}"
    if step.terms:
        return f"terms {step.terms[0][0]}"
    return f"ended {step.ended[0]}"


def _kind(step: Step) -> Kind:
    if step.added:
        return "stance" if step.before else "new"
    return "terms" if step.terms else "withdrawn"


def _sides(held: Iterable[Held]) -> frozenset[Side]:
    """Where the company stands; reviewing says so only where nothing else does."""
    sides = frozenset(h.stance.side for h in held)
    return sides - {Side.UNDECIDED} or sides


def _reason(step: Step) -> str:
    """Why it has its status, and how its terms moved."""
    moved = "; ".join(
        f"terms of {stance} {change.direction}: {change.words}" for stance, _, change in step.terms
    )
    return f"{step.confirmation.words}; {moved}" if moved else step.confirmation.words
