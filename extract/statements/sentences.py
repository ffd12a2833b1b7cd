"""Splits a document into sentences with exact offsets. Does not parse: a parser's own splits lose quotes and headlines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

# Abbreviations that never end a sentence; dotted acronyms are handled apart because some do.
_ABBREVIATIONS = frozenset(
    [
        "mr",
        "mrs",
        "ms",
        "dr",
        "prof",
        "st",
        "no",
        "nos",
        "inc",
        "ltd",
        "co",
        "corp",
        "llc",
        "plc",
        "vs",
        "etc",
        "e.g",
        "i.e",
        "jr",
        "sr",
        "gen",
        "col",
        "sen",
        "rep",
        "gov",
        "art",
        "sec",
        "fig",
        "al",
        "approx",
        "dept",
        "est",
        "jan",
        "feb",
        "mar",
        "apr",
        "jun",
        "jul",
        "aug",
        "sep",
        "sept",
        "oct",
        "nov",
        "dec",
    ]
)
_STARTERS = frozenset(
    [
        "the",
        "a",
        "an",
        "it",
        "its",
        "this",
        "that",
        "these",
        "those",
        "he",
        "she",
        "they",
        "we",
        "i",
        "in",
        "on",
        "at",
        "but",
        "and",
        "as",
        "for",
        "if",
        "when",
        "while",
        "since",
        "after",
        "before",
        "however",
        "meanwhile",
        "although",
        "though",
        "there",
        "here",
        "what",
        "who",
        "why",
        "how",
        "yet",
        "so",
        "both",
        "neither",
        "either",
        "no",
        "not",
        "all",
        "some",
    ]
)
_END = re.compile(r"""[.!?…]+["”’')\]]*(?=\s)""")
_LAST_WORD = re.compile(r"(\S+)$")
_LINE = re.compile(r"[^\n]+")
_NEAR = 60  # characters that decide about a stop
_FIRST_LINES = 3  # of a text, in which its dateline stands
_BULLETS = " \t\r\f\v\u00a0•·▪◦‣*–—-"
_ACRONYM = re.compile(r"^(?:[A-Za-z]\.)+$")
# "WASHINGTON, April 4 (Reuters) - ", "NORFOLK, Neb. — ": no part of the sentence, and a riddle to the parser.
_DATELINE = re.compile(
    r"\s*[A-Z][A-Z.'’/ -]{2,}[A-Z](?:[,.] [^—–()\n]{1,30}?)?(?: \([^()\n]{2,40}\))?(?: ?[—–] ?| -{1,2} )(?=\S)"
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence: `text == document_text[start:end]`. `paragraph` and `index` count from 0; `alone` on its line."""

    text: str
    start: int
    end: int
    paragraph: int
    index: int
    alone: bool


def _ends_here(before: str, after: str) -> bool:
    """Whether the stop at the end of `before` ends a sentence that goes on with `after`."""
    follower = after.lstrip()
    if not follower:
        return True
    first = follower.lstrip("\"“‘'([•-– ")[:1]
    if not (first.isupper() or first.isdigit()):
        return False
    match = _LAST_WORD.search(before)
    word = match.group(1).lstrip("\"“‘'([") if match else ""
    if word.endswith((".", ".”", '."', ".'", ".’")):
        bare = word.rstrip("\"”'’").rstrip(".").lower()
        if bare in _ABBREVIATIONS:
            return False
        if _ACRONYM.match(word) or (len(bare) == 1 and bare.isalpha()):
            next_word = re.split(r"\W", follower.lstrip("\"“‘'"), maxsplit=1)[0].lower()
            return next_word in _STARTERS
    return True


def _spans(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for match in _END.finditer(text):
        end = match.end()
        if _ends_here(text[max(start, end - _NEAR) : end], text[end : end + _NEAR]):
            yield start, end
            start = end
    yield start, len(text)


def dateline_of(text: str) -> str:
    """Where and when a report was written, as its first lines say: "WASHINGTON, April 4 (Reuters) - "; else nothing."""
    lines = (line.group() for line in islice(_LINE.finditer(text), _FIRST_LINES))
    return next((found.group() for line in lines if (found := _DATELINE.match(line))), "")


def split(text: str, paragraphs: tuple[tuple[int, int], ...]) -> list[Sentence]:
    """The sentences of a text in order; white space around each is left out, empty ones are dropped."""
    found: list[Sentence] = []
    for number, (begin, stop) in enumerate(paragraphs):
        for line in _LINE.finditer(text, begin, stop):
            dateline = _DATELINE.match(line.group())
            body = dateline.end() if dateline is not None else 0
            pieces = [(body + a, body + b) for a, b in _spans(line.group()[body:])]
            for a, b in pieces:
                piece = line.group()[a:b]
                left = line.start() + a + len(piece) - len(piece.lstrip(_BULLETS))
                right = line.start() + a + len(piece.rstrip())
                if right > left:
                    found.append(
                        Sentence(text[left:right], left, right, number, len(found), alone=len(pieces) == 1)
                    )
    return found
