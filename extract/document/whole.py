"""A page read whole, but for what surrounds its text: navigation, footer, forms, consent banners. Guesses at nothing else."""

from __future__ import annotations

import re

from lxml.html import HtmlElement

from extract.document.blocks import blocks_of

_MAIN_WORDS = 30
_AROUND = frozenset({"nav", "footer", "form", "button", "select", "input", "textarea", "label", "dialog"})
_ROLES = frozenset({"navigation", "search", "contentinfo"})
_CONSENT = re.compile(r"cookie|consent|onetrust|didomi|gdpr|usercentrics|cmp-|truste", re.IGNORECASE)
_CONSENT_WORDS = 300  # a longer element of that name is the page itself (a cookie policy)


def words_in(element: HtmlElement) -> int:
    """How many words stand in an element."""
    return sum(len(t.split()) for t in element.itertext())


def _holds(element: HtmlElement, *tags: str) -> bool:
    return next(element.iter(*tags), None) is not None


def _inside(element: HtmlElement, *tags: str) -> bool:
    return next(element.iterancestors(*tags), None) is not None


def marked_part(root: HtmlElement) -> HtmlElement | None:
    """The only <main>, else the only <article>, if there is something in it."""
    mains = [e for e in root.iter("main", "div", "section") if e.tag == "main" or e.get("role") == "main"]
    for marked in (mains, list(root.iter("article"))):
        if len(marked) == 1 and words_in(marked[0]) >= _MAIN_WORDS:
            return marked[0]
    return None


def _surrounds(element: HtmlElement) -> bool:
    """Whether an element stands around the text; what holds the headline is never taken for that."""
    if element.tag in _AROUND or element.get("role") in _ROLES:
        return not _holds(element, "h1", "article", "main")
    if element.tag == "header":
        return not _holds(element, "h1") and not _inside(element, "main", "article")
    name = f"{element.get('id', '')} {element.get('class', '')}"
    return (
        bool(_CONSENT.search(name))
        and words_in(element) < _CONSENT_WORDS
        and not _holds(element, "h1", "main")
    )


def read_whole(root: HtmlElement) -> list[str]:
    """The blocks of a page's marked part, else of its body. Takes what surrounds them out of the tree."""
    part = marked_part(root)
    if part is None:
        part = root.find("body")
    if part is None:
        part = root
    gone = [element for element in part.iter("*") if element is not part and _surrounds(element)]
    for element in gone:
        if element.getparent() is not None:
            element.drop_tree()
    return list(blocks_of(part))
