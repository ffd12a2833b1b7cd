"""Whom a noun phrase stands for: names, coordination, descriptions, pronouns, people who speak for a company, "we".

Resolves against the discourse's focus, which `reader` keeps. Knows nothing of acts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from spacy.tokens import Doc, Span, Token

from extract.knowledge import Knowledge
from extract.statements.clauses import (
    SUBJECTS,
    antecedent_of,
    below_preposition,
    climb,
    listed,
    noun_phrase,
)
from extract.statements.names import AUTHORITIES, COMPANIES, PEOPLE
from extract.statements.words import Words

_WE = frozenset({"we", "us", "our", "ours", "i"})
_SINGULAR = frozenset({"it", "its", "itself"})
_PERSONAL = frozenset({"he", "she", "his", "her", "him"})
_PLURAL = frozenset({"they", "them", "their", "theirs", "both", "neither", "each", "all", "none"})
_OF_TWO = {"former": 0, "latter": -1}
_COUNTS = frozenset({"two", "three", "four", "five", "six", "seven"})
_ANAPHORIC = frozenset(
    {"the", "this", "that", "these", "those", "both", "its", "either", "neither", "all", "two", "three"}
)
_OWNED = frozenset({"his", "her", "my", "our"})
_HIGHER = frozenset({"parent", "owner"})
_PLURAL_ONE = frozenset({"developer", "maker", "operator", "owner"})
_STATE_BEFORE_BASED = re.compile(r",? [^ ,-]+,?(?=-based\b)")
_NAMED_BY = frozenset({"compound", "poss", "nmod", "appos", "amod"})


@dataclass(slots=True)
class Focus:
    """What "it", "they", "the company" and "we" mean at this point of the text."""

    one: str | None = None
    group: tuple[str, ...] = ()
    person: str | None = None  # whose founder, chief or spokesman "he" or "she" is
    speaker: str | None = None
    site: str | None = None  # whose own page the text is
    people: dict[str, str] = field(
        default_factory=dict
    )  # surnames that the text introduced, and for whom they speak

    def turn_to(self, slugs: tuple[str, ...]) -> None:
        """A sentence's subject, or else its first name, becomes the focus."""
        if slugs:
            self.one = slugs[0]
            self.group = slugs if len(slugs) > 1 else self.group


@dataclass(frozen=True, slots=True)
class Who:
    """Companies that do an act, how they were found, and companies that share it."""

    slugs: tuple[str, ...]
    how: str
    sharing: tuple[str, ...] = field(default=())


NOBODY = Who((), "not a company")
UNLISTED = "unlisted"  # how a company was found that config does not know


