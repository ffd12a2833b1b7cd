"""Writes what one response leaves: the capture, the document read from it, the page's version, the statements.

The order of arrival never shows: of several sightings of the same thing the earliest is told, and a page's versions
are put in the order of their times.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby

import sqlalchemy as sa
from sqlalchemy.orm import Session

from extract.types import Capture, Document, Hints, Outcome, Statement
from pipelines.evidence import VOID
from pipelines.store import words
from pipelines.store.record.standings import note_standings
from pipelines.store.tables import (
    EPOCH,
    MICROSECOND,
    CaptureRow,
    CommentRow,
    DocumentRow,
    FetchRow,
    HoldRow,
    PageSentenceRow,
    ProposalRow,
    SampleUnitRow,
    SkipRow,
    StatementRow,
    VerdictRow,
    VersionRow,
)


@dataclass(frozen=True, slots=True)
class Noted:
    """What noting a document did: how many statements are new, and whether positions may rest on something else now."""

    statements_new: int
    moved: bool


def note_capture(session: Session, capture: Capture, outcome: Outcome, note: str) -> None:
    """Store a response, or that it was seen again. An ok sighting replaces all that were not, else the earliest is told."""
    assert capture.warc_file is not None
    assert capture.warc_offset is not None
    row = session.get(CaptureRow, capture.id)
    if row is None:
        row = CaptureRow(id=capture.id, url=capture.url, digest=capture.digest, document_id=None)
        row.first_seen = row.last_seen = capture.fetched
        session.add(row)
    elif _rank(outcome) > _rank(row.outcome):
        return
    elif _rank(outcome) < _rank(row.outcome):
        row.first_seen = row.last_seen = capture.fetched
    else:
        row.last_seen = max(row.last_seen, capture.fetched)
        if capture.fetched >= row.first_seen:
            return
        row.first_seen = capture.fetched
    row.source, row.kind, row.final_url = capture.source, capture.kind, capture.final_url
    row.status, row.media_type, row.length = capture.status, capture.media_type, len(capture.body)
    row.site, row.publisher, row.language = capture.site, capture.publisher, capture.language
    row.hints = _hints(capture.hints)
    row.outcome, row.note = outcome, note
    row.warc_file, row.warc_offset = capture.warc_file, capture.warc_offset
    session.flush()


def note_document(
    session: Session,
    capture: Capture,
    document: Document,
    statements: Sequence[Statement],
    unsure: Sequence[Statement] = (),
    *,
    knowledge: str,
    watched: bool,
    now: datetime,
) -> Noted:
    """Store what an ok capture shows. The capture is there already.

    A document that is known keeps the statements it was first given: better rules come by reading everything again,
    on purpose, never by the chance that a page is fetched once more.
    """
    row = session.get(DocumentRow, document.id)
    if row is None:
        _add_document(session, capture, document, knowledge, now)
        for statement in (*statements, *unsure):
            session.add(_statement_row(statement, document.id, capture.fetched, unsure=statement in unsure))
        added, moved = len(statements), True
    else:
        if (capture.fetched, capture.id) < (row.fetched, row.capture_id):
            before = row.title
            _describe(row, capture, document)
            if row.title != before:
                words.retitle(session, row.id, before, row.title, row.text)
        added, moved = 0, _see_document(session, row, capture.fetched)
    stored = session.get_one(CaptureRow, capture.id)
    stored.document_id = document.id
    session.flush()
    if watched:
        _see_version(session, capture.url, document.id, capture.fetched)
    return Noted(added, moved or watched)


def move_page(session: Session, source: str, url: str) -> None:
    """A source has another address by now: what its page showed at the old one is the past of the new one.

    Does nothing if the new address has a past of its own.
    """
    if session.scalar(sa.select(VersionRow.n).where(VersionRow.url == url).limit(1)) is not None:
        return
    old = session.scalars(
        sa.select(FetchRow.url).where(FetchRow.source == source, FetchRow.entry, FetchRow.url != url)
    )
    last = session.scalars(
        sa.select(VersionRow.url)
        .where(VersionRow.url.in_(list(old)))
        .order_by(VersionRow.last_seen.desc(), VersionRow.url)
        .limit(1)
    ).first()
    if last is not None:
        for row in (VersionRow, PageSentenceRow, HoldRow):
            session.execute(
                sa.update(row).where(row.url == last).values(url=url),
                execution_options={"synchronize_session": False},
            )


def replace_statements(
    session: Session,
    document_id: str,
    statements: Sequence[Statement],
    unsure: Sequence[Statement],
    *,
    knowledge: str,
) -> tuple[int, int]:
    """A document was read again: its statements are those of the new reading, and those that an analyst ruled on.

    So do those that people only wrote beside, coded, or took their ruling back from; what the new reading does not have is
    marked as unread, and moves nothing but by a ruling that stands.

    Returns how many are new, and how many are gone.
    """
    document = session.get_one(DocumentRow, document_id)
    document.knowledge = knowledge
    query = sa.select(StatementRow).where(StatementRow.document_id == document_id)
    stored = {row.id: row for row in session.scalars(query)}
    ruled, touched = _ruled_and_touched(session, list(stored))
    given = {
        row.id: row
        for statement in (*statements, *unsure)
        for row in [_statement_row(statement, document_id, document.first_seen, unsure=statement in unsure)]
    }
    missing = [row for key, row in stored.items() if key not in given]
    gone = [row for row in missing if row.id not in ruled and not row.unread]
    session.execute(sa.delete(ProposalRow).where(ProposalRow.statement_id.in_([row.id for row in gone])))
    session.execute(sa.delete(SkipRow).where(SkipRow.statement_id.in_([row.id for row in gone])))
    for row in missing:
        if row.id in touched:
            row.unread = True
        else:
            session.delete(row)
    for key, row in given.items():
        if key in stored:
            row.first_seen = stored[key].first_seen
            session.merge(row)
        else:
            session.add(row)
    session.flush()
    for url in session.scalars(
        sa.select(VersionRow.url).where(VersionRow.document_id == document_id).distinct()
    ).all():
        note_standings(session, url, document_id, again=True)
    return len(given.keys() - stored.keys()), len(gone)


def _ruled_and_touched(session: Session, ids: Sequence[str]) -> tuple[set[str], set[str]]:
    """Of some statements those with a ruling that stands, and those that people left any trace on."""
    rulings = sa.select(VerdictRow.statement_id, VerdictRow.ruling).where(VerdictRow.statement_id.in_(ids))
    newest: dict[str, str] = dict(session.execute(rulings.order_by(VerdictRow.id)).all())
    beside = sa.union(
        *(sa.select(row.statement_id).where(row.statement_id.in_(ids)) for row in (CommentRow, SampleUnitRow))
    )
    ruled = {statement_id for statement_id, ruling in newest.items() if ruling != VOID}
    return ruled, newest.keys() | set(session.scalars(beside))


def see_capture_again(session: Session, capture_id: str, at: datetime, *, watched: bool) -> bool:
    """A stored ok capture was seen once more: only times move. True if positions may move with them."""
    row = session.get_one(CaptureRow, capture_id)
    row.last_seen = max(row.last_seen, at)
    document = session.get(DocumentRow, row.document_id) if row.document_id else None
    session.flush()
    if document is None:
        return False
    moved = _see_document(session, document, at)
    if watched:
        _see_version(session, row.url, document.id, at)
    return moved or watched


def _rank(outcome: str) -> int:
    return {Outcome.OK: 0, Outcome.ERROR: 2}.get(Outcome(outcome), 1)


def _hints(hints: Hints) -> dict[str, str]:
    published = hints.published.astimezone(UTC).isoformat() if hints.published else None
    said = {"title": hints.title, "author": hints.author, "published": published}
    return {key: value for key, value in said.items() if value is not None}


def _add_document(
    session: Session, capture: Capture, document: Document, knowledge: str, now: datetime
) -> None:
    row = DocumentRow(
        id=document.id,
        url=document.url,
        text=document.text,
        length=len(document.text),
        paragraphs=[list(span) for span in document.paragraphs],
        first_seen=capture.fetched,
        last_seen=capture.fetched,
        knowledge=knowledge,
        recorded=now,
    )
    _describe(row, capture, document)
    session.add(row)
    session.flush()
    words.index(session, document.id, document.title, document.text)


def _describe(row: DocumentRow, capture: Capture, document: Document) -> None:
    """Everything that two captures of one text may tell differently."""
    row.capture_id, row.source, row.fetched = capture.id, capture.source, capture.fetched
    row.title, row.author = document.title, document.author
    row.publisher, row.site, row.language = document.publisher, document.site, document.language
    row.published, row.modified = document.published, document.modified
    row.quarantined, row.fingerprint = list(document.quarantined), list(document.fingerprint)


def _statement_row(
    statement: Statement, document_id: str, first_seen: datetime, *, unsure: bool
) -> StatementRow:
    return StatementRow(
        id=statement.id_in(document_id),
        document_id=document_id,
        company=statement.company,
        authority=statement.authority,
        stance=statement.stance,
        time=statement.time,
        evidence=statement.evidence,
        start=statement.start,
        end=statement.end,
        rule=statement.rule,
        confidence=statement.confidence,
        facets=statement.facets.as_dict(),
        speaker=statement.speaker,
        supports=[{"text": s.text, "facets": s.facets.as_dict()} for s in statement.supports],
        promise=statement.promise,
        unsure=unsure,
        unread=False,
        unlisted=statement.unlisted,
        marks=[{"kind": str(m.kind), "start": m.start, "end": m.end} for m in statement.marks],
        spent=False,
        first_seen=first_seen,
    )


def _see_document(session: Session, row: DocumentRow, at: datetime) -> bool:
    """Move the times of sight. True if the document is dated otherwise now, or another text is its address's newest."""
    newest = _newest_text(session, row.url)
    earlier = at < row.first_seen
    row.first_seen, row.last_seen = min(row.first_seen, at), max(row.last_seen, at)
    session.flush()
    if earlier:
        session.execute(
            sa.update(StatementRow).where(StatementRow.document_id == row.id).values(first_seen=at),
            execution_options={"synchronize_session": False},
        )
    return earlier or _newest_text(session, row.url) != newest


