"""Which links are followed, which are dropped with what reason, and when an index page is done with."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from scrapy import Request

from crawler.guard import refusal
from crawler.index import IndexPage, Link, Waiting
from crawler.links import MOST_TRIES, Chooser, cleaned
from crawler.run import History
from extract.types import Capture, Hints, Outcome, SourceKind
from pipelines.config import CrawlSettings, Source
from pipelines.store.facts import FetchState

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
HOME = "https://courier.example/feed"


def source(**more: object) -> Source:
    return Source.model_validate(
        {"id": "courier", "kind": "feed", "url": HOME, "publisher": "Courier"} | more
    )


def page() -> IndexPage:
    capture = Capture("courier", SourceKind.FEED, HOME, HOME, NOW, 200, {}, b"")
    return IndexPage(capture, Outcome.OK, "")


def state(outcome: Outcome, failures: int = 0) -> FetchState:
    return FetchState(None, None, 200, outcome, failures, NOW, None, None)


def chosen(*links, states=None, elsewhere=(), waiting=None, at=None, of=None, **settings):
    """URLs chosen and reasons of those dropped."""
    dropped: Counter[str] = Counter()
    chooser = Chooser(
        of or source(),
        CrawlSettings(**settings),
        History(states or {}, frozenset(elsewhere)),
        waiting or Waiting(),
        lambda r: dropped.update([r]),
    )
    links = [link if isinstance(link, Link) else Link(link) for link in links]
    return [link.url for link in chooser.choose(links, at or page(), NOW)], dict(dropped)


def test_tracking_parameters_and_fragments_go_and_relative_links_are_made_whole():
    assert cleaned("/a/?utm_source=rss&id=3#top", HOME) == "https://courier.example/a/?id=3"


def test_a_query_without_a_value_is_part_of_the_address():
    assert cleaned("/story.php?4711#top", HOME) == "https://courier.example/story.php?4711"


@pytest.mark.parametrize("home", ["https://xn--bcher-kva.example/feed", "https://bücher.example/feed"])
def test_an_international_name_is_one_host_in_either_form(home: str):
    at = page()
    urls, dropped = chosen(
        "https://xn--bcher-kva.example/a", "https://bücher.example/b", at=at, of=source(url=home)
    )
    assert ([url.rpartition("/")[2] for url in urls], dropped) == (["a", "b"], {})
    assert all(refusal(Request(url).url, source(url=home)) is None for url in urls)


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "mailto:a@b.c",
        "data:,x",
        "file:///etc/passwd",
        "",
        "https://[",
        "https://a.b/" + "x" * 3000,
    ],
)
def test_what_is_no_web_address_is_never_followed(url: str):
    assert cleaned(url, HOME) in (None, HOME)
    assert chosen(url) == ([], {"no web address of an article": 1})


def test_links_to_other_hosts_are_dropped_unless_declared():
    assert chosen("https://evil.example/a") == ([], {"not on its hosts": 1})
    assert chosen("https://cdn.test/a", of=source(hosts=["cdn.test"])) == (["https://cdn.test/a"], {})


def test_only_links_that_match_follow_are_taken():
    urls, dropped = chosen("/news/1", "/about", of=source(kind="listing", follow=["/news/"]))
    assert (urls, dropped) == (["https://courier.example/news/1"], {"matches no pattern of follow": 1})


def test_old_entries_are_dropped_and_those_without_a_date_are_kept():
    old = Link("/old", Hints(published=NOW - timedelta(days=31)))
    assert chosen(old, "/undated", max_age_days=30) == (["https://courier.example/undated"], {"too old": 1})


def test_what_was_read_is_not_fetched_again_and_what_failed_is_until_the_bound():
    url = "https://courier.example/a"
    assert chosen(url, states={url: state(Outcome.OK)}) == ([], {"known": 1})
    assert chosen(url, states={url: state(Outcome.ERROR, MOST_TRIES - 1)}) == ([url], {})
    assert chosen(url, states={url: state(Outcome.ERROR, MOST_TRIES)})[1] == {
        "given up after repeated failures": 1
    }


def test_what_another_source_of_the_site_has_read_is_not_fetched_again():
    assert chosen("/a", elsewhere=["https://courier.example/a"]) == ([], {"known": 1})


def test_the_cap_takes_the_newest_and_leaves_the_page_unsettled():
    at, waiting = page(), Waiting()
    links = [Link(f"/{day}", Hints(published=NOW - timedelta(days=day))) for day in (3, 1, 2)]
    urls, dropped = chosen(*links, links_per_source=2, at=at, waiting=waiting)
    assert urls == ["https://courier.example/1", "https://courier.example/2"]
    assert dropped == {"over the cap of this run": 1}
    settled = [page for url in urls for page in waiting.settle(url, final=True)]
    assert settled == []


def test_a_page_is_settled_when_its_last_link_is():
    at, waiting = page(), Waiting()
    first, second = chosen("/1", "/2", at=at, waiting=waiting)[0]
    assert list(waiting.settle(first, final=True)) == []
    assert list(waiting.settle(second, final=True)) == [at]


def test_a_link_that_failed_keeps_its_page_from_being_settled():
    at, waiting = page(), Waiting()
    first, second = chosen("/1", "/2", at=at, waiting=waiting)[0]
    assert list(waiting.settle(first, final=False)) == list(waiting.settle(second, final=True)) == []


def test_two_sources_with_the_same_link_fetch_it_once_and_both_wait_for_it():
    one, other, waiting = page(), page(), Waiting()
    assert chosen("/1", at=one, waiting=waiting)[0] == ["https://courier.example/1"]
    assert chosen("/1", at=other, waiting=waiting) == ([], {"met twice in this run": 1})
    assert list(waiting.settle("https://courier.example/1", final=True)) == [one, other]


def test_a_link_that_was_settled_before_a_second_page_named_it_counts_for_that_page_too():
    waiting, late, too_late = Waiting(), page(), page()
    for name, final in (("/ok", True), ("/failed", False)):
        chosen(name, waiting=waiting)
        list(waiting.settle(f"https://courier.example{name}", final=final))
    chosen("/ok", at=late, waiting=waiting)
    chosen("/failed", at=too_late, waiting=waiting)
    assert late.settled
    assert not too_late.settled


@pytest.mark.parametrize("outcome", [outcome for outcome in Outcome if outcome is not Outcome.OK])
def test_an_index_page_that_is_not_ok_is_never_settled(outcome: Outcome):
    at = page()
    at.outcome = outcome
    assert not at.settled
