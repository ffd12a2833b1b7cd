"""Who does an act: names, coordination, descriptions, pronouns, people who stand for a company, "we".

Keeps the discourse's focus from sentence to sentence. Does not judge the act itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from spacy.tokens import Doc, Token

from extract.statements.acts import SUBJECTS, ActFound, noun_phrase
from extract.statements.names import COMPANIES, PEOPLE
from extract.statements.words import Words

_WE = frozenset({"we", "us", "our", "ours"})
_SINGULAR = frozenset({"it", "its", "itself", "he", "she", "his", "her"})
_PLURAL = frozenset({"they", "them", "their", "theirs", "both", "neither", "each", "all"})
_ANAPHORIC = frozenset({"the", "this", "that", "these", "those", "both", "its", "either", "neither"})
_SHARING = frozenset({"after", "like", "following", "alongside", "with", "besides"})


@dataclass(slots=True)
class Focus:
    """What "it", "they" and "the company" mean at this point of the text."""

    one: str | None = None
    group: tuple[str, ...] = ()
    speaker: str | None = None

    def turn_to(self, slugs: tuple[str, ...]) -> None:
        """A sentence's subject (or its first names) becomes the focus."""
        if not slugs:
            return
        self.one = slugs[0]
        if len(slugs) > 1:
            self.group = slugs


@dataclass(frozen=True, slots=True)
class Who:
    """Companies that do an act, how they were found (for confidence and explain), and companies that share it."""

    slugs: tuple[str, ...]
    how: str
    sharing: tuple[str, ...] = field(default=())


