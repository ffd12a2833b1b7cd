"""Stored texts are found by their words: on both databases, newest first, a page at a time, whatever is typed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from support.store import Story

from pipelines.store import queries
from pipelines.store.queries import CursorError, listing


@pytest.fixture
def story(store, clock) -> Story:
    return Story(store, clock)


def found(store, said: str, **more) -> list[str | None]:
    with store.reading() as session:
        return [row.title for row in queries.documents_page(session, said, **more).rows]


def tell(story: Story, *titles: str, source: str = "courier", says: str = "The police asked Zoom.") -> None:
    for title in titles:
        story.clock.tick(hours=1)
        story.reports(source, f"{title}: {says}", path="/" + title.replace(" ", "-"), title=title)


def test_a_text_is_found_by_all_of_its_words_in_any_order_and_form(story, store):
    story.reports("courier", "Zoom refused the request.", path="/a", title="A")
    story.reports("courier", "Meta refuses.", path="/b", title="B")
    assert found(store, "requests refuse") == ["A"]
    assert found(store, "refusing") == ["B", "A"]
    assert found(store, "refuse warrant") == []


def test_words_in_quotation_marks_are_a_phrase(story, store):
    story.reports("courier", "A court order came.", path="/a", title="A")
    story.reports("courier", "An order of the court came.", path="/b", title="B")
    assert found(store, '"court order"') == ["A"]
    assert found(store, "court order") == ["B", "A"]


@pytest.mark.parametrize(
    "typed", ['"', '""', "(", "a AND", "NEAR(", "*", "-zoom", "title:zoom", "' OR 1=1 --", "\0", "\ud800", "zoom & !"]
)  # fmt: skip
def test_whatever_is_typed_is_never_syntax(story, store, typed):
    story.reports("courier", "Zoom was asked.", path="/a", title="A")
    assert found(store, typed) in ([], ["A"])


@pytest.mark.parametrize("typed", ["or meta", "zoom or meta", "-meta"])
def test_or_and_minus_are_no_signs_on_either_database(story, store, typed):
    story.reports("courier", "Zoom was asked.", path="/a", title="A")
    assert found(store, typed) == []


def test_pages_follow_each_other_newest_first_and_end(story, store):
    for n in range(5):
        story.reports("courier", f"Zoom story {n}.", path=f"/{n}", title=str(n))
    with store.reading() as session:
        first = queries.documents_page(session, "zoom", limit=2)
        second = queries.documents_page(session, "zoom", after=first.after, limit=2)
        third = queries.documents_page(session, "zoom", after=second.after, limit=2)
    titles = [[row.title for row in page.rows] for page in (first, second, third)]
    assert titles == [["4", "3"], ["2", "1"], ["0"]]
    assert third.after is None


def test_a_source_and_a_time_narrow_it(story, store, clock):
    began = clock.now
    story.reports("courier", "Zoom in the Courier.", path="/a", title="A")
    clock.tick(days=2)
    story.reports("herald", "Zoom in the Herald.", path="/b", title="B")
    assert found(store, "zoom", source="herald") == ["B"]
    assert found(store, "zoom", until=began + timedelta(days=1)) == ["A"]
    assert found(store, "zoom", since=began + timedelta(days=1)) == ["B"]


def test_a_narrow_search_looks_at_a_bounded_number_of_texts_and_goes_on_from_there(story, store, monkeypatch):
    monkeypatch.setattr(listing, "LOOKED_THROUGH", 3)
    story.reports("herald", "Zoom, first of all.", path="/h", title="herald")
    for n in range(4):
        story.reports("courier", f"Zoom story {n}.", path=f"/{n}", title=str(n))
    with store.reading() as session:
        nothing = queries.documents_page(session, "zoom", source="herald")
        assert (nothing.rows, nothing.after is not None) == ((), True)
        rest = queries.documents_page(session, "zoom", source="herald", after=nothing.after)
    assert ([row.title for row in rest.rows], rest.after) == (["herald"], None)


def test_a_place_that_is_none_is_refused(store):
    with store.reading() as session, pytest.raises(CursorError):
        queries.documents_page(session, "zoom", after="nonsense")


def test_a_text_is_found_by_the_title_of_its_earliest_capture(story, store):
    story.clock.tick(days=3)
    story.reports("courier", "Nothing is said.", path="/a", title="Later headline")
    story.clock.tick(days=-2)
    story.reports("courier", "Nothing is said.", path="/a", title="Kumquat headline")
    assert found(store, "kumquat") == ["Kumquat headline"]
    assert found(store, "later") == []
