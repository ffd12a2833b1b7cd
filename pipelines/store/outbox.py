"""The SQL of the outbox: queue, claim, mark, hand back, give up, list. What to send and how is decided in alerts.

An alert's row is its whole life: `queued` → `sending` (claimed until `next_attempt`) → `sent`; back to `queued` after
a temporary failure, `dead` after a permanent one, `superseded` if its change moved on before anybody was told,
`unsubscribed` if its recipient did. Alerts of one digest share its Message-ID, `digest`, from their first attempt on.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session

from pipelines.alerts.digests import DigestTimes
from pipelines.alerts.matching import AlertIntent
from pipelines.settings import Deliver
from pipelines.store.queries.select import chunks
from pipelines.store.tables import AlertRow, ChangeRow

LIVE = ("queued", "sending")


@dataclass(frozen=True, slots=True)
class Alert:
    """One message of the outbox, what it is about, and how far it got."""

    id: str
    change_id: str
    change_status: str
    company: str
    authority: str
    kind: str
    recipient: str
    message_id: str
    state: str
    attempts: int
    queued: datetime
    next_attempt: datetime
    sent: datetime | None
    error: str | None
    deliver: Deliver
    due: datetime
    digest: str | None


def queue(session: Session, intents: Iterable[AlertIntent], now: datetime) -> int:
    """Put alerts into the outbox; one that is already there stays as it is. Returns how many are new.

    One that was taken out because its change had moved on waits again: the change is back where it was.
    """
    new = 0
    for intent in intents:
        there = session.get(AlertRow, intent.id)
        if there is not None and there.state == "superseded":
            there.state, there.attempts, there.queued, there.next_attempt = "queued", 0, now, intent.due
            there.deliver, there.due, there.digest = intent.deliver, intent.due, None
            new += 1
        elif there is None:
            session.add(
                AlertRow(
                    id=intent.id,
                    change_id=intent.change_id,
                    change_status=intent.change_status,
                    recipient=intent.recipient,
                    message_id=intent.message_id,
                    state="queued",
                    attempts=0,
                    queued=now,
                    next_attempt=intent.due,
                    sent=None,
                    error=None,
                    deliver=intent.deliver,
                    due=intent.due,
                    digest=None,
                )
            )
            new += 1
    session.flush()
    return new


def told(session: Session, change_ids: Iterable[str]) -> dict[str, set[str]]:
    """Change id → recipients who got, or may have got or be getting, an alert about it."""
    query = sa.select(AlertRow.change_id, AlertRow.recipient).where(
        AlertRow.change_id.in_(list(change_ids)), (AlertRow.state == "sending") | AlertRow.sent.is_not(None)
    )
    found: dict[str, set[str]] = {}
    for change_id, recipient in session.execute(query):
        found.setdefault(change_id, set()).add(recipient)
    return found


def untold(session: Session, change_ids: Iterable[str]) -> dict[str, set[str]]:
    """Change id → recipients for whom an alert about it was queued, and who got none so far."""
    ids = list(change_ids)
    query = sa.select(AlertRow.change_id, AlertRow.recipient).where(
        AlertRow.change_id.in_(ids), AlertRow.state.in_(("queued", "superseded")), AlertRow.sent.is_(None)
    )
    known = told(session, ids)
    found: dict[str, set[str]] = {}
    for change_id, recipient in session.execute(query):
        if recipient not in known.get(change_id, ()):
            found.setdefault(change_id, set()).add(recipient)
    return found


def supersede(session: Session, now: datetime) -> int:
    """Take out every waiting alert whose change has another status by now: it would tell what no longer holds."""
    return _update(
        session,
        sa.update(AlertRow)
        .where(AlertRow.state.in_(LIVE), _free(now), AlertRow.change_status != _present_status())
        .values(state="superseded", sent=_maybe_sent()),
    )


def take_out(session: Session, change_ids: Iterable[str], called_for: Collection[str], now: datetime) -> None:
    """Take out every waiting alert about these changes but those (ids) that are called for by now."""
    waits = AlertRow.state.in_(LIVE), _free(now)
    about = sa.select(AlertRow.id).where(AlertRow.change_id.in_(list(change_ids)), *waits)
    for some in chunks([waiting for waiting in session.scalars(about) if waiting not in called_for]):
        over = sa.update(AlertRow).where(AlertRow.id.in_(some), *waits)
        _update(session, over.values(state="superseded", sent=_maybe_sent()))


def leave_out(session: Session, unsubscribed: Collection[str], now: datetime) -> int:
    """Take out every waiting alert to recipients who unsubscribed (in small letters)."""
    waiting = session.scalars(sa.select(AlertRow.recipient).where(AlertRow.state.in_(LIVE)).distinct())
    names = [name for name in waiting if name.lower() in unsubscribed]  # SQLite's lower() knows ASCII only
    return _update(
        session,
        sa.update(AlertRow)
        .where(AlertRow.state.in_(LIVE), _free(now), AlertRow.recipient.in_(names))
        .values(state="unsubscribed", sent=_maybe_sent()),
    )


def mend_times(session: Session, now: datetime, latest: datetime, times: DigestTimes) -> int:
    """Put right what a clock that was ahead wrote: alerts queued in the future, and next attempts after `latest`.

    Without this they would wait until the future came. What another deliverer, its clock a little ahead, has just
    claimed stays claimed. Returns how many.
    """
    ahead = session.scalars(
        sa.select(AlertRow).where(AlertRow.state == "queued", AlertRow.queued > now)
    ).all()
    for row in ahead:
        row.queued, row.due = now, times.due(cast("Deliver", row.deliver), now)
        row.next_attempt = row.due
    session.flush()
    late = sa.update(AlertRow).where(
        AlertRow.state.in_(LIVE),
        (AlertRow.state == "sending") | (AlertRow.due <= now),
        AlertRow.next_attempt > latest,
    )
    return len(ahead) + _update(session, late.values(next_attempt=now))


def due(session: Session, now: datetime) -> list[Alert]:
    """Alerts whose time has come, longest due first; among them those that a killed deliverer left claimed."""
    return _alerts(
        session,
        AlertRow.state.in_(LIVE) & (AlertRow.next_attempt <= now),
        (AlertRow.next_attempt, AlertRow.queued, AlertRow.id),
    )


def claim(session: Session, alert: Alert, now: datetime, until: datetime) -> bool:
    """Take one due alert for ourselves until a time. False if another deliverer was quicker or its change moved on."""
    taken = _update(
        session,
        sa.update(AlertRow)
        .where(
            AlertRow.id == alert.id,
            AlertRow.attempts == alert.attempts,
            AlertRow.state.in_(LIVE),
            AlertRow.next_attempt <= now,
            AlertRow.change_status == _present_status(),
        )
        .values(state="sending", attempts=alert.attempts + 1, next_attempt=until),
    )
    return taken == 1


def gather(session: Session, alerts: Iterable[Alert], message_id: str) -> None:
    """These claimed alerts are told by one digest from now on, under this Message-ID."""
    ids = [alert.id for alert in alerts]
    _update(session, sa.update(AlertRow).where(AlertRow.id.in_(ids)).values(digest=message_id))


def mark_sent(session: Session, alert_id: str, now: datetime) -> None:
    """The mail server took it."""
    _update(
        session, sa.update(AlertRow).where(AlertRow.id == alert_id).values(state="sent", sent=now, error=None)
    )


def requeue(
    session: Session, alert_id: str, next_attempt: datetime, error: str, maybe_sent: datetime | None = None
) -> None:
    """It could not be sent this time, as far as we know; `maybe_sent` if it may have arrived all the same."""
    values: dict[str, Any] = {"sent": maybe_sent} if maybe_sent else {}
    _end_claim(session, alert_id, state="queued", next_attempt=next_attempt, error=error, **values)


def release(session: Session, alert: Alert, next_attempt: datetime, error: str) -> None:
    """It could not be tried, for a reason that is none of its own: it waits as it did before the claim.

    So it may join a later digest, unless the one it was in was tried before.
    """
    _end_claim(
        session,
        alert.id,
        state="queued",
        attempts=alert.attempts,
        next_attempt=next_attempt,
        error=error,
        digest=alert.digest,
    )


def mark_dead(session: Session, alert_id: str, error: str) -> None:
    """It will not be tried again until somebody says so (`revive`)."""
    _end_claim(session, alert_id, state="dead", error=error)


def first_sent(session: Session, alert: Alert) -> str | None:
    """The Message-ID of the first mail of its own that this recipient got about the same pair; None without one."""
    return session.scalar(
        sa.select(AlertRow.message_id)
        .join(ChangeRow, ChangeRow.id == AlertRow.change_id)
        .where(
            ChangeRow.company == alert.company,
            ChangeRow.authority == alert.authority,
            AlertRow.recipient == alert.recipient,
            AlertRow.state == "sent",
            AlertRow.digest.is_(None),
        )
        .order_by(AlertRow.sent, AlertRow.id)
        .limit(1)
    )


def revive(session: Session, alert_ids: Iterable[str], now: datetime) -> int:
    """Queue dead alerts once more, due at once, with a new period before they are given up. Returns how many were dead."""
    return _update(
        session,
        sa.update(AlertRow)
        .where(AlertRow.id.in_(list(alert_ids)), AlertRow.state == "dead")
        .values(state="queued", queued=now, due=now, next_attempt=now, attempts=0, digest=None),
    )


def alerts(session: Session, state: str | None = None, limit: int | None = 100) -> list[Alert]:
    """The newest alerts, of one state or all, for people to look at."""
    return _alerts(
        session, AlertRow.state == state if state else sa.true(), (AlertRow.queued.desc(), AlertRow.id), limit
    )


def counts(session: Session, states: Collection[str] = ()) -> dict[str, int]:
    """State → how many alerts are in it; of all states, or of some."""
    query = sa.select(AlertRow.state, sa.func.count().label("n")).group_by(AlertRow.state)
    if states:
        query = query.where(AlertRow.state.in_(states))
    return {row.state: row.n for row in session.execute(query)}


def counts_by_recipient(session: Session, since: datetime) -> dict[str, dict[str, int]]:
    """Recipient → state → how many alerts: all that wait or were given up, of the rest those queued from a time on."""
    told = sa.select(AlertRow.recipient, AlertRow.state, sa.func.count().label("n"))
    grouped = (AlertRow.recipient, AlertRow.state)
    open_states = (*LIVE, "dead")
    found: dict[str, dict[str, int]] = {}
    for query in (
        told.where(AlertRow.state.in_(open_states)),
        told.where(AlertRow.state.not_in(open_states), AlertRow.queued >= since),
    ):
        for row in session.execute(query.group_by(*grouped)):
            found.setdefault(row.recipient, {})[row.state] = row.n
    return found


def oldest_waiting(session: Session, now: datetime) -> datetime | None:
    """Since when the alert is due that has waited longest; None if none is due (a digest waits for its hour)."""
    return session.scalar(
        sa.select(sa.func.min(AlertRow.due)).where(AlertRow.state == "queued", AlertRow.due <= now)
    )


def _alerts(
    session: Session, where: sa.ColumnElement[bool], order: Sequence[Any], limit: int | None = None
) -> list[Alert]:
    query = (
        sa.select(AlertRow, ChangeRow.company, ChangeRow.authority, ChangeRow.kind)
        .join(ChangeRow, ChangeRow.id == AlertRow.change_id)
        .where(where)
        .order_by(*order)
        .limit(limit)
    )
    return [
        Alert(
            id=row.id,
            change_id=row.change_id,
            change_status=row.change_status,
            company=company,
            authority=authority,
            kind=kind,
            recipient=row.recipient,
            message_id=row.message_id,
            state=row.state,
            attempts=row.attempts,
            queued=row.queued,
            next_attempt=row.next_attempt,
            sent=row.sent,
            error=row.error,
            deliver=cast("Deliver", row.deliver),
            due=row.due,
            digest=row.digest,
        )
        for row, company, authority, kind in session.execute(query)
    ]


def _present_status() -> sa.ScalarSelect[str]:
    return sa.select(ChangeRow.status).where(ChangeRow.id == AlertRow.change_id).scalar_subquery()


def _free(now: datetime) -> sa.ColumnElement[bool]:
    """Nobody is sending it: it waits, or its deliverer's claim ran out."""
    return (AlertRow.state == "queued") | (AlertRow.next_attempt <= now)


def _maybe_sent() -> sa.ColumnElement[datetime | None]:
    """When it was or may have been sent: a deliverer that was killed had perhaps got so far."""
    return sa.case((AlertRow.state == "sending", AlertRow.next_attempt), else_=AlertRow.sent)


def _end_claim(session: Session, alert_id: str, **values: Any) -> None:
    _update(
        session,
        sa.update(AlertRow).where(AlertRow.id == alert_id, AlertRow.state == "sending").values(**values),
    )


def _update(session: Session, statement: sa.Update) -> int:
    result = session.execute(statement, execution_options={"synchronize_session": False})
    return cast("sa.CursorResult[Any]", result).rowcount
