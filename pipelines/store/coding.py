"""The SQL of samples that two people code blind: drawn, coded, adjudicated. Codes are append-only, the newest counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from pipelines.store.tables import CodeRow, SampleRow, SampleUnitRow, StatementRow


@dataclass(frozen=True, slots=True)
class Sample:
    """Statements drawn for two coders; `size` is how many."""

    id: int
    name: str
    who: str
    at: datetime
    coders: tuple[str, str]
    seed: int
    drawn_from: dict[str, Any]
    size: int


@dataclass(frozen=True, slots=True)
class Code:
    """What somebody coded for the n-th unit; `adjudicates`: the last word on it."""

    n: int
    who: str
    at: datetime
    stance: str
    adjudicates: bool
    note: str


@dataclass(frozen=True, slots=True)
class Drawable:
    """A statement that may be drawn, and what a coder would be asked about: of one question one statement is enough."""

    statement: str
    document: str
    company: str
    authority: str

    @property
    def question(self) -> tuple[str, str, str]:
        """Whose stance towards whom in which text."""
        return self.document, self.company, self.authority


def samples(session: Session) -> list[Sample]:
    """All samples, the newest first."""
    sizes = sa.select(SampleUnitRow.sample_id, sa.func.count()).group_by(SampleUnitRow.sample_id)
    counted: dict[int, int] = dict(session.execute(sizes).all())
    return [
        _sample(row, counted.get(row.id, 0))
        for row in session.scalars(sa.select(SampleRow).order_by(SampleRow.id.desc()))
    ]


def sample(session: Session, name: str) -> Sample | None:
    """The sample of a name."""
    row = session.scalars(sa.select(SampleRow).where(SampleRow.name == name)).first()
    if row is None:
        return None
    size = sa.select(sa.func.count()).where(SampleUnitRow.sample_id == row.id)
    return _sample(row, session.scalar(size) or 0)


def pool(
    session: Session, stance: str, above: str, limit: int, *, company: str | None, authority: str | None
) -> list[Drawable]:
    """A stance's statements that are sure, from an id on (`above`), in the order of the ids."""
    row = StatementRow
    query = sa.select(row.id, row.document_id, row.company, row.authority).where(
        row.id > above, row.stance == stance, row.unsure.is_(False), row.unread.is_(False)
    )
    if company is not None:
        query = query.where(row.company == company)
    if authority is not None:
        query = query.where(row.authority == authority)
    return [Drawable(*found) for found in session.execute(query.order_by(row.id).limit(limit))]


def are_drawable(session: Session, statements: Sequence[str]) -> bool:
    """Whether all of these are stored and sure: a text that was read again may have lost some."""
    row = StatementRow
    found = sa.select(sa.func.count()).where(
        row.id.in_(statements), row.unsure.is_(False), row.unread.is_(False)
    )
    return session.scalar(found) == len(statements)


def add_sample(
    session: Session,
    name: str,
    who: str,
    coders: tuple[str, str],
    seed: int,
    drawn_from: dict[str, Any],
    statements: Sequence[str],
    at: datetime,
) -> None:
    """Store a sample with its units, numbered from 1."""
    row = SampleRow(name=name, who=who, at=at, coders=list(coders), seed=seed, drawn_from=drawn_from)
    session.add(row)
    session.flush()
    session.add_all(
        SampleUnitRow(sample_id=row.id, n=n, statement_id=one) for n, one in enumerate(statements, start=1)
    )
    session.flush()


def units(session: Session, sample_id: int) -> dict[int, str]:
    """Number of a unit → its statement."""
    query = sa.select(SampleUnitRow.n, SampleUnitRow.statement_id).where(SampleUnitRow.sample_id == sample_id)
    return dict(session.execute(query.order_by(SampleUnitRow.n)).all())


def codes(session: Session, sample_id: int) -> list[Code]:
    """What counts of a sample, unit by unit: each person's newest code, and newest last word. What was given later comes
    later, by its number: a clock may be set back.
    """
    newest = (
        sa.select(sa.func.max(CodeRow.id))
        .where(CodeRow.sample_id == sample_id)
        .group_by(CodeRow.n, CodeRow.who, CodeRow.adjudicates)
    )
    row = CodeRow
    columns = (row.n, row.who, row.at, row.stance, row.adjudicates, row.note)
    return [
        Code(*found)
        for found in session.execute(sa.select(*columns).where(row.id.in_(newest)).order_by(row.n, row.id))
    ]


def add_code(session: Session, sample_id: int, code: Code) -> None:
    """Append a code."""
    session.add(
        CodeRow(
            sample_id=sample_id, n=code.n, who=code.who, at=code.at, stance=code.stance, adjudicates=code.adjudicates,
            note=code.note,
        )
    )  # fmt: skip
    session.flush()


def _sample(row: SampleRow, size: int) -> Sample:
    first, second = row.coders
    return Sample(row.id, row.name, row.who, row.at, (first, second), row.seed, row.drawn_from, size)
