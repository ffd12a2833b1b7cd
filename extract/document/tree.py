"""HTML text to a tree of what a reader can see, with guards against pages made to exhaust a parser."""

from __future__ import annotations

import re
from itertools import islice

from lxml import etree
from lxml.html import HtmlElement, HTMLParser, document_fromstring

from extract.document.page import UnreadableError

# trafilatura takes 14 s for 40,000 paragraphs; real policy pages have below 10,000 elements.
MOST_ELEMENTS = 40_000
_INVALID = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>", re.IGNORECASE)

_NEVER_SEEN = frozenset(
    {
        "script",
        "style",
        "template",
        "noscript",
        "svg",
        "iframe",
        "object",
        "embed",
        "datalist",
        "canvas",
        "audio",
        "video",
    }
)
_HIDING = re.compile(
    r"""display\s*:\s*none | visibility\s*:\s*(?:hidden|collapse) | opacity\s*:\s*0*\.?0+\s*(?:;|$|!)
      | font(?:-size)?\s*:\s*0+(?:\.0+)?\s*(?:px|pt|em|rem|%|;|$|!)
      | text-indent\s*:\s*-\s*\d{3,} | (?:^|[;\s])(?:left|right|top|bottom|margin-left|margin-top)\s*:\s*-\s*\d{3,}
      | clip\s*:\s*rect\(\s*[01](?:px)?[\s,]+[01](?:px)?[\s,]+[01](?:px)?[\s,]+[01](?:px)?\s*\)
      | clip-path\s*:\s*(?:inset\(\s*(?:50|100)%|circle\(\s*0) | transform\s*:\s*scale\(\s*0\s*\)
      | (?:^|[;\s])color\s*:\s*transparent | color\s*:\s*rgba\([^)]*,\s*0(?:\.0+)?\s*\)
      | (?:^|[;\s])(?:max-)?height\s*:\s*[01]?(?:px)?\s*;.*overflow\s*:\s*hidden
    """,
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)
_LONGEST_STYLE = 2000  # characters
_COLOUR = re.compile(r"(?:^|[;\s])color\s*:\s*([^;!]+)", re.IGNORECASE)
_BACKGROUND = re.compile(r"background(?:-color)?\s*:\s*([^;!]+)", re.IGNORECASE)
_COLOUR_NAMES = {
    "white": "#ffffff",
    "black": "#000000",
    "rgb(255,255,255)": "#ffffff",
    "rgb(0,0,0)": "#000000",
}


def parse(url: str, text: str) -> HtmlElement:
    """The tree of a page. Raises UnreadableError if there is none, or if it is too large or too deep to be trusted."""
    parser = HTMLParser(
        collect_ids=False,
        default_doctype=False,
        remove_comments=True,
        remove_pis=True,
        encoding="utf-8",
        huge_tree=True,
    )
    source = _DECLARATION.sub("", _INVALID.sub("", text)).encode("utf-8")
    if not source.strip():
        raise UnreadableError(url, "nothing in it")
    try:
        root: HtmlElement = document_fromstring(source, parser=parser, ensure_head_body=True)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError) as error:
        raise UnreadableError(url, f"not HTML: {error}") from error
    if any("depth" in entry.message.lower() for entry in parser.error_log if entry.level >= 2):
        raise UnreadableError(
            url, "elements nested deeper than the parser follows: part of the page would be missing"
        )
    if next(islice(root.iter("*"), MOST_ELEMENTS, None), None) is not None:
        raise UnreadableError(url, f"more than {MOST_ELEMENTS} elements")
    return root


def _colour(value: str | None) -> str | None:
    if not value:
        return None
    name = "".join(value.lower().split())
    name = _COLOUR_NAMES.get(name, name)
    return f"#{name[1] * 2}{name[2] * 2}{name[3] * 2}" if re.fullmatch(r"#[0-9a-f]{3}", name) else name


def _background_behind(element: HtmlElement) -> str | None:
    """The colour behind an element, as far as inline styles and bgcolor tell."""
    for place in (element, *element.iterancestors()):
        stated = _BACKGROUND.search(place.get("style", ""))
        if stated or place.get("bgcolor"):
            return _colour(stated.group(1) if stated else place.get("bgcolor"))
    return None


def _unseen(element: HtmlElement) -> bool:
    if element.tag in _NEVER_SEEN or (element.tag == "dialog" and "open" not in element.attrib):
        return True
    hidden = element.get("hidden")
    if (
        hidden is not None and hidden.strip().lower() != "until-found"
    ):  # that value marks a panel a reader can open
        return True
    if element.get("aria-hidden", "").strip().lower() == "true":
        return True
    style = element.get("style", "")[:_LONGEST_STYLE]
    if style and _HIDING.search(style):
        return True
    colour = _COLOUR.search(style) if style else None
    own = _colour(colour.group(1) if colour else element.get("color"))
    return own is not None and own == _background_behind(element)


def _holds_main_part(element: HtmlElement) -> bool:
    return element.tag not in _NEVER_SEEN and next(element.iter("main", "article", "h1"), None) is not None


def remove_unseen(root: HtmlElement) -> None:
    """Takes out what a reader cannot see, in place: hidden, off-screen, of no size, or in its background's colour.

    Judged by attributes and inline styles; style sheets are not read. What holds the page's main part stays
    whatever it says: scripts reveal it (anti-flicker styles, modal windows over it).
    """
    gone: set[HtmlElement] = set()
    for element in root.iter("*"):
        if element.tag in ("html", "head", "body", "main", "article") or not isinstance(element.tag, str):
            continue
        if element.getparent() in gone or (_unseen(element) and not _holds_main_part(element)):
            gone.add(element)
    for element in gone:
        if element.getparent() not in gone:
            element.drop_tree()
