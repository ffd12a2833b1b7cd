"""Two times: when something was so, and when we knew it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from support.reading import shipped
from support.store import Story, capture, config

from extract.analyse import analyse
from pipelines import ledger
from pipelines.config import Config
from pipelines.ingest import Intake
from pipelines.store import queries
from pipelines.store.session import open_store
from pipelines.timelines import positions_at

PAUSES = "zoom HK pauses: Zoom stopped handling requests from Hong Kong."
COMPLIES = "zoom HK complies: Zoom hands data to Hong Kong's police."
JULY = datetime(2020, 7, 8, tzinfo=UTC)


def at(story: Story, **when: datetime) -> list[str]:
    with story.store.reading() as session:
        found = positions_at(session, story.context.rules, **when)
    return [str(held.stance) for position in found for held in position.held]


def test_what_was_in_force_before_and_after_an_article(store, clock):
    story = Story(store, clock)
    story.reports("courier", PAUSES, published=JULY)
    assert at(story, as_of=JULY - timedelta(days=1)) == []
    assert at(story, as_of=JULY + timedelta(days=1)) == ["pauses"]


def test_what_we_knew_then_is_not_what_we_know_now(store, clock):
    story = Story(store, clock)
    began = clock()
    story.reports("courier", COMPLIES, published=JULY)
    clock.tick(days=3)
    story.reports("herald", PAUSES, published=JULY + timedelta(days=1))
    week = JULY + timedelta(days=7)
    assert at(story, as_of=week) == ["pauses"]
    assert at(story, as_of=week, known_at=began + timedelta(days=1)) == ["complies"]
    assert at(story, as_of=week, known_at=began - timedelta(days=1)) == []


def test_a_ruling_is_known_from_when_it_was_made(store, clock):
    story = Story(store, clock)
    story.reports("courier", PAUSES)
    told = clock.tick(hours=1)
    clock.tick(days=1)
    with store.reading() as session:
        (said,) = queries.statements(session)
    ledger.post_verdict(store, said.id, "reject", who="ana", now=clock(), context=story.context)
    assert at(story) == []
    assert at(story, known_at=told) == ["pauses"]


def test_a_page_is_known_by_what_it_had_shown_by_then(store, clock):
    story = Story(store, clock)
    story.shows("zoom-guide", "zoom HK conditional: Zoom asks for a court order.")
    clock.tick(days=1)
    story.shows("zoom-guide", "It says nothing of it.")
    gone_once = clock()
    clock.tick(days=1)
    story.unchanged("zoom-guide")
    assert at(story) == []
    assert at(story, known_at=gone_once) == ["conditional"]


def test_derived_to_this_day_it_is_what_is_stored(store, clock):
    story = Story(store, clock)
    story.reports("courier", COMPLIES)
    clock.tick(days=1)
    story.reports("herald", PAUSES)
    with store.reading() as session:
        stored = queries.positions(session)
        derived = positions_at(session, story.context.rules)
    assert derived == stored


SEED = Path(__file__).parents[3] / "shared" / "seeds" / "business-today-2020-07-08.txt"


@pytest.mark.skipif(not SEED.exists(), reason="the seed article lies beside the checkout, not in it")
def test_the_seed_article_moves_microsoft_and_zoom_between_the_seventh_and_the_ninth(new_url, clock):
    store = open_store(new_url(), upgrade=True)
    plain = config()
    real = Config(plain.settings, plain.sources, shipped())
    article = capture(
        "courier", "", clock(), url="https://courier.example/seed", headers={"content-type": "text/plain"}, published=JULY
    )  # fmt: skip
    reader = SimpleNamespace(analyse=lambda page: analyse(page, real.knowledge))
    Intake(real, store, reader, clock, 1).take(replace(article, body=SEED.read_bytes()))

    def stances(day: int) -> dict[str, set[str]]:
        with store.reading() as session:
            found = positions_at(
                session,
                ledger.context_of(real).rules,
                as_of=datetime(2020, 7, day, 23, 59, tzinfo=UTC),
            )
        return {p.company: {str(h.stance) for h in p.held} for p in found if p.authority == "HK"}

    assert stances(7) == {}
    after = stances(9)
    store.close()
    assert (after["microsoft"], after["zoom"]) == ({"pauses"}, {"pauses"})
    assert after["apple"] == {"conditional", "reviewing"}
    assert all("refuses" in after[c] for c in ("facebook", "google", "signal", "twitter", "whatsapp"))
