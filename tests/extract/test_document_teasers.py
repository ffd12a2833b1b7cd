"""Headlines of other stories are no evidence of this one."""

from datetime import UTC, datetime

import pytest

from extract.document.read import read_document
from extract.types import Capture, SourceKind

STORY = "<h1>Tide power opens</h1>" + "".join(
    f"<p>The hull number {n} lies thirty metres below the sea, and the herring have not minded it so far.</p>"
    for n in range(4)
)
OTHER = "Zoom pauses data requests from Hong Kong"


def text_of(body: str, kind: SourceKind = SourceKind.FEED) -> str:
    capture = Capture(
        source="courier", kind=kind, url="https://courier.example/tide", final_url="https://courier.example/tide",
        fetched=datetime(2026, 3, 2, tzinfo=UTC), status=200, headers={"content-type": "text/html"},
        body=f"<html><body><main><article>{body}</article></main></body></html>".encode(),
    )  # fmt: skip
    return read_document(capture).text


@pytest.mark.parametrize(
    "teaser",
    [
        f'<ul><li><a href="/zoom">{OTHER}</a></li></ul>',
        f"<aside><h2>More</h2><p>{OTHER}</p><p>A line about it.</p></aside>",
        f'<p><strong><a href="https://other.example/zoom">{OTHER}</a></strong></p>',
        f'<h3><a href="/zoom">{OTHER}</a></h3>',
        f'<a href="/zoom"><div><h4>{OTHER}</h4><p>By somebody, in two minutes.</p></div></a>',
    ],
)
def test_a_link_to_another_story_is_not_this_storys_text(teaser):
    text = text_of(STORY + teaser)
    assert "hull number 3" in text
    assert OTHER not in text


@pytest.mark.parametrize(
    "part",
    [
        f'<p>{OTHER}, <a href="/zoom">it said on Monday</a>.</p>',
        f'<p><a href="#note">{OTHER}</a></p>',
        f'<p><a href="https://courier.example/tide">{OTHER}</a></p>',
        f"<li>{OTHER}</li>",
    ],
    ids=["a link inside a sentence", "a link within the page", "a link to itself", "no link"],
)
def test_the_storys_own_words_stay(part):
    assert OTHER in text_of(STORY + part)


def test_a_headline_that_links_to_its_own_permanent_address_stays():
    page = STORY.replace("<h1>Tide power opens</h1>", '<h1><a href="/tide?id=7">Tide power opens</a></h1>')
    assert text_of(page).startswith("Tide power opens")


def test_a_watched_page_keeps_its_lists_of_links():
    assert "Guide for officers" in text_of(
        STORY + '<ul><li><a href="/guide">Guide for officers</a></li></ul>', SourceKind.PAGE
    )
