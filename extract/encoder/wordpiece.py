"""Splits text into the word pieces that the encoder was trained on (BERT's uncased tokenizer, Devlin et al. 2019)."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache

_LONGEST = 100  # characters of a word; what is longer is unknown
_KEPT = 50_000  # words whose pieces are kept


class WordPieces:
    """One vocabulary: the greedy, longest-first split of each word."""

    def __init__(self, vocabulary: Sequence[str]) -> None:
        self._numbers = {piece: number for number, piece in enumerate(vocabulary)}
        self._unknown = self._numbers["[UNK]"]
        self._start, self._end = self._numbers["[CLS]"], self._numbers["[SEP]"]
        self._pieces = lru_cache(maxsize=_KEPT)(self._split)

    def pair(self, first: str, second: str, longest: int) -> tuple[list[int], list[int]]:
        """The numbers of both texts' pieces with the marks around them, and 0 or 1 for the text each belongs to.

        At most `longest` of them: the longer text loses its end first.
        """
        a, b = list(self._of(first)), list(self._of(second))
        while len(a) + len(b) > longest - 3:
            (a if len(a) > len(b) else b).pop()
        numbers = [self._start, *a, self._end, *b, self._end]
        return numbers, [0] * (len(a) + 2) + [1] * (len(b) + 1)

    def _of(self, text: str) -> Iterator[int]:
        for word in _words(text):
            yield from self._pieces(word)

    def _split(self, word: str) -> tuple[int, ...]:
        if len(word) > _LONGEST:
            return (self._unknown,)
        numbers: list[int] = []
        start = 0
        while start < len(word):
            mark = "##" if start else ""
            for end in range(len(word), start, -1):
                number = self._numbers.get(mark + word[start:end])
                if number is not None:
                    numbers.append(number)
                    start = end
                    break
            else:
                return (self._unknown,)
        return tuple(numbers)


def _words(text: str) -> Iterator[str]:
    """Lower-case words without accents; every mark of punctuation by itself."""
    word: list[str] = []
    for letter in unicodedata.normalize("NFD", text.lower()):
        kind = unicodedata.category(letter)
        if kind == "Mn" or (kind in ("Cc", "Cf") and letter not in "\t\n\r"):
            continue
        if kind == "Zs" or letter in "\t\n\r" or _alone(letter, kind):
            if word:
                yield "".join(word)
                word = []
            if _alone(letter, kind):
                yield letter
        else:
            word.append(letter)
    if word:
        yield "".join(word)


def _alone(letter: str, kind: str) -> bool:
    """Punctuation, all of ASCII's signs among it, and characters of scripts that write without spaces."""
    return (
        kind.startswith("P")
        or (letter.isascii() and letter.isprintable() and not letter.isalnum() and letter != " ")
        or "\u4e00" <= letter <= "\u9fff"
    )
