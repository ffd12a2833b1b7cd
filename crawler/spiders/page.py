"""Watch fixed pages of companies: law-enforcement guides, transparency pages, canaries."""

from __future__ import annotations

from crawler.spiders.base import SourceSpider
from extract.types import SourceKind


class PageSpider(SourceSpider):
    """One conditional request a source. What the page says is not this class's business."""

    name = "page"
    kind = SourceKind.PAGE
