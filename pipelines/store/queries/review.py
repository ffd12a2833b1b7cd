"""Reads what waits for a ruling, and all that was ruled and written about a statement."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from pipelines.evidence import VOID
from pipelines.store.facts import CommentFacts, ProposalFacts, StatementFacts, VerdictFacts
from pipelines.store.queries.conclusions import verdict_facts
from pipelines.store.queries.pages import read_statements
from pipelines.store.queries.select import among
from pipelines.store.tables import CommentRow, DocumentRow, ProposalRow, SkipRow, StatementRow, VerdictRow

# Counted no further: a longer queue is only told as that long.
COUNTED = 10_000
# How far back rulings are read for what is told of one source.
RULINGS_READ = 2_000


def proposals(
    session: Session,
    who: str,
    *,
    skipped: bool = False,
    company: str | None = None,
    authority: str | None = None,
    limit: int = 1,
) -> list[ProposalFacts]:
    """What waits for somebody's ruling, the weightiest first. `skipped`: what they put off instead."""
    query = _of(_waiting(sa.select(ProposalRow), who, skipped=skipped), company, authority)
    row = ProposalRow
    ranked = query.order_by(row.rank.desc(), row.first_seen.desc(), row.statement_id.desc())
    return [_proposal(found) for found in session.scalars(ranked.limit(limit))]


def proposals_of_pair(session: Session, company: str, authority: str) -> list[ProposalFacts]:
    """All that waits of a pair, for whoever."""
    row = ProposalRow
    query = sa.select(row).where(row.company == company, row.authority == authority)
    return [_proposal(found) for found in session.scalars(query)]


def proposal(session: Session, statement_id: str) -> ProposalFacts | None:
    """Whether a statement waits for a ruling, and what rests on it."""
    row = session.get(ProposalRow, statement_id)
    return _proposal(row) if row else None


def queue_length(
    session: Session, who: str, company: str | None = None, authority: str | None = None
) -> tuple[int, int]:
    """How many proposals wait for somebody, of all or of these pairs, and how many they put off; each up to COUNTED."""
    row = ProposalRow.statement_id

    def count(query: sa.Select[Any], most: int) -> int:
        some = _of(query, company, authority).limit(most).subquery()
        return session.scalar(sa.select(sa.func.count()).select_from(some)) or 0

    skipped = sa.select(row).join(SkipRow, SkipRow.statement_id == row).where(SkipRow.who == who)
    put_off = count(skipped, COUNTED)
    # Few are put off: counting all and taking these away asks the database nothing for each.
    return min(COUNTED, count(sa.select(row), COUNTED + put_off) - put_off), put_off


def verdicts_of(session: Session, statement_id: str) -> list[VerdictFacts]:
    """All rulings on a statement, oldest first."""
    query = sa.select(VerdictRow).where(VerdictRow.statement_id == statement_id).order_by(VerdictRow.id)
    return [verdict_facts(row) for row in session.scalars(query)]


def ruled_beside(
    session: Session, document_id: str, *, elsewhere: bool
) -> list[tuple[StatementFacts, VerdictFacts]]:
    """Statements that somebody ruled on, with the newest verdict: of other texts at a document's address (`elsewhere`), or of its own."""
    address = sa.select(DocumentRow.url).where(DocumentRow.id == document_id).scalar_subquery()
    others = sa.select(DocumentRow.id).where(DocumentRow.url == address, DocumentRow.id != document_id)
    said = StatementRow.document_id.in_(others) if elsewhere else StatementRow.document_id == document_id
    query = (
        sa.select(VerdictRow)
        .join(StatementRow, StatementRow.id == VerdictRow.statement_id)
        .where(said)
        .order_by(VerdictRow.id)
    )
    newest = {row.statement_id: verdict_facts(row) for row in session.scalars(query)}
    return [(one, newest[one.id]) for one in read_statements(session, list(newest))]


def ruled_into(session: Session, company: str, authority: str, limit: int = 20) -> list[StatementFacts]:
    """The statements of other pairs that a correction brought to this one, ruled on last first."""
    later = aliased(VerdictRow)
    query = (
        sa.select(VerdictRow.statement_id)
        .join(StatementRow, StatementRow.id == VerdictRow.statement_id)
        .where(
            VerdictRow.company == company,
            VerdictRow.authority == authority,
            VerdictRow.ruling == "correct",
            (StatementRow.company != company) | (StatementRow.authority != authority),
            ~sa.exists().where(later.statement_id == VerdictRow.statement_id, later.id > VerdictRow.id),
        )
        .order_by(VerdictRow.id.desc())
        .limit(limit)
    )
    return read_statements(session, list(session.scalars(query)))


