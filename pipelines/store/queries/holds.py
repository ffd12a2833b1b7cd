"""Reads which texts are held back, and what a page's texts were like before."""

from __future__ import annotations

from itertools import takewhile

import sqlalchemy as sa
from sqlalchemy.orm import Session

from pipelines.store.facts import HoldFacts
from pipelines.store.tables import DocumentRow, HoldRow, VersionRow


def holds(session: Session, state: str | None = "held", limit: int | None = 100) -> list[HoldFacts]:
    """Texts that were held back, the newest first; of one state, or of all."""
    query = sa.select(HoldRow, _title()).order_by(HoldRow.at.desc(), HoldRow.document_id).limit(limit)
    if state is not None:
        query = query.where(HoldRow.state == state)
    return [_hold(row, title) for row, title in session.execute(query)]


def holds_to_decide(session: Session) -> list[HoldFacts]:
    """The held texts that matter still: a short one does no longer once its page showed a text that is believed."""
    return [h for h in holds(session, limit=None) if h.kind != "short" or _is_newest(session, h)]


def hold(session: Session, id_or_prefix: str) -> HoldFacts | None:
    """The hold of a document's id, or of the beginning of one. Raises LookupError if several begin so."""
    prefix = id_or_prefix.lower()
    query = (
        sa.select(HoldRow, _title())
        .where(HoldRow.document_id >= prefix, HoldRow.document_id < prefix + "g")
        .limit(2)
    )
    rows = session.execute(query).all()
    if len(rows) > 1:
        raise LookupError(f"several held texts begin with {id_or_prefix!r}: give more of the id")
    return _hold(*rows[0]) if rows else None


def may_be_held(session: Session, url: str, document_id: str) -> bool:
    """Whether a text may be held back: nobody decided on it, and its page does not go back to it from another one."""
    if session.get(HoldRow, document_id) is not None:
        return False
    shown = sa.select(sa.func.count()).where(VersionRow.url == url, VersionRow.document_id == document_id)
    return (session.scalar(shown) or 0) < 2


def _title() -> sa.ScalarSelect[str | None]:
    """The title of a hold's document: looked up for each, where a join may begin at all documents there are."""
    return sa.select(DocumentRow.title).where(DocumentRow.id == HoldRow.document_id).scalar_subquery()


def _is_newest(session: Session, held: HoldFacts) -> bool:
    """Whether a page has shown nothing but texts that are held as too short since it showed this one."""
    query = (
        sa.select(VersionRow.document_id, HoldRow.state, HoldRow.kind)
        .outerjoin(HoldRow, HoldRow.document_id == VersionRow.document_id)
        .where(VersionRow.url == held.url)
        .order_by(VersionRow.n.desc())
    )
    streak = takewhile(lambda row: (row.state, row.kind) == ("held", "short"), session.execute(query))
    return any(row.document_id == held.document for row in streak)


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
