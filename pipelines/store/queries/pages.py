"""Reads what was fetched and what was read in it: fetch states, captures, statements."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from extract.types import Facets, Mark, MarkKind, Outcome, Stance, Time
from pipelines.evidence import VOID
from pipelines.store.facts import CaptureFacts, DocumentFacts, FetchState, StatementFacts
from pipelines.store.queries.select import chunks, counted_by_itself, newest_verdict, outdated, told_at
from pipelines.store.tables import CaptureRow, DocumentRow, FetchRow, StatementRow, VerdictRow


def fetch_states(session: Session, source: str) -> dict[str, FetchState]:
    """URL → how its last fetch ended, for every URL that a source ever led to."""
    rows = session.scalars(sa.select(FetchRow).where(FetchRow.source == source))
    return {
        row.url: FetchState(
            etag=row.etag,
            last_modified=row.last_modified,
            status=row.status,
            outcome=Outcome(row.outcome),
            failures=row.failures,
            last_fetched=row.last_fetched,
            last_ok=row.last_ok,
            note=row.note,
        )
        for row in rows
    }


def capture(session: Session, id_or_prefix: str) -> CaptureFacts | None:
    """The capture of an id, or of the beginning of one if only one begins so. Raises LookupError if several do."""
    prefix = id_or_prefix.lower()
    query = sa.select(CaptureRow).where(CaptureRow.id >= prefix, CaptureRow.id < prefix + "g").limit(2)
    rows = session.scalars(query).all()
    if len(rows) > 1:
        raise LookupError(f"several captures begin with {id_or_prefix!r}: give more of the id")
    return _capture(rows[0]) if rows else None


def captures(
    session: Session, source: str | None = None, outcome: Outcome | str | None = None, limit: int = 100
) -> list[CaptureFacts]:
    """Captures, last seen first."""
    query = sa.select(CaptureRow).order_by(CaptureRow.last_seen.desc(), CaptureRow.id).limit(limit)
    if source is not None:
        query = query.where(CaptureRow.source == source)
    if outcome is not None:
        query = query.where(CaptureRow.outcome == outcome)
    return [_capture(row) for row in session.scalars(query)]


def captures_showing(session: Session, document_id: str, limit: int = 50) -> list[CaptureFacts]:
    """Captures in which a document was read, last seen first."""
    query = (
        sa.select(CaptureRow)
        .where(CaptureRow.document_id == document_id)
        .order_by(CaptureRow.last_seen.desc(), CaptureRow.id)
        .limit(limit)
    )
    return [_capture(row) for row in session.scalars(query)]


def newest_ok_capture(session: Session, url: str, at: datetime) -> CaptureFacts | None:
    """The ok capture that a URL showed last, as far as known at a time: the one that a 304 says is still there."""
    query = (
        sa.select(CaptureRow)
        .where(CaptureRow.url == url, CaptureRow.outcome == Outcome.OK, CaptureRow.first_seen <= at)
        .order_by(CaptureRow.last_seen.desc(), CaptureRow.id)
        .limit(1)
    )
    row = session.scalars(query).first()
    return _capture(row) if row else None


def told_since(session: Session, url: str) -> datetime | None:
    """The earliest time that any text read at an address is told for: of publication, else of our first look."""
    found: datetime | None = session.scalar(sa.select(sa.func.min(told_at())).where(DocumentRow.url == url))
    return found


def read_by_others(
    session: Session, knowledge: str | None, sources: Sequence[str] = ()
) -> list[DocumentFacts]:
    """Documents that other rules than these read (None: all), of some sources or of all; the oldest first."""
    query = sa.select(
        DocumentRow.id, DocumentRow.url, DocumentRow.source, DocumentRow.capture_id, DocumentRow.knowledge
    ).order_by(DocumentRow.first_seen, DocumentRow.id)
    if knowledge is not None:
        query = query.where(DocumentRow.knowledge != knowledge)
    if sources:
        query = query.where(DocumentRow.source.in_(list(sources)))
    return [DocumentFacts(*row) for row in session.execute(query)]


def statements(
    session: Session,
    company: str | None = None,
    authority: str | None = None,
    limit: int | None = 100,
    *,
    unsure: bool = False,
) -> list[StatementFacts]:
    """Statements with their documents, first seen last; `limit` None gives all. With `unsure` also those that are."""
    query = _statements().order_by(StatementRow.first_seen.desc(), StatementRow.id).limit(limit)
    if company is not None:
        query = query.where(StatementRow.company == company)
    if authority is not None:
        query = query.where(StatementRow.authority == authority)
    if not unsure:
        query = query.where(counted_by_itself())
    return [_statement(*row) for row in session.execute(query)]


def statement_count(session: Session) -> int:
    """How many statements are stored."""
    return session.scalar(sa.select(sa.func.count()).select_from(StatementRow)) or 0


def statement_count_of(session: Session, company: str, authority: str, most: int = 10_000) -> int:
    """How many statements of a pair are stored, also those that do not count; counted up to `most`."""
    of_pair = StatementRow.company == company, StatementRow.authority == authority
    some = sa.select(StatementRow.company).where(*of_pair).limit(most).subquery()
    return session.scalar(sa.select(sa.func.count()).select_from(some)) or 0


def statement(session: Session, id_or_prefix: str) -> StatementFacts | None:
    """The statement of an id, or of the beginning of one. Raises LookupError if several begin so."""
    prefix = id_or_prefix.lower()
    query = _statements().where(StatementRow.id >= prefix, StatementRow.id < prefix + "g").limit(2)
    rows = session.execute(query).all()
    if len(rows) > 1:
        raise LookupError(f"several statements begin with {id_or_prefix!r}: give more of the id")
    return _statement(*rows[0]) if rows else None


def read_statements(session: Session, ids: Sequence[str]) -> list[StatementFacts]:
    """The statements of some ids, in their order; an id that is not stored is left out."""
    found = statements_by_id(session, ids)
    return [found[i] for i in ids if i in found]


def statements_by_id(session: Session, ids: Sequence[str]) -> dict[str, StatementFacts]:
    """The statements of some ids; an id that is not stored is left out."""
    return {
        row[0].id: _statement(*row)
        for some in chunks(ids)
        for row in session.execute(_statements().where(StatementRow.id.in_(some)))
    }


def statements_of_pair(session: Session, company: str, authority: str) -> list[StatementFacts]:
    """All statements of a pair, oldest first, with those that a verdict ever brought to it."""
    own = sa.select(StatementRow.id).where(
        StatementRow.company == company, StatementRow.authority == authority
    )
    ruled = sa.select(VerdictRow.statement_id).where(
        VerdictRow.company == company, VerdictRow.authority == authority
    )
    query = _statements().where(StatementRow.id.in_(sa.union(own, ruled)))
    rows = session.execute(query.order_by(StatementRow.first_seen, StatementRow.id))
    return [_statement(*row) for row in rows]


_DOCUMENT_FACTS = (
    "source",
    "url",
    "title",
    "author",
    "publisher",
    "site",
    "published",
    "last_seen",
    "capture",
    "warc_file",
    "warc_offset",
    "ruling",
    "ruled_by",
    "corrected",
    "outdated",
)


@cache  # building it costs more than running it
def _statements() -> Any:
    verdict, is_newest = newest_verdict(StatementRow.id)
    return (
        sa.select(
            StatementRow,
            DocumentRow.source,
            DocumentRow.url,
            DocumentRow.title,
            DocumentRow.author,
            DocumentRow.publisher,
            DocumentRow.site,
            DocumentRow.published,
            DocumentRow.last_seen,
            CaptureRow.id,
            CaptureRow.warc_file,
            CaptureRow.warc_offset,
            verdict.ruling,
            verdict.who,
            verdict.after,
            outdated(),
        )
        .join(DocumentRow, DocumentRow.id == StatementRow.document_id)
        .join(CaptureRow, CaptureRow.id == DocumentRow.capture_id)
        .outerjoin(verdict, is_newest)
    )


def _statement(row: StatementRow, *facts: Any) -> StatementFacts:
    return StatementFacts(
        id=row.id,
        company=row.company,
        authority=row.authority,
        stance=Stance(row.stance),
        time=Time(row.time),
        evidence=row.evidence,
        start=row.start,
        end=row.end,
        facets=Facets.from_dict(row.facets),
        speaker=row.speaker,
        rule=row.rule,
        confidence=row.confidence,
        unsure=row.unsure,
        unread=row.unread,
        unlisted=row.unlisted,
        document=row.document_id,
        first_seen=row.first_seen,
        marks=tuple(Mark(MarkKind(m["kind"]), m["start"], m["end"]) for m in row.marks),
        **_ruled(dict(zip(_DOCUMENT_FACTS, facts, strict=True))),
    )


def standing_ruling(ruling: str | None) -> str | None:
    """What a statement's newest verdict leaves standing."""
    return None if ruling == VOID else ruling


def _ruled(facts: dict[str, Any]) -> dict[str, Any]:
    """A ruling that was taken back is none and nobody's, and only one that corrects has fields of its own."""
    ruling = standing_ruling(facts["ruling"])
    by, corrected = facts["ruled_by"], facts["corrected"]
    return facts | {
        "ruling": ruling,
        "ruled_by": by if ruling else None,
        "corrected": corrected if ruling == "correct" else None,
    }


def _capture(row: CaptureRow) -> CaptureFacts:
    return CaptureFacts(
        id=row.id,
        source=row.source,
        kind=row.kind,
        url=row.url,
        final_url=row.final_url,
        status=row.status,
        media_type=row.media_type,
        digest=row.digest,
        length=row.length,
        site=row.site,
        publisher=row.publisher,
        language=row.language,
        hints=row.hints,
        outcome=Outcome(row.outcome),
        note=row.note,
        document=row.document_id,
        warc_file=row.warc_file,
        warc_offset=row.warc_offset,
        first_seen=row.first_seen,
        last_seen=row.last_seen,
    )