class Resolver:
    """Resolves the noun phrases of one knowledge's companies."""

    def __init__(self, words: Words, knowledge: Knowledge) -> None:
        self._words = words
        self._descriptions: dict[str, set[str]] = {}
        self._services: dict[str, set[str]] = {}
        self._parents = {c.id: c.parent for c in knowledge.companies if c.parent}
        for company in knowledge.companies:
            for text in (*company.descriptions, *(f"{place}-based" for place in company.based_in)):
                self._descriptions.setdefault(text.lower(), set()).add(company.id)
            if company.parent:
                self._services.setdefault(company.parent, set()).add(company.id)

    def in_subject_position(self, doc: Doc, focus: Focus) -> tuple[str, ...]:
        """The companies of the first subject that names or means any: what a parsed sentence leaves in focus."""
        for token in doc:
            if token.dep_ in SUBJECTS:
                slugs = self._named_by(token) or (
                    self.resolve(token, focus).slugs if self._keeps_to(token) else ()
                )
                if slugs:
                    return slugs
        return ()

    def _keeps_to(self, subject: Token) -> bool:
        """ "it", "the company": the text goes on about the same one, whoever else the sentence names."""
        return subject.lower_ == "it" or (
            subject.tag_ == "NN" and self._words.is_in(subject.lemma_.lower(), "BY_DESCRIPTION")
        )

    def person_in(self, doc: Doc | Span) -> str | None:
        """The company of the last person in a sentence, or a part of one, who stands for one: whom "he" or "she" will mean."""
        people = [
            s
            for t in doc
            if t.pos_ in ("NOUN", "PROPN")
            and self._words.is_in(t.lemma_.lower(), "ROLE")
            and not self._words.is_in(t.lemma_.lower(), "PAPERS")
            for s in self.standing_for(t)
        ]
        spans = doc.spans[PEOPLE] if isinstance(doc, Doc) else doc.doc.spans[PEOPLE]
        people += [str(span.label_) for span in spans if span.end <= doc[-1].i + 1] if len(doc) else []
        return people[-1] if people else None

    def people_in(self, doc: Doc, focus: Focus) -> Iterator[tuple[str, str]]:
        """Surnames that a sentence introduces as somebody who stands for a company ("Marty Beard, its chief operating officer")."""
        for token in doc:
            if (
                token.pos_ != "PROPN"
                or token.dep_ in ("compound", "poss")
                or not token.text[0].isupper()
                or self.named(token)
            ):
                continue
            if any(token.i in range(s.start, s.end) for s in doc.spans[AUTHORITIES]):
                continue
            roles = [c for c in token.children if c.dep_ in ("appos", "compound", "nmod", "amod")]
            roles += [token.head] if token.dep_ == "appos" else []
            for role in roles:
                lemma = role.lemma_.lower()
                if self._words.is_in(lemma, "ROLE") and not self._words.is_in(lemma, "PAPERS"):
                    who = self.resolve(role, focus).slugs or self.standing_for(token)
                    if len(who) == 1:
                        yield token.text, who[0]

    def speaker(self, doc: Doc, focus: Focus) -> str | None:
        """Who says what stands in this sentence: the subject of a verb of saying, if a company or its person."""
        label = next(iter(doc.spans[COMPANIES]), None)
        if label is not None and label.start == 0 and label.end < len(doc) and doc[label.end].text == ":":
            return str(label.label_)
        for token in doc:
            if (
                token.dep_ == "nsubj"
                and self._words.is_in(token.head.lemma_.lower(), "ASSERTING")
                and token.lower_ not in _WE
            ):
                who = self.resolve(token, focus)
                if who.slugs:
                    return who.slugs[0]
        return None

    def resolve(self, subject: Token, focus: Focus) -> Who:
        slugs: dict[str, None] = {}
        how = "named"
        for token in listed(subject):
            direct = self.standing_for(token)
            direct = (*direct, *self._beside(token)) if direct else ()
            found, way = (direct, "named") if direct else self._anaphor(token, focus)
            for slug in found:
                slugs.update(dict.fromkeys((slug, *self._covered(token, slug))))
            how = way if found and way != "named" else how
        return Who(tuple(slugs), how) if slugs else NOBODY

    def resolve_all(self, subjects: Iterable[Token], focus: Focus) -> Who:
        """The first of these that is a company, or stands for some."""
        return next((who for s in subjects if (who := self.resolve(s, focus)).slugs), NOBODY)

    def named(self, token: Token) -> str | None:
        for group in (COMPANIES, PEOPLE):
            for span in token.doc.spans[group]:
                if span.start <= token.i < span.end:
                    return str(span.label_)
        return None

    def standing_for(self, token: Token) -> tuple[str, ...]:
        """A name, or "Apple's lawyers", "a Zoom spokesperson", "messaging app Telegram", "companies such as A and B"."""
        named = self.named(token)
        if named:
            return (named,)
        lemma = token.lemma_.lower()
        is_role, is_kind = self._words.is_in(lemma, "ROLE"), self._words.is_in(lemma, "BY_DESCRIPTION")
        is_person = self._words.is_in(lemma, "PERSON")
        if not (is_role or is_kind or is_person or token.pos_ == "PROPN"):
            return ()
        for child in token.children:
            if child.dep_ in _NAMED_BY and (child.dep_ != "poss" or is_role or token.pos_ == "PROPN"):
                inside = [
                    s for t in (listed(child) if child.dep_ == "appos" else [child]) if (s := self.named(t))
                ]
                if inside:
                    return tuple(inside)
            if child.dep_ == "appos" and self._words.is_in(child.lemma_.lower(), "ROLE"):
                return self.standing_for(child)
        run = self._run_by(token)
        if run:
            return run
        prepositions = (
            ("of", "for", "at", "from", "behind", "by", "with")
            if is_role
            else ("as", "like", "including", "behind")
            if is_kind
            else ()
        )
        return (
            tuple(s for t in below_preposition(token, *prepositions) if (s := self.named(t)))
            if prepositions
            else ()
        )

    def _run_by(self, token: Token) -> tuple[str, ...]:
        """ "lawyers representing X", "the man who founded X", "Jane Doe, who runs X": the company that they act for."""
        for clause in token.children:
            if clause.dep_ in ("relcl", "acl") and self._words.is_in(clause.lemma_.lower(), "RUNS"):
                for below in clause.children:
                    if below.dep_ == "dobj" and (slugs := self.standing_for(below)):
                        return slugs
        return ()

    def _beside(self, token: Token) -> tuple[str, ...]:
        """Names that stand in one list with this one, also where the parser lost the coordination ("A, B, and C have …")."""
        spans = list(token.doc.spans[COMPANIES])
        place = next((i for i, span in enumerate(spans) if token.i in range(span.start, span.end)), None)
        if place is None:
            return ()
        role = _first_of(token).dep_
        group = []
        for step in (-1, 1):
            i = place
            while 0 <= i + step < len(spans) and _are_listed(
                *sorted((spans[i], spans[i + step]), key=lambda s: s.start)
            ):
                i += step
                if (_first_of(spans[i].root).dep_ == "pobj") == (role == "pobj"):
                    group.append(str(spans[i].label_))
        return tuple(group)

    def _covered(self, token: Token, slug: str) -> Iterator[str]:
        """Services that the parent's noun phrase names: "Facebook and its services WhatsApp and Instagram"."""
        services = self._services.get(slug, set())
        if services:
            yield from (
                s for t in noun_phrase(token) if t != token and (s := self.named(t)) in services and s
            )

    def _anaphor(self, token: Token, focus: Focus) -> tuple[tuple[str, ...], str]:
        lower = token.lower_
        if lower in _WE:
            speaker = focus.site or focus.speaker
            return ((speaker,), "we") if speaker else ((), "")
        if lower in _SINGULAR:
            one = (
                self._before(token, single=True)[:1]
                or self._said_after(token)
                or self._only_one(token)
                or tuple(filter(None, (focus.one or focus.site,)))
            )
            return one, "pronoun"
        if lower in _OF_TWO and any(c.lower_ == "the" for c in token.children):
            group = self._before(token, single=False) or focus.group
            return group[_OF_TWO[lower] :][:1], "pronoun"
        if lower in _PERSONAL:
            person = self._person_before(token) or focus.person
            return ((person,) if person else ()), "pronoun"
        if lower in _PLURAL or _counts(token):
            inside = self._before(token, single=False) or self._before(token, single=True)
            inside = inside or self._only_one(token)
            return inside or focus.group or ((focus.one,) if focus.one else ()), "pronoun"
        return self._described(token, focus), "description"

    def _only_one(self, token: Token) -> tuple[str, ...]:
        """The one company that the sentence names before a pronoun, whatever its role ("a court fined X after it …")."""
        before = {str(span.label_) for span in token.doc.spans[COMPANIES] if span.end <= token.i}
        return tuple(before) if len(before) == 1 else ()

    def _person_before(self, token: Token) -> str | None:
        """Whose founder or chief was named before "he" or "she" in the same sentence."""
        return self.person_in(token.doc[: token.i])

    def _said_after(self, token: Token) -> tuple[str, ...]:
        """ "The company cannot read them, WhatsApp said": who is named as the speaker after it."""
        for link in climb(token):
            if link.via == "ccomp" and self._words.is_in(link.above.lemma_.lower(), "ASSERTING"):
                speakers = (c for c in link.above.children if c.dep_ == "nsubj" and c.i > token.i)
                return next((self.standing_for(c)[:1] for c in speakers), ())
        return ()

    def _described(self, token: Token, focus: Focus) -> tuple[str, ...]:
        """ "the Redmond-based company", "the tech giants", "both firms"."""
        if self._words.is_in(token.lemma_.lower(), "ROLE"):  # "its lawyers", "the company's chief executive"
            owner = next((c for c in token.children if c.dep_ == "poss"), None)
            if owner is None:  # "experts at the company", "a lawyer for it"
                owner = next(below_preposition(token, "of", "for", "at", "from", "with"), None)
                if owner is not None and not self._keeps_to(owner):
                    owner = None
            return self.resolve(owner, focus).slugs if owner is not None else self._spokesman(token, focus)
        owner = next((c for c in token.children if c.dep_ == "poss"), None)
        if token.lemma_.lower() in _HIGHER or any(c.lower_ in _HIGHER for c in token.children):
            below = owner or next(below_preposition(token, "of"), None)
            if below is not None:  # "its parent", "the owner of X"
                return self._parents_of(self.resolve(below, focus).slugs)
        if (
            owner is not None
            and owner.lower_ in _OWNED
            and self._words.is_in(token.lemma_.lower(), "BY_DESCRIPTION")
        ):
            return self.resolve(owner, focus).slugs  # "his company", "our firm"
        if owner is not None and self._words.is_in(token.lemma_.lower(), "THINGS"):
            return self.resolve(owner, focus).slugs  # "its servers hold nothing"
        phrase = _STATE_BEFORE_BASED.sub("", token.doc[token.left_edge.i : token.i + 1].text.lower())
        known = _one_of(phrase, self._descriptions)
        if known:
            return (known,)
        lemma = token.lemma_.lower()
        definite = any(
            c.dep_ in ("det", "poss", "predet", "nummod") and c.lower_ in _ANAPHORIC for c in token.children
        )
        if not definite or not self._words.is_in(lemma, "BY_DESCRIPTION"):
            return ()
        if token.tag_ in ("NNS", "NNPS") or any(c.lower_ in ("both", "neither") for c in token.children):
            if lemma in _PLURAL_ONE and focus.one:
                return (focus.one,)  # "the developers": of the one product that the text is about
            named = tuple(
                dict.fromkeys(str(s.label_) for s in token.doc.spans[COMPANIES] if s.end <= token.i)
            )
            return self._before(token, single=False) or (named if len(named) > 1 else focus.group)
        one = focus.site or focus.one
        return (
            self._said_after(token)
            or self._before(token, single=True)
            or self._only_one(token)
            or ((one,) if one else ())
        )

    def _spokesman(self, person: Token, focus: Focus) -> tuple[str, ...]:
        """ "a spokesman said", "the founder": of the company that the text is about, unless somebody else's."""
        if (
            self._words.is_in(person.lemma_.lower(), "PAPERS")
            or person.tag_ != "NN"
            or any(
                c.dep_ in ("compound", "nmod")
                or (c.dep_ == "prep" and c.lower_ in ("of", "for", "at", "from", "with"))
                for c in person.children
            )
        ):
            return ()
        if person.dep_ not in SUBJECTS or not any(c.dep_ == "det" for c in person.children):
            return ()
        named = {str(s.label_) for s in person.doc.spans[COMPANIES]}
        one = (
            focus.person if self._words.is_in(person.lemma_.lower(), "PERSON") and focus.person else focus.one
        )
        return () if named or one is None else (one,)

    def _parents_of(self, slugs: Iterable[str]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(p for s in slugs if (p := self._parents.get(s))))

    def subjects_in(self, doc: Doc) -> Iterator[tuple[Token, tuple[str, ...]]]:
        for token in doc:
            if token.dep_ in SUBJECTS:
                slugs = self._named_by(token)
                if slugs:
                    yield token, slugs

    def _named_by(self, subject: Token) -> tuple[str, ...]:
        named = antecedent_of(subject, subject.head)
        return tuple(
            dict.fromkeys(s for t in listed(named) for s in (*self.standing_for(t), *self._beside(t)))
        )

    def _before(self, pronoun: Token, *, single: bool) -> tuple[str, ...]:
        """The subject company (or group) nearest before a pronoun in its own sentence."""
        found = [
            slugs
            for token, slugs in self.subjects_in(pronoun.doc)
            if token.i < pronoun.i
            and (len(slugs) == 1) == single
            and not (token.head.dep_ == "relcl" and pronoun not in token.head.subtree)
        ]
        return found[-1] if found else ()


def _are_listed(left: Span, right: Span) -> bool:
    """Whether only a comma or a conjunction stands between two names."""
    between = [t.lower_ for t in left.doc[left.end : right.start]]
    return 0 < len(between) <= 2 and all(word in (",", "and", "or", "&", "nor") for word in between)


def _counts(token: Token) -> bool:
    """ "all three", "the two", "the other four": those named before."""
    return (
        token.lower_ in _COUNTS
        and token.tag_ == "CD"
        and any(c.lower_ in ("all", "the", "both", "these", "other") for c in token.children)
    )


def _first_of(token: Token) -> Token:
    """The first noun of a coordination."""
    while token.dep_ == "conj":
        token = token.head
    return token


def _one_of(phrase: str, descriptions: Mapping[str, set[str]]) -> str | None:
    """The one company that a phrase describes; none if several are called so."""
    found = {slug for text, slugs in descriptions.items() if text in phrase for slug in slugs}
    return found.pop() if len(found) == 1 else None
