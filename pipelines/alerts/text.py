"""Scraped text made fit to show: cleaned of what a reader cannot see, compared word by word, wrapped. Pure."""

from __future__ import annotations

import difflib
import textwrap
import unicodedata

# Control, format (bidi marks, zero-width, soft hyphen), surrogate, private use, line and paragraph separators.
UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
# Below this likeness two sentences share only chance words, and marking the rest says nothing.
ALIKE = 0.5

MARKS = frozenset('"“”„‟«»')

Pieces = list[tuple[str, bool]]


def clean(text: str, limit: int = 2000) -> str:
    """One line of visible text: unseen characters gone, white space single, at most `limit` characters.

    The cut comes first, so that a megabyte of title costs nothing.
    """
    rough = text[: limit * 4]
    seen = "".join(" " if c in "\t\n\r\x0b\x0c\x85\u2028\u2029" else c for c in rough)
    seen = "".join(c for c in seen if unicodedata.category(c) not in UNSEEN)
    line = " ".join(seen.split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def brings_marks(sentence: str) -> bool:
    """Whether a sentence begins or ends with quotation marks of its own: ours around it would stand doubled."""
    inner = sentence.strip(" .,;:!?…")
    return bool(inner) and (inner[0] in MARKS or inner[-1] in MARKS)


def differences(old: str, new: str) -> tuple[Pieces, Pieces]:
    """Both sentences as pieces (text, whether it differs from the other one).

    Nothing is marked where they are different sentences altogether.
    """
    before, after = old.split(), new.split()
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    if matcher.ratio() < ALIKE:
        return [(old, False)], [(new, False)]
    olds: Pieces = []
    news: Pieces = []
    for operation, a, b, c, d in matcher.get_opcodes():
        differs = operation != "equal"
        if b > a:
            olds.append((" ".join(before[a:b]), differs))
        if d > c:
            news.append((" ".join(after[c:d]), differs))
    return olds, news


def wrap(text: str, indent: str = "", width: int = 78) -> str:
    """Text in lines of at most `width` columns; an address or identifier is never broken."""
    return textwrap.fill(
        text,
        width,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
