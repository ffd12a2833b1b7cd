"""/audit: what was done at the desk and by whom, but for rulings, which stand with their statements. For admins."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from pipelines.store import audit
from pipelines.store.people import Role
from review.access.roles import needs
from review.desk import Desk
from review.filters import Before, Word
from review.pages import query_of

SHOWN = 100


def router(desk: Desk) -> APIRouter:
    """The route of the log."""
    routes = APIRouter(prefix="/audit", dependencies=[needs(Role.ADMIN)])

    @routes.get("")
    def listed(request: Request, who: Word = "", before: Before = None) -> Response:
        name = who.strip()
        with desk.store.reading() as session:
            found = audit.entries(session, who=name or None, before=before, limit=SHOWN + 1)
        rows = found[:SHOWN]
        more = len(found) > SHOWN
        return desk.page(
            request, "audit.html", rows=rows, who=name,
            next=("/audit" + query_of([("who", name), ("before", rows[-1].id)])) if more else "",
        )  # fmt: skip

    return routes
