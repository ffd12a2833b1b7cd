"""/statements: everything that was read, by filters, with who ruled on it and whether it counts; one's own rulings among it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from extract.types import Time
from pipelines.asked import RULED
from pipelines.store import queries
from pipelines.store.people import Role
from review.access.roles import needs
from review.desk import Desk
from review.filters import Statements, asked_of

ROWS = 50


def router(desk: Desk) -> APIRouter:
    """The route of the list."""
    routes = APIRouter(prefix="/statements", dependencies=[needs(Role.READER)])

    @routes.get("")
    def every(request: Request, wanted: Statements, after: Annotated[str, Query()] = "") -> Response:
        with desk.store.reading() as session:
            page = queries.statements_page(session, wanted, after or None, ROWS)
            known = queries.companies_known(session)
        return desk.page(
            request, "statements.html", page=page, asked=asked_of(wanted), typed=request.query_params, known=known,
            times=[str(one) for one in Time], ruled=RULED, begun=bool(after), looked=queries.LOOKED_THROUGH,
        )  # fmt: skip

    return routes
