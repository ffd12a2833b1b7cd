"""Finds acts in a parsed sentence: a word of the lexicon whose object is of the right class. Does not judge who or whether."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from spacy.tokens import Doc, Token

from extract.knowledge import Act
from extract.statements.words import ActWord, Words

CLAUSAL = frozenset({"relcl", "acl", "advcl", "ccomp", "csubj"})
SUBJECTS = frozenset({"nsubj", "nsubjpass", "csubj", "expl"})
_OBJECTS = frozenset({"dobj", "obj", "dative", "oprd", "attr", "nsubjpass"})
_PARTICLES = frozenset({"prt", "advmod", "prep", "aux", "dobj", "acomp"})


@dataclass(frozen=True, slots=True)
class ActFound:
    """An act's word in a sentence and the tokens of its object (none for a bare act)."""

    act: Act
    head: Token
    word: ActWord
    objects: tuple[Token, ...]


def phrase_of(token: Token) -> Iterator[str]:
    """A noun as the lexicon may spell it: lemma, lower form, and each with its compound before it."""
    yield token.lemma_.lower()
    yield token.lower_
    if token.i:
        before = token.nbor(-1)
        if before.dep_ in ("compound", "amod") and before.head == token:
            yield f"{before.lower_} {token.lower_}"
            yield f"{before.lower_} {token.lemma_.lower()}"


def noun_phrase(token: Token) -> Iterator[Token]:
    """A noun with its modifiers and the nouns its prepositions lead to, but no clause of its own."""
    yield token
    for child in token.children:
        if child.dep_ in CLAUSAL or child.dep_ in ("cc", "punct"):
            continue
        yield from noun_phrase(child)


def objects_of(head: Token) -> Iterator[Token]:
    """The nouns that an act is done to or towards: objects, passive subjects, prepositional objects, relative antecedents."""
    for child in head.children:
        if child.dep_ in _OBJECTS:
            yield child
            yield from child.conjuncts
        elif child.dep_ in ("prep", "agent") and child.dep_ != "agent":
            for below in child.children:
                if below.dep_ in ("pobj", "pcomp"):
                    yield below
                    yield from below.conjuncts
    if head.dep_ == "relcl" and not any(c.dep_ in ("dobj", "nsubjpass") and c.tag_ not in ("WDT", "WP") for c in head.children):
        yield head.head
    if head.dep_ == "conj" and head.pos_ in ("VERB", "AUX") and not any(c.dep_ == "dobj" for c in head.children):
        siblings = [c for c in head.head.children if c.dep_ in ("dobj", "nsubjpass") and c.i > head.head.i]
        yield from siblings
    later = [c for c in head.conjuncts if c.i > head.i and c.pos_ == "VERB"]
    if later and not any(c.dep_ in ("dobj", "nsubjpass") for c in head.children):
        # "hand over or disclose data": the object is told once, with the last verb
        yield from (c for c in later[-1].children if c.dep_ == "dobj")


class ActFinder:
    """Applies the lexicon to a sentence."""

    def __init__(self, words: Words) -> None:
        self._words = words

    def __call__(self, doc: Doc, context_asks: bool) -> list[ActFound]:
        """The acts of a sentence, left to right.

        `context_asks` says whether the sentence or a neighbour speaks of a demand; a bare act needs that.
        """
        found = []
        for token in doc:
            for word in self._words.acts.get(token.lemma_.lower(), ()):
                if not self._is_word(token, word):
                    continue
                objects = self._objects(token, word)
                if objects or (word.bare and context_asks and not _has_object(token)):
                    found.append(ActFound(word.act, token, word, objects))
                    break
        return found

    def _is_word(self, token: Token, word: ActWord) -> bool:
        if word.noun:
            if token.pos_ not in ("NOUN", "PROPN"):
                return False
        elif token.pos_ not in ("VERB", "AUX") and token.tag_ not in ("VBG", "VBN"):
            return False
        if token.pos_ == "AUX" and token.dep_ in ("aux", "auxpass"):
            return False
        if not word.particles:
            return True
        following = {t.lower_ for t in token.doc[token.i + 1 : token.i + 8]}
        children = {c.lower_ for c in token.subtree if c.head == token and c.dep_ in _PARTICLES}
        return all(p in following or p in children for p in word.particles) and (
            word.particles[0] in children or token.i + 1 < len(token.doc) and token.nbor().lower_ == word.particles[0]
        )

    def _objects(self, token: Token, word: ActWord) -> tuple[Token, ...]:
        classes = self._words.objects[word.act]
        hits = []
        for candidate in objects_of(token):
            if any(self._words.is_in(p, *classes) for t in noun_phrase(candidate) for p in phrase_of(t)):
                hits.append(candidate)
        if not hits and word.noun:
            # "data-sharing pause", "law-enforcement compliance": the object stands before the noun
            hits = [c for c in token.children if c.dep_ in ("compound", "amod") and self._words.is_in(c.lower_, *classes)]
        if not hits and word.act in ("weigh", "require"):
            # "is assessing how the law …", "requires that requests come with a warrant": the object is a clause
            hits = [
                c
                for c in token.children
                if c.dep_ in ("ccomp", "xcomp") and any(self._words.is_in(p, *classes) for t in c.subtree for p in phrase_of(t))
            ]
        if not hits and word.act == "stop":
            hits = [c for c in token.children if c.dep_ == "xcomp" and self._words.is_in(c.lower_, *classes)]
        return tuple(hits)


def _has_object(token: Token) -> bool:
    return any(c.dep_ in ("dobj", "xcomp", "ccomp", "nsubjpass") for c in token.children)


def any_in(words: Words, tokens: Iterable[Token], *classes: str) -> bool:
    """Whether one of the tokens, alone or with its compound, belongs to a class."""
    return any(words.is_in(p, *classes) for t in tokens for p in phrase_of(t))
