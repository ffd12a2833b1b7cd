"""Bytes to characters, whatever the server said of them: the bytes themselves come first, labels second."""

from __future__ import annotations

from trafilatura.utils import decode_file
from w3lib.encoding import html_body_declared_encoding, http_content_type_encoding, read_bom, resolve_encoding

_BROKEN_SHARE = 0.001  # more replacement characters than this, and the text is not what was written
_ASCII = bytes(range(128))


def decode(body: bytes, content_type: str | None) -> str:
    """The text of a body: byte order mark, UTF-8 if it is valid, the declared charset if it fits, then a guess."""
    named, _ = read_bom(body)
    if named:
        return body.decode(named, errors="replace").lstrip("\ufeff")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        pass
    declared = http_content_type_encoding(content_type) or html_body_declared_encoding(body)
    for encoding in (resolve_encoding(declared) if declared else None, "utf-8"):
        text = body.decode(encoding, errors="replace") if encoding else None
        if text is not None and not broken(text):  # one torn character does not make it another charset
            return text
    # Nearly all ASCII: the rest is the typographic quotes of Windows-1252, which guessers take for anything.
    if len(body.translate(None, _ASCII)) < len(body) * 0.02:
        return body.decode("cp1252", errors="replace")
    return decode_file(body)


def broken(text: str) -> bool:
    """Whether a text holds so many replacement characters that its words cannot be trusted."""
    return text.count("\ufffd") > max(1, len(text) * _BROKEN_SHARE)