class SubjectFinder:
    """Resolves the subject of an act in one sentence."""

    def __init__(self, words: Words, descriptions: dict[str, frozenset[str]], parents: dict[str, tuple[str, ...]]) -> None:
        """`descriptions` maps "search giant" to company slugs; `parents` a parent's slug to those of its services."""
        self._words = words
        self._descriptions = descriptions
        self._parents = parents

    def __call__(self, found: ActFound, focus: Focus, site: str | None) -> Who:
        """The companies that do this act; none if it is somebody else's."""
        subject, passive_without_agent = self._subject(found)
        if subject is None:
            if site and (passive_without_agent or self._imperative(found.head)):
                return Who((site,), "own page")
            return Who((), "no subject")
        who = self._resolve(subject, focus, site)
        if not who.slugs and site and subject.lemma_.lower() in ("policy", "guideline", "term", "team", "process", "practice"):
            return Who((site,), "own page")
        shared = tuple(s for s in self._sharing(found, subject, focus) if s not in who.slugs)
        return Who(who.slugs, who.how, shared) if who.slugs else who

    @staticmethod
    def _imperative(head: Token) -> bool:
        return head.dep_ == "ROOT" and head.tag_ == "VB" and head.i <= 2

    def _subject(self, found: ActFound) -> tuple[Token | None, bool]:
        """The token that names the doer, and whether the act is a passive that names nobody."""
        head = found.head
        if found.word.noun:
            return self._noun_subject(head), False
        token = head
        for _ in range(8):
            agent = next((p for c in token.children if c.dep_ == "agent" for p in c.children if p.dep_ == "pobj"), None)
            if agent is not None:
                return agent, False
            passive = any(c.dep_ in ("auxpass", "nsubjpass") for c in token.children)
            subject = next((c for c in token.children if c.dep_ in ("nsubj", "csubj")), None)
            if subject is not None and token.pos_ not in ("NOUN", "PROPN"):
                if subject.tag_ in ("WDT", "WP") and token.dep_ == "relcl":
                    return token.head, False
                return subject, False
            if passive and token == head:
                return None, True
            if token.pos_ in ("NOUN", "PROPN") and token != head:
                owner = self._noun_subject(token)
                return owner, owner is None
            passive_subject = next((c for c in token.children if c.dep_ == "nsubjpass"), None)
            if passive_subject is not None and token != head:
                return passive_subject, False
            if token.dep_ in ("xcomp", "conj", "pcomp", "prep", "advcl", "acl", "acomp", "attr", "oprd", "ccomp", "dep") and token.head != token:
                token = token.head
                continue
            break
        return None, False

    def _noun_subject(self, noun: Token) -> Token | None:
        """Whose refusal, suit or pause: possessive, "by X", the subject of the verb it is the object of."""
        for child in noun.children:
            if child.dep_ == "poss":
                return child
            if child.dep_ in ("compound", "nmod") and self._named(child):
                return child
        for child in noun.children:
            if child.dep_ in ("prep", "agent") and child.lower_ in ("by", "from"):
                return next((p for p in child.children if p.dep_ == "pobj"), None)
        token = noun
        for _ in range(4):
            if token.dep_ in ("dobj", "pobj", "prep", "conj", "attr", "xcomp", "oprd") and token.head != token:
                token = token.head
                subject = next((c for c in token.children if c.dep_ == "nsubj"), None)
                if subject is not None:
                    return subject
            else:
                break
        return None

    def _named(self, token: Token) -> str | None:
        for group in (COMPANIES, PEOPLE):
            for span in token.doc.spans[group]:
                if span.start <= token.i < span.end:
                    return str(span.label_)
        return None

    def _resolve(self, subject: Token, focus: Focus, site: str | None) -> Who:
        if subject.tag_ in ("WDT", "WP") and subject.head.dep_ == "relcl":
            subject = subject.head.head
        heads = [subject, *sorted(subject.conjuncts, key=lambda t: t.i)]
        slugs: list[str] = []
        how = "named"
        for token in heads:
            direct = self._named(token) or self._stands_for(token)
            if direct:
                slugs.append(direct)
                slugs.extend(s for s in self._covered(token, direct) if s not in slugs)
                continue
            found, how_found = self._described(token, focus, site)
            slugs.extend(found)
            if found:
                how = how_found
        return Who(tuple(dict.fromkeys(slugs)), how if slugs else "not a company")

    def _stands_for(self, token: Token) -> str | None:
        """ "Apple's lawyers", "a Zoom spokesperson", "Tim Cook, Apple's chief executive", "messaging app Telegram"."""
        company_like = self._words.is_in(token.lemma_.lower(), "ROLE", "BY_DESCRIPTION") or token.pos_ == "PROPN"
        if not company_like:
            return None
        near = ("compound", "poss", "nmod", "appos", "amod")
        for child in token.children:
            named = self._named(child) if child.dep_ in near else None
            if named:
                return named
            if child.dep_ == "appos":
                inner = next((self._named(c) for c in noun_phrase(child) if self._named(c)), None)
                if inner:
                    return inner
            if child.dep_ == "prep" and child.lower_ in ("of", "for", "at", "from") and self._words.is_in(token.lemma_.lower(), "ROLE"):
                inner = next((self._named(c) for c in child.subtree if self._named(c)), None)
                if inner:
                    return inner
        return None

    def _covered(self, token: Token, slug: str) -> Iterable[str]:
        """Services that the parent's noun phrase names: "Facebook and its services WhatsApp and Instagram"."""
        services = self._parents.get(slug, ())
        if not services:
            return ()
        return (s for t in noun_phrase(token) if t != token and (s := self._named(t)) and s in services)

    def _described(self, token: Token, focus: Focus, site: str | None) -> tuple[tuple[str, ...], str]:
        lower, lemma = token.lower_, token.lemma_.lower()
        if lower in _WE:
            speaker = site or focus.speaker
            return ((speaker,), "we") if speaker else ((), "")
        if lower in _SINGULAR:
            inside = self._before_in_sentence(token)
            one = inside[-1] if inside else focus.one or site
            return ((one,), "pronoun") if one else ((), "")
        if lower in _PLURAL:
            inside = self._group_before(token)
            group = inside or focus.group or ((focus.one,) if focus.one else ())
            return group, "pronoun"
        determined = any(c.dep_ in ("det", "poss", "predet") and c.lower_ in _ANAPHORIC for c in token.children)
        phrase = " ".join(t.lower_ for t in sorted(noun_phrase(token), key=lambda t: t.i) if t.dep_ not in ("det", "prep", "pobj"))
        named = next((slugs for text, slugs in self._descriptions.items() if phrase.endswith(text)), frozenset())
        if len(named) == 1:
            return tuple(named), "description"
        if not self._words.is_in(lemma, "BY_DESCRIPTION") or not (determined or token.tag_ in ("NNS", "NNPS") and token.i == 0):
            return (), ""
        if token.tag_ in ("NNS", "NNPS"):
            return focus.group, "description"
        one = focus.one or site
        return ((one,), "description") if one else ((), "")

    def _subject_names(self, doc: Doc) -> Iterator[tuple[Token, tuple[str, ...]]]:
        for token in doc:
            if token.dep_ in SUBJECTS:
                slugs = tuple(s for t in (token, *sorted(token.conjuncts, key=lambda t: t.i)) if (s := self._named(t) or self._stands_for(t)))
                if slugs:
                    yield token, slugs

    def _before_in_sentence(self, pronoun: Token) -> tuple[str, ...]:
        """The subject company nearest before a pronoun in its own sentence, as a tuple of one, or nothing."""
        found = [slugs for token, slugs in self._subject_names(pronoun.doc) if token.i < pronoun.i and len(slugs) == 1]
        return found[-1][:1] if found else ()

    def _group_before(self, pronoun: Token) -> tuple[str, ...]:
        found = [slugs for token, slugs in self._subject_names(pronoun.doc) if token.i < pronoun.i and len(slugs) > 1]
        return found[-1] if found else ()

    def _sharing(self, found: ActFound, subject: Token, focus: Focus) -> tuple[str, ...]:
        """ "After A and B, X will …", "X, like A, …": A and B share the act."""
        root = found.head
        while root.dep_ in ("xcomp", "conj") and root.head != root:
            root = root.head
        for token in (found.head, root, subject):
            for child in token.children:
                if child.dep_ != "prep" or child.lower_ not in _SHARING or child.lower_ == "with" or child.i > found.head.i:
                    continue
                group: list[str] = []
                for below in child.children:
                    if below.dep_ == "pobj":
                        for t in (below, *sorted(below.conjuncts, key=lambda t: t.i)):
                            slug = self._named(t)
                            if slug:
                                group.append(slug)
                if group:
                    return tuple(group)
        return ()

    def joined(self, found: ActFound, focus: Focus) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
        """ "X joined A and B in not complying": ((A, B), (X,)), or None if the act stands under no such verb."""
        preposition = found.head.head
        verb = preposition.head
        if found.head.dep_ != "pcomp" or preposition.lower_ != "in" or verb.lemma_.lower() not in ("join", "follow"):
            return None
        joined = next((c for c in verb.children if c.dep_ == "dobj"), None)
        joining = next((c for c in verb.children if c.dep_ == "nsubj"), None)
        if joined is None:
            return None
        them = self._resolve(joined, focus, None).slugs
        they = self._resolve(joining, focus, None).slugs if joining is not None else ()
        return them, they

    def main_subject(self, doc: Doc) -> tuple[str, ...]:
        """The companies in subject position that a parsed sentence leaves in focus; the first subject group counts."""
        return next((slugs for _, slugs in self._subject_names(doc)), ())

    def speaker(self, doc: Doc, focus: Focus) -> str | None:
        """Who says what stands in this sentence: the subject of a verb of saying, if it is a company or its person."""
        for token in doc:
            if token.dep_ == "nsubj" and token.head.lemma_.lower() in self._words.of("ASSERTING"):
                who = self._resolve(token, focus, None)
                if len(who.slugs) >= 1:
                    return who.slugs[0]
        return None
