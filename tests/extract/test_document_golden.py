"""Every page under tests/golden is what the JSON beside it says. A new page is a new test."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support.captures import capture

from extract.document.outcome import judge_page, judge_response
from extract.document.page import Page, UnreadableError
from extract.document.read import read_page
from extract.types import Outcome, SourceKind

GOLDEN = Path(__file__).parents[1] / "golden"
PAGES = sorted(path.stem for path in GOLDEN.glob("*.html"))


def judged(name: str) -> tuple[dict[str, Any], Outcome, str, Page]:
    expected = json.loads((GOLDEN / f"{name}.json").read_text())
    page = capture(
        (GOLDEN / f"{name}.html").read_bytes(),
        kind=SourceKind(expected.get("kind", "feed")),
        url=expected.get("url", "https://courier.example/2026/11/lumora"),
        final_url=expected.get("final_url"),
        status=expected.get("status", 200),
        language=expected.get("expects_language", "en"),
    )
    verdict = judge_response(page)
    if verdict:
        return expected, *verdict, Page(None)
    try:
        read = read_page(page)
    except UnreadableError as error:
        return expected, Outcome.ERROR, error.reason, Page(None)
    return expected, *judge_page(page, read), read


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_what_the_file_beside_it_says(name: str) -> None:
    expected, outcome, note, page = judged(name)
    assert outcome == expected["outcome"], note
    assert bool(note) == (outcome not in (Outcome.OK, Outcome.NOT_MODIFIED)), (
        "every outcome but ok is told in words"
    )
    document = page.document
    text = document.text if document else ""
    for words in expected.get("has", ()):
        assert words in text
    for words in expected.get("lacks", ()):
        assert words not in text
    for key in ("title", "author", "publisher", "language"):
        if key in expected:
            assert getattr(document, key) == expected[key]
    for key in ("published", "modified"):
        if key in expected:
            when = getattr(document, key)
            assert (when.isoformat() if when else None) == expected[key]
    if "canonical" in expected:
        assert document is not None
        assert document.url == expected["canonical"]
    for words in expected.get("quarantined", ()):
        assert document is not None
        assert any(words in reason for reason in document.quarantined)


@pytest.mark.parametrize("name", PAGES)
def test_paragraphs_lie_in_the_text_apart_by_a_blank_line(name: str) -> None:
    document = judged(name)[3].document
    if document is None:
        return
    assert "\n\n".join(document.text[a:b] for a, b in document.paragraphs) == document.text
    assert all(document.text[a:b].strip() == document.text[a:b] != "" for a, b in document.paragraphs)


def test_every_outcome_that_a_body_can_have_stands_in_the_golden_pages() -> None:
    seen = {json.loads(path.read_text())["outcome"] for path in GOLDEN.glob("*.json")}
    assert seen == set(Outcome) - {Outcome.NOT_MODIFIED}
