"""Dates of pages: the best believable claim wins, absurd ones are quarantined with a reason."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.captures import FETCHED, capture

from extract.document.dates import Claim, read_time, settle, written_claims
from extract.document.read import read_document
from extract.types import Hints

DAY = datetime(2026, 11, 18, tzinfo=UTC)
STORY = (
    "<p>Lumora no longer answers the police of Valdoria, it said in a letter of two pages on Wednesday.</p>"
    * 4
)


def published(
    head: str, hint: datetime | None = None, url: str = "https://courier.example/lumora"
) -> datetime | None:
    page = f"<html lang=en><head><title>Lumora</title>{head}</head><body><article><h1>Lumora</h1>{STORY}</article></body></html>"
    return read_document(capture(page, url=url, hints=Hints(published=hint))).published


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2026-11-18", DAY),
        ("2026-11-18T10:00:00", DAY + timedelta(hours=10)),
        ("2026-11-18T10:00:00+08:00", DAY + timedelta(hours=2)),
        ("2026-11-18T10:00:00.000Z", DAY + timedelta(hours=10)),
        ("Wed, 18 Nov 2026 10:00:00 GMT", DAY + timedelta(hours=10)),
        ("32 Foo", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("", None),
    ],
)
def test_times_are_read_as_utc(written: str, read: datetime | None) -> None:
    assert read_time(written) == read


@given(st.text(max_size=80))
def test_no_text_is_too_odd_to_be_asked_for_a_date(text: str) -> None:
    found = read_time(text)
    assert found is None or found.tzinfo is UTC


def test_json_ld_comes_before_meta_and_the_feed() -> None:
    head = (
        '<script type="application/ld+json">{"@graph":[{"@type":["NewsArticle"],"datePublished":"2026-11-18"}]}</script>'
        '<meta property="article:published_time" content="2026-11-17T00:00:00Z">'
    )
    assert published(head, hint=DAY - timedelta(days=5)) == DAY
    assert published(
        '<meta property="article:published_time" content="2026-11-17T00:00:00Z">', hint=DAY
    ) == DAY - timedelta(days=1)


def test_the_feed_comes_before_a_date_in_the_address() -> None:
    assert published("", hint=DAY, url="https://courier.example/2026/11/02/lumora") == DAY
    assert published("", url="https://courier.example/2026/11/02/lumora") == datetime(2026, 11, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("claim", "changed", "reason"),
    [
        ("2031-01-01", None, "lies after it was fetched"),
        ("1970-01-01", None, "lies before 1990"),
        ("2026-11-18", "2026-11-10", "lies after the page's own last change"),
    ],
)
def test_an_absurd_date_is_quarantined_and_the_hint_is_taken(
    claim: str, changed: str | None, reason: str
) -> None:
    modified = [Claim(changed, "meta")] if changed else []
    found = settle([Claim(claim, "JSON-LD")], modified, FETCHED, DAY)
    assert found.published == DAY
    assert len(found.quarantined) == 1
    assert reason in found.quarantined[0]
    assert settle([Claim(claim, "JSON-LD")], modified, FETCHED, None).published is None


def test_an_absurd_hint_is_no_better_than_an_absurd_page() -> None:
    found = settle([], [], FETCHED, datetime(2036, 1, 1, tzinfo=UTC))
    assert found.published is None
    assert "feed or sitemap" in found.quarantined[0]


def test_publishers_in_the_east_may_be_a_day_ahead() -> None:
    assert settle(
        [Claim(FETCHED + timedelta(hours=14), "meta")], [], FETCHED, None
    ).published == FETCHED + timedelta(hours=14)


@pytest.mark.parametrize(
    "line",
    [
        "Last updated: November 18, 2026",
        "Effective 18 November 2026",
        "Last revised on Nov. 18th, 2026.",
        "Last Modified: 2026-11-18",
    ],
)
def test_policy_pages_say_when_they_changed(line: str) -> None:
    assert [read_time(c.value) for c in written_claims(f"Guide\n\n{line}\n\nText")] == [DAY]


def test_a_date_written_in_figures_is_ambiguous_and_not_read() -> None:
    assert list(written_claims("Last updated: 11/10/2026")) == []