def _newest_text(session: Session, url: str) -> str | None:
    return session.scalar(
        sa.select(DocumentRow.id)
        .where(DocumentRow.url == url)
        .order_by(DocumentRow.last_seen.desc(), DocumentRow.id.desc())
        .limit(1)
    )


def _see_version(session: Session, url: str, document_id: str, at: datetime) -> None:
    """Note which text a watched page showed at a time."""
    note_standings(session, url, document_id)
    moment = (at - EPOCH) // MICROSECOND
    of_url = sa.select(VersionRow).where(VersionRow.url == url).order_by(VersionRow.n.desc())
    last = session.scalars(of_url.limit(1)).first()
    if last is None or at > last.last_seen:
        if last is not None and last.document_id == document_id:
            last.last_seen, last.seen = at, [*last.seen, moment]
        else:
            session.add(_version_row(url, last.n + 1 if last else 1, document_id, [moment]))
    elif not (last.document_id == document_id and moment in last.seen):
        _reorder(session, url, list(session.scalars(of_url)), (moment, document_id))
    session.flush()


def _reorder(session: Session, url: str, rows: Sequence[VersionRow], late: tuple[int, str]) -> None:
    """Rebuild a page's versions with a sighting that arrived after later ones."""
    sightings = {(moment, row.document_id) for row in rows for moment in row.seen} | {late}
    for row in rows:
        session.delete(row)
    session.flush()
    runs = groupby(sorted(sightings), key=lambda sighting: sighting[1])
    for n, (document_id, run) in enumerate(runs, start=1):
        session.add(_version_row(url, n, document_id, [moment for moment, _ in run]))


def _version_row(url: str, n: int, document_id: str, seen: list[int]) -> VersionRow:
    first, last = (EPOCH + m * MICROSECOND for m in (seen[0], seen[-1]))
    return VersionRow(url=url, n=n, document_id=document_id, first_seen=first, last_seen=last, seen=seen)
