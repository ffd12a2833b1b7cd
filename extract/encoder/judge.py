"""How likely a sentence tells each stance of a company, and whose demand it is about, by the encoder alone.

What it answers are probabilities, not statements: the reader of statements weighs them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from extract.encoder.network import Floats, Network, load
from extract.encoder.wordpiece import WordPieces
from extract.memo import Memo
from extract.types import Stance

WEIGHTS = Path(__file__).with_name("weights.npz")
PAST, ASKS = "past", "asks"
# The codebook's facets of a conditional stance; an output is named "process: warrant".
FACETS = {
    "process": ("consent", "emergency", "subpoena", "court_order", "warrant", "mlat", "legal_request"),
    "data": ("content", "metadata", "subscriber", "location", "keys", "device"),
    "offence": ("terrorism", "serious", "breach_of_terms", "any"),
    "notice": ("before", "delayed", "unless_prohibited", "none"),
}
OUTPUTS = (*map(str, Stance), PAST, *(f"{kind}: {value}" for kind in FACETS for value in FACETS[kind]), ASKS)
LONGEST = 96  # word pieces of company, text before and sentence together
LONGEST_WHOSE = 120  # the same with an authority's names, the title and more of the text before
_BEFORE, BEFORE_WHOSE, _TITLE = 120, 260, 80  # characters
THIS, OTHER = "@", "#"  # stand in texts for the name that is asked about, and for every other one of its kind
_BATCH = 4  # pairs at once: more would not fit into a processor's cache
_KEPT = 20_000  # answers kept, some 20 MB: a watched page asks the same of nearly all its sentences again
_PLACES = 4  # of log-odds that count: what stands beside a text in a batch shows only in later ones


@dataclass(frozen=True, slots=True)
class Asked:
    """A sentence, the company it is asked about, and the text before it, which may say who "it" is.

    In both, THIS stands for the company's names and OTHER for those of others. `year` is that of the text, before
    which "in 2019" may be history; `own` says that it is a page of the company's own, on which "we" is the company.
    """

    company: str
    before: str
    sentence: str
    year: int | None = None
    own: bool = False

    @property
    def pair(self) -> tuple[str, str]:
        """The two texts that the encoder reads."""
        year = f", {self.year}" if self.year else ""
        own = "we are " if self.own else ""
        return f"{own}{self.company}{year} : {self.before[-_BEFORE:]}", self.sentence


@dataclass(frozen=True, slots=True)
class AskedWhose:
    """A sentence with an act, and an authority whose demand it may be about, by the names that the text has for it.

    `before` is the text up to the sentence, or the end of it; in both, THIS stands for these names and OTHER for those
    of other authorities. Without names, authorities in general are meant.
    """

    names: tuple[str, ...]
    title: str
    before: str
    sentence: str

    @property
    def pair(self) -> tuple[str, str]:
        """The two texts that the encoder reads."""
        names = ", ".join(self.names) or "authorities anywhere"
        return f"{names} ask : {self.title[:_TITLE]} : {self.before[-BEFORE_WHOSE:]}", self.sentence


@dataclass(frozen=True, slots=True)
class Judgement:
    """Probabilities from 0 to 1: of each stance, that what is told is over, and of the facets of a condition, by kind."""

    stances: Mapping[Stance, float]
    past: float
    facets: Mapping[str, Mapping[str, float]]


_Pair = tuple[tuple[int, ...], tuple[int, ...]]  # word pieces and their kinds, as the network reads them


class Judge:
    """The network with its vocabulary."""

    def __init__(self, network: Network, vocabulary: Sequence[str], outputs: Sequence[str]) -> None:
        self._network, self._pieces, self._outputs = network, WordPieces(vocabulary), tuple(outputs)
        self._memo: Memo[_Pair, Floats] = Memo(_KEPT)

    def __call__(self, asked: Sequence[Asked]) -> list[Judgement]:
        """A judgement for each that is asked, in their order."""
        found = []
        for odds in self._odds([a.pair for a in asked], LONGEST):
            likely = dict(zip(self._outputs, map(float, 1 / (1 + np.exp(-odds))), strict=True))
            stances = {stance: likely[stance] for stance in Stance}
            facets = {kind: {v: likely[f"{kind}: {v}"] for v in values} for kind, values in FACETS.items()}
            found.append(Judgement(stances, likely[PAST], facets))
        return found

    def whose(self, asked: Sequence[AskedWhose]) -> list[float]:
        """The log-odds that it is this authority's demand, for each that is asked, in their order."""
        at = self._outputs.index(ASKS)
        return [float(odds[at]) for odds in self._odds([a.pair for a in asked], LONGEST_WHOSE)]

    def _odds(self, texts: Sequence[tuple[str, str]], longest: int) -> list[Floats]:
        """The outputs for each text, from memory where it was asked before."""
        pairs: list[_Pair] = [tuple(map(tuple, self._pieces.pair(*text, longest))) for text in texts]  # type: ignore[misc]
        known = self._memo(pairs, self._computed)
        return [known[pair] for pair in pairs]

    def _computed(self, pairs: Iterable[_Pair]) -> dict[_Pair, Floats]:
        order = sorted(pairs, key=lambda pair: len(pair[0]))  # little padding in a batch
        found: dict[_Pair, Floats] = {}
        for start in range(0, len(order), _BATCH):
            batch = order[start : start + _BATCH]
            odds = self._network([numbers for numbers, _ in batch], [kinds for _, kinds in batch])
            found.update(zip(batch, np.round(odds, _PLACES), strict=True))
        return found


@cache
def shipped() -> Judge:
    """The judge of the weights that come with stancewatch, loaded once in a process.

    numpy is held to one thread from then on: pages are read by several processes, whose threads would wait for each other.
    """
    threadpool_limits(limits=1, user_api="blas")
    return Judge(*load(WEIGHTS))
