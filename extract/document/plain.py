"""A plain text body (a warrant canary, a press release) to a Document: blank lines separate paragraphs."""

from __future__ import annotations

import re

from extract.document.address import cleaned
from extract.document.blocks import clean
from extract.document.charset import broken, decode
from extract.document.compose import compose
from extract.document.dates import settle, written_claims
from extract.document.fingerprint import fingerprint
from extract.document.language import agreed, content_language
from extract.document.page import Page, UnreadableError
from extract.types import Capture, Document

_BLANK = re.compile(r"\n[ \t\r]*\n")
_BULLET = re.compile(r"^\s*(?:[-*•]|\d{1,2}[.)])\s+")


def _block(raw: str) -> str:
    """Wrapped lines joined; bullets stay lines of their own."""
    lines: list[str] = []
    for line in raw.splitlines():
        text = clean(line)
        if text and lines and not _BULLET.match(line):
            lines[-1] += f" {text}"
        elif text:
            lines.append(text)
    return "\n".join(lines)


def read_plain(capture: Capture) -> Page:
    """Text of a plain text capture. Raises UnreadableError for a broken charset."""
    source = decode(capture.body, capture.headers.get("content-type"))
    if broken(source):
        raise UnreadableError(capture.url, "its characters are broken: no charset fits")
    composed = compose(
        [_block(raw) for raw in _BLANK.split(source.replace("\r\n", "\n"))], capture.hints.title
    )
    body = composed.text[composed.headline :].lstrip()
    if not body:
        return Page(None, nothing="no text")
    content = content_language(body)
    dates = settle((), written_claims(body), capture.fetched, capture.hints.published)
    document = Document(
        url=cleaned(capture.final_url), title=capture.hints.title, author=capture.hints.author, publisher=capture.publisher,
        site=capture.site, language=agreed(capture.language, content), published=dates.published, modified=dates.modified,
        fetched=capture.fetched, text=composed.text, paragraphs=composed.paragraphs, quarantined=dates.quarantined,
        fingerprint=fingerprint(body),
    )  # fmt: skip
    return Page(document, headline=composed.headline, content_language=content)
