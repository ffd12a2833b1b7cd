"""Takes out of a story's page what leads to other stories: their headlines are not this story's words.

A statement must be evidenced by the text that makes it. Of a short story trafilatura keeps lists of related
headlines, and a headline states stances as well as any sentence.
"""

from __future__ import annotations

from urllib.parse import urldefrag, urljoin

from lxml.html import HtmlElement

# What can stand for one headline; the page's own (h1) is never taken for another's.
_LINES = ("li", "p", "h2", "h3", "h4", "h5", "h6", "dt", "dd", "td", "figcaption")
_BLOCKS = {"h2", "h3", "h4", "h5", "h6", "p", "div", "figure"}


def remove_teasers(root: HtmlElement, url: str) -> None:
    """Takes out, in place, side columns, and lines that are nothing but a link to another address."""
    for aside in list(root.iter("aside")):
        if next(aside.iter("main", "article", "h1"), None) is None and aside.getparent() is not None:
            aside.drop_tree()
    for link in list(root.iter("a")):
        if _leads_away(link, url) and _teases(link):
            link.drop_tree()
    for line in list(root.iter(*_LINES)):
        links = [link for link in line.iter("a") if _leads_away(link, url)]
        if links and _letters(line) == sum(map(_letters, links)) and next(line.iter("h1"), None) is None:
            line.drop_tree()


def _leads_away(link: HtmlElement, url: str) -> bool:
    href = link.get("href", "").strip()
    if not href or href.startswith("#"):
        return False
    try:
        leads_to, here = urldefrag(urljoin(url, href)), urldefrag(url)
    except ValueError:  # no address at all: it leads nowhere
        return False
    return str(leads_to.url) != str(here.url)


def _teases(link: HtmlElement) -> bool:
    """Whether a link wraps a headline or a whole block, as in cards."""
    inside = {element.tag for element in link.iter()}
    return bool(inside & _BLOCKS) and not inside & {"h1", "article"}


def _letters(element: HtmlElement) -> int:
    return sum(not c.isspace() for text in element.itertext() for c in text)
