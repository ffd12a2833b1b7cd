"""Puts statements together: evidence, conditions, confidence, and at most one of a kind in a document."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import reduce

from extract.statements.confidence import TWICE, Scorer
from extract.statements.demands import Demand
from extract.statements.facets import facets_in, merged
from extract.statements.places import MarksOf
from extract.statements.resolution import UNLISTED, Who
from extract.statements.sentences import Sentence
from extract.types import Facets, Stance, Statement, Support, Time


@dataclass(frozen=True, slots=True)
class Candidate:
    """A statement that one sentence gives, with the named features of how it was read.

    A weak one gives way if the text tells an act of the company's own; what is only told as earlier than the text's
    news is its news if there is no other.
    """

    statement: Statement
    weak: bool
    features: tuple[str, ...]
    earlier: bool = False


def candidates(
    sentence: Sentence,
    who: Who,
    demand: Demand,
    stance: Stance,
    rule: str,
    time: Time,
    features: tuple[str, ...],
    *,
    weak: bool,
    marks: MarksOf,
    earlier: bool = False,
    speaker: str | None = None,
) -> Iterator[Candidate]:
    """One candidate a company and authority, with the sentence as evidence."""
    facets = facets_in(sentence.text) if stance is Stance.CONDITIONAL else Facets()
    for slug in who.slugs:
        for code in demand.codes:
            statement = Statement(
                slug,
                code,
                stance,
                time,
                sentence.text,
                sentence.start,
                sentence.end,
                rule,
                0.0,
                facets,
                speaker,
                who.how == UNLISTED,
                marks=marks(slug, code),
            )
            yield Candidate(statement, weak, features, earlier)


def one_each(found: Iterable[Candidate], score: Scorer) -> tuple[Statement, ...]:
    """At most one statement a key: the most certain, then the earliest; its conditions are those of all its sentences.

    What two sentences tell is surer than what one does; what is less sure than the knowledge asks is left out.
    """
    return sure_and_not(found, score)[0]


def sure_and_not(
    found: Iterable[Candidate], score: Scorer
) -> tuple[tuple[Statement, ...], tuple[Statement, ...]]:
    """The statements as `one_each` gives them, and those that are less sure, but worth a note."""
    told: dict[tuple[str, str, Stance, Time], list[Candidate]] = {}
    for candidate in _with_news(_without_weak(found)):
        told.setdefault(candidate.statement.key, []).append(candidate)
    ordered = sorted(
        (_one_of(same, score) for same in told.values()),
        key=lambda s: (s.start, s.company, s.authority, s.stance, s.time),
    )
    return (
        tuple(s for s in ordered if s.confidence >= score.least),
        tuple(s for s in ordered if score.noted <= s.confidence < score.least),
    )


def _one_of(same: list[Candidate], score: Scorer) -> Statement:
    best = max(same, key=lambda c: (score(c.features), -c.statement.start))
    twice = (TWICE,) if len({c.statement.start for c in same}) > 1 else ()
    supports: dict[str, Facets] = {}
    for text, facets in ((c.statement.evidence, c.statement.facets) for c in same):
        supports[text] = merged(supports[text], facets) if text in supports else facets
    return replace(
        best.statement,
        facets=reduce(merged, supports.values()),
        confidence=score((*best.features, *twice)),
        supports=tuple(Support(text, facets) for text, facets in supports.items()),
    )


def _without_weak(found: Iterable[Candidate]) -> list[Candidate]:
    found = list(found)
    own = {
        (c.statement.company, c.statement.authority)
        for c in found
        if not c.weak and c.statement.time is Time.NOW
    }
    return [c for c in found if not c.weak or (c.statement.company, c.statement.authority) not in own]


def _with_news(found: list[Candidate]) -> list[Candidate]:
    """Where a text tells nothing newer, what had been done is what it is about."""
    if any(c.statement.time is Time.NOW for c in found):
        return found
    return [replace(c, statement=replace(c.statement, time=Time.NOW)) if c.earlier else c for c in found]