def carried_from(session: Session, number: int) -> list[VerdictFacts]:
    """The verdicts that go on from one."""
    return [
        verdict_facts(row)
        for row in session.scalars(sa.select(VerdictRow).where(VerdictRow.carries == number))
    ]


def verdict(session: Session, number: int) -> VerdictFacts | None:
    """The verdict of a number."""
    row = session.get(VerdictRow, number)
    return verdict_facts(row) if row else None


def last_verdict_by(session: Session, who: str) -> VerdictFacts | None:
    """What somebody ruled last and did not take back."""
    undo = aliased(VerdictRow)
    query = (
        sa.select(VerdictRow)
        .where(
            VerdictRow.who == who,
            VerdictRow.undoes.is_(None),
            VerdictRow.carries.is_(None),
            ~sa.exists().where(undo.who == who, undo.undoes == VerdictRow.id),
        )
        .order_by(VerdictRow.id.desc())
        .limit(1)
    )
    row = session.scalars(query).first()
    return verdict_facts(row) if row else None


def verdicts(
    session: Session,
    *,
    who: str | None = None,
    pairs: Collection[tuple[str, str]] = (),
    since: datetime | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[VerdictFacts]:
    """Rulings, newest first: of somebody, on pairs, from a time on, from one of a number (`before`, without it) on.

    A ruling is on the pair that it brings a statement to; among the newest RULINGS_READ also on the one that it takes it from.
    """
    query = sa.select(VerdictRow).order_by(VerdictRow.id.desc()).limit(limit)
    if who is not None:
        query = query.where(VerdictRow.who == who)
    if pairs:
        newest = sa.select(sa.func.max(VerdictRow.id) - RULINGS_READ).scalar_subquery()
        filed = sa.exists().where(
            StatementRow.id == VerdictRow.statement_id,
            among(StatementRow.company, StatementRow.authority, pairs),  # type: ignore[arg-type]
        )
        brought = among(VerdictRow.company, VerdictRow.authority, pairs)  # type: ignore[arg-type]
        query = query.where(brought | sa.and_(VerdictRow.id > newest, filed))
    if since is not None:
        query = query.where(VerdictRow.at >= since)
    if before is not None:
        query = query.where(VerdictRow.id < before)
    return [verdict_facts(row) for row in session.scalars(query)]


def rulings_on_source(session: Session, source: str) -> dict[str, int]:
    """Ruling → on how many statements of a source it stands, among the newest RULINGS_READ rulings of all."""
    newest = (
        sa.select(VerdictRow.id, VerdictRow.statement_id, VerdictRow.ruling)
        .where(VerdictRow.carries.is_(None))  # made once
        .order_by(VerdictRow.id.desc())
        .limit(RULINGS_READ)
        .subquery()
    )
    query = (
        sa.select(newest.c.statement_id, newest.c.ruling)
        .join(StatementRow, StatementRow.id == newest.c.statement_id)
        .join(DocumentRow, DocumentRow.id == StatementRow.document_id)
        .where(DocumentRow.source == source)
        .order_by(newest.c.id)
    )
    stands = {row.statement_id: row.ruling for row in session.execute(query)}  # the last one of each
    return dict(Counter(stands.values()))


def documents_ruled_on(session: Session) -> list[str]:
    """Ids of the documents that hold a statement with a ruling that stands, sorted."""
    verdict, later = aliased(VerdictRow), aliased(VerdictRow)
    newest = ~sa.exists().where(later.statement_id == verdict.statement_id, later.id > verdict.id)
    query = (
        sa.select(StatementRow.document_id)
        .join(verdict, verdict.statement_id == StatementRow.id)
        .where(newest, verdict.ruling != VOID)
    )
    return sorted(set(session.scalars(query)))


def comments_of(session: Session, statement_id: str) -> list[CommentFacts]:
    """What was written beside a statement, oldest first."""
    query = sa.select(CommentRow).where(CommentRow.statement_id == statement_id).order_by(CommentRow.id)
    return [CommentFacts(row.statement_id, row.who, row.at, row.text) for row in session.scalars(query)]


def _waiting(query: sa.Select[Any], who: str, *, skipped: bool) -> sa.Select[Any]:
    put_off = sa.exists().where(SkipRow.who == who, SkipRow.statement_id == ProposalRow.statement_id)
    return query.where(put_off if skipped else ~put_off)


def _of(query: sa.Select[Any], company: str | None, authority: str | None) -> sa.Select[Any]:
    if company is not None:
        query = query.where(ProposalRow.company == company)
    return query.where(ProposalRow.authority == authority) if authority is not None else query


def _proposal(row: ProposalRow) -> ProposalFacts:
    return ProposalFacts(
        row.statement_id,
        row.company,
        row.authority,
        row.change_id,
        row.why,
        row.severity,
        row.uncertainty,
        row.audience,
        row.rank,
    )
