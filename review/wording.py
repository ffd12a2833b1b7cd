"""Two texts of one page side by side: what went, what came, what was put in other words. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

# Paragraphs that share so much are one in other words, not one gone and one new.
ALIKE = 0.5
# An alike one is looked for so far ahead: two long texts that have nothing in common are compared in a second, not an hour.
AHEAD = 20
# Word by word only where that stays quick; longer ones are shown whole.
LONGEST = 4000


@dataclass(frozen=True, slots=True)
class Part:
    """Some words: `moved` if the other side does not have them."""

    text: str
    moved: bool


@dataclass(frozen=True, slots=True)
class Pairing:
    """A paragraph of the old text beside that of the new one; None where there is none. `same`: nothing moved in it."""

    old: tuple[Part, ...] | None
    new: tuple[Part, ...] | None
    same: bool = False
    skipped: int = 0  # that many unchanged paragraphs are left out here


def side_by_side(old: Sequence[str], new: Sequence[str], around: int = 1) -> list[Pairing]:
    """The paragraphs of two texts, aligned; unchanged ones only where they stand `around` what moved."""
    rows = list(_rows(old, new))
    shown = {m for n, row in enumerate(rows) if not row.same for m in range(n - around, n + around + 1)}
    found: list[Pairing] = []
    left_out = 0
    for n, row in enumerate(rows):
        if row.same and n not in shown:
            left_out += 1
            continue
        if left_out:
            found.append(Pairing(None, None, same=True, skipped=left_out))
            left_out = 0
        found.append(row)
    if left_out:
        found.append(Pairing(None, None, same=True, skipped=left_out))
    return found


def _rows(old: Sequence[str], new: Sequence[str]) -> Iterator[Pairing]:
    for what, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if what == "equal":
            for text in old[a:b]:
                yield Pairing((Part(text, False),), (Part(text, False),), same=True)
        else:
            yield from _moved(old[a:b], new[c:d])


def _moved(old: Sequence[str], new: Sequence[str]) -> Iterator[Pairing]:
    """Paragraphs that are not the same: those that are alike face each other, in order."""
    said = [set(text.split()) for text in new]
    told = 0  # so many of the new ones were told
    for text in old:
        ours = set(text.split())
        ahead = range(told, min(told + AHEAD, len(new)))
        near = next((n for n in ahead if _alike(ours, said[n])), None)
        if near is None:
            yield Pairing((Part(text, True),), None)
            continue
        for other in new[told:near]:
            yield Pairing(None, (Part(other, True),))
        yield _words(text, new[near])
        told = near + 1
    for other in new[told:]:
        yield Pairing(None, (Part(other, True),))


def _alike(ours: set[str], theirs: set[str]) -> bool:
    return bool(ours) and len(ours & theirs) >= ALIKE * max(len(ours), len(theirs))


def _words(old: str, new: str) -> Pairing:
    if len(old) + len(new) > LONGEST:
        return Pairing((Part(old, True),), (Part(new, True),))
    a, b = (re.findall(r"\s+|\w+|[^\w\s]", text) for text in (old, new))
    left: list[Part] = []
    right: list[Part] = []
    for what, i, j, k, m in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if i < j:
            left.append(Part("".join(a[i:j]), what != "equal"))
        if k < m:
            right.append(Part("".join(b[k:m]), what != "equal"))
    return Pairing(tuple(left), tuple(right))
