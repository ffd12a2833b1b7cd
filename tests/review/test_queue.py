"""The queue of one pair or company: it says of whom it is and how many wait there, and leads back to all."""

from __future__ import annotations

import pytest
from support.people import Browser
from support.store import Story

from pipelines import ledger
from pipelines.store import queries
from pipelines.store.people import Role


@pytest.fixture
def told(story: Story) -> Story:
    """Three wait: two of Zoom, towards two authorities, and one of Meta."""
    story.reports("courier", "zoom HK pauses: Zoom stopped.\nzoom US refuses: Zoom refused.")
    story.reports("herald", "meta US refuses: Meta refused.", path="/b")
    return story


@pytest.mark.parametrize(
    ("asked", "heading"),
    [
        ("", "Queue 3 wait"),
        ("?company=zoom", "Queue 2 wait of Zoom · all"),
        ("?authority=US", "Queue 2 wait towards United States · all"),
        ("?company=zoom&authority=HK", "Queue 1 waits of Zoom towards Hong Kong · all"),
        ("?company=whatsapp", "Queue of WhatsApp"),
    ],
)
def test_the_heading_says_of_whom_the_queue_is_and_how_many_wait_there(told, ana, asked, heading):
    page = ana.look(f"/queue{asked}")
    assert " ".join(page.main.xpath("string(.//h1)").split()) == heading
    assert ("/queue" in page.links) is bool(asked)  # the way back


def test_what_was_skipped_is_counted_and_found_in_the_same_queue(told, ana, clock):
    with told.store.reading() as session:
        (hk,) = queries.proposals(session, "ana", company="zoom", authority="HK")
    ledger.post_skip(told.store, hk.statement, who="ana", now=clock())
    page = ana.look("/queue?company=zoom")
    assert "1 waits of Zoom · 1 skipped · all" in page.words
    assert "Queue 1 skipped of Zoom · all" in ana.look(page.link("1 skipped")).words
    assert "skipped" not in ana.look("/queue?company=meta").main.xpath("string(.//h1)")


@pytest.mark.parametrize(
    ("path", "words", "leads"),
    [
        ("/companies/zoom", "2 wait", "/queue?company=zoom"),
        ("/pairs/zoom/HK", "1 waits", "/queue?company=zoom&authority=HK"),
    ],
)
def test_a_company_and_a_pair_lead_analysts_to_what_waits_there(told, ana, as_role, path, words, leads):
    assert ana.look(path).link(words) == leads
    reader: Browser = as_role(Role.READER)
    assert "/queue" not in reader.get(path).text
