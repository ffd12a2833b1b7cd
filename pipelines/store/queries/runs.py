"""Reads how jobs ran and how sources fare."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from extract.types import Outcome
from pipelines.rhythm import News
from pipelines.store.facts import Look, RunFacts, RunSource, SourceHealth
from pipelines.store.queries.select import among, chunks, told_at
from pipelines.store.tables import DocumentRow, FetchRow, RunRow, RunSourceRow, StatementRow

_EPOCH_DAY, _DAY_S = date(1970, 1, 1), 86_400


def runs(
    session: Session,
    job: str | None = None,
    limit: int = 20,
    *,
    sources: bool = True,
    before: int | None = None,
) -> list[RunFacts]:
    """Runs, newest first, each with what it did source by source; without it where `sources` is False.

    From one of a number (`before`, without it) on.
    """
    query = sa.select(RunRow).order_by(RunRow.id.desc()).limit(limit)
    if job is not None:
        query = query.where(RunRow.job == job)
    if before is not None:
        query = query.where(RunRow.id < before)
    rows = session.scalars(query).all()
    did: dict[int, list[RunSource]] = {row.id: [] for row in rows}
    if sources:
        of_runs = sa.select(RunSourceRow).where(RunSourceRow.run_id.in_(did)).order_by(RunSourceRow.source)
        for row in session.scalars(of_runs):
            did[row.run_id].append(_run_source(row))
    return [
        RunFacts(
            row.id,
            row.job,
            row.started,
            row.finished,
            row.state,
            row.counts,
            row.error,
            tuple(did[row.id]),
        )
        for row in rows
    ]


def last_run(session: Session, job: str) -> RunFacts | None:
    """The newest run of a job, whatever its state."""
    return next(iter(runs(session, job, 1)), None)


def run(session: Session, number: int) -> RunFacts | None:
    """The run of a number, with what it did source by source."""
    return next((one for one in runs(session, limit=1, before=number + 1) if one.id == number), None)


def looks(session: Session, of_runs: Sequence[int], sources: Sequence[str]) -> dict[str, list[Look]]:
    """What some runs did for some sources: source → its looks, the oldest first."""
    row = RunSourceRow
    query = sa.select(
        row.source, row.run_id, row.captures, row.statements, row.errors, row.outcomes, row.note
    ).where(row.run_id.in_(list(of_runs)), row.source.in_(list(sources)))
    found: dict[str, list[Look]] = {}
    for of, number, *did in session.execute(query.order_by(row.run_id)):
        found.setdefault(of, []).append(Look(number, *did))
    return found


def documents_brought(session: Session, source: str | None = None) -> dict[str, int]:
    """Source → how many documents came from it; of all, or of one. Read from an index."""
    query = sa.select(DocumentRow.source, sa.func.count()).group_by(DocumentRow.source)
    if source is not None:
        query = query.where(DocumentRow.source == source)
    return _counts(session, query)


def entry_health(session: Session, addresses: Mapping[str, str]) -> list[SourceHealth]:
    """How some sources (id → own address) fare, by id; one whose address was never asked is left out.

    As `source_health`, but read by their addresses alone, so it costs the same however many articles they led to.
    """
    found: list[SourceHealth] = []
    for some in chunks(sorted(addresses.items())):
        query = sa.select(FetchRow).where(among(FetchRow.source, FetchRow.url, some))  # type: ignore[arg-type]
        found += [_health(row, {}, {}) for row in session.scalars(query.order_by(FetchRow.source))]
    return found


def source_health(session: Session, *, counted: bool = True, source: str | None = None) -> list[SourceHealth]:
    """How every source fares that was ever asked, by id; or only one.

    Counting what each brought reads the whole store; not `counted`, it is told as 0.
    """
    # One pass over an index; of the rows themselves only a few of each source are read.
    each = (FetchRow.source, FetchRow.entry)
    newest_of = sa.select(*each, sa.func.max(FetchRow.last_fetched).label("last")).group_by(*each)
    if source is not None:
        newest_of = newest_of.where(FetchRow.source == source)
    newest = newest_of.subquery()
    told = sa.select(FetchRow).join(
        newest,
        sa.and_(
            FetchRow.source == newest.c.source,
            FetchRow.entry == newest.c.entry,
            FetchRow.last_fetched == newest.c.last,
        ),
    )
    # The source's own address if it was ever asked, else the address asked last.
    rows = session.scalars(told.order_by(FetchRow.entry, FetchRow.last_fetched))
    entries = {row.source: row for row in rows}
    by_source = sa.select(DocumentRow.source, sa.func.count()).group_by(DocumentRow.source)
    said = by_source.join(StatementRow, StatementRow.document_id == DocumentRow.id)
    documents = _counts(session, by_source) if counted else {}
    statements = _counts(session, said.where(StatementRow.unsure.is_(False))) if counted else {}
    return [_health(row, documents, statements) for _, row in sorted(entries.items())]


def news(session: Session, since: datetime) -> dict[str, News]:
    """When each source brought something new; the days only from `since` on."""
    looks = sa.select(
        DocumentRow.source, sa.func.min(DocumentRow.first_seen), sa.func.max(DocumentRow.first_seen)
    ).group_by(DocumentRow.source)
    found = {source: (first, newest) for source, first, newest in session.execute(looks)}
    days: dict[str, set[date]] = {source: set() for source in found}
    row, at = DocumentRow, told_at()
    day = sa.cast(sa.extract("epoch", at), sa.BigInteger) // _DAY_S
    for source, n in session.execute(
        sa.select(row.source, day).where(row.first_seen >= since, at >= since).distinct()
    ):
        days[source].add(_EPOCH_DAY + timedelta(days=n))
    return {source: News(frozenset(days[source]), *looked) for source, looked in found.items()}


def _health(row: FetchRow, documents: Mapping[str, int], statements: Mapping[str, int]) -> SourceHealth:
    return SourceHealth(
        source=row.source,
        last_ok=row.last_ok,
        last_attempt=row.last_fetched,
        failures=row.failures,
        status=row.status,
        outcome=Outcome(row.outcome),
        note=row.note,
        documents=documents.get(row.source, 0),
        statements=statements.get(row.source, 0),
    )


def _counts(session: Session, query: sa.Select[str, int]) -> dict[str, int]:
    return {row[0]: row[1] for row in session.execute(query)}


def _run_source(row: RunSourceRow) -> RunSource:
    return RunSource(
        source=row.source,
        requests=row.requests,
        captures=row.captures,
        statements=row.statements,
        errors=row.errors,
        outcomes=row.outcomes,
        dropped=row.dropped,
        seconds=row.seconds,
        note=row.note,
    )
