"""/names: the companies and authorities that config lists, for the fields that ask for one; asked for when such a field is entered."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from pipelines.store.people import Role
from review.access.roles import needs
from review.desk import Desk


def router(desk: Desk) -> APIRouter:
    """The route of names."""
    routes = APIRouter(prefix="/names", dependencies=[needs(Role.READER)])

    @routes.get("")
    def every(request: Request) -> Response:
        answer = desk.page(request, "names.html")
        # Config is read when the desk starts; a browser need not ask again all morning.
        answer.headers["Cache-Control"] = "private, max-age=3600"
        return answer

    return routes
