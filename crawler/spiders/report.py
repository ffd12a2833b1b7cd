"""Fetch transparency reports (PDF, CSV, HTML); their figures are not read yet."""

from __future__ import annotations

from crawler.spiders.base import SourceSpider
from extract.types import SourceKind


class ReportSpider(SourceSpider):
    """One conditional request a source."""

    name = "report"
    kind = SourceKind.REPORT
