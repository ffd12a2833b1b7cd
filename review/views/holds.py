"""/holds: texts that are not believed until somebody looked at them; /holds/…: one beside what its page showed before."""

from __future__ import annotations

import re
from typing import Literal

from fastapi import APIRouter, Request, Response

from pipelines import ledger
from pipelines.store import queries
from pipelines.store.facts import HoldFacts
from pipelines.store.people import Role
from pipelines.store.session import Session
from review.access.roles import Who, needs
from review.desk import Desk, back_to
from review.highlight import Place, paragraphs_of
from review.record import compared

SHOWN = 100
KINDS = {"short": "the page shrank", "many": "it would move many positions at once"}


def router(desk: Desk) -> APIRouter:
    """The routes of held texts."""
    routes = APIRouter(prefix="/holds", dependencies=[needs(Role.READER)])
    decides = [needs(Role.ANALYST)]

    @routes.get("")
    def listed(request: Request) -> Response:
        with desk.store.reading() as session:
            waiting = queries.holds_to_decide(session)[:SHOWN]
            decided = [one for one in queries.holds(session, None, SHOWN) if one.state != "held"]
        return desk.page(request, "holds.html", waiting=waiting, decided=decided, kinds=KINDS)

    @routes.get("/{document_id}")
    def look(request: Request, document_id: str) -> Response:
        with desk.store.reading() as session:
            held = _held(session, document_id)
            document = queries.document(session, held.document)
            assert document is not None
            said = queries.statements_in(session, held.document)
            shown = queries.versions_with(session, held.document)
            earlier = queries.version_before(session, shown[0]) if shown else None
            return desk.page(
                request, "hold.html", held=held, document=document, said=said, kinds=KINDS, earlier=earlier,
                wording=compared(session, earlier.document, held.document) if earlier else [],
                paragraphs=paragraphs_of(
                    document.text, document.paragraphs, [Place("evidence", one.start, one.end) for one in said]
                ),
            )  # fmt: skip

    @routes.post("/{document_id}/release", dependencies=decides)
    def release(document_id: str, who: Who) -> Response:
        return _decide(document_id, "released", who.name)

    @routes.post("/{document_id}/discard", dependencies=decides)
    def discard(document_id: str, who: Who) -> Response:
        return _decide(document_id, "discarded", who.name)

    def _decide(document_id: str, decision: Literal["released", "discarded"], who: str) -> Response:
        with desk.store.reading() as session:
            held = _held(session, document_id)
        ledger.post_decision(
            desk.store, held.document, decision, who=who, now=desk.clock(), context=desk.context
        )
        return back_to("/holds")

    return routes


def _held(session: Session, document_id: str) -> HoldFacts:
    """The held text of an id in an address. Raises LookupError."""
    found = queries.hold(session, document_id) if re.fullmatch("[0-9a-f]{6,64}", document_id) else None
    if found is None:
        raise LookupError("no such text was held back")
    return found
