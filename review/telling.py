"""Changes told as our mails tell them, their quotes, and why nobody was mailed. Decides nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

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


def moved(change: ChangeFacts) -> tuple[Held, ...]:
    """What a change is about: the stances that came into force, else those with other terms, else those that ended."""
    before = {held.stance: held.facets for held in change.before}
    after = {held.stance for held in change.after}
    fresh = tuple(held for held in change.after if held.stance not in before)
    terms = tuple(held for held in change.after if before.get(held.stance) != held.facets)
    ended = tuple(held for held in change.before if held.stance not in after)
    return fresh or terms or ended or change.after


def quoted(helds: Iterable[Held], found: Mapping[str, StatementFacts]) -> list[StatementFacts]:
    """The statement to quote for each stance, none of them twice."""
    ids = dict.fromkeys(held.statements[0] for held in helds if held.statements)
    return [found[statement] for statement in ids if statement in found]


def first_quotes(session: Session, changes: Iterable[ChangeFacts]) -> dict[str, StatementFacts]:
    """The statements that say best from what to what each change moved, by their ids."""
    return quotes(session, (held for c in changes for held in (*c.before, *c.after)), 1)


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
