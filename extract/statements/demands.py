"""Whose demand an act answers, and whether it answers one at all.

A name beside an authority or a request counts most, then the sentence's, the paragraph's, the document's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from spacy.tokens import Doc, Span, Token

from extract.statements.acts import ActFound
from extract.statements.clauses import below_preposition, is_passive, is_verb, noun_phrase, text_of
from extract.statements.conditions import is_event
from extract.statements.names import AUTHORITIES, COMPANIES
from extract.statements.words import Words

GENERAL = "*"
_BODIES = frozenset({"agency", "court", "law"})
_BODIES_AT_HOME = frozenset({"agency", "court"})  # a privacy policy names laws for its users' rights
_TOLD_AT_LENGTH = frozenset({"give", "answer", "deny", "contest", "hold"})
_ANYBODY = frozenset({"anyone", "anybody", "nobody"})
_ANYONE = frozenset(
    {"anyone", "anybody", "nobody", "them", "it", "one", "others", "him", "her", "someone", "whoever"}
)
_ASKING = ("AUTHORITY", "REQUEST", "DEMAND", "LAW")
_ASKING_AT_HOME = ("AUTHORITY", "REQUEST", "DEMAND")
BESIDE = 3  # what a mention weighs beside an authority or a demand; any other weighs 1
_WHO_ASKS = 5  # what a mention weighs of an authority that is told to demand something
_ASIDE = 0.5  # of the weight of the text's first authority; a name with less is only mentioned
_SHORT = 15  # tokens of a sentence that leans on the one before ("He would not.")
_NAMED, _BESIDE = 1.0, 2.5  # what a name must score to be taken: in news, and on a company's own page


@dataclass(frozen=True, slots=True)
class Demand:
    """Authority codes ("*" for authorities in general) and how they were found."""

    codes: tuple[str, ...]
    how: str


@dataclass(slots=True)
class Setting:
    """What the text around a sentence says of authorities."""

    own_page: bool = False
    near: tuple[str, ...] = ()  # codes of the paragraph's earlier sentences, nearest first
    beside: tuple[str, ...] = ()  # those of them that stand beside an authority or a demand
    section: tuple[str, ...] = ()  # codes that the last heading names
    page: tuple[str, ...] = ()  # whose authorities the whole page says that it is for
    document: Counter[str] = field(default_factory=Counter)
    demanded: bool = False  # something was demanded in the sentence before, or in this one
    demanded_before: bool = False  # the paragraph's sentence before names a demand
    elsewhere: bool = False  # the text is more about another topic
    hot: bool = False  # the text comes back to demands again and again
    asks: bool = False  # this sentence or a neighbour speaks of a demand
    about: bool = False  # the whole text is on authorities' demands
    around: str = ""  # this sentence and its neighbours


class DemandFinder:
    """Resolves the authority of an act and keeps to the topic."""

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

    def on_topic(self, found: ActFound, setting: Setting) -> bool:
        """Data requests only: no removals, breaches or advertising, and an authority or its demand in sight."""
        objects = [t for o in found.objects for t in o.subtree]
        if (
            self._words.any_in(objects, "OFF_TOPIC", "CHATTER")
            or self._given_to_others(found)
            or self._moved_in(found)
        ):
            return False
        doc = found.head.doc
        if found.rule and not (
            doc.spans[AUTHORITIES]
            or self._words.found_in(
                setting.around if len(doc) <= _SHORT else doc.text,
                "DEMAND",
                "REQUEST",
                "LAW",
                "AUTHORITY",
                "USER_DATA",
            )
        ):
            return False
        if setting.elsewhere and not (
            self._words.found_in(doc.text, "USER_DATA", "KEYS")
            and self._words.found_in(doc.text, "AUTHORITY", "DEMAND")
        ):
            return False
        if setting.own_page:
            return self._on_topic_at_home(found, setting)
        if found.act == "leave":
            bodies = any(span.id_ in _BODIES for span in doc.spans[AUTHORITIES])
            return (
                bodies
                or setting.about
                or bool(
                    self._words.found_in(
                        setting.around, "LAW", "DEMAND", "REQUEST", "AUTHORITY", "ENCRYPTION"
                    )
                )
            )
        if self._words.found_in(doc.text, "OFF_TOPIC") and not self._words.found_in(doc.text, "USER_DATA"):
            return False
        named = any(span.id_ != "place" for span in doc.spans[AUTHORITIES])
        return setting.asks or named or bool(self._words.found_in(doc.text, "AUTHORITY", "DEMAND"))

    def _on_topic_at_home(self, found: ActFound, setting: Setting) -> bool:
        """A company's own page is mostly about its customers and their rights: only an authority's demand counts.

        A report or guideline on such demands need not name them again in each sentence.
        """
        doc = found.head.doc
        if (
            setting.about
            and found.objects
            and found.act in _TOLD_AT_LENGTH
            and not self._words.found_in(doc.text, "OFF_TOPIC")
        ):
            return True
        if found.act == "weigh" and self._words.any_in(found.objects, "REQUEST", "DEMAND"):
            return False  # "we review each request" is how all are answered
        if self._words.found_in(doc.text, "DEMAND"):
            return True
        if (
            found.objects
            and not self._words.found_in(doc.text, "OFF_TOPIC")
            and self._goes_on(found, setting)
        ):
            return True
        if found.act in ("contest", "deny") and self._words.found_in(doc.text, "IMPROPER"):
            return True  # "we object to overbroad requests"
        if found.act == "hold" and self._words.is_in(found.head.lemma_.lower(), "READS"):
            return True  # "we cannot read your messages": whether or not anybody asks (settled case 12)
        if found.act in ("stop", "leave", "weigh") and not doc.spans[AUTHORITIES]:
            return False
        bodies = any(span.id_ in ("agency", "court") for span in doc.spans[AUTHORITIES])
        asked = bodies or bool(self._words.found_in(doc.text, "AUTHORITY"))
        return asked and (found.act == "leave" or not self._words.found_in(doc.text, "OFF_TOPIC"))

    def _goes_on(self, found: ActFound, setting: Setting) -> bool:
        """Whether a sentence that names no demand goes on about those that its text or paragraph is about."""
        objects = found.objects
        told = found.act in ("contest", "deny") or (found.act in _TOLD_AT_LENGTH and is_event(found.head))
        if setting.demanded_before and told:
            return True  # "A demand should be limited. We resist those that aren't."
        if not setting.hot:
            return False
        if found.act in ("answer", "deny", "contest"):
            return any(o.like_num for o in objects)  # "contested 407, complied with 5,971"
        if found.act == "hold":
            if any(o.pos_ == "PRON" for o in objects):
                return setting.asks  # "We can't; we don't have it."
            kept = self._words.is_in(found.head.lemma_.lower(), "POSSESSES")
            return kept and self._words.any_in(objects, "USER_DATA", "KEY")
        return found.act in ("weigh", "stop", "leave") and (
            self._words.any_in(objects, "LAW", "REQUEST", "DEMAND", "HANDLING", "PLACE", "ANSWERING")
            or any(is_verb(o) and self._words.found_in(text_of(o), "LAW") for o in objects)
        )

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

    def _given_to_others(self, found: ActFound) -> bool:
        """Whether the data goes to somebody who is no authority: partners, advertisers, users, you."""
        if found.act not in ("give", "deny"):
            return False
        ways = ("to", "with") if found.head.lemma_.lower() == "share" else ("to",)
        takers = [
            t
            for place in (found.head, *found.objects)
            if not (
                place in found.objects and self._words.noun_in(place, "ACCESS")
            )  # "access to our servers"
            for t in below_preposition(place, *ways)
            if t.dep_ != "pcomp"
        ]
        takers += [c for c in found.head.children if c.dep_ == "dative" and c.pos_ != "ADP"]
        if is_passive(found.head) and any(c.dep_ == "dobj" for c in found.head.children):
            takers += [c for c in found.head.children if c.dep_ == "nsubjpass"]  # "reporters were given none"
        takers = [
            t
            for t in takers
            if (t.dep_ == "nsubjpass" or t not in found.objects)
            and not self._words.noun_in(t, "USER_DATA", "DATA", "KEYS")
        ]
        return bool(takers) and not any(self._may_be_an_authority(t) for t in takers)

    def _may_be_an_authority(self, taker: Token) -> bool:
        if (
            self._words.any_in(noun_phrase(taker), "AUTHORITY", "REQUEST", "DEMAND")
            or taker.lower_ in _ANYONE
        ):
            return True
        doc = taker.doc
        inside = range(taker.left_edge.i, taker.right_edge.i + 1)
        if any(span.root.i in inside for span in doc.spans[AUTHORITIES]):
            return not self._words.noun_in(taker, "OTHERS", "BY_DESCRIPTION")
        return taker.pos_ == "PROPN" and not any(
            taker.i in range(s.start, s.end) for s in doc.spans[COMPANIES]
        )

    @staticmethod
    def _moved_in(found: ActFound) -> bool:
        """ "moved its servers to Russia" is no leaving of Russia."""
        names = {t.i for span in found.head.doc.spans[AUTHORITIES] for t in span}
        return found.act == "leave" and any(t.i in names for t in below_preposition(found.head, "to", "into"))

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
