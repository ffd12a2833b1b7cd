"""What a body is, told by its bytes; the server's word counts only where the bytes say nothing."""

from __future__ import annotations

import re
from enum import StrEnum

from extract.types import Capture


class Media(StrEnum):
    """What can be done with a body."""

    HTML = "html"
    PDF = "pdf"
    TEXT = "text"
    TABLE = "table"  # CSV, XLSX, JSON: figures of a report
    OTHER = "other"


_HTML_START = re.compile(
    rb"^(?>\s*<!--.*?-->)*+\s*<(?:!doctype\s+html|html|head|body|title|meta|main|article|div|p|h1|section)\b",
    re.IGNORECASE | re.DOTALL,
)
_TABLES = {
    "text/csv", "application/csv", "application/json", "application/vnd.ms-excel", "application/zip",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "text/tab-separated-values",
}  # fmt: skip
_HTML_TYPES = {"text/html", "application/xhtml+xml", ""}
_BINARY = (
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"RIFF",
    b"\x1f\x8b",
    b"\x7fELF",
    b"OggS",
    b"ID3",
    b"\xd0\xcf\x11\xe0",
)


def media_of(capture: Capture) -> Media:
    """What the body of a capture is."""
    head = capture.body[:2048]
    declared = capture.media_type
    if b"%PDF-" in head[:1024]:
        return Media.PDF
    if head.startswith(b"PK\x03\x04") or declared in _TABLES:
        return Media.HTML if _HTML_START.match(head) else Media.TABLE
    if head.startswith(_BINARY):
        return Media.OTHER
    if _HTML_START.match(head.removeprefix(b"\xef\xbb\xbf")):
        return Media.HTML
    if head.lstrip().startswith((b"<?xml", b"<rss", b"<feed")):
        return Media.HTML if b"<html" in head.lower() else Media.OTHER
    if declared in _HTML_TYPES:
        return Media.HTML if _readable(head) else Media.OTHER
    return Media.TEXT if declared.startswith("text/") and _readable(head) else Media.OTHER


def _readable(head: bytes) -> bool:
    """Whether bytes may be text: UTF-16 has a mark, all else has no zero bytes."""
    return head.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" not in head
