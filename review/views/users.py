"""/users: who may use the desk and as what. For admins; the last one of them cannot be taken away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response

from pipelines.store import audit, people
from pipelines.store.people import Role
from pipelines.store.session import Session
from review.access.door import address_of
from review.access.passwords import SHORTEST, hashed
from review.access.roles import AT_A_BROWSER, Visitor, Who, needs
from review.desk import Desk, back_to
from review.filters import Number, one_of

LONGEST = 300

Words = Annotated[str, Form(max_length=LONGEST)]


def router(desk: Desk) -> APIRouter:
    """The routes of users."""
    routes = APIRouter(prefix="/users", dependencies=[needs(Role.ADMIN), AT_A_BROWSER])

    @routes.get("")
    def listed(request: Request) -> Response:
        return _page(desk, request)

    @routes.post("")
    def add(request: Request, who: Who, name: Words = "", role: Words = "", password: Words = "") -> Response:
        def write(session: Session) -> str:
            chosen = _role(role)
            digest = hashed(password, name.strip()) if password else None
            return people.add_user(session, name, chosen, password=digest, now=desk.clock()).name

        return _done(desk, request, who, audit.ADDED, name, write, name=name, role=role)

    @routes.post("/{name:path}/role")
    def give(request: Request, who: Who, name: str, role: Words = "") -> Response:
        def write(session: Session) -> None:
            people.set_role(session, name, _role(role))

        return _done(desk, request, who, audit.GAVE_ROLE, name, write, role=role)

    @routes.post("/{name:path}/password")
    def password(request: Request, who: Who, name: str, password: Words = "") -> Response:
        def write(session: Session) -> None:
            own = who.session if who.name == name else None
            people.set_password(session, name, hashed(password, name), but=own)
            # It is set because somebody else knew the old one, who may have made tokens by it.
            people.revoke_tokens(session, name, desk.clock())

        return _done(desk, request, who, audit.SET_PASSWORD, name, write)

    @routes.post("/{name:path}/disable")
    def disable(request: Request, who: Who, name: str) -> Response:
        return _done(
            desk, request, who, audit.SHUT_OUT, name, lambda s: people.disable(s, name, desk.clock())
        )

    @routes.post("/{name:path}/enable")
    def enable(request: Request, who: Who, name: str) -> Response:
        return _done(desk, request, who, audit.LET_IN, name, lambda s: people.enable(s, name))

    @routes.post("/{name:path}/tokens/{number}/revoke")
    def revoke(request: Request, who: Who, name: str, number: Number) -> Response:
        with desk.store.writing() as session:
            gone = people.revoke_token(session, number, [name], desk.clock())
            audit.note(
                session, audit.REVOKED_TOKEN, gone.name, who=who.name, at=desk.clock(),
                address=address_of(request), detail={"of": gone.user},
            )  # fmt: skip
        return back_to("/users")

    return routes


def _done(
    desk: Desk,
    request: Request,
    who: Visitor,
    what: str,
    about: str,
    write: Callable[[Session], object],
    *,
    name: str = "",
    role: str = "",
) -> Response:
    """Do it and write it down, in one transaction; or show the list again with what is wrong."""
    try:
        with desk.store.writing() as session:
            write(session)
            audit.note(
                session, what, about.strip().lower(), who=who.name, at=desk.clock(),
                address=address_of(request), detail={"role": role} if role else {},
            )  # fmt: skip
    except ValueError as error:
        return _page(desk, request, 422, str(error), name=name, role=role)
    return back_to("/users")


def _page(
    desk: Desk, request: Request, status: int = 200, wrong: str = "", *, name: str = "", role: str = ""
) -> Response:
    with desk.store.reading() as session:
        everybody = people.users(session)
        tokens = [one for one in people.tokens(session) if one.revoked is None]
    return desk.page(
        request, "users.html", status, users=everybody, roles=list(Role), shortest=SHORTEST, wrong=wrong,
        name=name, role=role or Role.ANALYST, tokens={u.name: [t for t in tokens if t.user == u.name] for u in everybody},
    )  # fmt: skip


def _role(words: str) -> Role:
    """Raises ValueError."""
    chosen = one_of("role", words, Role)
    if chosen is None:
        raise ValueError("choose a role")
    return chosen
