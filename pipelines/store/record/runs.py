"""Writes the record of jobs: when each ran, how it ended, and what it did source by source."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from pipelines.store.facts import RunSource
from pipelines.store.tables import RunRow, RunSourceRow


def open_run(session: Session, job: str, now: datetime) -> int:
    """A job begins; returns the run's number."""
    row = RunRow(job=job, started=now, finished=None, state="running", counts={}, error=None)
    session.add(row)
    session.flush()
    return row.id


def finish_run(
    session: Session,
    run_id: int,
    state: Literal["ok", "failed", "aborted"],
    counts: Mapping[str, Any],
    error: str | None,
    now: datetime,
) -> None:
    """A run ends. Raises LookupError if there is no such run."""
    row = session.get(RunRow, run_id)
    if row is None:
        raise LookupError(f"there is no run {run_id}")
    row.finished, row.state, row.counts, row.error = now, state, dict(counts), error
    session.flush()


def abort_dead_runs(session: Session, job: str, now: datetime) -> int:
    """Close the runs of a job that say they are running; the caller holds the job's lock, so they are dead.

    Returns how many there were.
    """
    rows = session.scalars(sa.select(RunRow).where(RunRow.job == job, RunRow.state == "running")).all()
    for row in rows:
        row.state, row.finished, row.error = "aborted", now, "the process ended without saying so"
    session.flush()
    return len(rows)


def note_source(session: Session, run_id: int, facts: RunSource) -> None:
    """What a run did for a source so far; noted again, the newer figures stand."""
    row = session.get(RunSourceRow, (run_id, facts.source))
    if row is None:
        row = RunSourceRow(run_id=run_id, source=facts.source)
        session.add(row)
    row.requests, row.captures, row.statements = facts.requests, facts.captures, facts.statements
    row.errors, row.seconds, row.note = facts.errors, facts.seconds, facts.note
    row.outcomes, row.dropped = dict(facts.outcomes), dict(facts.dropped)
    session.flush()
