"""An HTML body to a Document. Articles are read by trafilatura; watched pages whole.

Why two ways: an article is one story among much else, and trafilatura knows how to find it. A company's policy
page is all story, and any guess at its main part loses paragraphs (on 32 real policies in accordion markup
trafilatura kept 80-87 % of the sentences, of one policy 5 %) or loses other ones after the next change of layout,
which would look like withdrawn promises. So of pages and reports only what surrounds the text is left out (whole.py).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain

from lxml import etree
from lxml.html import HtmlElement
from trafilatura import bare_extraction

from extract.document.address import canonical
from extract.document.blocks import blocks_of, clean
from extract.document.charset import broken, decode
from extract.document.compose import Composed, compose
from extract.document.dates import (
    Dates,
    guessed_claims,
    modified_claims,
    published_claims,
    settle,
    written_claims,
)
from extract.document.fingerprint import fingerprint
from extract.document.jsonld import nodes_of
from extract.document.language import agreed, content_language, language_tag
from extract.document.metadata import Metadata, read_metadata
from extract.document.page import Page, UnreadableError
from extract.document.signs import read_signs
from extract.document.teasers import remove_teasers
from extract.document.tree import parse, remove_unseen
from extract.document.whole import marked_part, read_whole
from extract.types import Capture, Document, SourceKind

# What it cannot extract is told by the outcome, in words and beside the URL.
logging.getLogger("trafilatura").setLevel(logging.CRITICAL)

WHOLE = frozenset({SourceKind.PAGE, SourceKind.REPORT})
_REPEATED_WORDS = 8
_FEW_WORDS = 150  # below this a page may be a wall or a shell, and all that it shows is looked at


def _blocks(root: HtmlElement, kind: SourceKind) -> list[str]:
    if kind in WHOLE:
        return read_whole(root)
    try:
        found = bare_extraction(root, include_comments=False, include_tables=True, with_metadata=False)
    except Exception:  # noqa: BLE001 - whatever a page does to trafilatura, it can still be read whole
        return read_whole(root)
    body = getattr(found, "body", None)
    blocks = list(blocks_of(body)) if isinstance(body, etree._Element) else []  # noqa: SLF001 - lxml's only name for it
    # Of a short story trafilatura takes all that the page holds, and some of it twice.
    if sum(len(b.split()) for b in blocks) < _FEW_WORDS:
        return read_whole(root) if marked_part(root) is not None else _once(blocks)
    return blocks


def _once(blocks: list[str]) -> list[str]:
    """Blocks without those that say a longer other block once more, alone or among other words."""
    long = {block for block in blocks if len(block.split()) >= _REPEATED_WORDS}
    kept = [b for b in blocks if not any(other in b and other != b for other in long)]
    return [b for i, b in enumerate(kept) if b not in long or b not in kept[:i]]


def _claims(root: HtmlElement) -> Iterator[str]:
    """The addresses that a page claims as its own."""
    for link in root.iter("link"):
        if "canonical" in link.get("rel", "").lower().split() and link.get("href"):
            yield link.get("href")
    for meta in root.iter("meta"):
        if meta.get("property") == "og:url" and meta.get("content"):
            yield meta.get("content")


def _document(
    capture: Capture, meta: Metadata, url: str, composed: Composed, dates: Dates, language: str | None
) -> Document:
    return Document(
        url=url,
        title=meta.title or capture.hints.title,
        author=meta.author or capture.hints.author,
        publisher=capture.publisher or meta.site,
        site=capture.site,
        language=language,
        published=dates.published,
        modified=dates.modified,
        fetched=capture.fetched,
        text=composed.text,
        paragraphs=composed.paragraphs,
        quarantined=dates.quarantined,
        fingerprint=fingerprint(composed.text[composed.headline :]),
    )


def read_html(capture: Capture) -> Page:
    """Text, metadata and signs of an HTML capture.

    Raises UnreadableError for a body that is no HTML, too large or deep to be read whole, or in a broken charset.
    """
    source = decode(capture.body, capture.headers.get("content-type"))
    if broken(source):
        raise UnreadableError(capture.url, "its characters are broken: no charset fits")
    root = parse(capture.url, source)
    whole = capture.kind in WHOLE
    nodes = nodes_of(root)
    signs = read_signs(root, nodes, capture.final_url)
    meta = read_metadata(root, article=not whole)
    url = canonical(list(_claims(root)), capture.final_url)
    published, modified = list(published_claims(root, nodes)), list(modified_claims(root, nodes))
    declared = (
        language_tag(root.get("lang"))
        or language_tag(capture.headers.get("content-language"))
        or capture.language
    )

    remove_unseen(root)
    seen = root.find("body")
    shown = clean(" ".join(seen.itertext()))[:20_000] if seen is not None else ""
    if not whole:
        remove_teasers(root, capture.final_url)
    blocks = _blocks(root, capture.kind)
    composed = compose(blocks, meta.title or capture.hints.title)
    body = composed.text[composed.headline :].lstrip()
    if len(body.split()) < _FEW_WORDS:
        signs = replace(signs, visible=shown)
    if not body:
        return Page(None, signs, nothing="no text besides navigation")
    content = content_language(body)
    dates = settle(
        published,
        chain(modified, written_claims(body) if whole else ()),
        capture.fetched,
        capture.hints.published,
        () if whole else guessed_claims(root, url, capture.fetched),
    )
    document = _document(capture, meta, url, composed, dates, agreed(declared, content))
    return Page(document, signs, headline=composed.headline, content_language=content)
