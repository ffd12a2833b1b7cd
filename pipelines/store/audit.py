"""The SQL of the desk's log: who signed in or failed to, who managed whom. Append-only; verdicts are a log of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from pipelines.store.tables import AuditRow

SIGNED_IN, FAILED, SIGNED_OUT = "signed in", "failed to sign in", "signed out"
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
    """How often signing in failed from an address since a time: as somebody since they last came in from there, or at all."""
    row = AuditRow
    here = [row.address == address if address is not None else row.address.is_(None)]
    if name is None:
        query = sa.select(sa.func.count()).where(row.what == FAILED, *here, row.at >= since)
        return session.scalar(query) or 0
    here.append(row.about == name)
    last = sa.select(sa.func.max(row.id)).where(row.what == SIGNED_IN, *here, row.at >= since)
    query = sa.select(sa.func.count()).where(row.what == FAILED, *here, row.at >= since)
    return session.scalar(query.where(row.id > sa.func.coalesce(last.scalar_subquery(), 0))) or 0


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
