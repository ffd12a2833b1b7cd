"""The way from an empty database to today's tables, on both databases."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from pipelines.store import outbox, queries, schema, words
from pipelines.store.session import StoreError, open_store
from pipelines.store.tables import Row


def engine_of(url: str) -> sa.Engine:
    return sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"), poolclass=sa.NullPool)


def upgrade_in_a_process(url: str, gate) -> None:
    gate.wait()
    open_store(url, upgrade=True).close()


def test_migrations_give_exactly_the_tables_of_the_program(empty_url):
    open_store(empty_url, upgrade=True).close()
    with engine_of(empty_url).connect() as connection:
        ours = {
            "compare_type": True,
            "include_name": lambda name, kind, _: not str(name).startswith(words.TABLE),
        }
        context = MigrationContext.configure(connection, opts=ours)
        assert compare_metadata(context, Row.metadata) == []


def test_an_upgrade_of_what_is_current_changes_nothing(empty_url):
    for _ in range(2):
        store = open_store(empty_url, upgrade=True)
        assert store.schema() == "current"
        store.close()


def test_two_processes_may_upgrade_at_once(empty_url):
    spawn = multiprocessing.get_context("fork")
    gate = spawn.Barrier(3)
    both = [spawn.Process(target=upgrade_in_a_process, args=(empty_url, gate)) for _ in range(2)]
    for process in both:
        process.start()
    gate.wait()
    for process in both:
        process.join()
    assert [process.exitcode for process in both] == [0, 0]
    store = open_store(empty_url)
    assert store.schema() == "current"
    store.close()


def test_a_database_without_tables_is_refused_with_the_way_out(empty_url, tmp_path):
    if empty_url.startswith("sqlite"):
        (tmp_path / "empty").mkdir()
        sa.create_engine(empty_url, poolclass=sa.NullPool).connect().close()
    with pytest.raises(StoreError, match="no tables yet: run `stancewatch db upgrade`"):
        open_store(empty_url)


def test_a_database_of_a_newer_program_is_left_alone(empty_url):
    open_store(empty_url, upgrade=True).close()
    with engine_of(empty_url).begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    for upgrade in (False, True):
        with pytest.raises(StoreError, match="newer stancewatch"):
            open_store(empty_url, upgrade=upgrade)


def at_revision(url: str, revision: str, *statements: str) -> None:
    """A database as an earlier version of the program left it, with what these statements put into it."""
    if url.startswith("sqlite"):
        Path(url.removeprefix("sqlite:///")).parent.mkdir()
    with engine_of(url).begin() as connection:
        config = schema._config()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        for statement in statements:
            connection.execute(sa.text(statement))


def test_alerts_that_waited_before_digests_came_go_out_at_once(empty_url):
    at_revision(
        empty_url,
        "0001",
        "INSERT INTO changes VALUES ('c', 'zoom', 'HK', 'new', 'major', 'confirmed', 'why', '[]', '[]',"
        " '2026-03-01 00:00:00', '2026-03-01 00:00:00', false)",
        "INSERT INTO alerts VALUES ('a', 'c', 'confirmed', 'ana@desk.example', '<a@desk>', 'queued', 0,"
        " '2026-03-01 12:00:00', '2026-03-01 13:00:00', null, null)",
    )
    store = open_store(empty_url, upgrade=True)
    with store.reading() as session:
        (alert,) = outbox.alerts(session)
    store.close()
    assert (alert.deliver, alert.due, alert.digest) == ("instant", alert.queued, None)


def test_an_older_change_is_dated_in_feeds_by_when_it_was_to_be_told_last(empty_url):
    change = (
        "INSERT INTO changes (id, company, authority, kind, severity, status, reason, before, after, occurred, found,"
        " baseline, reclassified) VALUES ('{}', 'zoom', 'HK', 'new', 'major', 'confirmed', 'why', '[]', '[]',"
        " '2026-03-01 00:00:00', '2026-03-01 00:00:00', false, false)"
    )
    alert = (
        "INSERT INTO alerts (id, change_id, change_status, recipient, message_id, state, attempts, queued, next_attempt,"
        " deliver, due) VALUES ('a', 'told', 'confirmed', 'ana@desk.example', '<a@desk>', 'sent', 1,"
        f" {NOON}, {NOON}, 'instant', {NOON})"
    )
    at_revision(empty_url, "0005", change.format("told"), change.format("untold"), alert)
    store = open_store(empty_url, upgrade=True)
    with store.reading() as session:
        found = {change.id: change.moved for change in queries.changes(session)}
    store.close()
    assert {name: moved.hour for name, moved in found.items()} == {"told": 12, "untold": 0}


NOON = "'2026-03-01 12:00:00'"
A_CAPTURE = (
    "INSERT INTO captures (id, source, kind, url, final_url, status, media_type, digest, length, hints, outcome, note,"
    " warc_file, warc_offset, first_seen, last_seen) VALUES ('c', 's', 'page', 'u', 'u', 200, 't', 'd', 1, '{}', 'ok',"
    f" '', 'f', 0, {NOON}, {NOON})"
)
A_DOCUMENT = (
    "INSERT INTO documents (id, capture_id, source, url, first_seen, last_seen, fetched, text, paragraphs, quarantined,"
    f" fingerprint, knowledge, recorded) VALUES ('x', 'c', 's', 'u', {NOON}, {NOON}, {NOON}, 'Zürich', '[]', '[]',"
    f" '[]', 'k', {NOON})"
)
A_HOLD = (
    "INSERT INTO holds (document_id, url, source, run_id, at, reason, state)"
    f" VALUES ('x', 'u', 's', 1, {NOON}, 'its text shrank to 6 characters; it never had fewer than 99', 'held')"
)


def test_texts_that_are_stored_are_measured_in_characters(empty_url):
    at_revision(empty_url, "0003", A_CAPTURE, A_DOCUMENT)
    store = open_store(empty_url, upgrade=True)
    with store.reading() as session:
        assert session.scalar(sa.text("SELECT length FROM documents")) == 6
    store.close()


def test_holds_of_an_early_database_know_their_kind(empty_url):
    early = "ALTER TABLE holds DROP COLUMN kind"
    at_revision(empty_url, "0003", early, A_CAPTURE, A_DOCUMENT, A_HOLD)
    store = open_store(empty_url, upgrade=True)
    with store.reading() as session:
        assert [held.kind for held in queries.holds(session)] == ["short"]
    store.close()


def test_a_failed_upgrade_leaves_the_old_schema_whole(empty_url):
    """A table that is in the way stops the migration after it has made others."""
    if empty_url.startswith("sqlite"):
        open_store(empty_url, upgrade=True).close()
        with engine_of(empty_url).begin() as connection:
            Row.metadata.drop_all(connection)
            connection.execute(sa.text("DROP TABLE alembic_version"))
            connection.execute(sa.text(f"DROP TABLE {words.TABLE}"))
    with engine_of(empty_url).begin() as connection:
        connection.execute(sa.text("CREATE TABLE verdicts (x INTEGER)"))
    with pytest.raises(StoreError, match="verdicts"):
        open_store(empty_url, upgrade=True)
    with engine_of(empty_url).connect() as connection:
        assert sa.inspect(connection).get_table_names() == ["verdicts"]
