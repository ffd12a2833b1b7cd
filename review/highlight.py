"""Cuts a document's text into paragraphs and pieces, so that evidence and marks can be shown where they stand. Pure."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
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
    "object": "what it is done to",
    "negation": "what negates it",
    "hit": "searched for",
}


@dataclass(frozen=True, slots=True)
class Place:
    """Characters `start` to `end` of the text, and what they are: evidence, company, authority, cue, negation, …"""

    kind: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Piece:
    """Some text that is the same things throughout. `opens`: what the page is opened for, if it begins here."""

    text: str
    kinds: tuple[str, ...] = ()
    opens: str = ""

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
        """The same, where it is shown a second time: what the page is opened for stands once on it."""
        return tuple(replace(piece, opens="") for piece in self.pieces)


def paragraphs_of(text: str, spans: Sequence[tuple[int, int]], places: Iterable[Place]) -> list[Paragraph]:
    """The paragraphs of a text with these places in them. Places outside of every paragraph are not shown."""
    told = [p for p in places if 0 <= p.start < p.end <= len(text)]
    cut = sorted(one for one in spans if 0 <= one[0] < one[1] <= len(text)) or [(0, len(text))]
    starts = [start for start, _ in cut]
    inside: dict[int, list[Place]] = {}
    for place in told:
        first = max(0, bisect_right(starts, place.start) - 1)
        for n in range(first, bisect_left(starts, place.end)):
            if place.start < cut[n][1]:
                inside.setdefault(n, []).append(place)
    near = {m for n in inside or {0} for m in range(n - AROUND, n + AROUND + 1)}
    opens = _opening(told)
    return [
        Paragraph(start, tuple(_pieces(text, start, end, inside.get(n, []), opens)), n in near, n - 1 in near)
        for n, (start, end) in enumerate(cut)
    ]


def kinds_in(paragraphs: Iterable[Paragraph]) -> tuple[tuple[str, str], ...]:
    """What is marked in some paragraphs: each kind with its words."""
    found = {kind for paragraph in paragraphs for piece in paragraph.pieces for kind in piece.kinds}
    return tuple((kind, words) for kind, words in WORDS.items() if kind in found)


def _opening(places: Sequence[Place]) -> tuple[str, int]:
    """What a page is opened for, and where it begins: the first word that was searched for, else the evidence."""
    for kind in ("hit", "evidence"):
        if begins := [place.start for place in places if place.kind == kind]:
            return kind, min(begins)
    return "", -1


def _pieces(
    text: str, start: int, end: int, here: Sequence[Place], opens: tuple[str, int]
) -> Iterable[Piece]:
    edges = sorted({start, end, *(min(max(e, start), end) for p in here for e in (p.start, p.end))})
    for a, b in pairwise(edges):
        kinds = tuple(dict.fromkeys(p.kind for p in here if p.start <= a and p.end >= b))
        yield Piece(text[a:b], kinds, opens[0] if opens[1] == a and opens[0] in kinds else "")
