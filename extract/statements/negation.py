"""Counts what negates a verb or an act: "not", "never", "no data", "none of them", "0 bytes"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from spacy.tokens import Token

from extract.statements.acts import ActFound
from extract.statements.clauses import (
    SUBJECTS,
    below_preposition,
    first_conjunct,
    is_verb,
    noun_phrase,
    text_of,
)

_NONE = frozenset({"nothing", "none", "neither", "nobody", "zero", "nil", "0"})
_NEGATORS = frozenset({"never", "neither", "nor"})
_NOT_REALLY = frozenset({"only", "just", "merely", "simply", "necessarily"})
_ZERO = re.compile(
    r"(?:[:,;–—-]| (?:was|is|were|are|stood at|stands at|came to|remained))\s*(?:zero|nil|none|0)"
    r"(?: ?(?:%|per ?cent))?(?![.,]?\d| (?:in|of) )\b",
    re.IGNORECASE,
)
_NEAR = 15  # tokens within which a figure's "zero" stands
_NOT_ONE = re.compile(r"not (?:one|a single|any)\b", re.IGNORECASE)


def own_negations(found: ActFound) -> int:
    """How often an act is negated in its own clause: by its verb, its objects, its subject. Two negations let it stand."""
    count = negations_of(found.head, found.own) + found.negated + _is_counted_as_none(found)
    borrowed = first_conjunct(found.head)
    if borrowed != found.head:
        count += negations_of(borrowed)
    count += sum(
        is_none(c) for c in found.head.children if c.dep_ == "dobj" and c.lower_ in found.entry.split()[1:]
    )  # "has no access to"
    if found.act == "give":
        count += any(
            c.dep_ in ("dobj", "dative") and c not in found.objects and is_none(c)
            for c in found.head.children
        )  # "gives no customer the stream", "no pathway to what it holds"
    nouns = [
        o
        for o in found.objects
        if o.dep_ in ("dobj", "nsubj", "nsubjpass", "pobj", "attr") or o == found.head.head
    ]
    nouns += [c for c in found.head.children if c.dep_ in SUBJECTS and c not in nouns]
    return count + any(is_none(n) or _is_of_none(n) for n in nouns if n.i not in found.own)


def negations_of(token: Token, own: range = range(0)) -> int:
    """How often a verb or noun is negated by what hangs on it; token positions in `own` belong to a cue and do not count."""
    return sum(1 for _ in negators_of(token, own))


def negators_of(token: Token, own: range = range(0)) -> Iterator[Token]:
    """The words that hang on a verb or noun and negate it, each once."""
    for child in token.children:
        if child.i in own:
            continue
        if (
            child.dep_ == "neg" and not (child.i + 1 < len(child.doc) and child.nbor().lower_ in _NOT_REALLY)
        ) or (child.lower_ in _NEGATORS and child.dep_ in ("advmod", "preconj", "cc") and child.i < token.i):
            yield child
        elif child.dep_ == "prep" and any(
            t.lower_ == "no" and t.dep_ == "det" and t.head.head == child for t in child.subtree
        ):
            if child.lower_ in ("at", "in", "under", "on"):
                yield child
        elif (child.dep_ in ("aux", "auxpass") and _is_set_off(child)) or (
            child.lower_ == "longer" and child.i and child.nbor(-1).lower_ == "no"
        ):
            yield child


def is_none(noun: Token) -> bool:
    """ "no data", "nothing", "none of the requests", "not one of them", "0 bytes", "neither company"."""
    if noun.lower_ in _NONE or _NOT_ONE.match(text_of(noun)):
        return True
    if any(c.dep_ == "poss" and is_none(c) for c in noun.children):
        return True  # "no customer's data", "nobody's data"
    near = (t for t in noun_phrase(noun) if t.head == noun)
    return any(
        t.dep_ in ("det", "neg", "nummod") and t.lower_ in ("no", "neither", "zero", "0") for t in near
    )


def _is_counted_as_none(found: ActFound) -> bool:
    """ "requests in which it produced anything: zero", "the rate of compliance was nil"."""
    clause = found.head
    while clause.dep_ in ("xcomp", "conj", "ccomp") and is_verb(clause.head):
        clause = clause.head
    if not (found.noun or (clause.dep_ in ("relcl", "acl") and clause.head.i < clause.i)):
        return False
    return bool(_ZERO.search(clause.doc[clause.i + 1 : clause.i + _NEAR].text))


def _is_of_none(noun: Token) -> bool:
    """ "the contents of none", "anything in none of the cases"."""
    return any(t.lower_ in _NONE for t in below_preposition(noun, "of", "in"))


def _is_set_off(auxiliary: Token) -> bool:
    """ "it had not, at any point, passed on": the parser loses a "not" before a comma."""
    after = auxiliary.doc[auxiliary.i + 1 : auxiliary.i + 3]
    return (
        len(after) == 2
        and after[0].lower_ == "not"
        and after[0].head != auxiliary.head
        and after[1].text == ","
    )
