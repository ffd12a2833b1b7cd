"""/queue: what waits for a ruling, the weightiest first, one after the other by keyboard; and taking the last one back."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response

from pipelines import ledger
from pipelines.store import queries
from pipelines.store.people import Role
from review.access.roles import Who, needs
from review.desk import Desk, back_to
from review.filters import Authority, Company
from review.queued import queue_of
from review.views.statements import here, record_page, statement_of


def router(desk: Desk) -> APIRouter:
    """The routes of the queue."""
    routes = APIRouter(prefix="/queue", dependencies=[needs(Role.ANALYST)])

    @routes.get("")
    def work(
        request: Request,
        who: Who,
        at: str = "",
        show: str = "text",
        company: Company = "",
        authority: Authority = "",
        skipped: bool = False,
    ) -> Response:
        with desk.store.reading() as session:
            company, authority = desk.names.asked(company, authority)
            last = queries.last_verdict_by(session, who.name)
            moved = tuple(queries.changes_by(session, last)) if last else ()
            queue = replace(
                queue_of(session, who.name, company, authority, skipped=skipped), last=last, moved=moved
            )
            if at:
                return record_page(desk, request, session, statement_of(session, at), show, queue)
            found = queries.proposals(
                session, who.name, skipped=skipped, company=company or None, authority=authority or None
            )
            if not found:
                return desk.page(request, "queue_empty.html", queue=queue)
            return record_page(desk, request, session, statement_of(session, found[0].statement), show, queue)

    @routes.post("/undo")
    def undo(who: Who, verdict: Annotated[int, Form()], then: Annotated[str, Form()] = "") -> Response:
        ledger.undo_verdict(desk.store, verdict, who=who.name, now=desk.clock(), context=desk.context)
        with desk.store.reading() as session:
            undone = queries.verdict(session, verdict)
        assert undone is not None
        return back_to(here(undone.statement, then or "/queue"))

    @routes.post("/skipped")
    def take_up(who: Who) -> Response:
        ledger.take_up_skipped(desk.store, who.name)
        return back_to("/queue")

    return routes
