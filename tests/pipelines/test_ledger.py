"""What the one door promises: order does not show, all or nothing, verdicts outrank rules, everything can be rebuilt."""

from __future__ import annotations

import json
import multiprocessing
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from support.store import EVERYTHING, Story, capture, config, counts, dump, knowledge

from pipelines import ledger
from pipelines.config import Subscriber
from pipelines.store import outbox, queries
from pipelines.store.session import StoreError, open_store
from pipelines.store.tables import Row

PAUSES = "zoom HK pauses: Zoom stopped handling requests from Hong Kong."
COMPLIES = "zoom HK complies: Zoom hands data to Hong Kong's police."
START = datetime(2026, 11, 1, 12, tzinfo=UTC)


@pytest.fixture
def story(store, clock) -> Story:
    return Story(store, clock)


def held(store, company="zoom", authority="HK") -> list[str]:
    with store.reading() as session:
        found = queries.position(session, company, authority)
    return [str(h.stance) for h in found.held] if found else []


def read(store, query, *args, **more):
    with store.reading() as session:
        return query(session, *args, **more)


def concluded(store) -> dict[str, list[str]]:
    """All that is stored, but how fetches went and what was retracted on the way."""
    tables = dump(store, runs=False)
    tables["changes"] = [row for row in tables["changes"] if json.loads(row)["status"] != "retracted"]
    return {name: tables[name] for name in tables if name not in ("fetches", "alerts")}


def day(n: float) -> datetime:
    return START + timedelta(days=n)


GUIDE = "zoom HK conditional process=warrant: We disclose to Hong Kong only on a warrant."
LOOSER = "zoom HK conditional process=subpoena: We disclose to Hong Kong on a subpoena."
ARRIVALS = [
    capture("courier", COMPLIES, day(1), url="https://courier.example/1", published=day(0.5)),
    capture("courier", PAUSES, day(4), url="https://courier.example/2", published=day(3.9)),
    capture(
        "herald", PAUSES.replace("stopped", "no longer cares about"), day(4.5), url="https://herald.example/9"
    ),
    capture("herald", "Zoom says nothing.", day(4.6), url="https://herald.example/9"),
    capture("zoom-guide", GUIDE, day(1)),
    capture("zoom-guide", GUIDE, day(2)),
    capture("zoom-guide", "Nothing here.", day(2.2)),
    capture("zoom-guide", GUIDE, day(2.4)),
    capture("zoom-guide", LOOSER, day(5)),
    capture("zoom-guide", "! wall: log in", day(6)),
]


ROWS = tuple(reversed(Row.metadata.sorted_tables))


def test_the_order_of_arrival_does_not_show(store):
    def arriving(arrivals) -> dict[str, list[str]]:
        with store.writing() as session:
            for table in ROWS:
                session.execute(table.delete())
        story = Story(store, lambda: day(7))
        for page in arrivals:
            story.intake.take(page)
        return concluded(store)

    in_time = arriving(ARRIVALS)
    assert len(in_time["versions"]) == 4

    @settings(max_examples=6, deadline=None, database=None)
    @given(order=st.permutations(ARRIVALS))
    def in_any_order(order):
        assert arriving(order) == in_time

    in_any_order()


def test_a_transaction_that_fails_leaves_nothing(story, store, monkeypatch):
    story.reports("courier", COMPLIES)
    before = dump(store)

    def no_alerts(*args):
        raise RuntimeError("killed here")

    monkeypatch.setattr(outbox, "queue", no_alerts)
    with pytest.raises(RuntimeError, match="killed here"):
        story.reports("courier", PAUSES, path="/later")
    assert dump(store) == before
    monkeypatch.undo()
    assert story.reports("courier", PAUSES, path="/later").changes


def test_an_alert_waits_in_the_outbox_for_each_change_that_is_news(story, store, clock):
    story.reports("courier", COMPLIES)
    clock.tick(days=1)
    story.reports("courier", PAUSES, path="/later")
    waiting = read(store, outbox.alerts)
    assert {(a.company, a.kind, a.recipient, a.state) for a in waiting} == {
        ("zoom", "new", EVERYTHING.email, "queued"),
        ("zoom", "stance", EVERYTHING.email, "queued"),
    }
    clock.tick(days=1)
    story.reports("courier", PAUSES, path="/later")
    assert read(store, outbox.alerts) == waiting


