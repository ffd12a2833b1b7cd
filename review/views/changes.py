"""/changes: every change by filters, and one change with all that proves it: quotes, wording, who was told."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from pipelines.quotes import quotes, sentences
from pipelines.store import queries
from pipelines.store.facts import ChangeFacts, PageVersion
from pipelines.store.people import Role
from pipelines.store.session import Session
from review.access.roles import needs
from review.desk import Desk
from review.filters import KINDS, SEVERITIES, STATUSES, Changes, asked_of
from review.record import compared
from review.telling import lead, sort_of, why_not_mailed

ROWS = 50
Steps = tuple[PageVersion, PageVersion]


def router(desk: Desk) -> APIRouter:
    """The routes of changes."""
    routes = APIRouter(prefix="/changes", dependencies=[needs(Role.READER)])

    @routes.get("")
    def every(request: Request, wanted: Changes, after: Annotated[str, Query()] = "") -> Response:
        with desk.store.reading() as session:
            page = queries.changes_page(session, wanted, after or None, ROWS)
            known = queries.companies_known(session)
        return desk.page(
            request, "changes.html", page=page, asked=asked_of(wanted), typed=request.query_params, known=known,
            kinds=KINDS, severities=SEVERITIES, statuses=STATUSES, sort_of=sort_of,
        )  # fmt: skip

    @routes.get("/{change_id}")
    def one(request: Request, change_id: str, show: str = "") -> Response:
        with desk.store.reading() as session:
            change = change_in(session, change_id)
            found = quotes(session, (*change.before, *change.after), most=20)
            step = _step_of(session, change)
            told = queries.told_of(session, [change.id])[change.id]
            wording = (
                compared(session, step[0].document, step[1].document)
                if step is not None and show == "wording"
                else None
            )
        return desk.page(
            request, "change.html", change=change, quotes=found, sentences=sentences, step=step, wording=wording, told=told,
            why_not=why_not_mailed(change, told, desk.companies), lead=lead(desk, change), sort=sort_of(desk, change),
        )  # fmt: skip

    return routes


def change_in(session: Session, change_id: str) -> ChangeFacts:
    """The change of an id in an address, or of the beginning of one. Raises LookupError."""
    found = queries.change(session, change_id) if re.fullmatch("[0-9a-f]{6,64}", change_id) else None
    if found is None:
        raise LookupError("there is no such change")
    return found


def _step_of(session: Session, change: ChangeFacts) -> Steps | None:
    """The two texts of a watched page between which a change lies; None if it came from no page, or from its first text."""
    before = {statement for held in change.before for statement in held.statements}
    fresh = [s for held in change.after for s in held.statements[:1] if s not in before]
    for said in queries.read_statements(session, fresh):
        for shown in _shown(session, said.document, change):
            earlier = queries.version_before(session, shown)
            if earlier is not None:
                return earlier, shown
    kept = {statement for held in change.after for statement in held.statements}
    gone = [s for held in change.before for s in held.statements[:1] if s not in kept]
    for said in queries.read_statements(session, gone):
        for shown in _shown(session, said.document, change):
            later = queries.version_after(session, shown)
            if later is not None:
                return shown, later
    return None


def _shown(session: Session, document: str, change: ChangeFacts) -> list[PageVersion]:
    """When a page showed a text, the time nearest to the change first."""
    versions = queries.versions_with(session, document)
    return sorted(versions, key=lambda one: abs(one.first_seen - change.found))
