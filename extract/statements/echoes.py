"""Finds sentences that say of another company what was just said of one: "so did LinkedIn", "Zoom followed suit".

Says only who echoes; the reader knows what was said last. Does not decide stance, authority or time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from spacy.tokens import Doc, Token

from extract.statements.clauses import SUBJECTS, below_preposition
from extract.statements.words import Words

_LEADS = frozenset({"so", "as", "neither", "nor"})
_AUXILIARIES = frozenset({"do", "be", "have", "will", "would", "can"})
_SAME = frozenset({"same", "similar", "comparable", "identical", "likewise", "suit", "equivalent"})
_LEADERS = frozenset({"example", "lead", "footstep"})  # "followed Apple's lead"
_HOLDS = {"go": "for", "apply": "to", "hold": "for", "true": "of", "said": "of", "say": "of"}


_MAY_ECHO = re.compile(
    r"\b(?:(?:so|as|neither|nor) (?:did|does|do|has|have|had|is|are|was|were|will|would|can)|same|suit|similar|comparable|identical|likewise)\b"
    r"|\bfollow\w* [^.;]{0,40}(?:example|lead|footsteps)\b",
    re.IGNORECASE,
)


def may_echo(text: str) -> bool:
    """Whether a sentence has words that an echo needs: for the gate."""
    return _MAY_ECHO.search(text) is not None


class EchoFinder:
    """Finds the nouns for those who do as the last one did."""

    def __init__(self, words: Words) -> None:
        self._words = words

    def __call__(self, doc: Doc) -> tuple[Token, ...]:
        """The heads of the noun phrases that echo, in text order; none in most sentences."""
        if doc.text.rstrip().endswith("?"):
            return ()
        return tuple(
            dict.fromkeys(
                token
                for find in (_inverted, self._doing_the_same, _the_same_goes, self._covered)
                for token in find(doc)
            )
        )

    def _doing_the_same(self, doc: Doc) -> Iterator[Token]:
        """ "X did the same", "X and Y followed suit", "X made similar announcements", "X followed Y's lead"."""
        for verb in doc:
            if not self._words.is_in(verb.lemma_.lower(), "ECHOES") or _is_open(verb):
                continue
            objects = [
                c for c in verb.children if c.dep_ in ("dobj", "advmod", "attr", "ccomp") and c.i > verb.i
            ]
            if not any(self._is_the_same(verb, c) for c in objects):
                continue
            yield from (c for c in verb.children if c.dep_ == "nsubj")
            if verb.dep_ == "relcl":
                yield verb.head

    def _covered(self, doc: Doc) -> Iterator[Token]:
        """ "the halt covers WhatsApp and Instagram", "the figures also take in Messenger"."""
        for verb in doc:
            if not self._words.is_in(verb.lemma_.lower(), "COVERS") or _is_open(verb):
                continue
            subject = next((c for c in verb.children if c.dep_ in SUBJECTS), None)
            if subject is None or not self._words.is_in(subject.lemma_.lower(), "MEASURE"):
                continue
            yield from (c for c in verb.children if c.dep_ == "dobj")
            yield from below_preposition(verb, "in", "to", "for", "with")

    @staticmethod
    def _is_the_same(verb: Token, told: Token) -> bool:
        if told.lower_ in _SAME or any(c.lower_ in _SAME for c in told.children):
            return True
        return verb.lemma_ == "follow" and told.lemma_.lower() in _LEADERS


def _inverted(doc: Doc) -> Iterator[Token]:
    """ "So did X", "…, as has Y", "Nor will Z": the auxiliary stands before its subject."""
    for aux in doc[1:]:
        if aux.lemma_.lower() not in _AUXILIARIES or aux.nbor(-1).lower_ not in _LEADS:
            continue
        lead = aux.nbor(-1)
        if lead.i and not (lead.nbor(-1).is_punct or lead.nbor(-1).lower_ in ("and", "just")):
            continue
        noun = next((t for t in doc[aux.i + 1 :] if t.pos_ in ("PROPN", "NOUN", "PRON")), None)
        while noun is not None and noun.dep_ in ("compound", "poss", "nmod") and noun.head.i > aux.i:
            noun = noun.head
        if noun is not None:
            yield noun


def _the_same_goes(doc: Doc) -> Iterator[Token]:
    """ "The same goes for X", "the same is true of Y"."""
    for token in doc:
        if token.lower_ != "same" or token.dep_ not in SUBJECTS:
            continue
        verb = token.head
        for place in (verb, *(c for c in verb.children if c.dep_ == "acomp")):
            wanted = _HOLDS.get(place.lemma_.lower()) or _HOLDS.get(place.lower_)
            if wanted:
                yield from below_preposition(place, wanted)


def _is_open(verb: Token) -> bool:
    """Negated, wished or only possible."""
    return any(
        c.dep_ == "neg" or c.lower_ in ("may", "might", "could", "should", "must", "if", "whether")
        for c in verb.children
    ) or (verb.dep_ in ("xcomp", "advcl") and any(c.lower_ == "to" for c in verb.children))
