"""The database as such: faults in plain words, no password shown, queries that stay on their indexes."""

from __future__ import annotations

import sqlite3
import threading
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from support.store import Story, dump

from extract.types import Stance, Time
from pipelines.evidence import Evidence
from pipelines.store import coding, queries, record
from pipelines.store.facts import RunSource
from pipelines.store.session import StoreError, open_store
from pipelines.store.tables import UTCDateTime, storable

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
SECRET = "hunter2-very-secret"


def words_of(url: str, *, upgrade: bool = False) -> str:
    with pytest.raises(StoreError) as caught:
        open_store(url, upgrade=upgrade)
    assert SECRET not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        (f"nonsense {SECRET}", "is no URL; write sqlite:///path"),
        (f"mysql://me:{SECRET}@host/name", "only sqlite:// and postgresql:// are supported"),
        ("sqlite://", "in memory is gone with its process"),
        ("sqlite:///:memory:", "in memory is gone with its process"),
        (f"postgresql://me:{SECRET}@127.0.0.1:1/name", "is not running there (connection refused)"),
        (f"postgresql://127.0.0.1:1/name?user=me&password={SECRET}", "is not running there"),
        (f"postgresql://me:{SECRET}@nowhere.invalid/name", "no such host"),
        (f"postgresql://me:{SECRET}@/name?host=/nowhere", "no such socket"),
    ],
)
def test_an_unusable_address_is_explained_without_its_password(url, words):
    assert words in words_of(url)


def test_a_missing_file_is_not_made_by_a_reader(tmp_path):
    path = tmp_path / "nothing" / "stancewatch.db"
    assert f"no database at {path} yet" in words_of(f"sqlite:///{path}")
    assert not path.parent.exists()


def test_an_upgrade_makes_the_file_and_its_folder(tmp_path):
    store = open_store(f"sqlite:///{tmp_path}/a/b/stancewatch.db", upgrade=True)
    assert store.schema() == "current"
    store.close()


def test_a_file_that_is_no_database_is_said_to_be_none(tmp_path):
    path = tmp_path / "stancewatch.db"
    path.write_text("Dear diary, " * 200)
    assert "no SQLite database" in words_of(f"sqlite:///{path}")
    assert "is a folder" in words_of(f"sqlite:///{tmp_path}")
    assert "cannot make the folder" in words_of(f"sqlite:///{path}/sub/x.db", upgrade=True)


def test_a_folder_without_permission_is_named(forbidden_folder):
    assert "no permission" in words_of(f"sqlite:///{forbidden_folder}/x.db", upgrade=True)


def test_a_wrong_database_or_user_is_named(postgres):
    known = postgres.url("postgres")
    assert "does not exist on that server" in words_of(known.replace("/postgres?", "/elsewhere?"))
    assert "does not know this user" in words_of(known.replace(f"//{postgres.user}@", "//stranger@"))


