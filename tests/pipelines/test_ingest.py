"""The flow of one capture: what is stored, what is stored once, and what is never believed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.store import Story, capture, config, counts, dump

from extract.knowledge import Company
from extract.types import Analysis, Outcome
from pipelines.config import Config
from pipelines.store import outbox, queries, record

PAUSES = "zoom HK pauses: Zoom stopped handling requests from Hong Kong."
COMPLIES = "zoom HK complies: Zoom hands data to Hong Kong's police."
PROMISE = "zoom * conditional process=warrant: We disclose content only on a warrant."
NOT_OK = [o for o in Outcome if o not in (Outcome.OK, Outcome.NOT_MODIFIED)]


@pytest.fixture
def story(store, clock) -> Story:
    return Story(store, clock)


def held(store, company, authority) -> list[str]:
    with store.reading() as session:
        found = queries.position(session, company, authority)
    return [str(h.stance) for h in found.held] if found else []


def test_an_article_leaves_all_that_proves_it(story, store):
    taken = story.reports("courier", PAUSES, title="Zoom stops")
    assert (taken.outcome, taken.statements_new, len(taken.changes)) == (Outcome.OK, 1, 1)
    with store.reading() as session:
        (said,) = queries.statements(session)
        (change,) = queries.changes(session)
        stored = queries.capture(session, said.capture[:10])
    assert (said.evidence, said.title, said.publisher) == (PAUSES.split(": ")[1], "Zoom stops", "The Courier")
    assert (stored.warc_file, stored.document) == ("test.warc.gz", said.document)
    assert change.after[0].statements == (said.id,)


def test_the_same_capture_twice_adds_no_row_and_is_read_once(story, store, clock):
    story.reports("courier", PAUSES)
    story.shows("zoom-guide", PROMISE)
    before = dump(store, last_seen=False)
    clock.tick(days=1)
    for _ in range(2):
        assert story.reports("courier", PAUSES).statements_new == 0
        assert story.shows("zoom-guide", PROMISE).changes == ()
    assert dump(store, last_seen=False) == before
    assert len(story.reader.read) == 2


def test_seeing_it_again_moves_the_times_of_last_sight(story, store, clock):
    story.shows("zoom-guide", PROMISE)
    clock.tick(days=1)
    story.shows("zoom-guide", PROMISE)
    with store.reading() as session:
        (stored,) = queries.captures(session)
        (said,) = queries.statements(session)
        ((version,),) = queries.versions_of(
            session, queries.evidence_of(session, [("zoom", "*")], {})
        ).values()
    assert {stored.last_seen, said.last_seen, version.last_seen} == {clock()}
    assert stored.first_seen < clock()


def test_a_304_is_a_sighting_of_what_was_read_last(story, store, clock):
    story.shows("zoom-guide", PROMISE, headers={"etag": '"a"'})
    clock.tick(days=1)
    assert story.unchanged("zoom-guide").outcome is Outcome.NOT_MODIFIED
    with store.reading() as session:
        (stored,) = queries.captures(session)
        state = queries.fetch_states(session, "zoom-guide")["https://zoom.example/guide"]
        ((version,),) = queries.versions_of(
            session, queries.evidence_of(session, [("zoom", "*")], {})
        ).values()
    assert stored.last_seen == version.last_seen == state.last_ok == clock()
    assert (state.etag, state.failures) == ('"a"', 0)


def test_a_304_for_what_is_not_stored_makes_the_next_request_unconditional(story, store, clock):
    story.shows("zoom-guide", "! wall: consent", headers={"etag": '"a"'})
    with store.writing() as session:
        record.note_validators(
            session, "zoom-guide", "https://zoom.example/guide", clock(), {"etag": '"x"'}, replace=True
        )
    clock.tick(days=1)
    story.unchanged("zoom-guide")
    with store.reading() as session:
        assert queries.fetch_states(session, "zoom-guide")["https://zoom.example/guide"].etag is None


@pytest.mark.parametrize("outcome", NOT_OK)
def test_no_bad_capture_ever_withdraws_a_promise(story, store, clock, outcome):
    story.shows("zoom-guide", PROMISE, headers={"etag": '"good"'})
    before = {t: rows for t, rows in dump(store).items() if t not in ("captures", "fetches")}
    for day in range(3):
        clock.tick(days=1)
        taken = story.shows("zoom-guide", f"! {outcome}: day {day}", headers={"etag": '"bad"'})
        assert (taken.outcome, taken.changes) == (outcome, ())
    assert {t: rows for t, rows in dump(store).items() if t not in ("captures", "fetches")} == before
    assert held(store, "zoom", "*") == ["conditional"]
    with store.reading() as session:
        state = queries.fetch_states(session, "zoom-guide")["https://zoom.example/guide"]
        health = {h.source: h for h in queries.source_health(session)}["zoom-guide"]
    assert (state.failures, state.etag, state.note) == (3, '"good"', "day 2")
    assert (health.failures, health.outcome, health.note) == (3, outcome, "day 2")


def test_what_a_page_drops_is_gone_when_it_stays_away(story, store, clock):
    story.shows("zoom-guide", PROMISE)
    clock.tick(days=1)
    story.shows("zoom-guide", "We have nothing to say.")
    assert held(store, "zoom", "*") == ["conditional"]
    clock.tick(days=1)
    taken = story.shows("zoom-guide", "We have nothing to say.")
    assert held(store, "zoom", "*") == []
    assert len(taken.changes) == 1


def test_a_304_lets_a_dropped_promise_settle_too(story, store, clock):
    story.shows("zoom-guide", PROMISE)
    clock.tick(days=1)
    story.shows("zoom-guide", "We have nothing to say.", headers={"etag": '"b"'})
    clock.tick(days=1)
    story.unchanged("zoom-guide")
    assert held(store, "zoom", "*") == []


def test_a_page_that_flaps_back_makes_a_new_version_of_the_old_document(story, store, clock):
    for body in (PROMISE, "Nothing.", PROMISE):
        story.shows("zoom-guide", body)
        clock.tick(hours=1)
    assert counts(store)["documents"] == 2
    with store.reading() as session:
        (versions,) = queries.versions_of(session, queries.evidence_of(session, [("zoom", "*")], {})).values()
    assert [v.n for v in versions] == [1, 2, 3]
    assert versions[0].document == versions[2].document


def test_an_error_of_ours_is_tried_again_with_the_same_bytes(story, store, clock):
    class Killed:
        def analyse(self, page):
            return Analysis(Outcome.ERROR, "the worker was killed")

    page = capture("zoom-guide", PROMISE, clock())
    reader, story.reader = story.reader, Killed()
    assert story.intake.take(page).outcome is Outcome.ERROR
    story.reader = reader
    clock.tick(days=1)
    assert story.shows("zoom-guide", PROMISE).statements_new == 1
    assert counts(store)["captures"] == 1


def test_the_same_bytes_under_another_status_are_judged_anew(story, store):
    assert story.shows("zoom-guide", PROMISE, status=503).outcome is Outcome.ERROR
    assert story.shows("zoom-guide", PROMISE).statements_new == 1


def test_better_rules_do_not_slip_in_when_a_page_is_fetched_again(story, store, clock):
    """The same text in other bytes, read by newer rules: what was read of it stays until it is read again on purpose."""
    story.shows("zoom-guide", PROMISE)
    story.configuration = config(version="rules-2")
    clock.tick(days=1)
    text = PROMISE.split(": ")[1]
    assert story.shows("zoom-guide", f"zoom HK refuses: {text}").statements_new == 0
    assert held(store, "zoom", "HK") == []
    assert (counts(store)["documents"], counts(store)["captures"]) == (1, 2)


def test_only_the_newest_text_of_an_article_counts(story, store, clock):
    story.reports("courier", COMPLIES)
    assert held(store, "zoom", "HK") == ["complies"]
    clock.tick(hours=1)
    story.reports("courier", "Correction: an earlier version of this article was wrong.".replace(":", ""))
    assert held(store, "zoom", "HK") == []


def test_what_is_not_archived_is_not_read(story):
    page = replace(capture("courier", PAUSES, story.clock()), warc_offset=None)
    with pytest.raises(ValueError, match="not archived"):
        story.intake.take(page)
    with pytest.raises(ValueError, match="not archived"):
        story.intake.take_index(page, Outcome.OK, "")


def test_a_feed_gets_its_validators_only_when_its_articles_are_taken(story, store, clock):
    feed = capture("courier", "<rss/>", clock(), headers={"etag": '"f1"', "last-modified": "yesterday"})
    story.intake.take_index(feed, Outcome.OK, "")

    def state():
        with store.reading() as session:
            return queries.fetch_states(session, "courier")[feed.url]

    assert (state().etag, state().last_modified, state().outcome) == (None, None, Outcome.OK)
    story.intake.finish_index(feed)
    assert (state().etag, state().last_modified) == ('"f1"', "yesterday")
    with store.reading() as session:
        assert queries.capture(session, feed.id).document is None


def test_a_request_without_response_is_noted_and_counted(story, store, clock):
    story.shows("zoom-guide", PROMISE)
    for _ in range(3):
        clock.tick(days=1)
        story.intake.failed("zoom-guide", "https://zoom.example/guide", "no such host")
    with store.reading() as session:
        (health,) = queries.source_health(session)
    assert (health.failures, health.status, health.note) == (3, None, "no such host")
    assert health.last_ok < health.last_attempt == clock()
    assert held(store, "zoom", "*") == ["conditional"]


def test_hostile_text_is_stored_without_ending_the_run(story, store):
    body = "zoom HK pauses: It said\x00 \U0001f512 'stop'; DROP TABLE statements; --"
    taken = story.reports("courier", body, title="\ud800 half a character, and a NUL \x00")
    assert taken.statements_new == 1
    with store.reading() as session:
        (said,) = queries.statements(session)
    assert said.title == "� half a character, and a NUL �"
    assert len(said.evidence) == said.end - said.start
    assert story.reports("courier", body, path="/" + "x" * 5000).outcome is Outcome.ERROR


def test_a_page_source_with_another_address_goes_on_with_its_past(store, clock):
    story = Story(store, clock)
    story.shows("zoom-guide", "zoom HK conditional process=court_order: Zoom asks for a court order.")
    clock.tick(days=1)
    moved = [
        s.model_copy(update={"url": "https://zoom.example/new-guide"}) if s.id == "zoom-guide" else s
        for s in story.configuration.sources
    ]
    story.configuration = Config(story.configuration.settings, tuple(moved), story.configuration.knowledge)
    body = "zoom HK conditional process=court_order: Zoom asks for a court order.\nMoved."
    assert story.shows("zoom-guide", body, url="https://zoom.example/new-guide").changes == ()
    clock.tick(days=1)
    refuses = "zoom HK refuses: Zoom answers nobody.\nMoved."
    (change,) = story.shows("zoom-guide", refuses, url="https://zoom.example/new-guide").changes
    assert [{str(h.stance) for h in held} for held in (change.before, change.after)] == [
        {"conditional"},
        {"refuses"},
    ]
    with store.reading() as session:
        (position,) = queries.positions(session)
    assert [str(h.stance) for h in position.held] == ["refuses"]


def test_a_company_whose_id_changes_begins_anew_and_nobody_is_told(store, clock):
    story = Story(store, clock)
    story.shows("zoom-guide", "zoom HK refuses: Zoom answers nobody.")
    old = story.configuration
    companies = (Company(id="zoom-communications", name="Zoom"), *old.knowledge.companies[1:])
    sources = [
        s.model_copy(update={"company": "zoom-communications"}) if s.id == "zoom-guide" else s
        for s in old.sources
    ]
    story.configuration = Config(
        old.settings, tuple(sources), old.knowledge.model_copy(update={"companies": companies})
    )
    for n in range(3):
        clock.tick(days=1)
        page = capture("zoom-guide", f"zoom-communications HK refuses: Zoom answers nobody.\n{n}", clock())
        story.intake.take(replace(page, site="zoom-communications"))
    with store.reading() as session:
        assert [c.baseline for c in queries.changes(session, company="zoom-communications")] == [True]
        assert outbox.alerts(session) == []
