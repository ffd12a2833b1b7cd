"""Body to Document, whatever the body is. Judges nothing: see outcome.py."""

from __future__ import annotations

from extract.document.html import read_html
from extract.document.media import Media, media_of
from extract.document.page import Page, UnreadableError
from extract.document.pdf import read_pdf
from extract.document.plain import read_plain
from extract.types import Capture, Document

_READERS = {Media.HTML: read_html, Media.PDF: read_pdf, Media.TEXT: read_plain}


def read_page(capture: Capture) -> Page:
    """The Document of a body and the signs by which its outcome is judged. Raises UnreadableError."""
    media = media_of(capture)
    reader = _READERS.get(media)
    if reader is None:
        raise UnreadableError(capture.url, f"not a text to read: {capture.media_type or 'no media type'}")
    return reader(capture)


def read_document(capture: Capture) -> Document:
    """The Document of a body that is known to be good. Raises UnreadableError, also if there is no text in it."""
    page = read_page(capture)
    if page.document is None:
        raise UnreadableError(capture.url, page.nothing)
    return page.document
