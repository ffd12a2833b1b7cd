"""Puts statements together: evidence, conditions, confidence, and at most one of a kind in a document."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from extract.statements.demands import Demand
from extract.statements.facets import facets_in, merged
from extract.statements.sentences import Sentence
from extract.statements.subjects import Who
from extract.types import Facets, Stance, Statement, Time

# What each uncertain step takes off. Ranks, not yet calibrated against gold.
_SUREST = 0.95
_COST = {
    "pronoun": 0.12, "description": 0.12, "sharing": 0.1, "joining": 0.15, "we": 0.06, "own page": 0.06,
    "carried over": 0.08, "section": 0.05, "document": 0.1,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Candidate:
    """A statement that one sentence gives. A weak one gives way if the text tells an act of the company's own."""

    statement: Statement
    weak: bool


def candidates(
    sentence: Sentence, who: Who, demand: Demand, stance: Stance, rule: str, time: Time, *, weak: bool
) -> Iterator[Candidate]:
    """One candidate a company and authority, with the sentence as evidence."""
    confidence = round(_SUREST - _COST.get(who.how, 0.0) - _COST.get(demand.how, 0.0), 2)
    facets = facets_in(sentence.text) if stance is Stance.CONDITIONAL else Facets()
    for slug in who.slugs:
        for code in demand.codes:
            yield Candidate(
                Statement(
                    slug,
                    code,
                    stance,
                    time,
                    sentence.text,
                    sentence.start,
                    sentence.end,
                    rule,
                    confidence,
                    facets,
                ),
                weak,
            )


def one_each(found: Iterable[Candidate]) -> tuple[Statement, ...]:
    """At most one statement a key: the most certain, then the earliest; its conditions are those of all its sentences."""
    found = list(found)
    own = {
        (c.statement.company, c.statement.authority)
        for c in found
        if not c.weak and c.statement.time is Time.NOW
    }
    kept: dict[tuple[str, str, Stance, Time], Statement] = {}
    for candidate in found:
        statement = candidate.statement
        if candidate.weak and (statement.company, statement.authority) in own:
            continue
        other = kept.get(statement.key)
        if other is None:
            kept[statement.key] = statement
        else:
            best = statement if statement.confidence > other.confidence else other
            kept[statement.key] = replace(best, facets=merged(other.facets, statement.facets))
    return tuple(sorted(kept.values(), key=lambda s: (s.start, s.company, s.authority, s.stance, s.time)))
