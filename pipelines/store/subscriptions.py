"""The SQL of who unsubscribed, when and how. Append-only: the newest word of a recipient counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from pipelines.store.tables import SubscriptionRow

How = Literal["one-click", "page", "command", "desk"]


@dataclass(frozen=True, slots=True)
class Unsubscribed:
    """A recipient who gets nothing any more: since when, and how that was said."""

    recipient: str
    at: datetime
    how: str


def unsubscribe(session: Session, recipient: str, how: How, now: datetime) -> bool:
    """Note that a recipient wants no more alerts. False if that was known: nothing is written then."""
    return _say(session, recipient, wanted=False, how=how, now=now)


def resubscribe(session: Session, recipient: str, how: How, now: datetime) -> bool:
    """Note that a recipient who unsubscribed wants alerts again. False if it never unsubscribed."""
    return _say(session, recipient, wanted=True, how=how, now=now)


def unsubscribed(session: Session) -> list[Unsubscribed]:
    """Everybody who unsubscribed and did not come back, newest first. Recipients are in small letters."""
    query = sa.select(SubscriptionRow).where(_newest(), ~SubscriptionRow.wanted)
    rows = session.scalars(query.order_by(SubscriptionRow.id.desc()))
    return [Unsubscribed(row.recipient, row.at, row.how) for row in rows]


def _say(session: Session, recipient: str, *, wanted: bool, how: How, now: datetime) -> bool:
    name = recipient.strip().lower()  # mail programs and people write addresses as they like
    known = session.scalar(
        sa.select(SubscriptionRow.wanted).where(SubscriptionRow.recipient == name, _newest())
    )
    if (known if known is not None else True) == wanted:
        return False
    session.add(SubscriptionRow(recipient=name, wanted=wanted, at=now, how=how))
    session.flush()
    return True


def _newest() -> sa.ColumnElement[bool]:
    newest = sa.select(sa.func.max(SubscriptionRow.id)).group_by(SubscriptionRow.recipient)
    return SubscriptionRow.id.in_(newest)