def test_sqlite_is_set_so_that_nothing_is_lost_and_nobody_waits(tmp_path):
    store = open_store(f"sqlite:///{tmp_path}/stancewatch.db", upgrade=True)
    with store.reading() as session:
        modes = {
            name: session.execute(sa.text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert modes == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 30000}
    store.close()


def test_a_writer_waits_for_its_turn(store):
    """A second writer that read first would fail at once under a deferred BEGIN."""
    order: list[str] = []
    entered = threading.Event()

    def second() -> None:
        entered.wait()
        with store.writing() as session:
            order.append("second")
            record.open_run(session, "second", NOW)

    thread = threading.Thread(target=second)
    thread.start()
    with store.writing() as session:
        entered.set()
        record.open_run(session, "first", NOW)
        thread.join(0.2)
        order.append("first")
    thread.join()
    assert order == ["first", "second"]
    with store.reading() as session:
        assert [run.job for run in queries.runs(session)] == ["second", "first"]


def test_a_foreign_key_holds(store):
    with pytest.raises(StoreError), store.writing() as session:
        record.note_source(session, 99, RunSource("courier"))


def test_the_words_of_a_fault_hold_no_scraped_text(store):
    with pytest.raises(StoreError) as caught, store.writing() as session:
        session.execute(sa.text("SELECT :page FROM nowhere"), {"page": "SCRAPED"})
    assert "SCRAPED" not in str(caught.value)
    assert "nowhere" in str(caught.value)


def test_a_run_is_recorded_from_start_to_end(store):
    with store.writing() as session:
        dead = record.open_run(session, "crawl", NOW)
        assert record.abort_dead_runs(session, "crawl", NOW) == 1
        run = record.open_run(session, "crawl", NOW)
        for requests in (1, 3):
            facts = RunSource("courier", requests=requests, outcomes={"ok": requests}, dropped={"too old": 2})
            record.note_source(session, run, facts)
        record.finish_run(session, run, "ok", {"captures": 3}, None, NOW + timedelta(minutes=1))
        with pytest.raises(LookupError):
            record.finish_run(session, 99, "ok", {}, None, NOW)
    with store.reading() as session:
        last, first = queries.runs(session, "crawl")
        assert queries.last_run(session, "crawl") == last
        assert queries.last_run(session, "deliver") is None
    assert (first.id, first.state, first.error) == (dead, "aborted", "the process ended without saying so")
    assert (last.state, last.counts, [s.requests for s in last.sources]) == ("ok", {"captures": 3}, [3])
    assert last.sources[0].dropped == {"too old": 2}


def test_an_older_attempt_changes_nothing_but_the_first_sight(store):
    def attempt(at, outcome, note=""):
        with store.writing() as session:
            record.note_fetch(
                session, record.Fetch("s", "https://s.example/", at, True, 1, 200, outcome, note)
            )

    attempt(NOW, "error", "down")
    attempt(NOW, "error", "down")
    attempt(NOW - timedelta(days=1), "ok")
    with store.reading() as session:
        state = queries.fetch_states(session, "s")["https://s.example/"]
    assert (state.failures, state.outcome, state.last_fetched) == (1, "error", NOW)


def test_a_capture_is_found_by_the_beginning_of_its_id(store, clock):
    story = Story(store, clock)
    for n in range(40):
        story.reports("courier", f"Article {n}.", path=f"/{n}")
    with store.reading() as session:
        stored = queries.captures(session, source="courier", outcome="ok", limit=1)[0]
        assert queries.capture(session, stored.id[:16].upper()) == stored
        assert queries.capture(session, "no such") is None
        with pytest.raises(LookupError, match="several captures"):
            queries.capture(session, "")


def test_health_tells_of_a_feed_not_of_the_articles_it_leads_to(store, clock):
    story = Story(store, clock)
    story.intake.failed("courier", "https://courier.example/feed", "TLS: expired")
    clock.tick(hours=1)
    story.reports("courier", "zoom HK pauses: Zoom stopped.")
    with store.reading() as session:
        (health,) = queries.source_health(session)
    assert (health.outcome, health.note, health.documents, health.statements) == (
        "error",
        "TLS: expired",
        1,
        1,
    )


SAID = Evidence("1", "zoom", "HK", Stance.REFUSES, Time.NOW, "2", "https://x.example/", NOW)
PLANS = {
    "pairs_around": lambda session: queries.pairs_around(session, "f" * 64),
    "evidence_of": lambda session: queries.evidence_of(session, [("zoom", "HK"), ("zoom", "US")], {}),
    "versions_of": lambda session: queries.versions_of(session, {("zoom", "HK"): [SAID]}),
    "shown_at": lambda session: queries.shown_at(session, "https://x.example/"),
    "may_be_held": lambda session: queries.may_be_held(session, "https://x.example/", "f" * 64),
    "stored_changes": lambda session: queries.stored_changes(session, [("zoom", "HK")]),
    "newest_ok_capture": lambda session: queries.newest_ok_capture(session, "https://x.example/", NOW),
    "capture": lambda session: queries.capture(session, "abc"),
    # Draws read the whole table for a rare stance if they follow the ids alone, which is no SCAN.
    "pool": lambda session: coding.pool(session, "withdraws", "8", 9, company=None, authority=None),
}
INDEX_OF = {"pool": "ix_statements_stance"}


@pytest.mark.parametrize("name", PLANS)
def test_what_a_page_reads_is_found_by_index_and_so_costs_the_same_in_any_store(tmp_path, name):
    """On SQLite: PostgreSQL plans by the figures of full tables; its indexes are the same."""
    store = open_store(f"sqlite:///{tmp_path}/stancewatch.db", upgrade=True)
    asked: list[tuple[str, tuple]] = []
    with store.reading() as session:
        sa.event.listen(
            session.get_bind(),
            "before_cursor_execute",
            lambda c, cur, sql, args, *more: asked.append((sql, args)),
        )
        PLANS[name](session)
    path = store.shown
    store.close()
    raw = sqlite3.connect(path)
    selects = [(sql, args) for sql, args in asked if sql.startswith("SELECT")]
    assert selects
    for sql, args in selects:
        steps = [row[3] for row in raw.execute("EXPLAIN QUERY PLAN " + sql, args)]
        scans = [s for s in steps if s.startswith("SCAN") and s.split()[1] in ALL_TABLES]
        assert scans == [], sql
        assert INDEX_OF.get(name, "") in " ".join(steps)
    raw.close()


ALL_TABLES = {
    "captures",
    "documents",
    "versions",
    "statements",
    "verdicts",
    "positions",
    "changes",
    "fetches",
}


@given(st.text(st.characters(codec=None)))
def test_storable_text_keeps_its_length_and_encodes(text):
    kept = storable({"page": [text]})["page"][0]
    assert len(kept) == len(text)
    assert "\x00" not in kept
    kept.encode()


def test_a_time_without_zone_is_refused():
    with pytest.raises(ValueError, match="naive"):
        UTCDateTime().process_bind_param(datetime(2026, 1, 1), None)


def test_equal_stores_dump_equal(new_store, clock):
    stores = [new_store(), new_store()]
    for store in stores:
        Story(store, clock).reports("courier", "zoom HK pauses: Zoom stopped.")
    assert dump(stores[0]) == dump(stores[1])
