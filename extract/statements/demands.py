"""Whose demand an act answers: every authority that the text names is weighed against "*", authorities in general.

What speaks for each is told in named signs, beside the second reader's opinion; what those weigh stands in
config/demands.yml.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field

from spacy.tokens import Span, Token

from extract.knowledge import DemandWeights
from extract.statements.acts import ActFound
from extract.statements.clauses import below_preposition, noun_phrase
from extract.statements.conditions import is_event
from extract.statements.mentions import ASIDE, ASKS, BARE, BESIDE, BY_LAW, KEEPS, OUTSIDE, Mentions
from extract.statements.names import AUTHORITIES
from extract.statements.setting import Setting
from extract.statements.words import Words
from extract.types import GENERAL

_ANYBODY = frozenset({"anyone", "anybody", "nobody"})
_STRENGTH = (ASKS, BESIDE, BY_LAW, BARE, KEEPS, ASIDE)  # of the mentions of one sentence, the strongest first
_DEFINITE = frozenset({"the", "this", "that", "these", "those", "such", "its", "their", "both"})
_MOST, _HALF = 0.75, 0.4  # shares of the whole text's mentions


# Of authorities, the log-odds that a sentence is about their demand.
Opinion = Callable[[Collection[str]], Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class Demand:
    """Authority codes ("*" for authorities in general), how they were found, and of every candidate its signs and odds."""

    codes: tuple[str, ...]
    how: str
    signs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    odds: Mapping[str, float] = field(default_factory=dict)

    @property
    def ahead(self) -> float | None:
        """How far the second reader puts the first authority before every other one; None where there is no other."""
        others = [odds for code, odds in self.odds.items() if code not in self.codes]
        return self.odds[self.codes[0]] - max(others) if others and self.codes[0] in self.odds else None


class DemandFinder:
    """Resolves the authority of an act."""

    def __init__(self, words: Words, weights: DemandWeights) -> None:
        self._words, self._weights = words, weights
        self._mentions = Mentions(words)

    def __call__(self, found: ActFound, reading: str, setting: Setting, opinion: Opinion) -> Demand:
        """The authorities whose demand this act answers."""
        named = [(self._mentions.role(span), span) for span in found.head.doc.spans[AUTHORITIES]]
        here = [(role, span) for role, span in named if role != OUTSIDE]
        codes = dict.fromkeys((*(span.label_ for _, span in here), *setting.document))
        signs = {
            code: tuple(dict.fromkeys(_signs_of(code, found, here, setting)))
            for code in codes
            if code != GENERAL
        }
        signs[GENERAL] = tuple(self._general_signs(found, reading, named, setting))
        odds = opinion(signs)
        best = max(signs, key=lambda code: self._weights.total(signs[code], odds[code]))
        together = tuple(_listed_with(best, here))
        if together and "here: taker" in signs[best] and "any: given to anyone" in signs[GENERAL]:
            together += (GENERAL,)  # "to the FBI or anyone else"
        how = "general" if best == GENERAL else "named" if together else "document"
        return Demand(together or (best,), how, signs, odds)

    def _general_signs(
        self, found: ActFound, reading: str, named: list[tuple[str, Span]], setting: Setting
    ) -> Iterator[str]:
        """What speaks for authorities in general."""
        where = "home" if setting.own_page else "news"
        yield f"any: {where}"
        yield f"any: {where}, {reading}"
        yield f"any: {where}, {'event' if _is_told_event(found.head) else 'habit'}"
        yield f"any: {where}, {found.act or 'idiom'}"
        nobody = not any(role in (ASKS, BESIDE, BY_LAW, BARE) for role, _ in named)
        if nobody:
            yield f"any: {where}, nobody named"
        if setting.section or setting.page:
            yield "any: section or page of one"
        if not sum(setting.document.values()):
            yield "any: nobody named in the text"
        elif len(+setting.document) > 2:
            yield f"any: {where}, many named in the text"
        doc = found.head.doc
        if self._given_to_anyone(found):
            yield "any: given to anyone"
        if any(self._is_anybody(t) for t in doc):
            yield "any: general word"
            if nobody:
                yield f"any: {where}, general word and nobody named"
        if self._words.found_in(doc.text, "WORLDWIDE"):
            yield "any: worldwide"
        if self._words.found_in(doc.text, "POLICY"):
            yield "any: policy"
        if any(role == OUTSIDE for role, _ in named):
            yield "any: outside"
        asked = [o for o in found.objects if self._words.noun_in(o, "REQUEST", "DEMAND", "LAW")]
        if asked:
            definite = any(
                c.lower_ in _DEFINITE for o in asked for c in o.children if c.dep_ in ("det", "poss")
            )
            yield f"any: {'definite' if definite else 'plural' if asked[0].tag_ == 'NNS' else 'single'} demand"

    def _given_to_anyone(self, found: ActFound) -> bool:
        """ "would not hand it to anyone", "has disclosed nothing to any government"."""
        return any(
            _is_anyone(t) or self._is_anybody(t) or any(self._is_anybody(c) for c in t.children)
            for taker in _takers(found)
            for t in (taker, *(t for t in taker.subtree if t.dep_ == "pobj"))
        )

    def _is_anybody(self, token: Token) -> bool:
        """ "foreign governments", "any government organisation", "every foreign subpoena", bare "governments"."""
        if token.lower_ == "governments":
            return not any(c.dep_ in ("amod", "compound", "poss", "det") for c in token.children)
        if token.lower_ not in self._words.of("GENERAL") or token.head == token:
            return False
        noun = token.head
        if any(t.i in range(s.start, s.end) for s in token.doc.spans[AUTHORITIES] for t in noun_phrase(noun)):
            return False
        if self._words.any_in(
            [noun, *(c for c in noun.children if c.dep_ == "compound")], "AUTHORITY", "STATE"
        ):
            return True
        return token.lower_ in ("foreign", "overseas") and self._words.noun_in(noun, "DEMAND", "REQUEST")


def _signs_of(code: str, found: ActFound, here: list[tuple[str, Span]], setting: Setting) -> Iterator[str]:
    """What speaks for one authority, or against it."""
    where = "home" if setting.own_page else "news"
    mine = [(role, span) for role, span in here if span.label_ == code]
    if mine:
        role, span = min(mine, key=lambda m: _STRENGTH.index(m[0]))
        yield f"here: {where}, {role}"
        yield f"here: {where}, {span.id_}"
        yield from (f"here: {sign}" for _, each in mine for sign in _ties(each, found))
        rivals = [s for r, s in here if r not in (ASIDE, KEEPS) and s.label_ != code]
        if not rivals:
            yield "here: alone"
        elif min(abs(s.root.i - found.head.i) for s in rivals) > abs(span.root.i - found.head.i):
            yield "here: nearest"
    told = "event" if _is_told_event(found.head) else "habit"
    yield from (f"text: {where}, {told}, {sign}" for sign in _signs_around(code, setting, named=bool(mine)))


def _ties(span: Span, found: ActFound) -> Iterator[str]:
    """How the act's clause holds a name."""
    if any(t.i in range(span.start, span.end) for t in _takers(found)):
        yield "taker"
    if any(o.left_edge.i <= span.root.i <= o.right_edge.i for o in found.objects):
        yield "left" if found.act == "leave" else "in the object"
    elif found.head.left_edge.i <= span.root.i <= found.head.right_edge.i:
        yield "in the clause"


