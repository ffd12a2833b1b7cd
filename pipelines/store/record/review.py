"""Writes what analysts do beside ruling, and what waits for them: proposals, skips, comments."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from extract.types import Stance
from pipelines.proposals import Proposal
from pipelines.store.tables import CommentRow, ProposalRow, SkipRow, StatementRow


def post_proposals(
    session: Session,
    company: str,
    authority: str,
    derived: Iterable[Proposal],
    would: Callable[[Stance], tuple[float, str]],
) -> None:
    """Make what waits of a pair what is derived: only rows that differ are touched.

    Unsure statements that were left out of the fold wait on; they weigh what `would` says of their stance by now. Who put
    off what has come to weigh more, or moves something now, is asked again.
    """
    of_pair = ProposalRow.company == company, ProposalRow.authority == authority
    said = StatementRow.id == ProposalRow.statement_id
    mine = sa.select(ProposalRow).join(StatementRow, said).where(*of_pair, StatementRow.spent.is_(False))
    left_out = (
        sa.select(ProposalRow.statement_id).join(StatementRow, said).where(*of_pair, StatementRow.spent)
    )
    stored = {row.statement_id: row for row in session.scalars(mine)}
    for proposal in derived:
        row = stored.pop(proposal.statement, None) or session.get(ProposalRow, proposal.statement)
        if row is None:
            row = ProposalRow(statement_id=proposal.statement)
            session.add(row)
        elif proposal.severity > row.severity or (row.change_id is None and proposal.change is not None):
            session.execute(sa.delete(SkipRow).where(SkipRow.statement_id == proposal.statement))
        for name, value in _values(proposal).items():
            if getattr(row, name, None) != value:
                setattr(row, name, value)
    for row in stored.values():
        session.delete(row)
    session.flush()
    stances = sa.select(StatementRow.stance).where(StatementRow.id.in_(left_out)).distinct()
    for stance in session.scalars(stances).all():
        severity, why = would(Stance(stance))
        those = sa.select(StatementRow.id).where(StatementRow.id.in_(left_out), StatementRow.stance == stance)
        row_ = ProposalRow
        session.execute(
            sa.update(row_)
            .where(row_.statement_id.in_(those), row_.why != why)
            .values(severity=severity, why=why, rank=severity * row_.uncertainty * row_.audience),
            execution_options={"synchronize_session": False},
        )


def weigh_audience(session: Session, audience_of: Callable[[str, str], int]) -> int:
    """Rank every proposal by who follows its pair by now; returns how many pairs weigh otherwise than before."""
    row, moved = ProposalRow, 0
    pairs = sa.select(row.company, row.authority, row.audience).distinct()
    for company, authority, stored in session.execute(pairs).all():
        now = audience_of(company, authority)
        if now != stored:
            session.execute(
                sa.update(row)
                .where(row.company == company, row.authority == authority)
                .values(audience=now, rank=row.severity * row.uncertainty * now),
                execution_options={"synchronize_session": False},
            )
            moved += 1
    return moved


def skip(session: Session, statement_id: str, who: str, at: datetime) -> None:
    """Somebody looks at a proposal later. Raises LookupError if the statement waits for nobody."""
    if session.get(ProposalRow, statement_id) is None:
        raise LookupError(f"statement {statement_id} waits for no ruling")
    row = session.get(SkipRow, (who, statement_id))
    if row is None:
        session.add(SkipRow(who=who, statement_id=statement_id, at=at))
    else:
        row.at = at
    session.flush()


def take_up(session: Session, who: str, statement_id: str | None = None) -> None:
    """Skipped proposals, or this one, are in somebody's queue again."""
    mine = sa.delete(SkipRow).where(SkipRow.who == who)
    session.execute(mine if statement_id is None else mine.where(SkipRow.statement_id == statement_id))


def comment(session: Session, statement_id: str, who: str, text: str, at: datetime) -> None:
    """Write something beside a statement."""
    session.add(CommentRow(statement_id=statement_id, who=who, text=text, at=at))
    session.flush()


def _values(proposal: Proposal) -> dict[str, object]:
    return {
        "company": proposal.company,
        "authority": proposal.authority,
        "change_id": proposal.change,
        "why": proposal.why,
        "severity": proposal.severity,
        "uncertainty": proposal.uncertainty,
        "audience": proposal.audience,
        "rank": proposal.rank,
        "first_seen": proposal.first_seen,
    }
