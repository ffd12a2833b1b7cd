"""What a page says of itself in JSON-LD. Metadata only: no text of it is ever evidence."""

from __future__ import annotations

import json
from typing import Any

from lxml.html import HtmlElement

_LARGEST = 500_000  # characters of one script
_MOST = 200  # nodes
_ARTICLE_TYPES_WORDS = (
    "Article NewsArticle ReportageNewsArticle AnalysisNewsArticle OpinionNewsArticle BackgroundNewsArticle AskPublicNewsArticle "
    "ReviewNewsArticle BlogPosting LiveBlogPosting TechArticle Report SocialMediaPosting ScholarlyArticle"
)
ARTICLE_TYPES = frozenset(_ARTICLE_TYPES_WORDS.split())


def _parsed(text: str) -> object:
    try:
        return json.loads(text.strip().removesuffix(";"), strict=False)
    except (ValueError, RecursionError):
        return None


def nodes_of(root: HtmlElement) -> list[dict[str, Any]]:
    """All objects of all JSON-LD scripts, lists and @graph unfolded, in order."""
    waiting: list[object] = []
    for script in root.iter("script"):
        text = script.text or ""
        if "ld+json" in script.get("type", "").lower() and len(text) <= _LARGEST:
            waiting.append(_parsed(text))
    found: list[dict[str, Any]] = []
    while waiting and len(found) < _MOST:
        value = waiting.pop(0)
        if isinstance(value, list):
            waiting[:0] = value[:_MOST]
        elif isinstance(value, dict):
            found.append(value)
            waiting[:0] = [value.get("@graph"), value.get("mainEntity"), value.get("mainEntityOfPage")]
    return found


def types_of(node: dict[str, Any]) -> set[str]:
    """The names of a node's types."""
    value = node.get("@type")
    return {str(v).rpartition("/")[2] for v in (value if isinstance(value, list) else [value]) if v}


def articles_of(nodes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The nodes that describe an article."""
    return [node for node in nodes if types_of(node) & ARTICLE_TYPES]