def test_a_first_word_that_turns_out_to_be_a_step_is_told_to_who_wants_steps(store, clock):
    story = Story(store, clock, config(Subscriber(email="steps@example.org", when="provisional")))
    story.reports("courier", PAUSES, published=clock() - timedelta(hours=1))
    assert read(store, outbox.alerts) == []
    story.reports("herald", COMPLIES, path="/before", published=clock() - timedelta(hours=2))
    assert [(a.kind, a.recipient) for a in read(store, outbox.alerts)] == [("stance", "steps@example.org")]


def test_the_first_sight_of_a_page_alerts_nobody(story, store):
    story.shows("zoom-guide", GUIDE)
    assert held(store) == ["conditional"]
    assert read(store, outbox.alerts) == []


def test_a_service_is_held_to_its_parents_page(story, store, clock):
    story.shows("meta-guide", "whatsapp HK refuses: WhatsApp never answers Hong Kong.")
    clock.tick(days=1)
    story.shows("meta-guide", "whatsapp HK complies: WhatsApp now answers Hong Kong.")
    (first, second) = sorted(read(store, queries.changes), key=lambda c: c.found)
    assert (first.baseline, second.baseline) == (True, False)
    assert second.status == "confirmed"
    assert held(store, "whatsapp") == ["complies"]


def rule(story, ruling, **more):
    (said, *_) = read(story.store, queries.statements)
    return ledger.post_verdict(
        story.store, said.id, ruling, who="ana", now=story.clock(), context=story.context, **more
    )


def test_a_rejected_statement_moves_nothing_and_its_change_is_retracted(story, store, clock):
    story.reports("courier", PAUSES)
    with store.writing() as session:
        for alert in outbox.due(session, clock()):
            outbox.claim(session, alert, clock(), clock.tick(minutes=5))
            outbox.mark_sent(session, alert.id, clock())
    posted = rule(story, "reject", reason="it was another Zoom")
    assert held(store) == []
    (change,) = read(store, queries.changes)
    assert change.status == "retracted"
    assert "ana ruled on its evidence: reject (it was another Zoom)" in change.reason
    assert [c.status for c in posted.changes] == ["retracted"]
    told = [(a.change_status, a.state) for a in read(store, outbox.alerts)]
    assert sorted(told) == [("provisional", "sent"), ("retracted", "queued")]


def test_an_alert_that_was_taken_back_waits_again_when_its_change_returns(story, store, clock):
    story.reports("courier", PAUSES)
    rule(story, "accept")
    rule(story, "reject")
    states = {(a.change_status, a.state) for a in read(store, outbox.alerts)}
    assert states == {("provisional", "superseded"), ("confirmed", "superseded")}
    clock.tick(hours=1)
    posted = rule(story, "accept", reason="the reader was wrong")
    assert [c.status for c in posted.changes] == ["confirmed"]
    waiting = {a.change_status: (a.state, a.queued) for a in read(store, outbox.alerts)}
    assert waiting["confirmed"] == ("queued", clock())
    assert waiting["provisional"][0] == "superseded"


def test_a_correction_moves_a_statement_to_another_pair_and_survives_a_rebuild(story, store):
    story.reports("courier", PAUSES)
    rule(story, "correct", after={"authority": "US", "stance": "refuses"}, reason="it says American")
    assert (held(store), held(store, authority="US")) == ([], ["refuses"])
    rule(story, "correct", after={"company": "meta"})
    assert (held(store), held(store, authority="US"), held(store, "meta")) == ([], [], ["pauses"])
    assert ledger.rebuild(store, context=story.context) == []
    told = read(store, queries.explain, "meta", "HK")
    assert [v.ruling for v in told.verdicts] == ["correct", "correct"]
    assert [s.company for s in told.statements] == ["zoom"]


@pytest.mark.parametrize(
    ("ruling", "after", "words"),
    [
        ("correct", {}, "names what is corrected"),
        ("reject", {"stance": "refuses"}, "nothing else"),
        ("correct", {"rule": "x"}, "cannot be corrected: rule"),
        ("correct", {"evidence": "x"}, "a place in the document"),
        ("correct", {"evidence": {"start": 0, "end": 4, "text": "else"}}, "does not stand in the document"),
        ("correct", {"stance": "dithers"}, "dithers"),
        ("correct", {"facets": {"colour": "red"}}, "not a facet: colour"),
    ],
)
def test_a_senseless_verdict_is_refused(story, store, ruling, after, words):
    story.reports("courier", PAUSES)
    before = dump(store)
    with pytest.raises(ValueError, match=words):
        rule(story, ruling, after=after)
    assert dump(store) == before


