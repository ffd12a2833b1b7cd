"""Posts what is derived again: a document that better rules read, and everything from what is stored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from extract.types import Analysis
from pipelines.changes import Change, changes_of
from pipelines.ledger.carrying import carry_rulings
from pipelines.ledger.concluding import Context, derived_of, post_derived, tell_who_waits
from pipelines.proposals import Proposal, proposals_of
from pipelines.store import queries, record
from pipelines.store.facts import ProposalFacts
from pipelines.store.queries import Pair
from pipelines.store.session import Session, Store
from pipelines.timelines import Derived, derive, since_of

_BATCH = 200


@dataclass(frozen=True, slots=True)
class Difference:
    """Something stored for a pair that is not what the fold derives now."""

    company: str
    authority: str
    what: Literal["position", "change", "proposal"]
    stored: Any
    derived: Any


@dataclass(frozen=True, slots=True)
class PostedReading:
    """What a second reading did: statements that are new and gone, and the changes that moved with them."""

    added: int
    gone: int
    changes: tuple[Change, ...]


class _UndoneError(Exception):
    """Raised to roll a transaction back that was only a trial."""


def post_reading(
    store: Store,
    document_id: str,
    analysis: Analysis,
    *,
    knowledge: str,
    now: datetime,
    context: Context,
    apply: bool,
) -> PostedReading:
    """Replace what was read in a stored document. What follows is our doing: recorded as reclassified, told to nobody.

    Without `apply` all of it is undone again. Raises StoreError.
    """
    posted = PostedReading(0, 0, ())
    try:
        with store.writing() as session:
            before = queries.pairs_around(session, document_id)
            added, gone = record.replace_statements(
                session, document_id, analysis.statements, analysis.unsure, knowledge=knowledge
            )
            carry_rulings(session, document_id, now, edited=False)
            pairs = before | queries.pairs_around(session, document_id)
            record.unspend(session, pairs)
            moved: list[Change] = []
            because = "its evidence was read by other rules"
            for derived in derived_of(session, pairs, context).values():
                moved += post_derived(session, derived, now, context, because, ours=True, news=False)
            tell_who_waits(session, moved, now, context)
            posted = PostedReading(added, gone, tuple(moved))
            _undo_unless(apply)
    except _UndoneError:
        pass
    return posted


def _undo_unless(apply: bool) -> None:
    if not apply:
        raise _UndoneError


def rebuild(store: Store, *, context: Context, apply_at: datetime | None = None) -> list[Difference]:
    """Derive every position, change and proposal again from statements, versions and verdicts; returns where the stored differ.

    With `apply_at`, the present time, the derived ones are stored, and the next posts fold all there is. Nobody is
    alerted by it but who waited: what differs here is a fault of storage or a changed setting, no news. Raises StoreError.
    """
    with store.reading() as session:
        pairs = queries.pairs_everywhere(session)
    found: list[Difference] = []
    for start in range(0, len(pairs), _BATCH):
        some = pairs[start : start + _BATCH]
        with store.writing() if apply_at else store.reading() as session:
            stored = queries.stored_changes(session, some)
            moved: list[Change] = []
            if apply_at:
                record.unspend(session, some)
            for pair, derived in derive(session, some, context.rules).items():
                found += _differences(session, pair, derived, stored[pair])
                if apply_at:
                    because = "it is not derived when everything is derived again"
                    moved += post_derived(session, derived, apply_at, context, because, news=False)
            if apply_at and moved:
                tell_who_waits(session, moved, apply_at, context)
    return found


def _differences(
    session: Session, pair: Pair, all_of: Derived, stored: Mapping[str, Change]
) -> Iterable[Difference]:
    timeline = all_of.timeline
    position = queries.position(session, *pair)
    stored_one = (position.held, position.since, position.provisional) if position else ((), None, ())
    derived_one = timeline.held, since_of(timeline), timeline.provisional
    if stored_one != derived_one:
        yield Difference(*pair, "position", stored_one, derived_one)
    derived = {change.id: change for change in changes_of(timeline)}
    for change_id in sorted(stored.keys() | derived.keys()):
        old, new = stored.get(change_id), derived.get(change_id)
        if old != new and not (new is None and old is not None and old.status == "retracted"):
            yield Difference(*pair, "change", old, new)
    waits = {_weight(p) for p in queries.proposals_of_pair(session, *pair)}
    should_wait = {_weight(p) for p in proposals_of(timeline, derived.values(), all_of.evidence, audience=1)}
    for weight in sorted(waits ^ should_wait, key=str):
        yield Difference(*pair, "proposal", *((weight, None) if weight in waits else (None, weight)))


def _weight(proposal: Proposal | ProposalFacts) -> tuple[object, ...]:
    """What of a proposal is derived; how many follow its pair is config's."""
    return proposal.statement, proposal.change, proposal.why, proposal.severity, proposal.uncertainty
