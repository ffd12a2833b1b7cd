"""Feeds, sitemaps and listings as strangers write them."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime

import pytest
from scrapy.http import HtmlResponse, Response
from scrapy.settings import Settings

from crawler.spiders.base import UnreadableIndexError
from crawler.spiders.feed import FeedSpider
from crawler.spiders.listing import ListingSpider
from crawler.spiders.sitemap import SitemapSpider

URL = "https://courier.example/index.xml"
RSS = """<?xml version="1.0"?>{doctype}<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>C</title>
<item><title>One &lt;b&gt;bold&lt;/b&gt; &amp;amp; more</title><link>https://courier.example/1</link><dc:creator>Ann</dc:creator>
<pubDate>Sun, 01 Nov 2026 10:00:00 +0200</pubDate></item>{more}</channel></rss>"""


def links(spider_class, body: bytes | str, kind: str = "application/xml"):
    spider = spider_class()
    spider.settings = Settings({"DOWNLOAD_MAXSIZE": 10**6})
    body = body.encode() if isinstance(body, str) else body
    response = (HtmlResponse if kind == "text/html" else Response)(
        URL, body=body, headers={"Content-Type": kind}
    )
    return list(spider.links_of(response))


def test_a_feed_gives_links_with_title_author_and_date():
    (link,) = links(FeedSpider, RSS.format(doctype="", more=""))
    assert (link.url, link.hints.title, link.hints.author) == (
        "https://courier.example/1",
        "One bold & more",
        "Ann",
    )
    assert link.hints.published == datetime(2026, 11, 1, 8, tzinfo=UTC)


def test_a_json_feed_is_read_too():
    item = {
        "url": "https://courier.example/1",
        "title": "One",
        "date_published": "2026-11-01T08:00:00Z",
        "authors": [{"name": "Ann"}],
    }
    (link,) = links(
        FeedSpider,
        json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": [item, {}]}),
        "application/feed+json",
    )
    assert (link.hints.title, link.hints.author, link.hints.published) == (
        "One",
        "Ann",
        datetime(2026, 11, 1, 8, tzinfo=UTC),
    )


@pytest.mark.parametrize("body", ['{"items": 3}', "{", '{"entries": []}', '{"items": [1]}', "{" * 5000])
def test_json_that_is_no_feed_is_an_error_and_not_an_empty_day(body: str):
    with pytest.raises(UnreadableIndexError, match="not a JSON feed"):
        links(FeedSpider, body)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_feed_that_declares_entities_is_refused(encoding: str):
    bomb = '<!DOCTYPE rss [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    body = RSS.format(doctype=bomb, more="<item><title>&b;</title></item>").replace(
        '"1.0"?', f'"1.0" encoding="{encoding}"?'
    )
    with pytest.raises(UnreadableIndexError, match="entities"):
        links(FeedSpider, body.encode(encoding))


@pytest.mark.parametrize(
    "body",
    [
        "<!doctype html><html><title>Just a moment…</title></html>",
        "",
        "/etc/passwd",
        "https://evil.example/feed",
    ],
)
def test_what_is_no_feed_is_an_error_and_no_path_or_address_is_opened(body: str):
    with pytest.raises(UnreadableIndexError, match="not a feed"):
        links(FeedSpider, body, "text/html")


def test_broken_xml_with_entries_is_read_as_far_as_it_goes():
    assert (
        len(
            links(
                FeedSpider,
                RSS.format(
                    doctype="", more="<item><title>a & b</title><link>https://courier.example/2</link>"
                )[:-30],
            )
        )
        >= 1
    )


NEWS = """<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
 xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"><url><loc>https://courier.example/1</loc><news:news><news:publication>
<news:name>Courier</news:name></news:publication><news:publication_date>2026-11-01T08:00:00Z</news:publication_date>
<news:title>One</news:title></news:news></url><url><loc> https://courier.example/2 </loc><lastmod>2026-10-31</lastmod></url></urlset>"""


@pytest.mark.parametrize("body", [NEWS.encode(), gzip.compress(NEWS.encode())])
def test_a_sitemap_gives_the_fields_of_news(body: bytes):
    one, two = links(SitemapSpider, body)
    assert (one.url, one.hints.title, one.hints.published) == (
        "https://courier.example/1",
        "One",
        datetime(2026, 11, 1, 8, tzinfo=UTC),
    )
    assert (two.url, two.hints.published) == ("https://courier.example/2", datetime(2026, 10, 31, tzinfo=UTC))


def test_a_sitemap_index_leads_to_sitemaps_the_newest_first():
    parts = "".join(
        f"<sitemap><loc>https://courier.example/{day}.xml</loc><lastmod>2026-10-{day}</lastmod></sitemap>"
        for day in (10, 30, 20)
    )
    found = links(SitemapSpider, f"<sitemapindex>{parts}</sitemapindex>")
    assert [link.url[-6:-4] for link in found] == ["30", "20", "10"]
    assert all(link.nested for link in found)


@pytest.mark.parametrize(
    "body",
    [
        b"<html><body>no</body></html>",
        b"",
        b"plain",
        NEWS.encode()[:-40],
        gzip.compress(b" " * 10**7),
        gzip.compress(NEWS.encode())[:-30],
    ],
)
def test_what_is_no_whole_sitemap_is_an_error(body: bytes):
    with pytest.raises(UnreadableIndexError):
        links(SitemapSpider, body)


def test_a_sitemap_reads_no_file(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("https://courier.example/secret")
    body = f'<!DOCTYPE u [<!ENTITY x SYSTEM "file://{secret}">]><urlset><url><loc>&x;</loc></url></urlset>'
    assert all("secret" not in link.url for link in links(SitemapSpider, body))


def test_a_listing_gives_every_link_with_its_words():
    (link,) = links(
        ListingSpider,
        '<html><body><a href="/news/1">Zoom <b>pauses</b></a><a>none</a></body></html>',
        "text/html",
    )
    assert (link.url, link.hints.title) == ("https://courier.example/news/1", "Zoom pauses")


def test_a_listing_that_is_no_page_is_an_error():
    with pytest.raises(UnreadableIndexError, match="application/pdf"):
        links(ListingSpider, b"%PDF", "application/pdf")
