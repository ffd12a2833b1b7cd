"""Read section pages: every link in them, of which `follow` says which are articles."""

from __future__ import annotations

from collections.abc import Iterator

from scrapy.http import HtmlResponse, Response
from scrapy.linkextractors import LinkExtractor

from crawler.index import Link
from crawler.spiders.base import IndexSpider, UnreadableIndexError
from extract.types import Hints, SourceKind

_LINKS = LinkExtractor(deny_extensions=[])


class ListingSpider(IndexSpider):
    """Links of an HTML page."""

    name = "listing"
    kind = SourceKind.LISTING

    def links_of(self, response: Response) -> Iterator[Link]:
        """Every link, with its words as a weak hint of the title."""
        if not isinstance(response, HtmlResponse):
            kind = (response.headers.get("Content-Type") or b"of no type").decode("latin-1")
            raise UnreadableIndexError(f"not an HTML page but {kind}")
        for link in _LINKS.extract_links(response):
            title = " ".join(link.text.split())[:300]
            yield Link(link.url, Hints(title=title or None))
