"""What stances mean beside each other: which ends which, which weighs most, and on which side a company stands.

Pure tables; when a text counts at all is `readings`' business, what follows from it is `positions`'.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from extract.types import Side, Stance

# What a newly told stance ends, unless both are told together in one text. Whatever is not named goes on beside it.
#   An act of withholding ends cooperation; cooperation ends the acts of withholding; either ends the reviewing.
#   `challenges` contests one demand while others are answered, and `unable` is about what exists, not about will:
#   both stand beside cooperation, and end nothing but the reviewing (a lawsuit is a decision) or nothing at all.
#   `reviewing` ends nothing: who reconsiders goes on as before until the decision.
_WITHHOLDING_ACT = frozenset({Stance.REFUSES, Stance.PAUSES, Stance.WITHDRAWS})
_COOPERATION = frozenset({Stance.COMPLIES, Stance.CONDITIONAL})
ENDS: Mapping[Stance, frozenset[Stance]] = {
    Stance.REFUSES: _COOPERATION | {Stance.REVIEWING},
    Stance.PAUSES: _COOPERATION | {Stance.REVIEWING},
    Stance.WITHDRAWS: _COOPERATION | {Stance.REVIEWING},
    Stance.COMPLIES: _WITHHOLDING_ACT | {Stance.REVIEWING},
    Stance.CONDITIONAL: _WITHHOLDING_ACT | {Stance.REVIEWING},
    Stance.CHALLENGES: frozenset({Stance.REVIEWING}),
    Stance.UNABLE: frozenset(),
    Stance.REVIEWING: frozenset(),
}

# Which of several stances told together a change is about: the weightiest act first.
WEIGHT = (
    Stance.WITHDRAWS,
    Stance.REFUSES,
    Stance.PAUSES,
    Stance.COMPLIES,
    Stance.CHALLENGES,
    Stance.CONDITIONAL,
    Stance.UNABLE,
    Stance.REVIEWING,
)


def stands_for(new: Stance, old: Stance) -> bool:
    """Whether a stance that a page newly says takes the place of one that it says no longer.

    It does if it ends it or leans the same way; otherwise the other one has to stay away by itself.
    """
    return old in ENDS[new] or old.side is new.side


def one_is_past(a: Stance, b: Stance) -> bool:
    """Whether a text that tells both must mean one of them as what was before.

    Stances that end each other cannot hold together, but for `refuses` and `conditional`: who refuses what comes
    without a warrant says both in one breath.
    """
    return a in ENDS[b] and b in ENDS[a] and {a, b} != {Stance.REFUSES, Stance.CONDITIONAL}


def sides_of(stances: Iterable[Stance]) -> frozenset[Side]:
    """Where a company stands that holds these stances.

    `unable` says what it has, not what it wants, and `reviewing` that it does not know yet: each tells a side only
    where no other stance does.
    """
    held = frozenset(stances)
    for silent in (frozenset({Stance.UNABLE, Stance.REVIEWING}), frozenset({Stance.REVIEWING}), frozenset()):
        if held - silent:
            return frozenset(stance.side for stance in held - silent)
    return frozenset()
