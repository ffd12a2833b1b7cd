"""Cuts a document's text into paragraphs and pieces, so that evidence and marks can be shown where they stand. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

# How much of the text is shown around what matters before the rest is asked for: paragraphs before and after.
AROUND = 1
WORDS = {
    "evidence": "the evidence",
    "company": "the company",
    "authority": "the authority",
    "cue": "what it does",
    "negation": "what negates it",
}


@dataclass(frozen=True, slots=True)
class Place:
    """Characters `start` to `end` of the text, and what they are: evidence, company, authority, cue, negation, …"""

    kind: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Piece:
    """Some text that is the same things throughout. `opens`: the evidence begins here."""

    text: str
    kinds: tuple[str, ...] = ()
    opens: bool = False

    @property
    def title(self) -> str:
        """What it is, in words."""
        return ", ".join(WORDS.get(kind, kind) for kind in self.kinds if kind != "evidence")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph, where it begins in the text, and whether it matters: holds or stands beside a place.

    `follows`: the paragraph before it matters too.
    """

    start: int
    pieces: tuple[Piece, ...]
    near: bool
    follows: bool

    @property
    def plain(self) -> tuple[Piece, ...]:
        """The same, where it is shown a second time: the evidence opens once on a page."""
        return tuple(replace(piece, opens=False) for piece in self.pieces)


def paragraphs_of(text: str, spans: Sequence[tuple[int, int]], places: Iterable[Place]) -> list[Paragraph]:
    """The paragraphs of a text with these places in them. Places outside of every paragraph are not shown."""
    told = [p for p in places if 0 <= p.start < p.end <= len(text)]
    cut = [(start, end) for start, end in spans if 0 <= start < end <= len(text)] or [(0, len(text))]
    holding = {
        n
        for n, (start, end) in enumerate(cut)
        if any(place.start < end and place.end > start for place in told)
    }
    near = {m for n in holding or {0} for m in range(n - AROUND, n + AROUND + 1)}
    return [
        Paragraph(start, tuple(_pieces(text, start, end, told)), n in near, n - 1 in near)
        for n, (start, end) in enumerate(cut)
    ]


def _pieces(text: str, start: int, end: int, places: Sequence[Place]) -> Iterable[Piece]:
    here = [place for place in places if place.start < end and place.end > start]
    edges = sorted({start, end, *(min(max(e, start), end) for p in here for e in (p.start, p.end))})
    opening = min((p.start for p in places if p.kind == "evidence"), default=None)
    for a, b in pairwise(edges):
        kinds = tuple(dict.fromkeys(p.kind for p in here if p.start <= a and p.end >= b))
        yield Piece(text[a:b], kinds, opens=opening == a and "evidence" in kinds)
