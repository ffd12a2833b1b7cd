"""Compares the conditions (facets) of one stance before and after: widened, narrowed, otherwise changed, or the same.

Pure. What a text leaves unsaid is no difference: absence is never evidence, so an unsaid facet keeps its last value.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from extract.types import Facets

# How much an authority must bring, least first: who accepts a subpoena accepts a warrant too. `consent` and
# `emergency` are ways of their own, comparable with nothing.
PROCESS_LADDER = ("legal_request", "subpoena", "court_order", "warrant", "mlat")
# For how many crimes data is given, fewest first.
OFFENCE_LADDER = ("terrorism", "serious", "breach_of_terms", "any")
# How much of the matter the user learns, least first. Telling users less lets more data flow unseen.
NOTICE_LADDER = ("none", "delayed", "unless_prohibited", "before")


class Direction(StrEnum):
    """Which way conditions moved: data flows in more cases, in fewer, or neither can be said."""

    WIDENED = "widened"
    NARROWED = "narrowed"
    CHANGED = "changed"
    PROMISE_DROPPED = "promise dropped"


@dataclass(frozen=True, slots=True)
class TermsChange:
    """How the conditions of one stance moved; `words` lists each facet, old → new.

    `dropped` is the promise that went with the old ones ("so far, this has never happened").
    """

    direction: Direction
    words: str
    dropped: str | None = None


def compare(before: Facets, after: Facets) -> TermsChange | None:
    """What is materially different, or None where `after` says nothing that `before` did not."""
    moved: list[tuple[bool, bool, str]] = []  # (widened, narrowed, words)
    if before.process and after.process:
        wider = any(not _covered(p, before.process) for p in after.process)
        narrower = any(not _covered(p, after.process) for p in before.process)
        moved.append((wider, narrower, f"legal process {_list(before.process)} → {_list(after.process)}"))
    if before.data and after.data:
        wider, narrower = bool(set(after.data) - set(before.data)), bool(set(before.data) - set(after.data))
        moved.append((wider, narrower, f"data {_list(before.data)} → {_list(after.data)}"))
    if before.offence and after.offence:
        step = _step(OFFENCE_LADDER, before.offence, after.offence)
        moved.append((step > 0, step < 0, f"offence {before.offence} → {after.offence}"))
    if before.notice and after.notice:
        step = _step(NOTICE_LADDER, before.notice, after.notice)
        moved.append((step < 0, step > 0, f"notice to the user {before.notice} → {after.notice}"))
    found = [m for m in moved if m[0] or m[1]]
    if not found:
        return None
    wider, narrower = any(m[0] for m in found), any(m[1] for m in found)
    direction = (
        Direction.CHANGED if wider and narrower else Direction.WIDENED if wider else Direction.NARROWED
    )
    return TermsChange(direction, "; ".join(m[2] for m in found).replace("_", " "))


def carried(before: Facets, after: Facets) -> Facets:
    """`after`, with what it leaves unsaid taken over from `before`."""
    return Facets(
        process=after.process or before.process,
        data=after.data or before.data,
        offence=after.offence or before.offence,
        notice=after.notice or before.notice,
    )


def unsaid(known: Facets, said: Facets) -> Facets:
    """What is known of the conditions that are left unsaid now."""
    return Facets(
        process=() if said.process else known.process,
        data=() if said.data else known.data,
        offence=None if said.offence else known.offence,
        notice=None if said.notice else known.notice,
    )


def _covered(process: str, accepted: tuple[str, ...]) -> bool:
    """Whether who accepts these processes accepts this one: it is among them, or demands more than one of them."""
    if process in accepted or process not in PROCESS_LADDER:
        return process in accepted
    rank = PROCESS_LADDER.index(process)
    return any(a in PROCESS_LADDER and PROCESS_LADDER.index(a) <= rank for a in accepted)


def _step(ladder: tuple[str, ...], before: str, after: str) -> int:
    return ladder.index(after) - ladder.index(before)


def _list(values: tuple[str, ...]) -> str:
    return ", ".join(sorted(values))
