"""Which statements of a pair somebody should rule on, and how soon: severity × uncertainty × audience. Pure.

    severity     what a wrong reading would have moved: a change of side more than one inside it, what is in force more
                 than what is over, what was mailed more than a baseline; an unsure statement what it would move if true
    uncertainty  how far the reading is from certain, and twice as far where nobody else has confirmed the change
    audience     one, and one for each subscriber who follows the pair

Of a stance in force only what brought it is proposed, and nothing once somebody ruled for it: what only repeats it can be
ruled on too, but waits for nobody.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from extract.types import Stance
from pipelines.changes import Change
from pipelines.evidence import Evidence
from pipelines.positions import Held, Timeline
from pipelines.sides import sides_of

SEVERITY = {"major": 3.0, "minor": 2.0}
OVER, UNTOLD = 0.5, 0.5  # the share that is left of it
WOULD_TURN, WOULD_ADD, WOULD_REPEAT = 2.0, 1.0, 0.25
LEAST = 0.05  # no reading is certain


@dataclass(frozen=True, slots=True)
class Proposal:
    """A statement to be ruled on. `why` says in words what rests on it, `change` is the id of the change that does."""

    statement: str
    company: str
    authority: str
    change: str | None
    why: str
    severity: float
    uncertainty: float
    audience: int
    first_seen: datetime

    @property
    def rank(self) -> float:
        """How soon: the product of the three."""
        return self.severity * self.uncertainty * self.audience


def proposals_of(
    timeline: Timeline, changes: Iterable[Change], evidence: Collection[Evidence], audience: int
) -> list[Proposal]:
    """What of a pair should be ruled on. `evidence` is what its timeline was folded from, `audience` its followers and one."""
    pair = timeline.company, timeline.authority
    told = {e.id: e for e in evidence}
    ruled = [one for e in told.values() if e.ruled and (one := e.as_ruled()) is not None]
    vouched = [one for one in ruled if one.pair == pair]  # what was corrected into another pair vouches there
    in_force = {held.stance for held in timeline.held}
    found: dict[str, Proposal] = {}
    for change in changes:
        for held in _brought(change):
            first = told.get(held.statements[0]) if held.statements else None
            over = _over(timeline, held.stance, change.occurred)
            if first is None or first.pair != pair:  # what is told of all authorities is ruled on there
                continue
            if first.verdict is not None or _stands_by(vouched, held, change, over):
                continue
            ended = held.stance not in {h.stance for h in change.after}
            holds = held.stance in in_force and over is None and not ended
            share = (1.0 if holds else OVER) * (UNTOLD if change.baseline else 1.0)
            confirmed = change.status == "confirmed"
            proposal = Proposal(
                first.id, *pair, change.id, _words(change, held), SEVERITY[change.severity] * share,
                uncertainty_of(first.confidence, confirmed=confirmed), audience, first.first_seen,
            )  # fmt: skip
            graver = found.get(first.id)
            if graver is None or proposal.rank >= graver.rank:
                found[first.id] = proposal
    for unsure in told.values():
        waits = unsure.unsure and not unsure.unread and not unsure.superseded
        if waits and unsure.verdict is None and unsure.pair == pair:
            severity, why = would(unsure.stance, in_force)
            found[unsure.id] = Proposal(
                unsure.id, *pair, None, why, severity,
                uncertainty_of(unsure.confidence, confirmed=True), audience, unsure.first_seen,
            )  # fmt: skip
    return list(found.values())


def uncertainty_of(confidence: float, *, confirmed: bool) -> float:
    """How far a reading of this probability is from certain, 0.05 to 1; what only one place tells is half as certain."""
    certainty = abs(2 * confidence - 1) * (1.0 if confirmed else 0.5)
    return max(LEAST, 1 - certainty)


def _brought(change: Change) -> list[Held]:
    """The stances that the change brought or gave other terms; of one that only ended something, what ended."""
    before: Mapping[Stance, Held] = {held.stance: held for held in change.before}
    news = [
        held
        for held in change.after
        if held.stance not in before or held.facets != before[held.stance].facets or change.kind == "terms"
    ]
    gone = [held for held in change.before if held.stance not in {h.stance for h in change.after}]
    return news or gone


def _words(change: Change, held: Held) -> str:
    kind = {
        "new": f"the first word on it: {held.stance}",
        "stance": f"the stance moved: {held.stance}",
        "terms": f"the terms of {held.stance} moved",
        "withdrawn": f"{held.stance} is no longer said",
        "contradicted": f"a report contradicts the company's page: {held.stance}",
    }[change.kind]
    told = ", a baseline" if change.baseline else ""
    return f"{kind} ({change.severity}, {change.status}{told})"


def _over(timeline: Timeline, stance: Stance, since: datetime) -> datetime | None:
    """When a stance that came into force at a time was over; None if it never was."""
    return next((s.at for s in timeline.steps if s.at > since and stance in s.ended), None)


def _stands_by(ruled: Iterable[Evidence], held: Held, change: Change, over: datetime | None) -> bool:
    """Whether somebody ruled for what a change brought: for a text that holds it, or that told the same until it was over."""
    brought = held.stance in {h.stance for h in change.after}
    return any(
        one.id in held.statements
        or (
            brought
            and one.stance is held.stance
            and one.facets == held.facets
            and change.occurred <= one.occurred
            and (not over or one.occurred < over)
        )
        for one in ruled
    )


def would(stance: Stance, in_force: Collection[Stance]) -> tuple[float, str]:
    """What an unsure statement of a stance would move were it true, beside what is in force; in words."""
    if stance in in_force:
        return WOULD_REPEAT, f"too unsure to count; {stance} is in force already"
    turns = bool(in_force) and stance.side not in sides_of(in_force)
    if turns:
        return WOULD_TURN, f"too unsure to count; {stance} would turn the position to the other side"
    return WOULD_ADD, f"too unsure to count; {stance} would be new"
