"""Posts how jobs run: that one begins, ends, or is found dead, and what it did for each source."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from pipelines.store import record
from pipelines.store.facts import RunSource
from pipelines.store.session import Store


def open_run(store: Store, job: str, now: datetime) -> int:
    """A job begins; returns the run's number. Raises StoreError."""
    with store.writing() as session:
        return record.open_run(session, job, now)


def finish_run(
    store: Store,
    run_id: int,
    state: Literal["ok", "failed", "aborted"],
    counts: Mapping[str, Any],
    error: str | None,
    now: datetime,
) -> None:
    """A run ends. Raises StoreError, and LookupError if there is no such run."""
    with store.writing() as session:
        record.finish_run(session, run_id, state, counts, error, now)


def abort_dead_runs(store: Store, job: str, now: datetime) -> int:
    """Close runs of a job whose process is gone; the caller holds the job's lock. Returns how many. Raises StoreError."""
    with store.writing() as session:
        return record.abort_dead_runs(session, job, now)


def note_source(store: Store, run_id: int, facts: RunSource) -> None:
    """What a run did for one source so far. Raises StoreError."""
    with store.writing() as session:
        record.note_source(session, run_id, facts)
