"""Whose demand an act answers.

A name beside an authority or a request counts most, then the sentence's, the paragraph's, the document's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from spacy.tokens import Doc, Span, Token

from extract.statements.acts import ActFound
from extract.statements.clauses import below_preposition, noun_phrase
from extract.statements.conditions import is_event
from extract.statements.names import AUTHORITIES, COMPANIES
from extract.statements.setting import Setting
from extract.statements.words import Words

GENERAL = "*"
_BODIES = frozenset({"agency", "court", "law"})
_BODIES_AT_HOME = frozenset({"agency", "court"})  # a privacy policy names laws for its users' rights
_ANYBODY = frozenset({"anyone", "anybody", "nobody"})
_ASKING = ("AUTHORITY", "REQUEST", "DEMAND", "LAW")
_ASKING_AT_HOME = ("AUTHORITY", "REQUEST", "DEMAND")
BESIDE = 3  # what a mention weighs beside an authority or a demand; any other weighs 1
_WHO_ASKS = 5  # what a mention weighs of an authority that is told to demand something
_ASIDE = 0.5  # of the weight of the text's first authority; a name with less is only mentioned
_NAMED, _BESIDE = 1.0, 2.5  # what a name must score to be taken: in news, and on a company's own page


@dataclass(frozen=True, slots=True)
class Demand:
    """Authority codes ("*" for authorities in general) and how they were found."""

    codes: tuple[str, ...]
    how: str


class DemandFinder:
    """Resolves the authority of an act."""

    def __init__(self, words: Words) -> None:
        self._words = words

    def __call__(self, found: ActFound, setting: Setting) -> Demand:
        """The authorities whose demand this act answers."""
        if self._given_to_anyone(found):
            return Demand((GENERAL,), "general")
        doc = found.head.doc
        scored = [(self._score(span, found, setting), span) for span in doc.spans[AUTHORITIES]]
        enough = _BESIDE if setting.own_page else _NAMED
        scored = [(score, span) for score, span in scored if score >= enough]
        best = max((score for score, _ in scored), default=0.0)
        if best < _BESIDE and self._general(doc):
            return Demand((GENERAL,), "general")
        if scored and not (best < _BESIDE and self._is_aside(scored, found, setting)):
            codes = tuple(dict.fromkeys(span.label_ for score, span in scored if score > best - 0.05))
            return Demand(codes[:1] if best < _BESIDE else codes, "named")
        if setting.own_page:
            if not setting.section and setting.beside and is_event(found.head):
                return Demand(setting.beside[:1], "carried over")
            here = setting.section[:1] or setting.page[:1]
            return Demand(here or (GENERAL,), "section" if here else "general")
        if setting.near:
            return Demand(setting.near[:1], "carried over")
        if setting.document:
            return Demand((setting.document.most_common(1)[0][0],), "document")
        return Demand((GENERAL,), "general")

    @staticmethod
    def _is_aside(scored: list[tuple[float, Span]], found: ActFound, setting: Setting) -> bool:
        """Whether a text is so much about another authority that those of its sentence are only mentioned."""
        top = setting.document.most_common(1)
        if found.act == "leave" or setting.own_page or not top:
            return False
        return max(setting.document[span.label_] for _, span in scored) < _ASIDE * top[0][1]

    def named_in(self, doc: Doc) -> Iterator[tuple[str, int]]:
        """The authorities that a sentence names, each with its weight: 0 where it only says where something is."""
        for span in doc.spans[AUTHORITIES]:
            if _is_left_out(span):  # "governments outside the United States"
                yield GENERAL, BESIDE
            elif span.id_ == "place" or self._is_no_demander(span) or self._keeps_data(span.root):
                yield span.label_, 0
            elif self._asks(span.root):
                yield span.label_, _WHO_ASKS
            else:
                yield span.label_, BESIDE if self._beside_authority(span.root, *_ASKING) else 1

    @staticmethod
    def _given_to_anyone(found: ActFound) -> bool:
        """ "would not hand it to anyone", "has disclosed nothing to any government"."""
        takers = (
            t
            for place in (found.head, *found.objects)
            for first in below_preposition(place, "to", "for", "with")
            for t in (first, *(t for t in first.subtree if t.dep_ == "pobj" and t.lower_ in _ANYBODY))
        )
        return any(
            (t.lower_ in _ANYBODY and not any(c.dep_ in ("acl", "relcl") for c in t.children))
            or (
                t.lower_ == "governments"
                and not any(c.dep_ in ("amod", "compound", "poss", "det") for c in t.children)
            )
            for t in takers
        )

    def _general(self, doc: Doc) -> bool:
        """ "foreign governments", "any authority", "its privacy policy says"."""
        if self._words.found_in(doc.text, "POLICY", "WORLDWIDE") or any(
            _is_left_out(span) for span in doc.spans[AUTHORITIES]
        ):
            return True
        return any(self._is_anybody(t) for t in doc)

    def _is_anybody(self, token: Token) -> bool:
        """ "foreign governments", "any government organisation", "every foreign subpoena", bare "governments"."""
        if token.lower_ == "governments":
            return not any(c.dep_ in ("amod", "compound", "poss", "det") for c in token.children)
        if token.lower_ not in self._words.of("GENERAL") or token.head == token:
            return False
        noun = token.head
        if any(t.i in range(s.start, s.end) for s in token.doc.spans[AUTHORITIES] for t in noun_phrase(noun)):
            return False
        if self._words.any_in([noun, *(c for c in noun.children if c.dep_ == "compound")], "AUTHORITY"):
            return True
        return token.lower_ in ("foreign", "overseas") and self._words.noun_in(noun, "DEMAND", "REQUEST")

    def _score(self, span: Span, found: ActFound, setting: Setting) -> float:
        """0: says where a company is; 1: somewhere in the sentence; 2.5 and more: beside an authority or a demand."""
        if self._is_no_demander(span) or _is_left_out(span):
            return 0
        if found.act != "leave" and self._keeps_data(span.root):
            return 0
        score = 1.0 + (1.5 if span.id_ in (_BODIES_AT_HOME if setting.own_page else _BODIES) else 0)
        if self._beside_authority(span.root, *(_ASKING_AT_HOME if setting.own_page else _ASKING)):
            score += 2
        if any(span.root.i in range(o.left_edge.i, o.right_edge.i + 1) for o in found.objects):
            score += 0.5
        most = setting.document.most_common(1)
        if most and most[0][0] == span.label_:
            score += 0.4
        return score + max(0.0, 0.3 - abs(span.root.i - found.head.i) / 100)

    def _is_no_demander(self, span: Span) -> bool:
        """Whether a name only says where a company is, with whom a treaty is, or which way a demand takes."""
        return self._places_a_company(span) or self._signs_a_treaty(span.root) or _is_the_way(span.root)

    def _places_a_company(self, span: Span) -> bool:
        """ "the Chinese app", "Indian users", "a US company", "San Francisco-based"."""
        after = [t.lower_ for t in span.doc[span.end : span.end + 2]]
        if "based" in after or "headquartered" in after:
            return True
        head = span.root.head
        if span.root.dep_ == "pobj" and head.lower_ in ("in", "from", "of"):  # "X, in the Virgin Islands, …"
            where = head.head
            if any(where.i in range(s.start, s.end) for s in span.doc.spans[COMPANIES]):
                return True
        return span.root.dep_ in ("compound", "amod", "poss", "nmod") and (
            self._words.noun_in(head, "BY_DESCRIPTION", "OTHERS")
            and not self._words.noun_in(head, "AUTHORITY")
        )

    def _signs_a_treaty(self, root: Token) -> bool:
        """ "the treaty with the United States": how a demand has to come, not whose it is."""
        return (
            root.dep_ == "pobj"
            and root.head.lower_ in ("with", "between")
            and self._words.noun_in(root.head.head, "PROCESS")
        )

    def _asks(self, root: Token) -> bool:
        """ "the FBI demanded", "an order from the Spanish police": who is told to demand something."""
        token = root
        while token.dep_ in ("compound", "amod", "poss", "nmod") and token.head.pos_ in ("NOUN", "PROPN"):
            token = token.head
        if self._words.noun_in(token, "DEMAND", "REQUEST"):
            return True
        if token.dep_ in ("nsubj", "pobj") and token.head.dep_ != "prep":
            verb = token.head if token.dep_ == "nsubj" else token.head.head
            if token.dep_ == "nsubj" and self._words.is_in(verb.lemma_.lower(), "OBLIGES", "SERVES"):
                return True
        if token.dep_ == "pobj" and token.head.lower_ in ("by", "from"):
            above = token.head.head
            return self._words.noun_in(above, "DEMAND", "REQUEST") or self._words.is_in(
                above.lemma_.lower(), "OBLIGES", "SERVES"
            )
        return False

    def _keeps_data(self, root: Token) -> bool:
        """ "the e-mails in Ireland", "stored in Dublin": where data is, not who asks for it."""
        if root.dep_ != "pobj" or root.head.lower_ not in ("in", "at", "to"):
            return False
        above = root.head.head
        return self._words.is_in(above.lemma_.lower(), "STORES") or self._words.noun_in(
            above, "SERVERS", "USER_DATA", "DATA"
        )

    def _beside_authority(self, root: Token, *classes: str) -> bool:
        head = root.head
        if root.dep_ in ("compound", "amod", "poss", "nmod"):
            return self._words.noun_in(head, *classes)
        if root.dep_ == "pobj" and head.dep_ == "prep":
            return self._words.noun_in(head.head, *classes)
        return False


def _is_the_way(root: Token) -> bool:
    """ "through the US Department of Justice", "by way of Washington": the route of a demand, not whose it is."""
    token = root
    while token.dep_ in ("pobj", "compound", "nmod", "poss", "amod", "prep", "conj") and token.head != token:
        token = token.head
        if token.lower_ in ("through", "via") or (
            token.lower_ == "way" and token.i and token.nbor(-1).lower_ == "by"
        ):
            return True
    return False


def _is_left_out(span: Span) -> bool:
    """ "outside the United States", "non-US"."""
    before = [t.lower_ for t in span.doc[max(0, span.start - 2) : span.start]]
    return (span.id_ != "place" and ("outside" in before or "non" in before)) or span.text.lower().startswith(
        "non-"
    )
