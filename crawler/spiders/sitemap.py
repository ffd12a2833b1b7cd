"""Read sitemaps: indexes of sitemaps, gzip, and the fields of news sitemaps."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from lxml import etree
from scrapy.http import Response
from scrapy.utils.gz import gunzip, gzip_magic_number

from crawler.index import Link
from crawler.spiders.base import IndexSpider, UnreadableIndexError
from extract.types import Hints, SourceKind


class SitemapSpider(IndexSpider):
    """Addresses of a sitemap; those of an index are sitemaps again."""

    name = "sitemap"
    kind = SourceKind.SITEMAP

    def links_of(self, response: Response) -> Iterator[Link]:
        """Addresses with title and date, the parts of an index newest first."""
        root = self._root(response)
        kind = etree.QName(root).localname
        if kind not in ("urlset", "sitemapindex"):
            raise UnreadableIndexError(f"not a sitemap: its root is <{kind}>")
        links = [link for entry in root if (link := _link(entry, nested=kind == "sitemapindex"))]
        if kind == "sitemapindex":
            links.sort(
                key=lambda link: link.hints.published or datetime.min.replace(tzinfo=UTC), reverse=True
            )
        yield from links

    def _root(self, response: Response) -> Any:
        # No entity, no network, no giant text nodes: whoever writes a sitemap is a stranger.
        parser = etree.XMLParser(
            resolve_entities=False, no_network=True, huge_tree=False, remove_comments=True
        )
        try:
            limit = self.settings.getint("DOWNLOAD_MAXSIZE")
            body = gunzip(response.body, max_size=limit) if gzip_magic_number(response) else response.body
            return etree.fromstring(body, parser)
        except (etree.XMLSyntaxError, OSError, EOFError, ValueError) as error:
            raise UnreadableIndexError(f"not readable XML: {error}"[:300]) from error


def _link(entry: Any, *, nested: bool) -> Link | None:
    fields: dict[str, str] = {}
    for node in entry.iter(tag=etree.Element):
        if node.text and node.text.strip():
            fields.setdefault(etree.QName(node).localname, node.text.strip())
    if "loc" not in fields:
        return None
    date = _date(fields.get("publication_date") or fields.get("lastmod") or "")
    return Link(fields["loc"], Hints(title=fields.get("title"), published=date), nested)


def _date(text: str) -> datetime | None:
    try:
        date = datetime.fromisoformat(text)
    except ValueError:
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
