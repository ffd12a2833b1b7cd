"""Pieces of SQL that several queries share."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from pipelines.store.tables import DocumentRow, HoldRow, StatementRow, VerdictRow

# How many values one statement may name; SQLite's planner takes a list of pairs apart one by one.
CHUNK = 200

T = TypeVar("T")


def chunks(values: Sequence[T], size: int = CHUNK) -> Iterator[Sequence[T]]:
    """The values, a bounded number at a time."""
    for start in range(0, len(values), size):
        yield values[start : start + size]


def among(
    company: sa.ColumnElement[str], authority: sa.ColumnElement[str], pairs: Collection[tuple[str, str]]
) -> sa.ColumnElement[bool]:
    """Whether (company, authority) is one of the pairs: as single comparisons, which every planner takes to the index."""
    return sa.or_(sa.false(), *(sa.and_(company == c, authority == a) for c, a in pairs))


def newest_verdict(statement_id: Any) -> Any:
    """Each statement's newest verdict, to be joined to statements by their id, which is given."""
    newest, verdict = aliased(VerdictRow), aliased(VerdictRow)
    last = sa.select(sa.func.max(newest.id)).where(newest.statement_id == statement_id).scalar_subquery()
    return verdict, verdict.id == last


def counted_by_itself() -> sa.ColumnElement[bool]:
    """Whether a statement is one that rules read surely, or that an analyst let count all the same."""
    verdict, is_newest = newest_verdict(StatementRow.id)
    stands = sa.exists().where(is_newest, verdict.ruling.in_(("accept", "correct")))
    return sa.or_(sa.and_(StatementRow.unsure.is_(False), StatementRow.unread.is_(False)), stands)


def believed_not(document: Any, known_at: datetime | None = None) -> sa.ColumnElement[bool]:
    """Whether a document's text is held because it would move much, or was discarded, now or as far as known at a time.

    Whether a page's text is too short to be believed depends on when it was seen: see `suspicion.judged`.
    """
    much, discarded = HoldRow.kind == "many", HoldRow.state == "discarded"
    waits = sa.and_(much, HoldRow.state == "held")
    if known_at is not None:
        decided = HoldRow.decided <= known_at
        discarded = sa.and_(discarded, decided)
        waits = sa.and_(much, HoldRow.at <= known_at, sa.or_(HoldRow.decided.is_(None), ~decided))
    return sa.exists().where(HoldRow.document_id == document, sa.or_(waits, discarded))


def released(document: Any, known_at: datetime | None = None) -> sa.ColumnElement[bool]:
    """Whether an analyst released a document's text, now or by a time."""
    by_then = HoldRow.decided <= known_at if known_at is not None else sa.true()
    return sa.exists().where(HoldRow.document_id == document, HoldRow.state == "released", by_then)


def outdated(known_at: datetime | None = None) -> sa.ColumnElement[bool]:
    """Whether another text that is believed was read at the document's address later, now or as known at a time."""
    other = aliased(DocumentRow)
    theirs, ours = (_last_seen(row, known_at) for row in (other, DocumentRow))
    return sa.exists().where(
        other.url == DocumentRow.url,
        other.recorded <= known_at if known_at is not None else sa.true(),
        ~believed_not(other.id, known_at),
        sa.or_(theirs > ours, sa.and_(theirs == ours, other.id > DocumentRow.id)),
    )


def told_at() -> Any:
    """When a document's text is told for: of publication, but not later than our first look."""
    row = DocumentRow
    return sa.case((row.published < row.first_seen, row.published), else_=row.first_seen)


def _last_seen(row: Any, known_at: datetime | None) -> Any:
    """When a document was last seen; what was seen later than it is asked about is not known, so the first sight counts."""
    if known_at is None:
        return row.last_seen
    return sa.case((row.last_seen <= known_at, row.last_seen), else_=row.first_seen)
