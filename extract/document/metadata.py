"""Title, author and publisher of an HTML page, by trafilatura's readers; cleaned, and only if plausible."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass

from lxml.html import HtmlElement
from trafilatura.metadata import (
    examine_meta,
    extract_meta_json,
    extract_sitename,
    extract_title,
)

from extract.document.blocks import clean
from extract.document.compose import bare

_LONGEST = {"title": 300, "author": 150, "publisher": 120}
_SUFFIX = re.compile(r"\s+[|–—·•«»:-]\s+")
_BYLINES = frozenset({"author", "byline", "author-name", "byline__name", "byline-name"})
_BY = re.compile(r"^by\s+", re.IGNORECASE)
_MOST_NAMES = 12  # words
_NO_AUTHOR = re.compile(r"https?:|@|^(?:by|admin|staff|editor|author|unknown|none|null)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a page says of itself."""

    title: str | None
    author: str | None
    site: str | None


def heading_of(root: HtmlElement) -> str:
    """The page's only <h1>; empty if it has none or several."""
    headings = [clean(" ".join(h.itertext())) for h in root.iter("h1")]
    shown = [h for h in headings if h]
    return shown[0] if len(shown) == 1 else ""


def byline_of(root: HtmlElement) -> str | None:
    """Who wrote it, by the marks made for that; guesses by position give menus and dates as often."""
    for element in root.iter("a", "span", "p", "div", "address"):
        marks = f"{element.get('rel', '')} {element.get('itemprop', '')} {element.get('class', '')}".lower().split()
        if not _BYLINES.isdisjoint(marks):
            text = _BY.sub("", clean(" ".join(element.itertext())))
            if text and len(text.split()) <= _MOST_NAMES:
                return text
    return None


def title_element(root: HtmlElement) -> str:
    """The text of <title>."""
    element = root.find(".//head/title")
    return clean("".join(element.itertext())) if element is not None else ""


def without_site(title: str, site: str | None, heading: str = "") -> str:
    """A title without the outlet's name behind it ("… | The Courier"); the page's only <h1> if the title begins with it."""
    if heading and bare(title).startswith(bare(heading)) and len(bare(heading)) >= 8:
        return heading
    parts = _SUFFIX.split(title)
    if len(parts) > 1 and site and bare(parts[-1]) in (bare(site), bare(site).removeprefix("the")):
        return title[: title.rindex(parts[-1])].rstrip(" |–—·•«»:-")
    return title


def read_metadata(root: HtmlElement, *, article: bool) -> Metadata:
    """Metadata of a page with its scripts still in it. An author is only looked for on articles."""
    found = examine_meta(root)
    if found.author and " " not in found.author:
        found.author = None
    with suppress(
        AttributeError, IndexError, KeyError, TypeError, ValueError, RecursionError
    ):  # JSON-LD of any shape
        found = extract_meta_json(root, found)
    site = _short(found.sitename or extract_sitename(root), "publisher")
    heading = heading_of(root)
    title = _short(found.title or extract_title(root) or heading or title_element(root), "title")
    author = _short(found.author or byline_of(root), "author") if article else None
    if author and _NO_AUTHOR.search(author):
        author = None
    return Metadata(
        without_site(title, site, heading) if title else None, author, site.lstrip("@") if site else None
    )


def _short(value: str | None, what: str) -> str | None:
    text = clean(value or "")
    return text if text and len(text) <= _LONGEST[what] else text[: _LONGEST[what]].rsplit(" ", 1)[0] or None
