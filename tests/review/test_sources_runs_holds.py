"""How the watch fares: sources with their looks and rulings, runs source by source, texts held back and decided on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.people import Browser, patient, visitor
from support.shown import links, shown
from support.store import Story
from support.visits import Site, served

from extract.types import Outcome
from pipelines import ledger
from pipelines.store import queries
from pipelines.store.facts import Look, RunSource
from pipelines.store.people import Role
from review.views.sources import bars_of

PAUSED = "zoom HK pauses: Zoom stopped answering police in Hong Kong."
LONG = "zoom HK complies: Zoom hands data to police in Hong Kong.\n" + "\n".join(
    f"Paragraph {n} of a page that says much." for n in range(80)
)


@pytest.fixture
def story(store, clock) -> Story:
    return Story(store, clock)


@pytest.fixture
def site(store, clock, story) -> Iterator[Site]:
    with served(store, patient(story.configuration), clock) as open_site:
        yield open_site


@pytest.fixture
def ana(site, store, clock) -> Browser:
    return visitor(site, store, clock, Role.ANALYST)


def crawl(store, clock, *did: RunSource, state: str = "ok", job: str = "crawl") -> int:
    """A run that did this."""
    number = ledger.open_run(store, job, clock())
    for one in did:
        ledger.note_source(store, number, one)
    ledger.finish_run(store, number, state, {"sources": len(did)}, None, clock.tick(minutes=2))
    return number


def look(**more) -> Look:
    return Look(
        **{"run": 1, "captures": 1, "statements": 0, "errors": 0, "outcomes": {"ok": 1}, "note": None} | more
    )


@pytest.mark.parametrize(
    ("one", "state"),
    [
        (look(statements=2), "brought"),
        (look(), "quiet"),
        (look(outcomes={"not_modified": 1}), "quiet"),
        (look(errors=1), "failed"),
        (look(captures=0, outcomes={}), "left out"),
        *[
            (look(outcomes={str(o): 1}), "failed")
            for o in Outcome
            if o not in ("ok", "not_modified", "moved")
        ],
    ],
)
def test_a_look_is_told_in_one_word(one, state):
    assert one.state == state


def test_looks_are_drawn_each_at_its_place():
    drawn = bars_of([look(statements=1), None, look(errors=1)])
    assert drawn == {"brought": "M0 0h5v11h-5z", "failed": "M12 12h5v6h-5z"}


def test_sources_say_how_they_fare_those_in_trouble_first(ana, story, store, clock):
    crawl(
        store, clock, RunSource("herald", captures=1, statements=3, outcomes={"ok": 1}),
        RunSource("zoom-guide", captures=1, outcomes={"wall": 1}, note="asks for consent"),
    )  # fmt: skip
    story.reports("herald", PAUSED)
    story.shows("zoom-guide", "! wall: asks for consent")
    page = ana.get("/sources")
    words = shown(page)
    assert "1 failing · 1 answering · 2 never asked" in words
    assert words.index("zoom-guide") < words.index("herald") < words.index("courier")
    assert "failed 1× wall asks for consent" in words
    assert 'aria-label="1 brought"' in page.text
    assert 'aria-label="1 failed"' in page.text
    assert {"/sources/herald", "/holds"} <= set(links(page))


@pytest.mark.parametrize(
    ("query", "listed"),
    [
        ("q=COURIER", {"courier"}),
        ("q=zoom", {"zoom-guide"}),
        ("kind=page", {"zoom-guide", "meta-guide"}),
        ("state=never", {"courier", "herald", "zoom-guide", "meta-guide"}),
        ("state=trouble", set()),
    ],
)
def test_sources_are_filtered(ana, query, listed):
    page = ana.get(f"/sources?{query}")
    assert {href.removeprefix("/sources/") for href in links(page) if href.startswith("/sources/")} == listed
    assert ("No source is like this." in shown(page)) == (not listed)


def test_a_filter_that_is_none_is_refused_in_words(ana):
    page = ana.get("/sources?state=asleep")
    assert (page.status, "State: 'asleep' is none of" in shown(page)) == (422, True)


def test_a_source_tells_its_captures_versions_and_what_analysts_made_of_it(ana, story, store, clock):
    story.shows("zoom-guide", "zoom HK complies: Zoom hands data over.")
    clock.tick(days=1)
    story.shows(
        "zoom-guide", "zoom HK pauses: Zoom stopped.\nzoom US complies: Zoom answers the United States."
    )
    clock.tick(days=1)
    story.shows("zoom-guide", "! wall: asks for consent")
    with store.reading() as session:
        said = queries.statements(session, "zoom")
    for statement, ruling in zip(said, ("accept", "reject", "accept"), strict=True):
        ledger.post_verdict(store, statement.id, ruling, who="ana", now=clock(), context=story.context)
    ledger.post_verdict(store, said[0].id, "reject", who="ana", now=clock(), context=story.context)
    page = ana.get("/sources/zoom-guide")
    words = shown(page)
    assert "accepted 1 33 %" in words
    assert "rejected 2 67 %" in words
    assert "wall asks for consent" in words
    assert "what changed" in words
    assert [href for href in links(page) if href.startswith("/captures/")]
    assert "https://zoom.example/guide" in links(page)


def test_what_config_no_longer_lists_is_still_told(ana, story, store, clock):
    story.reports("herald", PAUSED)
    crawl(store, clock, RunSource("herald", captures=1, outcomes={"ok": 1}))
    thinner = Story(store, clock)
    object.__setattr__(thinner.configuration, "sources", thinner.configuration.sources[:1])
    with served(store, thinner.configuration, clock) as later:
        eve = visitor(later, store, clock, Role.READER, "eve")
        assert "herald not in config no longer configured" in shown(eve.get("/sources"))
        assert "no longer in config" in shown(eve.get("/sources/herald"))


def test_a_source_that_nobody_knows_is_not_found(ana):
    assert ana.get("/sources/nobody").status == 404


def test_runs_are_listed_newest_first_a_page_at_a_time_and_by_job(ana, store, clock):
    assert "Nothing ran yet" in shown(ana.get("/runs"))
    numbers = [crawl(store, clock) for _ in range(52)]
    other = crawl(store, clock, job="deliver", state="failed")
    first = ana.get("/runs")
    assert "2 min 0 s" in shown(first)
    assert f"/runs/{numbers[-1]}" in links(first)
    assert f"/runs/{other}" not in links(first)
    (further,) = [href for href in links(first) if "before=" in href]
    assert [href for href in links(ana.get(further)) if href.startswith("/runs/")] == [
        f"/runs/{numbers[1]}",
        f"/runs/{numbers[0]}",
    ]
    assert f"/runs/{other}" in links(ana.get("/runs?job=all"))
    assert ana.get("/runs?job=none").status == 422


def test_a_run_tells_source_by_source_what_it_did_and_why_it_left_something(ana, store, clock):
    number = crawl(
        store, clock, RunSource("herald", 9, 7, 2, 1, {"ok": 6, "soft_404": 1}, {"robots.txt": 4}, 1.5, "slow"),
    )  # fmt: skip
    words = shown(ana.get(f"/runs/{number}"))
    assert "herald 9 7 2 1 ok ×6, soft 404 robots.txt ×4 1.5 slow" in words
    assert ana.get(f"/runs/{number + 1}").status == 404


@pytest.fixture
def held(story, store, clock) -> str:
    """A page that shrank: the id of its new text."""
    story.shows("zoom-guide", LONG)
    clock.tick(days=1)
    story.shows("zoom-guide", "Closed for repair.")
    with store.reading() as session:
        (one,) = queries.holds(session)
    return one.document


def test_a_held_text_stands_beside_what_its_page_showed_before(ana, held):
    listed = ana.get("/holds")
    assert f"/holds/{held}" in links(listed)
    assert "1 waits" in shown(listed)
    page = ana.get(f"/holds/{held}")
    assert "<del>Zoom hands data to police in Hong Kong.</del>" in page.text
    assert "<ins>Closed for repair.</ins>" in page.text
    assert f'action="/holds/{held}/release"' in page.text


@pytest.mark.parametrize(("decision", "state"), [("release", "released"), ("discard", "discarded")])
def test_an_analyst_decides_on_it_and_is_named(ana, store, held, decision, state):
    done = ana.post(f"/holds/{held}/{decision}")
    assert (done.status, done.headers["location"]) == (303, "/holds")
    with store.reading() as session:
        one = queries.hold(session, held)
    assert (one.state, one.who) == (state, "ana")
    words = shown(ana.get("/holds"))
    assert "Nothing is held back." in words
    assert state in words


def test_a_reader_looks_and_does_not_decide(site, store, clock, held):
    rea = visitor(site, store, clock, Role.READER)
    assert "/release" not in rea.get(f"/holds/{held}").text
    assert rea.post(f"/holds/{held}/release").status == 403
    with store.reading() as session:
        assert queries.hold(session, held).state == "held"


def test_a_text_that_was_not_held_is_not_found(ana):
    assert ana.get("/holds/" + "0" * 64).status == 404
    assert ana.post("/holds/" + "0" * 64 + "/release").status == 404
