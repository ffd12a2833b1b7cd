"""The SQL of the desk's log: who signed in or failed to, who managed whom. Append-only; verdicts are a log of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv6Address, ip_address
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from pipelines.store.tables import AuditRow

SIGNED_IN, FAILED, SIGNED_OUT = "signed in", "failed to sign in", "signed out"
# Written once while somebody waits, however often they try.
REFUSED = "must wait after wrong passwords"
_OF_THE_DOOR = (SIGNED_IN, FAILED, REFUSED)
# Not by a password: nobody waits for these.
FAILED_AT_PROVIDER, LINKED = "failed to sign in at the provider", "linked to the provider"
ADDED, GAVE_ROLE, SET_PASSWORD = "added a user", "gave a role", "set a password"
SHUT_OUT, LET_IN = "shut out", "let in again"
CHANGED_PASSWORD, SIGNED_OUT_ALL = "changed the password", "signed out everywhere"
MADE_TOKEN, REVOKED_TOKEN = "made a token", "revoked a token"
UNSUBSCRIBED, RESUBSCRIBED = "unsubscribed", "resubscribed"


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that was done: by whom (None: nobody was signed in), about what, from which address."""

    id: int
    at: datetime
    who: str | None
    what: str
    about: str
    address: str | None
    detail: Mapping[str, Any]


def note(
    session: Session,
    what: str,
    about: str,
    *,
    who: str | None,
    at: datetime,
    address: str | None = None,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Write down what was done."""
    session.add(AuditRow(at=at, who=who, what=what, about=about, address=address, detail=dict(detail or {})))
    session.flush()


def failures(session: Session, name: str | None, address: str | None, since: datetime) -> int:
    """How often a password was wrong from near an address since a time: for a name since it last came in from there, or for all."""
    row = AuditRow
    here = [_near(session, address, since), row.at >= since]
    query = sa.select(sa.func.count()).where(row.what == FAILED, *here)
    if name is None:
        return session.scalar(query) or 0
    last = sa.select(sa.func.max(row.id)).where(row.what == SIGNED_IN, row.about == name, *here)
    query = query.where(row.about == name, row.id > sa.func.coalesce(last.scalar_subquery(), 0))
    return session.scalar(query) or 0


def failures_anywhere(session: Session, name: str, since: datetime) -> int:
    """How often a password was wrong for a name since a time, from wherever."""
    row = AuditRow
    query = sa.select(sa.func.count()).where(row.what == FAILED, row.about == name, row.at >= since)
    return session.scalar(query) or 0


def is_noted(
    session: Session, what: str, about: str, since: datetime, *, near: str | None, anywhere: bool = False
) -> bool:
    """Whether something was written down since a time, from near an address or from wherever."""
    row = AuditRow
    query = sa.select(row.id).where(row.what == what, row.about == about, row.at >= since)
    if not anywhere:
        query = query.where(_near(session, near, since))
    return session.scalar(query.limit(1)) is not None


def _near(session: Session, address: str | None, since: datetime) -> sa.ColumnElement[bool]:
    """That an entry is from an address, or from the same /64: of IPv6 nobody is given less than that."""
    row = AuditRow
    if address is None:
        return row.address.is_(None)
    net = _net(address)
    if net is None:
        return row.address == address
    query = (
        sa.select(row.address)
        .distinct()
        .where(row.what.in_(_OF_THE_DOOR), row.at >= since, row.address.contains(":"))
    )
    return row.address.in_([one for one in session.scalars(query) if one is not None and _net(one) == net])


def _net(address: str) -> int | None:
    """The first 64 bits of an IPv6 address; None for any other."""
    try:
        found = ip_address(address)
    except ValueError:
        return None
    return int(found) >> 64 if isinstance(found, IPv6Address) and found.ipv4_mapped is None else None


def entries(
    session: Session, *, before: int | None = None, who: str | None = None, limit: int = 50
) -> list[Entry]:
    """What was done, newest first; from one of a number (`before`, without it) on."""
    query = sa.select(AuditRow).order_by(AuditRow.id.desc()).limit(limit)
    if before is not None:
        query = query.where(AuditRow.id < before)
    if who is not None:
        query = query.where(AuditRow.who == who)
    return [
        Entry(row.id, row.at, row.who, row.what, row.about, row.address, row.detail)
        for row in session.scalars(query)
    ]
