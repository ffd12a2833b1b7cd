"""Changes told as our mails tell them, and why nobody was mailed. Decides nothing."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from pipelines.alerts.view import ChangeView, HeldView
from pipelines.alerts.words import kind_words, lead_of
from pipelines.store.facts import ChangeFacts, Told
from review.desk import Desk


def lead(desk: Desk, change: ChangeFacts) -> str:
    """One sentence that says what changed, as a mail does."""
    return lead_of(_view(desk, change))


def sort_of(desk: Desk, change: ChangeFacts) -> str:
    """What sort of change it is, in words: "Major change of stance"."""
    return kind_words(_view(desk, change))


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
        moved=change.moved,
    )
