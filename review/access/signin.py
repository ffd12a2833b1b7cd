"""Signing in and out at a browser."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response

from pipelines.store.people import Role
from review.access.door import TooManyTriesError, address_of
from review.access.roles import Who, needs
from review.desk import Desk, back_to

# Only a path of ours: "//host" and "/\host" are addresses of others.
OWN_PATH = re.compile(r"/(?![/\\])[^\x00-\x1f\\]*")
LONGEST = 300


def router(desk: Desk) -> APIRouter:
    """The routes /signin and /signout."""
    routes = APIRouter()

    @routes.get("/signin", dependencies=[needs(None)])
    def ask(request: Request, next: str = "/") -> Response:  # noqa: A002  # the name in the address
        return _form(request, next)

    @routes.post("/signin", dependencies=[needs(None)])
    def do(
        request: Request,
        name: Annotated[str, Form(max_length=LONGEST)] = "",
        password: Annotated[str, Form(max_length=LONGEST)] = "",
        next: Annotated[str, Form(max_length=4000)] = "/",  # noqa: A002
    ) -> Response:
        try:
            value = desk.door.sign_in(name, password, address_of(request))
        except TooManyTriesError as error:
            answer = _form(request, next, str(error), 429, name)
            answer.headers["Retry-After"] = str(int((error.until - desk.clock()).total_seconds()))
            return answer
        if value is None:
            return _form(request, next, "Name or password is wrong.", 401, name)
        answer = back_to(own_path(next))
        desk.door.give_cookie(answer, value)
        return answer

    @routes.post("/signout", dependencies=[needs(Role.READER)])
    def out(request: Request, who: Who) -> Response:
        desk.door.sign_out(who, address_of(request))
        answer = back_to("/signin")
        desk.door.take_cookie(answer)
        return answer

    def _form(request: Request, target: str, wrong: str = "", status: int = 200, name: str = "") -> Response:
        oidc = desk.config.settings.desk.oidc
        return desk.page(
            request, "signin.html", status, next=own_path(target), wrong=wrong, name=name,
            provider=oidc.name if oidc else None,
        )  # fmt: skip

    return routes


def own_path(target: str) -> str:
    """Where to go on: a path of ours, whatever the address said."""
    return target if OWN_PATH.fullmatch(target) else "/"
