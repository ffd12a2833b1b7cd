"""A PDF to a Document: lines re-joined to paragraphs, running heads dropped. Reads no tables and no pictures of text."""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from io import BytesIO

from pypdf import PdfReader
from pypdf.errors import PyPdfError

from extract.document.address import cleaned
from extract.document.blocks import clean
from extract.document.compose import compose
from extract.document.dates import Claim, settle, written_claims
from extract.document.fingerprint import fingerprint
from extract.document.language import agreed, content_language
from extract.document.page import Page, UnreadableError
from extract.types import Capture, Document

logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # its complaints about sloppy files are not ours

MOST_PAGES = 500
_RUNNING = 0.5  # share of pages on which a line at the edge is a running head
_EDGE = 3  # lines looked at above and below
_DIGITS = re.compile(r"\d+")
_BULLET = re.compile(r"^(?:[•●▪◦‣·*–-]|\(?(?:\d{1,2}|[a-z]|[ivx]{1,4})[.)])\s+")
# Bullets as fonts for symbols encode them: outside of Unicode, or where pypdf leaves them.
_SYMBOLS = dict.fromkeys((0x7F, 0xF0B7, 0xF0A7, 0xF0D8, 0xF0FC, 0xF02D), "•")
_MARK = re.compile(r"^[•●▪◦‣·*–]\s+")
_ENDED = re.compile(r"[.!?:;…][\"”’')\]]*$")
_HYPHEN = re.compile(r"(?<=[a-z])[-\u2010]$")
_FULL_LINE = 0.75  # a line shorter than this share of the longest ends its paragraph if it ends a sentence
_PLACEHOLDER_TITLES = re.compile(
    r"^(?:untitled|microsoft word\b.*|.*\.(?:docx?|pdf|indd|pptx?)|document\d*)$", re.IGNORECASE
)


def _lines(reader: PdfReader) -> list[list[str]]:
    return [
        [clean(line) for line in (page.extract_text() or "").translate(_SYMBOLS).splitlines()]
        for page in reader.pages[:MOST_PAGES]
    ]


def _without_running_heads(pages: list[list[str]]) -> list[list[str]]:
    """Pages without the lines that stand at the edge of most of them, page numbers aside."""
    seen: Counter[str] = Counter()
    for page in pages:
        full = [line for line in page if line]
        seen.update({_DIGITS.sub("#", line) for line in (*full[:_EDGE], *full[-_EDGE:])})
    least = max(2, int(len(pages) * _RUNNING) + 1)
    running = {line for line, times in seen.items() if times >= least}
    kept = []
    for page in pages:
        places = [i for i, line in enumerate(page) if line]
        edge = {*places[:_EDGE], *places[-_EDGE:]}
        kept.append(
            [
                line
                for i, line in enumerate(page)
                if i not in edge or not line or _DIGITS.sub("#", line) not in running
            ]
        )
    return [
        [
            line
            for line in page
            if not re.fullmatch(r"(?:page\s+)?\d{1,4}(?:\s*(?:of|/)\s*\d{1,4})?", line, re.IGNORECASE)
        ]
        for page in kept
    ]


def _joined(before: str, line: str) -> str:
    if _HYPHEN.search(before) and line[:1].islower():
        return before[:-1] + line
    return f"{before} {line}"


def _heading(line: str, width: int) -> bool:
    """A short line without a stop that does not run on: a heading, kept apart from the paragraph under it."""
    return len(line) < width * 0.6 and not _ENDED.search(line) and not line.endswith(",")


def paragraphs_of(pages: Iterable[list[str]]) -> Iterator[str]:
    """Paragraphs out of lines: a blank line, a bullet or a short line that ends a sentence begins a new one."""
    lines = [line for page in pages for line in page]
    width = max((len(line) for line in lines), default=0)
    current = ""
    last = 0
    for line in lines:
        if not line:
            if current and _ENDED.search(current):
                yield current
                current = ""
            continue
        ends = _ENDED.search(current) and last < width * _FULL_LINE
        title = _heading(current, width) and last == len(current) and line[:1].isupper()
        if current and (_BULLET.match(line) or ends or title):
            yield current
            current = ""
        line = _MARK.sub("- ", line)
        current = _joined(current, line) if current else line
        last = len(line)
    if current:
        yield current


def _times(reader: PdfReader) -> tuple[list[Claim], list[Claim]]:
    def claim(key: str, source: str) -> list[Claim]:
        try:
            value = getattr(reader.metadata, key, None)
        except (ValueError, TypeError, PyPdfError):
            return []
        return [Claim(value, source)] if isinstance(value, datetime) else []

    return claim("creation_date", "PDF creation"), claim("modification_date", "PDF modification")


def _named(reader: PdfReader, key: str) -> str | None:
    try:
        value = getattr(reader.metadata, key, None)
    except (ValueError, TypeError, PyPdfError):
        return None
    text = clean(str(value or ""))[:300]
    return None if not text or _PLACEHOLDER_TITLES.match(text) else text


def read_pdf(capture: Capture) -> Page:
    """Text and metadata of a PDF. Without text (encrypted, or pictures of pages) the Page says so and has no document.

    Raises UnreadableError for a file that pypdf cannot read.
    """
    try:
        reader = PdfReader(BytesIO(capture.body))
        if reader.is_encrypted and not reader.decrypt(""):
            return Page(None, nothing="the PDF is encrypted")
        pages = _without_running_heads(_lines(reader))
    except (
        PyPdfError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        IndexError,
        OSError,
        ZeroDivisionError,
    ) as error:
        raise UnreadableError(capture.url, f"not a readable PDF: {type(error).__name__}: {error}") from error
    title = _named(reader, "title") or capture.hints.title
    composed = compose(paragraphs_of(pages), title)
    body = composed.text[composed.headline :].lstrip()
    if not body:
        return Page(None, nothing=f"the PDF holds pictures of its {len(pages)} pages, no text")
    published, modified = _times(reader)
    dates = settle(published, [*modified, *written_claims(body)], capture.fetched, capture.hints.published)
    content = content_language(body)
    document = Document(
        url=cleaned(capture.final_url), title=title, author=_named(reader, "author") or capture.hints.author,
        publisher=capture.publisher, site=capture.site, language=agreed(capture.language, content),
        published=dates.published, modified=dates.modified, fetched=capture.fetched,
        text=composed.text, paragraphs=composed.paragraphs, quarantined=dates.quarantined, fingerprint=fingerprint(body),
    )  # fmt: skip
    return Page(document, headline=composed.headline, content_language=content)
