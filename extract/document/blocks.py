"""A tree of elements to clean blocks of text. Reads HTML and trafilatura's own vocabulary alike; never recursive.

A block is a paragraph, a heading, a table row ("cell | cell") or a list (its items are lines that begin with "- ").
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree

_INLINE_WORDS = (
    "a abbr acronym b bdi bdo big cite code data del dfn em font hi i ins kbd label mark q ref s samp small span strike strong "
    "sub sup time tt u var wbr"
)
INLINE = frozenset(_INLINE_WORDS.split())
_ROWS, _CELLS, _LISTS, _ITEMS, _BREAKS = (
    {"tr", "row"},
    {"td", "th", "cell"},
    {"ul", "ol", "menu", "list"},
    {"li", "item"},
    {"br", "lb"},
)
_LAYOUT = ("h1", "h2", "h3", "ul", "ol", "table", "article", "section", "head", "list")
_BREAK = "\x00"
# What no reader sees: format characters (category Cf: zero-width, soft hyphen, bidi), variation selectors,
# surrogates, private use (icon fonts) and non-characters. Names and cues split by them must still be read.
_UNSEEN = re.compile(
    "[\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ud800-\udfff\ue000-\uf8ff\ufdd0-\ufdef\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff"
    "\U000110bd\U000110cd\U00013430-\U0001345f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U0010ffff]"
)
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f]")
_ENDED = re.compile(r"[.!?:;…][\"”’')\]]*$")
_SHORT_LINE = 50  # a line broken by hand before this length is one of a list or an address, not wrapped prose


def clean(text: str) -> str:
    """One line of text as it is stored: NFC, single spaces, nothing that a reader cannot see."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", _UNSEEN.sub("", text))
    line = " ".join(text.split())
    return line if line.isprintable() else " ".join(_CONTROL.sub("", line).split())


@dataclass(slots=True)
class _State:
    """Where the walk stands."""

    buffer: list[str] = field(default_factory=list)
    lists: int = 0
    items: list[bool] = field(default_factory=list)  # open list items: whether something of it was given out
    lines: list[str] = field(default_factory=list)  # of the list that is open
    cells: list[str] | None = None  # of the row that is open


def _broken(text: str) -> list[str]:
    """The pieces of a block with line breaks in it: a break inside a sentence is only a space."""
    pieces: list[str] = []
    for raw in text.split(_BREAK):
        piece = clean(raw)
        if not piece:
            continue
        before = pieces[-1] if pieces else ""
        wrapped = before and not _ENDED.search(before) and (len(before) >= _SHORT_LINE or piece[0].islower())
        if wrapped:
            pieces[-1] = f"{before} {piece}"
        else:
            pieces.append(piece)
    return pieces


def _flush(state: _State) -> Iterator[str]:
    pieces = _broken("".join(state.buffer))
    state.buffer.clear()
    if not pieces:
        return
    if not state.lists:
        yield from pieces
        return
    for piece in pieces:
        fresh = bool(state.items) and not state.items[-1]
        state.lines.append(f"- {piece}" if fresh and not piece.startswith(("- ", "• ")) else piece)
        if state.items:
            state.items[-1] = True


def _lays_out(row: etree._Element) -> bool:
    """Whether a row is no row of data but holds a part of the page: such cells are read as blocks."""
    paragraphs = max((sum(1 for _ in cell.iter("p")) for cell in row), default=0)
    return paragraphs > 1 or next(row.iter(*_LAYOUT), None) is not None


def _open(state: _State, tag: str, element: etree._Element) -> Iterator[str]:
    if tag in _BREAKS:
        state.buffer.append(" " if state.cells is not None else _BREAK)
    elif state.cells is not None:
        state.buffer.append("" if tag in INLINE else " ")
    elif tag not in INLINE:
        yield from _flush(state)
        if tag in _ROWS and not _lays_out(element):
            state.cells = []
        elif tag in _LISTS:
            state.lists += 1
        elif tag in _ITEMS:
            state.items.append(False)


def _close(state: _State, tag: str) -> Iterator[str]:
    if tag in _CELLS and state.cells is not None:
        state.cells.append(clean("".join(state.buffer).replace(_BREAK, " ")))
        state.buffer.clear()
    elif tag in _ROWS and state.cells is not None:
        cells, state.cells = state.cells, None
        state.buffer.append(" | ".join(c for c in cells if c))
        yield from _flush(state)
    elif state.cells is not None:
        state.buffer.append("" if tag in INLINE else " ")
    elif tag not in INLINE and tag not in _BREAKS:
        yield from _flush(state)
        if tag in _ITEMS and state.items:
            state.items.pop()
        elif tag in _LISTS and state.lists:
            state.lists -= 1
            if not state.lists and state.lines:
                yield "\n".join(state.lines)
                state.lines.clear()


def blocks_of(root: etree._Element) -> Iterator[str]:
    """The blocks of text under an element, in order. Lines of a block are separated by one newline."""
    state = _State()
    for event, element in etree.iterwalk(root, events=("start", "end")):
        tag = element.tag if isinstance(element.tag, str) else ""
        if event == "start":
            yield from _open(state, tag, element)
            if tag and element.text:
                state.buffer.append(element.text)
        else:
            yield from _close(state, tag)
            if element.tail and element is not root:
                state.buffer.append(element.tail)
    state.lists = 0
    yield from state.lines
    yield from _flush(state)
