"""What is said when a request cannot be answered: a page to a person, JSON to a program (the API, or with a token)."""

from __future__ import annotations

import logging
from collections.abc import Callable

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from pipelines.ledger import RuledError
from pipelines.store.queries import CursorError
from pipelines.store.session import StoreError
from review.access.origins import CrossSiteError
from review.access.roles import ForbiddenError, NotSignedInError, TokenError
from review.desk import Desk, back_to
from review.headers import HEADERS
from review.pages import page, query_of

log = logging.getLogger(__name__)
API = "/api/"
UNCHANGED = "Nothing was changed."

# What went wrong → status, what is said, and what to do about it.
Words = tuple[int, str, str]


def _of_http(error: HTTPException) -> Words:
    words = {404: "There is no such page.", 405: "That cannot be done here."}
    return error.status_code, words.get(error.status_code, str(error.detail)), ""


def _of_faults(error: RequestValidationError) -> Words:
    faults = "; ".join(f"{fault['loc'][-1]}: {fault['msg']}" for fault in error.errors()[:3])
    return 422, "The request cannot be read.", faults


WORDS: dict[type[Exception], Callable[..., Words]] = {
    ForbiddenError: lambda e: (403, f"This is for the role {e.needed}.", "An admin can give it to you."),
    TokenError: lambda _: (403, "This is not for a token.", "Sign in at a browser."),
    CrossSiteError: lambda _: (403, "Another site sent this request, so nothing was changed.", ""),
    CursorError: lambda _: (400, "There is no such place in this list.", "Begin at its first page."),
    RuledError: lambda e: (409, _sentence(e), "Look at it again, then rule. Nothing was changed."),
    LookupError: lambda e: (404, _sentence(e) or "There is no such thing.", ""),
    ValueError: lambda e: (422, _sentence(e) or "That cannot be done.", UNCHANGED),
    RequestValidationError: _of_faults,
    HTTPException: _of_http,
}


def answer_failures(app: FastAPI, desk: Desk) -> None:
    """Let the application say what is wrong in words."""

    def told(request: Request, status: int, words: str, what_to_do: str) -> Response:
        if _of_a_program(request):
            return JSONResponse({"error": words, "hint": what_to_do}, status)
        return desk.page(request, "refused.html", status, words=words, what_to_do=what_to_do)

    def known(request: Request, error: Exception) -> Response:
        if not _is_meant(error):
            return broken(request, error)
        kind = next(kind for kind in type(error).__mro__ if kind in WORDS)
        status, words, what_to_do = WORDS[kind](error)
        return told(
            request, status, words, "" if what_to_do == UNCHANGED and request.method == "GET" else what_to_do
        )

    def unusable(request: Request, error: Exception) -> Response:
        log.error("%s", error)
        if _of_a_program(request):
            return JSONResponse({"error": "the database cannot be used", "hint": "try again later"}, 503)
        return page("trouble.html", 503)

    def unknown(request: Request, _error: Exception) -> Response:
        if _of_a_program(request):
            answer = told(request, 401, "Nobody is signed in.", "Send a token: Authorization: Bearer sw_…")
            answer.headers["WWW-Authenticate"] = "Bearer"
            return answer
        if request.method == "GET":
            query = f"?{request.url.query}" if request.url.query else ""
            return back_to("/signin" + query_of([("next", request.url.path + query)]))
        return told(request, 401, "You are signed out.", "Sign in again; nothing was changed.")

    def broken(request: Request, error: Exception) -> Response:
        log.error("%s %s", request.method, request.url.path, exc_info=error)
        answer = told(
            request, 500, "Something went wrong here.", "It is in the log; nothing else was changed."
        )
        answer.headers.update(HEADERS)  # such an answer goes around what else sets them
        return answer

    app.add_exception_handler(Exception, broken)
    for kind in WORDS:
        app.add_exception_handler(kind, known)
    app.add_exception_handler(StoreError, unusable)
    app.add_exception_handler(NotSignedInError, unknown)


def _of_a_program(request: Request) -> bool:
    return request.url.path.startswith(API) or "authorization" in request.headers


def _is_meant(error: Exception) -> bool:
    """Whether it was raised to be told: a KeyError or UnicodeError is a fault of ours, whatever it derives from."""
    house = type(error).__module__.partition(".")[0]
    return type(error) in WORDS or house not in ("builtins", "pydantic_core", "json")


def _sentence(error: Exception) -> str:
    said = str(error.args[0]) if error.args else ""
    return f"{said[:1].upper()}{said[1:]}." if said else ""
