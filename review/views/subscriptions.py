"""/subscriptions: who is told about what, who unsubscribed, and how far mail got. Addresses are an admin's to see."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response

from pipelines.settings import Subscriber
from pipelines.store import audit, outbox, subscriptions
from pipelines.store.people import Role
from pipelines.store.session import Session
from pipelines.store.subscriptions import Unsubscribed
from review.access.door import address_of
from review.access.roles import AT_A_BROWSER, Visitor, Who, needs
from review.desk import Desk, back_to
from review.pages import masked

LOOKED_BACK = timedelta(days=30)
DEAD_SHOWN = 50

Recipient = Annotated[str, Form(max_length=400)]


@dataclass(frozen=True, slots=True)
class Row:
    """One recipient: what config asks for (None: it is not there), since when it wants nothing, and its alerts."""

    recipient: str
    subscriber: Subscriber | None
    gone: Unsubscribed | None
    alerts: Mapping[str, int]


def router(desk: Desk) -> APIRouter:
    """The routes of subscriptions."""
    routes = APIRouter(prefix="/subscriptions", dependencies=[needs(Role.READER)])
    manages = [needs(Role.ADMIN), AT_A_BROWSER]

    @routes.get("")
    def listed(request: Request, who: Who) -> Response:
        may_see = partial(_may_see, who)
        with desk.store.reading() as session:
            rows = _rows(session)
            dead = [one for one in outbox.alerts(session, "dead", DEAD_SHOWN) if may_see(one.recipient)]
        return desk.page(
            request, "subscriptions.html", rows=rows, dead=dead, days=LOOKED_BACK.days,
            shown=lambda recipient: recipient if may_see(recipient) else masked(recipient),
            waiting=sum(row.alerts.get(state, 0) for row in rows for state in outbox.LIVE),
            given_up=sum(row.alerts.get("dead", 0) for row in rows),
        )  # fmt: skip

    @routes.post("/unsubscribe", dependencies=manages)
    def unsubscribe(request: Request, who: Who, recipient: Recipient) -> Response:
        with desk.store.writing() as session:
            known = _known(session, recipient)
            if subscriptions.unsubscribe(session, known, "desk", desk.clock()):
                _note(session, request, audit.UNSUBSCRIBED, known, who.name)
        return back_to("/subscriptions")

    @routes.post("/resubscribe", dependencies=manages)
    def resubscribe(request: Request, who: Who, recipient: Recipient) -> Response:
        with desk.store.writing() as session:
            known = _known(session, recipient)
            if subscriptions.resubscribe(session, known, "desk", desk.clock()):
                _note(session, request, audit.RESUBSCRIBED, known, who.name)
        return back_to("/subscriptions")

    def _rows(session: Session) -> list[Row]:
        """All subscribers of config in its order, then who else unsubscribed or has alerts."""
        gone = {one.recipient: one for one in subscriptions.unsubscribed(session)}
        alerts: dict[str, Counter[str]] = {}  # however an address was written when they were queued
        for name, counts in outbox.counts_by_recipient(session, desk.clock() - LOOKED_BACK).items():
            alerts.setdefault(name.lower(), Counter()).update(counts)
        listed = {one.recipient.lower(): one for one in desk.config.settings.alerts.subscribers}
        return [
            Row(one.recipient if one else name, one, gone.get(name), alerts.get(name, {}))
            for name in dict.fromkeys([*listed, *gone, *sorted(alerts)])
            for one in [listed.get(name)]
        ]

    def _known(session: Session, recipient: str) -> str:
        """A recipient that the list shows. Raises ValueError."""
        for row in _rows(session):
            if row.recipient.lower() == recipient.strip().lower():
                return row.recipient.lower()
        raise ValueError("nobody of this address is told anything")

    def _note(session: Session, request: Request, what: str, about: str, who: str) -> None:
        audit.note(session, what, about, who=who, at=desk.clock(), address=address_of(request))

    return routes


def _may_see(who: Visitor, recipient: str) -> bool:
    """Whether somebody may see an address and what went wrong with it: an admin, and whoever is named by it."""
    return who.may(Role.ADMIN) or recipient.lower() == who.name
