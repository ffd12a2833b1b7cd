"""How sure a statement is: named features of the way it was read, weighed by figures that were fitted on labelled texts.

A logistic regression: the weights stand in config/confidence.yml, `bench/calibrate.py` fits them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

from extract.knowledge import Confidence
from extract.statements.acts import ActFound
from extract.statements.demands import Demand
from extract.statements.resolution import Who
from extract.statements.scope import Scope
from extract.types import Stance, Time

# Of these readings one sentence shows the second reader too little; they are too rare for their weights to be fitted.
JOINED, ECHO, ANSWERED = "joined", "who: echo", "a question answered with no"
BEYOND = frozenset({JOINED, ECHO, ANSWERED})
TWICE = "told twice"  # two sentences of the text give the same statement
_LONG = 40  # tokens from which a parse is less to be trusted
_FAR = 2.0  # of the second reader's log-odds, by which an authority is ahead of the others
_LIKELY = (-3, 0, 3)  # bounds of the second reader's log-odds for an authority, whatever the others'
_CROWD = 3  # companies in a sentence from which "who" is less to be trusted


class Scorer:
    """The weights of one knowledge."""

    def __init__(self, confidence: Confidence) -> None:
        self._weights = dict(confidence.weights)
        self._intercept = confidence.intercept
        self.least, self.noted = confidence.least, min(confidence.noted, confidence.least)

    def __call__(self, features: Iterable[str]) -> float:
        """The probability that a statement with these features is right, to two places. Unknown features weigh nothing."""
        total = self._intercept + sum(self._weights.get(name, 0.0) for name in features)
        return round(1 / (1 + math.exp(-total)), 2)


def band(value: float, bounds: Sequence[float]) -> str:
    """Between which bounds, the lowest first, a figure lies, in words."""
    least = max((bound for bound in bounds if bound <= value), default=None)
    return f"below {bounds[0]}" if least is None else f"from {least}"


def features_of(
    act: ActFound, scope: Scope, who: Who, demand: Demand, stance: Stance, *, own_page: bool, companies: int
) -> tuple[str, ...]:
    """The named features of one statement's reading; `companies` counts those that the sentence names."""
    return tuple(_features(act, scope, who, demand, stance, own_page=own_page, companies=companies))


def features_alone(demand: Demand, stance: Stance, *, own_page: bool, named: bool) -> tuple[str, ...]:
    """The named features of a statement that only the second reader found; `named` if its sentence names the company."""
    return (
        "second reader alone",
        *_of_demand(demand, own_page=own_page),
        f"stance: {stance}",
        f"second reader alone: {stance}",
        f"second reader alone: {'named' if named else 'own page' if own_page else 'not named'}",
    )


def _of_demand(demand: Demand, *, own_page: bool) -> Iterator[str]:
    """How it is known whose demand it is, and whether the second reader thinks so too."""
    yield f"whose: {demand.how}"
    ahead = demand.ahead
    if ahead is not None:
        yield f"whose: {'far ahead' if ahead > _FAR else 'ahead' if ahead > 0 else 'behind' if ahead > -_FAR else 'far behind'}"
    odds = demand.odds.get(demand.codes[0])
    for_all = own_page and demand.how == "general"  # as a page of its own is that names none, likely or not
    if odds is not None and not for_all:
        yield f"whose: likely {band(odds, _LIKELY)}"
    if len(demand.codes) > 1:
        yield "several authorities"


def _features(
    act: ActFound, scope: Scope, who: Who, demand: Demand, stance: Stance, *, own_page: bool, companies: int
) -> Iterator[str]:
    if who.how == JOINED:
        yield JOINED
    yield f"who: {'named' if who.how == JOINED else who.how}"
    yield from _of_demand(demand, own_page=own_page)
    yield f"stance: {stance}"
    yield f"reading: {scope.reading}"
    yield f"act: {act.act or 'idiom'}"
    yield "cue: idiom" if act.rule else "cue: noun" if act.noun else "cue: verb"
    if not act.objects and not act.rule:
        yield "no object"
    if scope.time is Time.PAST:
        yield "past"
    if own_page:
        yield "own page"
    doc = act.head.doc
    if len(doc) > _LONG:
        yield "long sentence"
    if companies >= _CROWD:
        yield "many companies"
    if any(t.is_quote for t in doc):
        yield "quotation"
