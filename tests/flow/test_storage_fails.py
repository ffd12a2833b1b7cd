"""The disk fills, another holds the database, the archive cannot grow: told in plain words, nothing stored is lost."""

from __future__ import annotations

import resource
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from support.store import Story, capture, counts, dump

from extract.types import Capture
from pipelines.archive import ArchiveError, ArchiveWriter, Exchange, read_response, recover
from pipelines.clock import standing
from pipelines.store import session as sessions
from pipelines.store.session import StoreError, open_store

START = datetime(2026, 11, 1, 6, tzinfo=UTC)
SAID = [
    f"zoom HK {('complies', 'pauses')[n % 2]}: Zoom's answer to Hong Kong, the {n}th telling of it."
    for n in range(12)
]


def tell(story: Story, n: int) -> None:
    story.reports(
        "courier" if n % 3 else "herald", SAID[n] + "\n" + "The rest is weather. " * 99, path=f"/{n}"
    )


def tell_all(story: Story) -> None:
    for n in range(len(SAID)):
        tell(story, n)


@pytest.fixture
def calm(new_store, clock) -> dict[str, list[str]]:
    """What is stored where nothing fails."""
    story = Story(new_store(), clock)
    tell_all(story)
    return dump(story.store)


@pytest.mark.parametrize("database", ["sqlite"])
def test_a_disk_that_fills_stops_the_run_and_the_next_one_loses_nothing(new_url, clock, calm):
    url = new_url()
    full = open_store(url)

    @sa.event.listens_for(full._engine, "connect")
    def leave_little_room(connection: sqlite3.Connection, _record: object) -> None:
        used = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count={used + 12}").close()

    full._engine.dispose()  # the connection that looked at the schema
    with pytest.raises(StoreError, match="cannot grow: the disk is full"):
        tell_all(Story(full, clock))
    stored = counts(full)["captures"]
    assert 0 < stored < len(SAID)
    assert counts(full)["documents"] == counts(full)["statements"] == stored
    full.close()

    store = open_store(url)
    tell_all(Story(store, clock))
    assert dump(store) == calm
    store.close()


def test_a_database_that_another_holds_is_said_to_be_and_the_page_is_taken_later(
    new_url, clock, calm, monkeypatch
):
    monkeypatch.setattr(sessions, "LOCK_WAIT_S", 0.05)
    url = new_url()
    store, other = open_store(url), open_store(url)
    story = Story(store, clock)
    tell(story, 0)
    before = dump(store)
    with other.writing(), pytest.raises(StoreError, match="was held by another writer"):
        tell(story, 1)
    assert dump(store) == before
    tell_all(story)
    assert dump(store) == calm
    for each in (store, other):
        each.close()


@contextmanager
def files_end_at(size: int) -> Iterator[None]:
    """No file can grow past so many bytes, as on a disk that is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def archived(writer: ArchiveWriter, page: Capture) -> Capture:
    headers = tuple(page.headers.items())
    ref = writer.write(Exchange(page.url, "GET", (), page.status, "OK", headers, page.body, page.fetched))
    return replace(page, warc_file=ref.file, warc_offset=ref.offset)


@pytest.mark.parametrize("room", [1500, 3000, 5000])
def test_an_archive_that_cannot_grow_keeps_what_is_in_it_and_no_row_points_past_its_end(
    store, clock, tmp_path, room
):
    folder = tmp_path / "archive"
    story = Story(store, clock)
    pages = [
        capture("courier", said, clock(), url=f"https://courier.example/{n}") for n, said in enumerate(SAID)
    ]

    def take_all(writer: ArchiveWriter) -> None:
        for page in pages:
            with files_end_at(room) if limited else files_end_at(resource.RLIM_INFINITY):
                kept = archived(writer, page)
            story.intake.take(kept)

    limited = True
    writer = ArchiveWriter(folder, standing(START))
    with pytest.raises(ArchiveError, match="cannot write: File too large"):
        take_all(writer)
    writer.close()
    stored = counts(store)["captures"]
    recover(folder)
    assert every_row_can_be_read(store, folder) == stored

    limited = False
    with ArchiveWriter(folder, standing(START)) as writer:
        take_all(writer)
    assert every_row_can_be_read(store, folder) == len(SAID)


def every_row_can_be_read(store, folder: Path) -> int:
    with store.reading() as session:
        rows = session.execute(sa.text("SELECT url, warc_file, warc_offset FROM captures")).all()
    for url, file, offset in rows:
        assert read_response(folder, file, offset).url == url
    assert not list(folder.glob("*.open"))
    return len(rows)
