"""Blocks to the final text of a document: headline first, blank lines between, offsets fixed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from extract.document.blocks import clean

_LETTERS = re.compile(r"[\W_]+")
_LOOK_FOR_HEADLINE = 4  # a kicker, a date and a breadcrumb may stand above it


@dataclass(frozen=True, slots=True)
class Composed:
    """A text, its paragraphs, and how many characters at its front are the headline."""

    text: str
    paragraphs: tuple[tuple[int, int], ...]
    headline: int = 0


def bare(text: str) -> str:
    """Letters and digits only, case folded: for comparing headlines."""
    return _LETTERS.sub("", text).casefold()


def compose(blocks: Iterable[str], headline: str | None = None) -> Composed:
    """Puts clean blocks together. A headline that stands among the first blocks already is moved, not doubled."""
    body = [block for block in blocks if block]
    title = clean(headline or "")
    if title:
        known = bare(title)
        for place, block in enumerate(body[:_LOOK_FOR_HEADLINE]):
            if bare(block) == known:
                del body[place]
                break
        body.insert(0, title)
    paragraphs, start = [], 0
    for block in body:
        paragraphs.append((start, start + len(block)))
        start += len(block) + 2
    return Composed("\n\n".join(body), tuple(paragraphs), len(title))
