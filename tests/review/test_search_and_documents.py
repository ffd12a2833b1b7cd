"""Searching stored texts, and reading one: what it says, where it was seen, what its page said before."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from lxml import html
from support.people import Browser, patient, visitor
from support.shown import links, shown
from support.store import Story
from support.visits import Site, served

from pipelines.store import queries
from pipelines.store.people import Role

PAUSED = "zoom HK pauses: Zoom stopped answering police in Hong Kong."
COMPLIES = "zoom HK complies: Zoom hands data to police in Hong Kong."


@pytest.fixture
def story(store, clock) -> Story:
    return Story(store, clock)


@pytest.fixture
def site(store, clock, story) -> Iterator[Site]:
    with served(store, patient(story.configuration), clock) as open_site:
        yield open_site


@pytest.fixture
def reader(site, store, clock) -> Browser:
    return visitor(site, store, clock, Role.READER)


def document_ids(store) -> list[str]:
    """The newest first."""
    with store.reading() as session:
        return [row.id for row in queries.documents_page(session, "zoom", limit=100).rows]


def test_whoever_is_not_signed_in_is_sent_to_sign_in(site):
    assert site.get("/search?q=zoom").headers["location"] == "/signin?next=%2Fsearch%3Fq%3Dzoom"


def test_a_search_shows_where_the_words_stand_and_leads_to_the_text(reader, story, store):
    story.reports("courier", PAUSED, title="Zoom stops")
    page = reader.get("/search?q=answer+police")
    assert '<mark class="hit">answering</mark>' in page.text
    assert '<mark class="hit">police</mark>' in page.text
    assert "Zoom stops" in shown(page)
    assert f"/documents/{document_ids(store)[0]}?q=answer+police#hit" in links(page)


@pytest.mark.parametrize(
    ("asked", "marked"),
    [
        ("ACT", ["act", "Acts"]), ("refuse", ["refuses", "refused"]), ('"court order"', ["court order", "court-orders"]),
        ("cafe", ["café"]), ("(zoom)*", ["Zoom"]), ("<b>&zoom", []), ("Zoom <b>", ["Zoom", "b"]),
    ],
)  # fmt: skip
def test_a_hit_opens_the_text_where_its_words_stand(reader, story, store, asked, marked):
    story.reports(
        "courier", "Some news.\nZoom said, <b> no action on an act, nor Acts; it refuses, as it refused a court order, and court-orders, at a café. (Actual!)"
    )  # fmt: skip
    (one,) = document_ids(store)
    page = reader.get(f"/documents/{one}?" + urlencode({"q": asked}))
    found = html.document_fromstring(page.text).xpath("//div[@class='text']//mark")
    assert [" ".join(mark.text_content().split()) for mark in found] == marked
    assert [mark.get("id") for mark in found] == ["hit", *[None] * (len(marked) - 1)][: len(marked)]
    assert "<b>" not in page.text.replace("&lt;b&gt;", "")
    assert 'class="hit"' not in reader.get(f"/documents/{one}").text


def test_words_that_nothing_holds_say_so_and_how_to_search(reader, story):
    story.reports("courier", PAUSED)
    words = shown(reader.get("/search?q=zebra"))
    assert "No text holds zebra." in words
    assert "quotation marks" in words


def test_hostile_words_and_texts_are_shown_and_do_nothing(reader, story, store):
    story.reports(
        "courier", "Zoom <script>alert(1)</script> was asked.", title="<img src=x onerror=alert(1)>"
    )
    page = reader.get("/search?q=zoom+%3Cb%3E%22")
    assert "<b>" not in page.text
    page = reader.get("/search?q=zoom")
    assert "<img" not in page.text
    assert "&lt;script&gt;" in page.text
    page = reader.get(f"/documents/{document_ids(store)[0]}")
    assert ("<script>alert" in page.text, "<img" in page.text) == (False, False)


def test_a_day_that_is_none_brings_the_form_back_with_what_is_wrong(reader):
    page = reader.get("/search?q=zoom&since=yesterday")
    assert page.status == 422
    assert 'role="alert"' in page.text
    assert 'value="zoom"' in page.text
    assert "since: 'yesterday' is no time" in shown(page)


def test_the_next_page_keeps_what_was_asked(reader, story):
    for n in range(27):
        story.reports("courier", f"Zoom story {n}.", path=f"/{n}", title=f"Story {n}")
    first = reader.get("/search?q=zoom&source=courier")
    (following,) = [href for href in links(first) if "after=" in href]
    assert following.startswith("/search?q=zoom&source=courier&after=")
    second = shown(reader.get(following))
    assert ("Story 1 " in second, "Story 0 " in second, "Story 2 " in second) == (True, True, False)
    assert reader.get("/search?q=zoom&after=nonsense").status == 400


def test_a_document_shows_its_statements_where_they_stand(reader, story, store):
    story.reports("courier", f"Some news.\n{PAUSED}", title="Zoom stops")
    (one,) = document_ids(store)
    page = reader.get(f"/documents/{one}")
    assert (
        '<mark class="evidence" id="evidence">Zoom stopped answering police in Hong Kong.</mark>' in page.text
    )
    with store.reading() as session:
        (said,) = queries.statements_in(session, one)
    assert f"/statements/{said.id}" in links(page)
    assert f"/captures/{said.capture}" in links(page)
    assert "/sources/courier" in links(page)


def test_a_version_of_a_page_is_compared_with_the_one_before(reader, story, store, clock):
    story.shows("zoom-guide", f"We are Zoom.\n{COMPLIES}")
    clock.tick(days=1)
    story.shows("zoom-guide", f"We are Zoom.\n{PAUSED}")
    new, old = document_ids(store)
    page = reader.get(f"/documents/{new}")
    assert f"/documents/{new}/against/{old}" in links(page)
    assert "the first one" in shown(page)
    compared = reader.get(f"/documents/{new}/against/{old}")
    assert "<del>hands" in compared.text
    assert "<ins>stopped" in compared.text


def test_an_article_has_no_versions_and_says_nothing_of_them(reader, story, store):
    story.reports("courier", PAUSED)
    assert "What this page showed" not in shown(reader.get(f"/documents/{document_ids(store)[0]}"))


@pytest.mark.parametrize(
    "path",
    [
        "/documents/" + "0" * 64,
        "/documents/zzz",
        "/documents/%25",
        "/documents/" + "0" * 64 + "/against/abc123",
    ],
)
def test_what_is_not_stored_is_not_found(reader, path):
    page = reader.get(path)
    assert (page.status, "no such document" in shown(page)) == (404, True)
