"""How likely a sentence tells each stance of a company, by the encoder alone.

What it answers is a probability for each stance, not a statement: the reader of statements weighs it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from extract.encoder.network import Network, load
from extract.encoder.wordpiece import WordPieces
from extract.types import Stance

WEIGHTS = Path(__file__).with_name("weights.npz")
PAST = "past"
LONGEST = 96  # word pieces of company, text before and sentence together
BEFORE = 120  # characters of the text before a sentence
_BATCH = 4  # pairs at once: more would not fit into a processor's cache


@dataclass(frozen=True, slots=True)
class Asked:
    """A sentence, the company it is asked about, and the text before it, which may say who "it" is."""

    company: str
    before: str
    sentence: str

    @property
    def pair(self) -> tuple[str, str]:
        """The two texts that the encoder reads."""
        return f"{self.company} : {self.before[-BEFORE:]}", self.sentence


@dataclass(frozen=True, slots=True)
class Judgement:
    """Probabilities from 0 to 1: of each stance, and that what is told is over."""

    stances: Mapping[Stance, float]
    past: float


class StanceJudge:
    """The network with its vocabulary."""

    def __init__(self, network: Network, vocabulary: Sequence[str], outputs: Sequence[str]) -> None:
        self._network, self._pieces, self._outputs = network, WordPieces(vocabulary), tuple(outputs)

    def __call__(self, asked: Sequence[Asked]) -> list[Judgement]:
        """A judgement for each that is asked, in their order."""
        pairs = [self._pieces.pair(*a.pair, LONGEST) for a in asked]
        order = sorted(range(len(pairs)), key=lambda i: len(pairs[i][0]))  # little padding in a batch
        found: dict[int, Judgement] = {}
        for start in range(0, len(order), _BATCH):
            batch = order[start : start + _BATCH]
            odds = self._network([pairs[i][0] for i in batch], [pairs[i][1] for i in batch])
            for i, row in zip(batch, 1 / (1 + np.exp(-odds)), strict=True):
                likely = dict(zip(self._outputs, map(float, row), strict=True))
                past = likely.pop(PAST)
                found[i] = Judgement({Stance(name): p for name, p in likely.items()}, past)
        return [found[i] for i in range(len(asked))]


@cache
def shipped() -> StanceJudge:
    """The judge of the weights that come with stancewatch, loaded once in a process.

    numpy is held to one thread from then on: pages are read by several processes, whose threads would wait for each other.
    """
    threadpool_limits(limits=1, user_api="blas")
    return StanceJudge(*load(WEIGHTS))
