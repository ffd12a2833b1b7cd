"""Unsubscribing by the link of a mail: a page with one button, and the POST of the button or of one click (RFC 8058).

Looking at the page changes nothing: mail scanners follow every link.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from pydantic import SecretStr

from pipelines.alerts.tokens import recipient_of
from pipelines.clock import Clock
from pipelines.store import audit, subscriptions
from pipelines.store.session import Store
from review.access.door import address_of
from review.access.roles import needs
from review.pages import page

# Either form has one short field.
LARGEST_BODY = 4096
BUTTON = b"by=page"


async def small_body(request: Request) -> bytes:
    """The body of a request. A large one is refused before it is read."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BODY:
            raise HTTPException(413)
    return body


def router(store: Store, secret: SecretStr | None, clock: Clock) -> APIRouter:
    """The routes under /unsubscribe."""
    routes = APIRouter(prefix="/unsubscribe", dependencies=[needs(None, anywhere=True)])

    def owner(token: str) -> str | None:
        return recipient_of(token, secret) if secret is not None else None

    @routes.get("/{token}")
    def ask(token: str) -> Response:
        recipient = owner(token)
        if recipient is None:
            return page("invalid.html", 404)
        with store.reading() as session:
            gone = recipient.lower() in {one.recipient for one in subscriptions.unsubscribed(session)}
        return page("done.html" if gone else "ask.html", recipient=recipient)

    @routes.post("/{token}")
    def do(request: Request, token: str, body: Annotated[bytes, Depends(small_body)]) -> Response:
        recipient = owner(token)
        if recipient is None:
            return page("invalid.html", 404)
        how: subscriptions.How = "page" if body == BUTTON else "one-click"
        with store.writing() as session:
            if subscriptions.unsubscribe(session, recipient, how, clock()):
                audit.note(
                    session, audit.UNSUBSCRIBED, recipient.lower(), who=None, at=clock(),
                    address=address_of(request), detail={"how": how},
                )  # fmt: skip
        return page("done.html", recipient=recipient)

    return routes
