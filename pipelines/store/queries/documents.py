"""Reads one document whole, the versions of a page around it, and who else told the same."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from pipelines.store.facts import PageVersion, StatementFacts, WholeDocument
from pipelines.store.queries.pages import read_statements
from pipelines.store.queries.select import believed_not, counted_by_itself
from pipelines.store.tables import DocumentRow, StatementRow, VersionRow


def document(session: Session, id_or_prefix: str) -> WholeDocument | None:
    """The document of an id, or of the beginning of one, with its text. Raises LookupError if several begin so."""
    prefix = id_or_prefix.lower()
    query = sa.select(DocumentRow).where(DocumentRow.id >= prefix, DocumentRow.id < prefix + "g").limit(2)
    rows = session.scalars(query).all()
    if len(rows) > 1:
        raise LookupError(f"several documents begin with {id_or_prefix!r}: give more of the id")
    return _whole(rows[0]) if rows else None


def document_text(session: Session, document_id: str) -> str:
    """The text of a document. Raises LookupError if there is none of this id."""
    text = session.scalar(sa.select(DocumentRow.text).where(DocumentRow.id == document_id))
    if text is None:
        raise LookupError(f"there is no document {document_id}")
    return text


def statements_in(session: Session, document_id: str) -> list[StatementFacts]:
    """All that was read in a document, in the order of its text."""
    row = StatementRow
    ids = session.scalars(sa.select(row.id).where(row.document_id == document_id).order_by(row.start, row.id))
    return read_statements(session, list(ids))


def page_versions(
    session: Session, url: str, before: int | None = None, limit: int = 50
) -> list[PageVersion]:
    """What a watched page showed, newest first; from one of a number (`before`, without it) on."""
    row = VersionRow
    query = (
        sa.select(row.url, row.n, row.document_id, row.first_seen, row.last_seen, DocumentRow.length)
        .join(DocumentRow, DocumentRow.id == row.document_id)
        .where(row.url == url)
        .order_by(row.n.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(row.n < before)
    return [PageVersion(*found) for found in session.execute(query)]


def versions_with(session: Session, document_id: str) -> list[PageVersion]:
    """Every time that a watched page showed a text, oldest first; none for an article."""
    row = VersionRow
    query = (
        sa.select(row.url, row.n, row.document_id, row.first_seen, row.last_seen, DocumentRow.length)
        .join(DocumentRow, DocumentRow.id == row.document_id)
        .where(row.document_id == document_id)
        .order_by(row.url, row.n)
    )
    return [PageVersion(*found) for found in session.execute(query)]


def version_before(session: Session, version: PageVersion) -> PageVersion | None:
    """The last believed text that the page showed before one; None for its first."""
    row = VersionRow
    query = (
        sa.select(row.url, row.n, row.document_id, row.first_seen, row.last_seen, DocumentRow.length)
        .join(DocumentRow, DocumentRow.id == row.document_id)
        .where(row.url == version.url, row.n < version.n, ~believed_not(row.document_id))
        .order_by(row.n.desc())
        .limit(1)
    )
    found = session.execute(query).first()
    return PageVersion(*found) if found else None


def version_after(session: Session, version: PageVersion) -> PageVersion | None:
    """The first believed text that the page showed after one; None for its last."""
    row = VersionRow
    query = (
        sa.select(row.url, row.n, row.document_id, row.first_seen, row.last_seen, DocumentRow.length)
        .join(DocumentRow, DocumentRow.id == row.document_id)
        .where(row.url == version.url, row.n > version.n, ~believed_not(row.document_id))
        .order_by(row.n)
        .limit(1)
    )
    found = session.execute(query).first()
    return PageVersion(*found) if found else None


def told_beside(
    session: Session,
    statement: StatementFacts,
    within: timedelta = timedelta(days=14),
    limit: int = 10,
) -> list[StatementFacts]:
    """Who else said the same of the same pair about then: other documents' statements, the nearest in time first."""
    row = StatementRow
    same = (
        row.company == statement.company,
        row.authority == statement.authority,
        row.stance == statement.stance,
        row.time == statement.time,
        row.document_id != statement.document,
        counted_by_itself(),
    )
    at = statement.first_seen

    def nearest(
        order: sa.ColumnElement[datetime], *span: sa.ColumnElement[bool]
    ) -> list[tuple[datetime, str]]:
        query = sa.select(row.first_seen, row.id).where(*same, *span).order_by(order).limit(limit)
        return [(seen, statement_id) for seen, statement_id in session.execute(query)]

    near = nearest(row.first_seen.desc(), row.first_seen <= at, row.first_seen >= at - within)
    near += nearest(row.first_seen.asc(), row.first_seen > at, row.first_seen <= at + within)
    ids = [statement_id for _, statement_id in sorted(near, key=lambda found: abs(found[0] - at))]
    return read_statements(session, ids[:limit])


def _whole(row: DocumentRow) -> WholeDocument:
    return WholeDocument(
        id=row.id,
        capture=row.capture_id,
        source=row.source,
        url=row.url,
        title=row.title,
        author=row.author,
        publisher=row.publisher,
        site=row.site,
        language=row.language,
        published=row.published,
        modified=row.modified,
        first_seen=row.first_seen,
        last_seen=row.last_seen,
        text=row.text,
        paragraphs=tuple((start, end) for start, end in row.paragraphs),
        quarantined=tuple(row.quarantined),
        knowledge=row.knowledge,
    )