def test_a_verdict_on_nothing_is_refused(story, store):
    with pytest.raises(LookupError, match="no statement"):
        ledger.post_verdict(store, "f" * 64, "reject", who="ana", now=story.clock(), context=story.context)


def test_rebuilding_finds_what_was_meddled_with_and_mends_it(story, store, clock):
    for page in ARRIVALS:
        story.intake.take(page)
    rule(story, "accept")
    good = dump(store)
    assert ledger.rebuild(store, context=story.context) == []
    with store.writing() as session:
        session.execute(sa.text("UPDATE positions SET held = '[]'"))
        session.execute(sa.text("UPDATE changes SET severity = 'none' WHERE status <> 'retracted'"))
    found = ledger.rebuild(store, context=story.context)
    assert {(d.company, d.authority, d.what) for d in found} == {
        ("zoom", "HK", "position"),
        ("zoom", "HK", "change"),
    }
    assert ledger.rebuild(store, context=story.context, apply_at=story.clock()) == found
    assert ledger.rebuild(store, context=story.context) == []
    assert dump(store) == good


def test_a_change_is_shown_with_all_that_proves_it(story, store, clock):
    story.reports("courier", COMPLIES, title="Zoom answers", published=START)
    clock.tick(days=1)
    story.reports("herald", PAUSES, title="Zoom stops")
    change = next(c for c in read(store, queries.changes) if c.kind == "stance")
    view = read(store, queries.change_view, change.id, knowledge())
    assert (view.company_name, view.authority_name, view.status) == ("Zoom", "Hong Kong", "provisional")
    (old,), (new,) = view.before, view.after
    assert (old.evidence[0].sentence, old.evidence[0].publisher) == (COMPLIES.split(": ")[1], "The Courier")
    assert (old.evidence[0].published, new.evidence[0].title) == (START, "Zoom stops")
    assert read(store, queries.capture, new.evidence[0].capture).url == "https://herald.example/a"
    with pytest.raises(LookupError):
        read(store, queries.change_view, "f" * 64, knowledge())


def test_explaining_says_why_a_statement_does_not_count(story, store, clock):
    story.reports("courier", "zoom HK refuses past: Zoom refused in 2019.", path="/1")
    story.reports("courier", "zoom HK refuses unlisted: Zoom, a dog, refused.", path="/2")
    story.reports("courier", COMPLIES, path="/3")
    clock.tick(hours=1)
    story.reports("courier", "Withdrawn.", path="/3")
    told = read(store, queries.explain, "zoom", "HK")
    assert {s.evidence.split()[0] + str(s.ignored) for s in told.statements} == {
        "Zoomtold as history",
        "Zoom,a company that config does not list",
        "Zooma newer text was read at this address",
    }
    assert told.position is None


def test_an_unlisted_company_is_recorded_and_alerts_nobody(story, store):
    story.reports("courier", "dogcorp HK refuses unlisted: DogCorp refuses.")
    assert counts(store)["statements"] == 1
    assert held(store, "dogcorp") == []
    assert read(store, outbox.alerts) == []


def write_articles(url: str, outlet: str, gate) -> None:
    store = open_store(url)
    story = Story(store, lambda: START)
    gate.wait()
    for n in range(12):
        body = f"zoom HK pauses: {outlet} reports for the {n}th time that Zoom stopped."
        story.reports(outlet, body, path=f"/{outlet}/{n}")
    store.close()


def test_two_processes_write_at_once_and_lose_nothing(new_url):
    url = new_url()
    fork = multiprocessing.get_context("fork")
    gate = fork.Barrier(2)
    both = [fork.Process(target=write_articles, args=(url, o, gate)) for o in ("courier", "herald")]
    for process in both:
        process.start()
    for process in both:
        process.join()
    assert [process.exitcode for process in both] == [0, 0]
    store = open_store(url)
    assert counts(store)["statements"] == 24
    assert ledger.rebuild(store, context=Story(store, lambda: START).context) == []
    store.close()


def test_a_reader_sees_one_moment_and_waits_for_no_writer(story, store):
    story.reports("courier", COMPLIES)
    with store.reading() as reader:
        assert len(queries.statements(reader)) == 1
        story.reports("courier", PAUSES, path="/later")
        assert len(queries.statements(reader)) == 1
    assert len(read(store, queries.statements)) == 2


def test_a_reader_cannot_write_on_postgresql(postgres):
    """SQLite has no transactions that refuse to write."""
    name = postgres.create()
    store = open_store(postgres.url(name), upgrade=True)
    with pytest.raises(StoreError), store.reading() as session:
        session.execute(sa.text("DELETE FROM statements"))
    store.close()
    postgres.drop(name)


