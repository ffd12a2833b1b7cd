"""Writes what was concluded of a pair: position and changes, as the fold derives them, and analysts' verdicts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session

from extract.types import Stance
from pipelines.changes import Change
from pipelines.evidence import VOID, Ruling
from pipelines.positions import Held
from pipelines.store.queries.conclusions import change_of
from pipelines.store.queries.select import among, chunks
from pipelines.store.tables import ChangeRow, DocumentRow, PositionRow, StatementRow, VerdictRow

# What subscribers choose by. A first word that turns out to be a step (an older article came in) is told as one now.
TELLING = ("status", "kind", "severity", "baseline")


def post_position(
    session: Session,
    company: str,
    authority: str,
    held: tuple[Held, ...],
    since: datetime | None,
    provisional: Sequence[Stance] = (),
) -> None:
    """Store what is in force for a pair since a time; nothing in force (`since` None): no row.

    `provisional` are the stances of it that nobody confirmed yet.
    """
    row = session.get(PositionRow, (company, authority))
    if since is None:
        if row is not None:
            session.delete(row)
    elif row is None:
        row = PositionRow(company=company, authority=authority)
        session.add(row)
    if row is not None and since is not None:
        row.held, row.since = [h.as_dict() for h in held], since
        row.provisional = [str(stance) for stance in provisional]
    session.flush()


def post_changes(
    session: Session,
    company: str,
    authority: str,
    derived: Iterable[Change],
    because: str,
    now: datetime,
    *,
    reclassified: bool = False,
    news: bool = True,
) -> list[Change]:
    """Make the pair's stored changes those that are derived; what is derived no longer is retracted, with the reason.

    `reclassified` marks those that are new or moved as our own doing. Those that are new came `now`, or, if they are no
    `news`, when they could have been found.
    Returns the changes that are new or differ in what decides who is told: those there may be something to tell of.
    """
    query = sa.select(ChangeRow).where(ChangeRow.company == company, ChangeRow.authority == authority)
    stored = {row.id: row for row in session.scalars(query)}
    moved: list[Change] = []
    for change in derived:
        row = stored.pop(change.id, None)
        if row is None:
            row = ChangeRow(id=change.id, company=company, authority=authority, reclassified=reclassified)
            row.moved = now if news else change.found
            session.add(row)
            moved.append(change)
        elif any(getattr(row, name) != getattr(change, name) for name in TELLING):
            row.reclassified, row.moved = reclassified, now
            moved.append(change)
        for name, value in change_values(change).items():
            if getattr(row, name) != value:
                setattr(row, name, value)
    for row in stored.values():
        if row.status != "retracted":
            row.status, row.reason, row.reclassified, row.moved = "retracted", because, reclassified, now
            moved.append(change_of(row))
    session.flush()
    return moved


def spend(session: Session, statement_ids: Collection[str]) -> None:
    """Leave statements out of the fold: it is the same without them."""
    for some in chunks(sorted(statement_ids)):
        _set_spent(session, StatementRow.id.in_(some), spent=True)


def unspend(session: Session, pairs: Collection[tuple[str, str]]) -> None:
    """Fold all that is stored for pairs again: something came that may lean on what was left out."""
    company, authority = cast("Any", StatementRow.company), cast("Any", StatementRow.authority)
    for some in chunks(sorted(pairs)):
        _set_spent(session, among(company, authority, some), spent=False)


def unspend_at(session: Session, url: str) -> None:
    """The same for the texts of one address: a newer one came."""
    documents = sa.select(DocumentRow.id).where(DocumentRow.url == url)
    _set_spent(session, StatementRow.document_id.in_(documents), spent=False)


def _set_spent(session: Session, where: sa.ColumnElement[bool], *, spent: bool) -> None:
    session.execute(
        sa.update(StatementRow).where(where, StatementRow.spent.is_not(spent)).values(spent=spent),
        execution_options={"synchronize_session": False},
    )


def change_values(change: Change) -> dict[str, Any]:
    """A change's columns but its id and pair."""
    return {
        "kind": change.kind,
        "severity": change.severity,
        "status": change.status,
        "reason": change.reason,
        "before": [h.as_dict() for h in change.before],
        "after": [h.as_dict() for h in change.after],
        "occurred": change.occurred,
        "found": change.found,
        "baseline": change.baseline,
    }


def post_verdict(
    session: Session,
    statement_id: str,
    pair: tuple[str, str],
    ruling: Ruling | None,
    *,
    who: str,
    at: datetime,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    reason: str,
    undoes: int | None = None,
    carries: int | None = None,
) -> int:
    """Append a ruling, or that none stands; returns its number. `pair` is where the statement belongs by it.

    `undoes` is the verdict that it takes back, `carries` the one on an earlier text that goes on here.
    """
    row = VerdictRow(
        statement_id=statement_id,
        ruling=ruling or VOID,
        company=pair[0],
        authority=pair[1],
        who=who,
        at=at,
        before=dict(before),
        after=dict(after),
        reason=reason,
        undoes=undoes,
        carries=carries,
    )
    session.add(row)
    session.flush()
    return row.id