def _takers(found: ActFound) -> Iterator[Token]:
    """To whom something is given: "gave the FBI its records", "access for the FBI", with what stands before a noun."""
    takers = [c for c in found.head.children if c.dep_ == "dative"]
    for place in (found.head, *found.objects):
        takers += below_preposition(place, "to", "for", "with")
    for taker in takers:
        yield taker
        yield from (c for c in taker.children if c.dep_ in ("compound", "amod", "poss", "nmod"))


def _signs_around(code: str, setting: Setting, *, named: bool) -> Iterator[str]:
    """Where else the text names it."""
    if setting.near[:1] == (code,):
        yield "last of the paragraph"
    elif code in setting.near:
        yield "in the paragraph"
    if setting.beside[:1] == (code,):
        yield "last to ask in the paragraph"
    if code in setting.section[:1]:
        yield "section"
    if code in setting.page:
        yield "page"
    if code in setting.title:
        yield "title"
    if code in setting.opening and not named:
        yield "opening"
    if code in setting.before:
        yield "sentence before"
    counted = setting.document
    total = sum(n for c, n in counted.items() if c != GENERAL)
    if not total:
        return
    share = counted[code] / total
    yield "most" if share > _MOST else "half" if share > _HALF else "some" if share else "aside"
    if counted[code] == max(n for c, n in counted.items() if c != GENERAL):
        yield "first"


def _listed_with(code: str, here: list[tuple[str, Span]]) -> Iterator[str]:
    """The authority as the sentence names it, with those that are listed beside it: "Belarus and Azerbaijan"."""
    mine = [span for role, span in here if span.label_ == code and role not in (ASIDE, KEEPS)]
    seen = {code}
    if mine:
        yield code
    for span in mine:
        for root in (span.root, *span.root.conjuncts, *span.root.head.conjuncts):
            for role, other in here:
                if root in other and other.label_ not in seen and role not in (ASIDE, KEEPS):
                    seen.add(other.label_)
                    yield other.label_


def _is_anyone(token: Token) -> bool:
    return token.lower_ in _ANYBODY and not any(c.dep_ in ("acl", "relcl") for c in token.children)


def _is_told_event(head: Token) -> bool:
    """Whether the act, or what it is only the content of ("declined to give"), is told as something that happened."""
    token = head
    while token.dep_ in ("xcomp", "pcomp", "prep") and token.head != token and not is_event(token):
        token = token.head
    return is_event(token)
