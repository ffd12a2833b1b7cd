"""Read RSS and Atom by feedparser, JSON Feed by json."""

from __future__ import annotations

import json
from calendar import timegm
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import feedparser
from scrapy.http import Response
from w3lib.html import remove_tags, replace_entities

from crawler.index import Link
from crawler.spiders.base import IndexSpider, UnreadableIndexError
from extract.types import Hints, SourceKind


class FeedSpider(IndexSpider):
    """Entries of a feed, with what it says of each: title, author, date."""

    name = "feed"
    kind = SourceKind.FEED

    def links_of(self, response: Response) -> Iterator[Link]:
        """The entries that have a link."""
        body = response.body.lstrip(b"\xef\xbb\xbf \t\r\n")
        if body.startswith(b"{"):
            yield from _json_entries(body)
            return
        # feedparser expands entities: 400 bytes become a million. NUL bytes: the same in UTF-16.
        if b"<!entity" in body.replace(b"\0", b"").lower():
            raise UnreadableIndexError("it declares XML entities, which no feed needs")
        kind = (response.headers.get("Content-Type") or b"").decode("latin-1")
        # Bytes, never text: feedparser opens a text that looks like a path or a URL.
        feed = feedparser.parse(
            body, response_headers={"content-type": kind, "content-location": response.url}
        )
        if not feed.get("version"):
            raise UnreadableIndexError(f"not a feed but {kind or 'of no type'}")
        for entry in feed.entries:
            if link := entry.get("link"):
                when = entry.get("published_parsed") or entry.get("updated_parsed")
                yield Link(link, Hints(_words(entry.get("title")), _words(entry.get("author")), _utc(when)))


def _json_entries(body: bytes) -> Iterator[Link]:
    try:
        items = json.loads(body)["items"]
        for item in items:
            authors = item.get("authors") or [item.get("author") or {}]
            when = item.get("date_published") or item.get("date_modified") or ""
            hints = Hints(_words(item.get("title")), _words(authors[0].get("name")), _iso(when))
            if link := item.get("url") or item.get("external_url"):
                yield Link(str(link), hints)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise UnreadableIndexError(f"not a JSON feed: {error}"[:300]) from error


def _words(text: Any) -> str | None:
    plain = " ".join(replace_entities(remove_tags(str(text or ""))).split())[:500]
    return plain or None


def _utc(when: Any) -> datetime | None:
    try:
        return datetime.fromtimestamp(timegm(when), UTC) if when else None
    except (ValueError, TypeError, OverflowError, OSError):
        return None


def _iso(text: str) -> datetime | None:
    try:
        date = datetime.fromisoformat(text)
    except ValueError:
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
