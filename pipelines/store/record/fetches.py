"""Writes what the next request for a URL must know: how the last one ended, and the validators of the last ok response."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from extract.types import Outcome
from pipelines.store.tables import FetchRow

GOOD = (Outcome.OK, Outcome.NOT_MODIFIED)


@dataclass(frozen=True, slots=True)
class Fetch:
    """One attempt to fetch a URL. `entry`: it is the source's own address. `status` is None without a response."""

    source: str
    url: str
    at: datetime
    entry: bool
    run_id: int
    status: int | None
    outcome: Outcome
    note: str


def note_fetch(session: Session, fetch: Fetch) -> None:
    """Note how an attempt ended. One that is older than the last known moves only the time of first sight.

    An attempt noted twice (same URL, time and end) counts once.
    """
    row = session.get(FetchRow, (fetch.source, fetch.url))
    if row is None:
        row = FetchRow(
            source=fetch.source,
            url=fetch.url,
            etag=None,
            last_modified=None,
            first_seen=fetch.at,
            last_ok=None,
            failures=0,
        )
        session.add(row)
    elif fetch.at < row.last_fetched:
        row.first_seen = min(row.first_seen, fetch.at)
        return
    elif (row.last_fetched, row.status, row.outcome) == (fetch.at, fetch.status, fetch.outcome):
        row.run_id = fetch.run_id
        return
    row.entry = fetch.entry
    row.last_fetched = fetch.at
    row.run_id = fetch.run_id
    row.status = fetch.status
    row.outcome = fetch.outcome
    row.note = fetch.note or None
    if fetch.outcome in GOOD:
        row.last_ok, row.failures = fetch.at, 0
    else:
        row.failures += 1
    session.flush()


def note_validators(
    session: Session, source: str, url: str, at: datetime, headers: Mapping[str, str], *, replace: bool
) -> None:
    """Keep the validators of a response fetched at a time, unless a newer one was noted since.

    With `replace` a validator that it lacks is dropped; without (a 304), the kept one stays.
    """
    row = session.get(FetchRow, (source, url))
    if row is None or at < row.last_fetched:
        return
    etag, last_modified = headers.get("etag"), headers.get("last-modified")
    row.etag = etag if replace else etag or row.etag
    row.last_modified = last_modified if replace else last_modified or row.last_modified
    session.flush()


def forget_validators(session: Session, source: str, url: str) -> None:
    """Make the next request an unconditional one."""
    row = session.get(FetchRow, (source, url))
    if row is not None:
        row.etag = row.last_modified = None
        session.flush()