def test_who_waits_for_an_alert_is_told_what_a_rebuild_finds(story, store, clock):
    story.reports("courier", COMPLIES)
    with store.writing() as session:
        session.execute(sa.text("UPDATE changes SET status = 'confirmed', severity = 'minor'"))
        session.execute(sa.text("UPDATE alerts SET change_status = 'confirmed', id = 'meddled'"))
    ledger.rebuild(store, context=story.context, apply_at=clock())
    alerts = {(a.change_status, a.state) for a in read(store, outbox.alerts)}
    assert alerts == {("confirmed", "superseded"), ("provisional", "queued")}


def test_a_correction_of_the_company_lasts_into_the_next_version_of_the_page(story, store, clock):
    refuses = "zoom HK refuses: The chat service refuses all of it.\n"
    story.shows("zoom-guide", "Hello.\nNothing.")
    clock.tick(days=2)
    story.shows("zoom-guide", f"{refuses}Nothing.")
    clock.tick(days=1)
    story.unchanged("zoom-guide")
    rule(story, "correct", after={"company": "whatsapp"})
    held = [(p.company, [str(h.stance) for h in p.held]) for p in read(store, queries.positions)]
    assert held == [("whatsapp", ["refuses"])]
    for _ in range(2):
        clock.tick(days=2)
        story.shows("zoom-guide", f"{refuses}Nothing else.")
    assert held == [(p.company, [str(h.stance) for h in p.held]) for p in read(store, queries.positions)]
    assert [c for c in read(store, queries.changes) if c.company == "zoom" and c.status != "retracted"] == []


def test_a_verdict_on_what_is_said_of_all_authorities_moves_who_leaned_on_it(story, store, clock):
    story.shows("zoom-guide", "zoom HK conditional: Zoom asks Hong Kong for a court order.\nOther.")
    clock.tick(days=3)
    story.shows("zoom-guide", "zoom * conditional: We ask any authority for a signed paper first.\nOther.")
    clock.tick(days=3)
    story.unchanged("zoom-guide")
    assert {p.authority for p in read(store, queries.positions) if p.held} == {"HK", "*"}
    said = next(s for s in read(store, queries.statements) if s.authority == "*")
    ledger.post_verdict(store, said.id, "reject", who="ana", now=clock(), context=story.context)
    assert [p for p in read(store, queries.positions) if p.held] == []
    assert ledger.rebuild(store, context=story.context) == []


def deliver(story) -> list[tuple[str, str]]:
    """Everything that is due is mailed; returns kinds and statuses."""
    told = []
    with story.store.writing() as session:
        for alert in outbox.due(session, story.clock()):
            outbox.claim(session, alert, story.clock(), story.clock.tick(minutes=5))
            outbox.mark_sent(session, alert.id, story.clock())
            told.append((alert.kind, alert.change_status))
    return told


def reject(story, source: str) -> None:
    said = next(s for s in read(story.store, queries.statements) if s.source == source)
    ledger.post_verdict(story.store, said.id, "reject", who="ana", now=story.clock(), context=story.context)


def test_a_change_that_turns_out_to_be_a_baseline_is_mailed_no_more_but_taken_back(story, clock):
    """A page first looked at bears out a report of the day; without the report it stood there before we looked."""
    story.reports("courier", PAUSES)
    assert deliver(story) == [("new", "provisional")]
    story.shows("zoom-guide", "zoom HK pauses: Zoom paused some time ago.\nOther.")
    waiting = [(a.change_status, a.state) for a in read(story.store, outbox.alerts) if a.state == "queued"]
    assert waiting == [("confirmed", "queued")]
    reject(story, "courier")
    (change,) = read(story.store, queries.changes)
    assert change.baseline
    assert deliver(story) == []
    reject(story, "zoom-guide")
    assert deliver(story) == [("new", "retracted")]


def test_an_alert_that_waits_is_told_only_to_who_asks_for_what_it_has_become(store, clock):
    reader = Subscriber(email="desk@example.org", when="provisional", kinds=("stance",))
    story = Story(store, clock, config(reader))
    story.reports("courier", COMPLIES)
    clock.tick(days=3)
    story.reports("herald", PAUSES, path="/b")
    assert [a.kind for a in read(store, outbox.alerts)] == ["stance"]
    reject(story, "courier")  # and so the pause is the first word
    assert deliver(story) == []
