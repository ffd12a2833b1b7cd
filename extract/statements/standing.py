"""Whether a sentence still stands in another text of the same page: word for word, or but for words that change nothing.

What a sentence says does not depend on the version of a page in which it stands; that a reader finds it in one version
and not in the next is the reader's noise. Pure; it compares words and reads nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from extract.statements.facets import facets_in
from extract.statements.promises import is_promise
from extract.statements.sentences import split
from extract.types import digest_of

NEAR = 0.8  # of the words of both, from which two sentences are one, if the rest changes no meaning
LOOSE = 0.5  # from which one may have been made of the other: whoever cannot read the new one knows no better
_BELOW_NEAR = 0.79  # the most that sentences share which state other conditions
_PIECE = 0.75  # of the words of a whole, that a piece of it has at most
_PART = 0.9  # of the words of a piece that stand in the whole
_LEAST_WORDS = 6  # of a sentence that may be found again in other words
_WORD = re.compile(r"[^\W_]+(?:[’'][^\W_]+)?")
# Words that turn a sentence round, or draw a limit: a text that gains or loses one says something else.
_TURNING = frozenset([
    "no", "not", "never", "none", "nor", "neither", "nothing", "nobody", "without", "cannot", "can't",
    "won't", "don't", "doesn't", "didn't", "isn't", "aren't", "wasn't", "hasn't", "haven't", "hadn't",
    "wouldn't", "shouldn't", "couldn't", "only", "unless", "except", "solely", "until", "longer", "refuse",
    "refuses", "refused", "reject", "rejects", "rejected", "decline", "declines", "declined", "deny",
    "denies", "challenge", "challenges", "contest", "oppose", "pause", "paused", "suspend", "suspended",
    "stop", "stopped", "unable", "comply", "complies", "review", "reviewing", "all", "any", "every",
    "some", "most", "few",
])  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stand:
    """As which sentence (its key) another one stands in a text, and the share of their words that both have.

    From NEAR on it says the same; below, down to LOOSE, it may have been made of the other.
    """

    key: str
    share: float

    @property
    def same(self) -> bool:
        """Whether it says the same."""
        return self.share >= NEAR


def words_of(sentence: str) -> tuple[str, ...]:
    """Its words, lower-case, without punctuation: what makes two sentences the same."""
    return tuple(w.replace("’", "'") for w in _WORD.findall(sentence.replace(".", "").casefold()))


def sentence_key(sentence: str) -> str:
    """The identity of a sentence, whatever its punctuation and capitals."""
    return digest_of(" ".join(words_of(sentence)).encode())


def alike(one: str, other: str) -> float:
    """Share of the words of two sentences that both have (Dice), 0 to 1."""
    return _dice(_counted(one), _counted(other))


def is_part(one: str, other: str) -> bool:
    """Whether one of two sentences is a piece of the other, which was split up or put together anew."""
    short, long = sorted((_counted(one), _counted(other)), key=lambda words: words.total())
    return short.total() <= _PIECE * long.total() and (short & long).total() >= _PART * short.total()


def is_within(one: str, other: str) -> bool:
    """Whether one of two sentences holds all words of the other in a row: a heading or a neighbour was put to it."""
    short, long = sorted((words_of(one), words_of(other)), key=len)
    return len(short) >= _LEAST_WORDS and f" {' '.join(short)} " in f" {' '.join(long)} "


def standing(
    sentences: Mapping[str, str], text: str, paragraphs: Sequence[Sequence[int]]
) -> dict[str, Stand]:
    """Of sentences (key → words), those that stand in a document's text: key → as what, and how surely."""
    here = {sentence_key(found): found for found in _sentences_of(text, paragraphs)}
    found = {key: Stand(key, 1.0) for key in sentences if key in here}
    for key, words in sentences.items():
        if key not in found and (near := _nearest(words, here)) is not None:
            found[key] = near
    return found


def _sentences_of(text: str, paragraphs: Sequence[Sequence[int]]) -> Iterable[str]:
    sentences = split(text, tuple((start, end) for start, end in paragraphs))
    yield from (s.text for s in sentences)
    for first, last in pairwise(sentences):  # evidence may be two of them
        if first.paragraph == last.paragraph:
            yield text[first.start : last.end]


def _nearest(text: str, here: Mapping[str, str]) -> Stand | None:
    words = _counted(text)
    if words.total() < _LEAST_WORDS:
        return None
    likes = (
        (share, key)
        for key, other in here.items()
        if _may_be_loose(text, other) and (share := _dice(words, _counted(other))) >= LOOSE
    )
    share, key = max(likes, default=(0.0, ""))
    if not key or not turns_nothing(text, here[key]):
        return None
    same = share >= NEAR and facets_in(text) == facets_in(here[key])
    return Stand(key, share if same else min(share, _BELOW_NEAR))


def turns_nothing(one: str, other: str) -> bool:
    """Whether what differs between two sentences turns nothing round."""
    a, b = _counted(one), _counted(other)
    differ = (a - b) + (b - a)
    return _TURNING.isdisjoint(differ) and is_promise(one) == is_promise(other)


def _may_be_loose(one: str, other: str) -> bool:
    """Whether two sentences can share enough words at all: by their different words, which is quickly told."""
    (a, total), (b, other_total) = _different(one), _different(other)
    most = len(a & b) + min(total - len(a), other_total - len(b))
    return 2 * most >= LOOSE * (total + other_total)


def _dice(a: Counter[str], b: Counter[str]) -> float:
    total = sum(a.values()) + sum(b.values())
    return 2 * sum((a & b).values()) / total if total else 0.0


@lru_cache(maxsize=20_000)
def _different(text: str) -> tuple[frozenset[str], int]:
    words = _counted(text)
    return frozenset(words), words.total()


@lru_cache(maxsize=20_000)
def _counted(text: str) -> Counter[str]:
    return Counter(words_of(text))
