"""/account: oneself: password, browsers that are signed in, and tokens for programs. Nothing here is done with a token."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response

from pipelines.store import audit, people
from pipelines.store.people import Role
from pipelines.store.session import Session
from review.access import passwords
from review.access.door import TooManyTriesError, address_of
from review.access.roles import AT_A_BROWSER, Visitor, Who, needs
from review.desk import Desk, back_to
from review.filters import Number, one_of

LONGEST = 300
LONGEST_NAME = 100
OLD_IS_WRONG = "the old password is wrong"

Words = Annotated[str, Form(max_length=LONGEST)]


def router(desk: Desk) -> APIRouter:
    """The routes of one's own account."""
    routes = APIRouter(prefix="/account", dependencies=[needs(Role.READER), AT_A_BROWSER])

    @routes.get("")
    def look(request: Request, who: Who, done: str = "") -> Response:
        return _page(desk, request, who, done="password" if done == "password" else "")

    @routes.post("/password")
    def change(request: Request, who: Who, old: Words = "", new: Words = "", again: Words = "") -> Response:
        try:
            _change_password(desk, request, who, old, new, again)
        except TooManyTriesError as error:
            return _page(desk, request, who, 429, wrong={"password": str(error)})
        except ValueError as error:
            return _page(desk, request, who, 422, wrong={"password": str(error)})
        return back_to("/account?done=password")

    @routes.post("/signout")
    def out(request: Request, who: Who) -> Response:
        with desk.store.writing() as session:
            people.end_sessions(session, who.name)
            _note(desk, session, request, who, audit.SIGNED_OUT_ALL, who.name)
        answer = back_to("/signin")
        desk.door.take_cookie(answer)
        return answer

    @routes.post("/tokens")
    def make(request: Request, who: Who, name: Words = "", role: Words = "") -> Response:
        try:
            plain, chosen = _token_asked(who, name, role)
        except ValueError as error:
            return _page(desk, request, who, 422, wrong={"token": str(error)}, token_name=name)
        with desk.store.writing() as session:
            value = desk.door.new_token(session, who.name, plain, chosen)
            _note(desk, session, request, who, audit.MADE_TOKEN, plain, role=str(chosen))
        return _page(desk, request, who, made=value)

    @routes.post("/tokens/{number}/revoke")
    def revoke(request: Request, who: Who, number: Number) -> Response:
        with desk.store.writing() as session:
            gone = people.revoke_token(session, number, [who.name], desk.clock())
            _note(desk, session, request, who, audit.REVOKED_TOKEN, gone.name)
        return back_to("/account#tokens")

    return routes


def _change_password(desk: Desk, request: Request, who: Visitor, old: str, new: str, again: str) -> None:
    """Give somebody the new password that they ask for. Raises ValueError, TooManyTriesError."""
    if new != again:
        raise ValueError("the two new passwords are not the same")
    known = desk.door.knows(who.name, old, address_of(request))
    if known is None:
        raise ValueError(OLD_IS_WRONG)
    digest = passwords.hashed(new, who.name)
    with desk.store.writing() as session:
        if not people.is_still(session, known):
            raise ValueError(OLD_IS_WRONG)
        people.set_password(session, who.name, digest, but=who.session)
        _note(desk, session, request, who, audit.CHANGED_PASSWORD, who.name)


def _token_asked(who: Visitor, name: str, role: str) -> tuple[str, Role]:
    """A token's name and role. Raises ValueError."""
    plain, chosen = name.strip(), one_of("role", role, Role) or Role.READER
    if not plain or len(plain) > LONGEST_NAME or not plain.isprintable():
        raise ValueError(f"a token has a name of up to {LONGEST_NAME} characters")
    if not who.may(chosen):
        raise ValueError("a token may do no more than you")
    return plain, chosen


def _page(
    desk: Desk,
    request: Request,
    who: Visitor,
    status: int = 200,
    *,
    wrong: Mapping[str, str] | None = None,
    token_name: str = "",
    made: str = "",
    done: str = "",
) -> Response:
    """The account; `wrong` is what is wrong with the form of the password or the token."""
    with desk.store.reading() as session:
        signed_in = people.sessions(session, who.name)
        tokens = people.tokens(session, who.name)
    return desk.page(
        request, "account.html", status, signed_in=signed_in, tokens=tokens, made=made, done=done,
        roles=[one for one in Role if who.may(one)], shortest=passwords.SHORTEST,
        wrong={"password": "", "token": ""} | dict(wrong or {}), token_name=token_name,
    )  # fmt: skip


def _note(
    desk: Desk, session: Session, request: Request, who: Visitor, what: str, about: str, **detail: str
) -> None:
    audit.note(
        session, what, about, who=who.name, at=desk.clock(), address=address_of(request), detail=detail
    )
