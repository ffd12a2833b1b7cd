"""Changes told as our mails tell them, their quotes, and why nobody was mailed. Decides nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from pipelines.alerts.view import ChangeView, HeldView
from pipelines.alerts.words import kind_words, lead_of
from pipelines.positions import Held
from pipelines.store import queries
from pipelines.store.facts import ChangeFacts, StatementFacts, Told
from pipelines.store.session import Session
from review.desk import Desk


def lead(desk: Desk, change: ChangeFacts) -> str:
    """One sentence that says what changed, as a mail does."""
    return lead_of(_view(desk, change))


def sort_of(desk: Desk, change: ChangeFacts) -> str:
    """What sort of change it is, in words: "Major change of stance"."""
    return kind_words(_view(desk, change))


def first_quotes(
    session: Session, changes: Iterable[ChangeFacts], *, before: bool = False
) -> dict[str, StatementFacts]:
    """The statements that say best what each change moved to (`before`: also from), by their ids."""
    helds = [held for c in changes for held in (*c.after, *(c.before if before or not c.after else ()))]
    return quotes(session, helds, 1)


def quotes(session: Session, helds: Iterable[Held], most: int) -> dict[str, StatementFacts]:
    """Of each stance the first `most` statements that hold it, by their ids; one that is not stored is left out."""
    ids = dict.fromkeys(statement for held in helds for statement in held.statements[:most])
    return {said.id: said for said in queries.read_statements(session, list(ids))}


def why_not_mailed(change: ChangeFacts, told: Sequence[Told], listed: Collection[str]) -> str:
    """Why nobody was told of a change; empty if somebody was, or is to be."""
    if told:
        return ""
    if change.baseline:
        return "the first reading of a source is its baseline, and what was over before we heard of it is history"
    if change.reclassified:
        return "our rules read the same pages otherwise now"
    if change.company not in listed:
        return "config does not list this company"
    return "no subscriber asks for such a change in this status"


def _view(desk: Desk, change: ChangeFacts) -> ChangeView:
    """What the words of a mail are made of; without evidence, which they do not need."""
    return ChangeView(
        id=change.id,
        company=change.company,
        company_name=desk.company(change.company),
        authority=change.authority,
        authority_name=desk.authority(change.authority),
        kind=change.kind,
        severity=change.severity,
        status=change.status,
        reason=change.reason,
        before=tuple(HeldView(held.stance, held.facets, held.since, ()) for held in change.before),
        after=tuple(HeldView(held.stance, held.facets, held.since, ()) for held in change.after),
        occurred=change.occurred,
        found=change.found,
    )
