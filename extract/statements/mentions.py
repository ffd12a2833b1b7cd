"""How a sentence names an authority: as one that demands something, beside a demand, or only as where something is."""

from __future__ import annotations

from collections.abc import Iterator

from spacy.tokens import Doc, Span, Token

from extract.statements.names import AUTHORITIES, COMPANIES
from extract.statements.words import Words
from extract.types import GENERAL

ASKS, BESIDE, BY_LAW, BARE, ASIDE, KEEPS, OUTSIDE = (
    "asks",
    "beside",
    "by law",
    "bare",
    "aside",
    "keeps data",
    "outside",
)
WEIGHTS = {
    ASKS: 5,
    BESIDE: 3,
    BY_LAW: 3,
    BARE: 1,
    ASIDE: 0,
    KEEPS: 0,
    OUTSIDE: 3,
}  # what a mention counts for in the whole text
_ASKING = ("AUTHORITY", "REQUEST", "DEMAND")


class Mentions:
    """Judges mentions by the words of one lexicon."""

    def __init__(self, words: Words) -> None:
        self._words = words

    def role(self, span: Span) -> str:
        """What a name of an authority does in its sentence."""
        if is_left_out(span):  # "governments outside the United States"
            return OUTSIDE
        if self._is_no_demander(span):
            return ASIDE
        if self._keeps_data(span.root):
            return KEEPS
        if self._asks(span.root):
            return ASKS
        if self._beside(span.root, *_ASKING):
            return BESIDE
        return BY_LAW if self._beside(span.root, "LAW") else BARE

    def weighed(self, doc: Doc) -> Iterator[tuple[str, int]]:
        """The authorities that a sentence names, each with its weight: 0 where it only says where something is."""
        for span in doc.spans[AUTHORITIES]:
            role = self.role(span)
            if role == OUTSIDE:
                yield GENERAL, WEIGHTS[role]
            else:
                yield span.label_, 0 if span.id_ == "place" else WEIGHTS[role]

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
        """ "the treaty with the United States", "in place between the two": how a demand has to come, not whose it is."""
        if root.dep_ != "pobj":
            return False
        return root.head.lower_ == "between" or (
            root.head.lower_ == "with" and self._words.noun_in(root.head.head, "PROCESS")
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

    def _beside(self, root: Token, *classes: str) -> bool:
        """ "the Indian police", "the police in India"."""
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


def is_left_out(span: Span) -> bool:
    """ "outside the United States", "non-US"."""
    before = [t.lower_ for t in span.doc[max(0, span.start - 2) : span.start]]
    return (span.id_ != "place" and ("outside" in before or "non" in before)) or span.text.lower().startswith(
        "non-"
    )
