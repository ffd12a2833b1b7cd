"""Reads what overviews show: who has positions towards whom, what was in force then, how positions moved.

Each is bounded by the companies or the pair that a page shows, however much is stored.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from extract.types import Stance
from pipelines.store.facts import CompanyFacts, InForce, Move
from pipelines.store.queries.listing import PositionFilter, holds
from pipelines.store.tables import ChangeRow, PositionRow

Pair = tuple[str, str]


def companies_known(session: Session) -> list[str]:
    """Every company that ever had a position, sorted."""
    rows = (PositionRow, ChangeRow)
    return sorted(session.scalars(sa.union(*(sa.select(row.company).distinct() for row in rows))))


def companies_holding(session: Session, wanted: PositionFilter) -> list[str]:
    """The companies that hold such positions today, sorted."""
    query = sa.select(PositionRow.company).where(*_asked(wanted)).distinct()
    return sorted(session.scalars(query))


def authorities_used(session: Session, wanted: PositionFilter) -> dict[str, int]:
    """Authority → towards it so many companies hold such positions today; the most first."""
    row = PositionRow
    n = sa.func.count().label("n")
    query = sa.select(row.authority, n).where(*_asked(wanted)).group_by(row.authority)
    return {found.authority: found.n for found in session.execute(query.order_by(n.desc(), row.authority))}


def companies_told(session: Session, companies: Sequence[str]) -> dict[str, CompanyFacts]:
    """Company → how many positions it holds, and when a change of it was found last."""
    row = PositionRow
    held = sa.select(row.company, sa.func.count().label("n")).where(row.company.in_(companies))
    counts = {found.company: found.n for found in session.execute(held.group_by(row.company))}
    newest = sa.select(ChangeRow.company, sa.func.max(ChangeRow.found).label("at"))
    moved = session.execute(newest.where(ChangeRow.company.in_(companies)).group_by(ChangeRow.company))
    changed = {found.company: found.at for found in moved}
    return {slug: CompanyFacts(slug, counts.get(slug, 0), changed.get(slug)) for slug in companies}


def in_force(
    session: Session,
    companies: Collection[str],
    authorities: Collection[str] | None = None,
    stance: Stance | None = None,
) -> list[InForce]:
    """What some companies hold today, towards some authorities or all."""
    row = PositionRow
    columns = row.company, row.authority, row.held, row.since, row.provisional
    query = sa.select(*columns).where(row.company.in_(companies))
    if authorities is not None:
        query = query.where(row.authority.in_(authorities))
    if stance is not None:
        query = query.where(*_asked(PositionFilter(stance=stance)))
    return [
        InForce(c, a, _stances(held), since, tuple(map(Stance, provisional)))
        for c, a, held, since, provisional in session.execute(query)
    ]


def authorities_by(session: Session, at: datetime, companies: Collection[str]) -> list[str]:
    """The authorities towards whom some companies had moved by a time, as is known today; those of the most companies first."""
    row = ChangeRow
    n = sa.func.count(sa.distinct(row.company)).label("n")
    query = sa.select(row.authority).where(
        row.company.in_(companies), row.status != "retracted", row.occurred <= at
    )
    return list(session.scalars(query.group_by(row.authority).order_by(n.desc(), row.authority)))


def in_force_at(
    session: Session,
    at: datetime,
    companies: Collection[str],
    authorities: Collection[str] | None = None,
) -> list[InForce]:
    """What some companies held at a moment, as far as is known today.

    Read from their changes, which are the steps of the same history: see `timelines.positions_at`.
    """
    row = ChangeRow
    query = sa.select(row.company, row.authority, row.occurred, row.id).where(
        row.company.in_(companies), row.status != "retracted", row.occurred <= at
    )
    if authorities is not None:
        query = query.where(row.authority.in_(authorities))
    newest: dict[Pair, tuple[datetime, list[str]]] = {}
    for company, authority, occurred, change_id in session.execute(query):
        last = newest.get((company, authority))
        if last is None or occurred > last[0]:
            newest[company, authority] = occurred, [change_id]
        elif occurred == last[0]:
            last[1].append(change_id)
    ids = [change_id for _, same in newest.values() for change_id in same]
    moves = {pair: list(_chained(found)) for pair, found in _grouped(_moves(session, ids)).items()}
    last_moves = ((pair, found[-1]) for pair, found in sorted(moves.items()))
    return [InForce(*pair, move.after, move.occurred) for pair, move in last_moves if move.after]


def moves_of(session: Session, company: str, limit: int = 2000) -> dict[str, list[Move]]:
    """Authority → how a company's positions towards it moved, oldest first; the last so many of all of them.

    Without what was retracted.
    """
    row = ChangeRow
    query = (
        sa.select(*_MOVE)
        .where(row.company == company, row.status != "retracted")
        .order_by(row.occurred.desc(), row.found.desc(), row.id)
        .limit(limit)
    )
    found = _grouped([_move(r) for r in session.execute(query)])
    return {authority: list(_chained(moves)) for (_, authority), moves in found.items()}


_MOVE = (
    ChangeRow.id,
    ChangeRow.company,
    ChangeRow.authority,
    ChangeRow.occurred,
    ChangeRow.found,
    ChangeRow.before,
    ChangeRow.after,
)


def _moves(session: Session, ids: Sequence[str]) -> Iterator[Move]:
    for start in range(0, len(ids), 500):
        for row in session.execute(sa.select(*_MOVE).where(ChangeRow.id.in_(ids[start : start + 500]))):
            yield _move(row)


def _move(row: Any) -> Move:
    return Move(
        row.id, row.company, row.authority, row.occurred, row.found, _stances(row.before), _stances(row.after)
    )


def _grouped(moves: Any) -> dict[Pair, list[Move]]:
    found: dict[Pair, list[Move]] = {}
    for move in moves:
        found.setdefault((move.company, move.authority), []).append(move)
    return found


def _chained(moves: Collection[Move]) -> Iterator[Move]:
    """The moves of a pair in their order. Of those at one moment, each goes on from where the one before it ended."""
    ordered = sorted(moves, key=lambda move: (move.occurred, move.found, move.id))
    state: tuple[Stance, ...] | None = None
    for _, same in groupby(ordered, key=lambda move: move.occurred):
        waiting = list(same)
        while waiting:
            if state is None:  # it begins with the one that no other of this moment led to
                led = [move.after for move in waiting]
                following = next((move for move in waiting if move.before not in led), waiting[0])
            else:
                following = next((move for move in waiting if move.before == state), waiting[0])
            waiting.remove(following)
            state = following.after
            yield following


def _stances(held: Sequence[Mapping[str, Any]]) -> tuple[Stance, ...]:
    return tuple(dict.fromkeys(Stance(one["stance"]) for one in held))


def _asked(wanted: PositionFilter) -> list[sa.ColumnElement[bool]]:
    row = PositionRow
    asked: list[sa.ColumnElement[bool]] = []
    if wanted.company is not None:
        asked.append(row.company == wanted.company)
    if wanted.authority is not None:
        asked.append(row.authority == wanted.authority)
    if wanted.stance is not None:
        asked.append(holds(row.held, wanted.stance))
    return asked
