"""Reads which texts are held back, and what a page's texts were like before."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from pipelines.store.facts import HoldFacts
from pipelines.store.queries.select import believed_not
from pipelines.store.tables import DocumentRow, HoldRow, VersionRow


def holds(session: Session, state: str | None = "held", limit: int | None = 100) -> list[HoldFacts]:
    """Texts that were held back, the newest first; of one state, or of all."""
    query = (
        sa.select(HoldRow, DocumentRow.title)
        .join(DocumentRow, DocumentRow.id == HoldRow.document_id)
        .order_by(HoldRow.at.desc(), HoldRow.document_id)
        .limit(limit)
    )
    if state is not None:
        query = query.where(HoldRow.state == state)
    return [_hold(row, title) for row, title in session.execute(query)]


def holds_to_decide(session: Session) -> list[HoldFacts]:
    """The held texts that matter still: a short one does no longer once its page showed a text that is believed."""
    return [
        h
        for h in holds(session, limit=None)
        if h.kind != "short" or h.document in short_streak(session, h.url, "")[1]
    ]


def hold(session: Session, id_or_prefix: str) -> HoldFacts | None:
    """The hold of a document's id, or of the beginning of one. Raises LookupError if several begin so."""
    prefix = id_or_prefix.lower()
    query = (
        sa.select(HoldRow, DocumentRow.title)
        .join(DocumentRow, DocumentRow.id == HoldRow.document_id)
        .where(HoldRow.document_id >= prefix, HoldRow.document_id < prefix + "g")
        .limit(2)
    )
    rows = session.execute(query).all()
    if len(rows) > 1:
        raise LookupError(f"several held texts begin with {id_or_prefix!r}: give more of the id")
    return _hold(*rows[0]) if rows else None


def hold_state(session: Session, document_id: str) -> str | None:
    """Whether a text is held, released or discarded; None if it never was held back."""
    return session.scalar(sa.select(HoldRow.state).where(HoldRow.document_id == document_id))


def was_shown_before(session: Session, url: str, document_id: str) -> bool:
    """Whether a page goes back to a text that it showed before another one."""
    shown = sa.select(sa.func.count()).where(VersionRow.url == url, VersionRow.document_id == document_id)
    return (session.scalar(shown) or 0) > 1


def believed_lengths(session: Session, url: str, besides: str) -> list[int]:
    """Characters of each text that a watched page showed and that is believed, but for one."""
    query = (
        sa.select(DocumentRow.length)
        .where(
            DocumentRow.id.in_(
                sa.select(VersionRow.document_id).where(
                    VersionRow.url == url,
                    VersionRow.document_id != besides,
                    ~believed_not(VersionRow.document_id),
                )
            )
        )
        .order_by(DocumentRow.id)
    )
    return list(session.scalars(query))


def short_streak(session: Session, url: str, document_id: str) -> tuple[datetime | None, list[str]]:
    """Since when a page has shown nothing but texts that are held as too short, and which.

    `document_id`, its newest text, is passed over while it is not held itself.
    """
    since, documents = None, list[str]()
    state = sa.func.coalesce(HoldRow.state, "")
    query = (
        sa.select(VersionRow.first_seen, VersionRow.document_id, state, HoldRow.kind)
        .outerjoin(HoldRow, HoldRow.document_id == VersionRow.document_id)
        .where(VersionRow.url == url)
        .order_by(VersionRow.n.desc())
    )
    for first_seen, shown, decided, kind in session.execute(query):
        if shown == document_id and not decided:
            continue
        if (decided, kind) != ("held", "short"):
            break
        since = first_seen
        documents.append(shown)
    return since, documents


def _hold(row: HoldRow, title: str | None) -> HoldFacts:
    return HoldFacts(
        document=row.document_id,
        url=row.url,
        title=title,
        source=row.source,
        run=row.run_id,
        at=row.at,
        kind=row.kind,
        reason=row.reason,
        state=row.state,
        who=row.who,
        decided=row.decided,
    )
