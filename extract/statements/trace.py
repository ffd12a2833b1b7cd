"""How a text was read, step by step: what `classify --explain` prints and what the score of a statement is made of.

Holds values only; the reader fills them.
"""

from __future__ import annotations

from dataclasses import dataclass

from extract.statements.assemble import Candidate
from extract.statements.demands import Demand
from extract.statements.resolution import Who
from extract.statements.sentences import Sentence
from extract.types import Stance, Statement, Time


@dataclass(frozen=True, slots=True)
class Finding:
    """One act or idiom of a sentence, and how far its reading came.

    `cue` is the act's words in the text, `act` the lexicon's act and entry (or the idiom's rule). `steps` says in
    words what the scope decided. `stopped` names the step that gave nothing ("scope", "table", "topic", "who"),
    None if the finding gave statements; `why` says more about it. `features` are those of the last company's. Of an act that
    stopped at "scope", `supposed` is the stance that it would tell if it were asserted.
    """

    cue: str
    act: str
    steps: tuple[str, ...]
    reading: str | None
    time: Time
    stance: Stance | None = None
    rule: str | None = None
    demand: Demand | None = None
    who: tuple[Who, ...] = ()
    features: tuple[str, ...] = ()
    stopped: str | None = None
    why: str = ""
    supposed: Stance | None = None


@dataclass(frozen=True, slots=True)
class SentenceTrace:
    """One sentence: its findings, or (`passed` over) why it was not even parsed."""

    sentence: Sentence
    passed: str | None
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Trace:
    """A whole text: every sentence, the candidates they gave, and the statements that came of those."""

    sentences: tuple[SentenceTrace, ...]
    candidates: tuple[Candidate, ...]
    statements: tuple[Statement, ...]
