"""Finds companies that no configuration lists: an organisation in subject position that the text calls a company.

Only where an act was found that no listed company does. Named entities are looked for in that one sentence, so that
a text without such a sentence pays nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable

from spacy.tokens import Doc, Span, Token

from extract.statements.names import AUTHORITIES, COMPANIES, PEOPLE
from extract.statements.resolution import NOBODY, UNLISTED, Who
from extract.statements.words import Words

_SUFFIXES = frozenset(
    [
        "inc",
        "inc.",
        "corp",
        "corp.",
        "ltd",
        "ltd.",
        "llc",
        "plc",
        "gmbh",
        "ag",
        "ab",
        "asa",
        "oy",
        "sa",
        "s.a.",
        "nv",
        "bv",
        "kk",
        "co.",
        "limited",
    ]
)
_NO_ORGANISATION = frozenset(
    {"PERSON", "GPE", "NORP", "LOC", "LAW", "DATE", "EVENT", "WORK_OF_ART", "LANGUAGE"}
)
_BESIDE = frozenset({"appos", "compound", "nmod", "amod"})


class UnlistedFinder:
    """Takes names that the text calls a company ("the messaging app X", "X Inc."), unless the recogniser sees a person or place."""

    def __init__(self, words: Words, recognise: Callable[[Doc], Doc]) -> None:
        self._words, self._recognise = words, recognise

    def __call__(self, subject: Token | None, parsed: Iterable[Doc]) -> Who:
        """The company that a subject names; nobody if it is none, or the text does not say that it is one.

        `parsed` are the text's other sentences, in one of which it may be called "the messaging app X".
        """
        if subject is None or subject.pos_ != "PROPN" or self._is_known(subject):
            return NOBODY
        name, label = self._entity(subject)
        if label in _NO_ORGANISATION or self._is_excluded(name):
            return NOBODY
        called = self._is_described(name) or any(self._is_described(s) for s in _same_name(name, parsed))
        if not called and not (label == "ORG" and _has_legal_form(name)):
            return NOBODY
        slug = slug_of(name.text)
        return Who((slug,), UNLISTED) if slug else NOBODY

    def _entity(self, subject: Token) -> tuple[Span, str]:
        """The entity that the subject belongs to, with its label, or the bare name where the recogniser sees none."""
        doc = self._recognise(subject.doc)
        for entity in doc.ents:
            if entity.start <= subject.i < entity.end:
                return entity, str(entity.label_)
        start = subject.i
        while start and doc[start - 1].pos_ == "PROPN" and doc[start - 1].dep_ == "compound":
            start -= 1
        return doc[start : subject.i + 1], ""

    def _is_excluded(self, name: Span) -> bool:
        return self._words.any_in(name, "NO_COMPANY") or self._words.is_in(name.text.lower(), "NO_COMPANY")

    @staticmethod
    def _is_known(token: Token) -> bool:
        groups = (COMPANIES, AUTHORITIES, PEOPLE)
        return any(token.i in range(s.start, s.end) for g in groups for s in token.doc.spans[g])

    def _is_described(self, name: Span) -> bool:
        """ "the VPN provider Windscribe", "Olvid, a French messenger"."""
        root = name.root
        beside = [c for c in root.children if c.dep_ in _BESIDE] + [root.head] * (root.dep_ in _BESIDE)
        return any(self._words.noun_in(t, "BY_DESCRIPTION") for t in beside)


def _has_legal_form(name: Span) -> bool:
    return any(t.lower_ in _SUFFIXES for t in name.doc[name.start : name.end + 1])


def _same_name(name: Span, parsed: Iterable[Doc]) -> Iterable[Span]:
    wanted = [t.text for t in name if t.pos_ != "DET"]
    for doc in parsed:
        for i in range(len(doc) - len(wanted) + 1):
            if [t.text for t in doc[i : i + len(wanted)]] == wanted:
                yield doc[i : i + len(wanted)]


def slug_of(name: str) -> str:
    """A slug as config would have it: "Þór Messenger Inc." is "thor-messenger" without its legal form."""
    plain = unicodedata.normalize("NFKD", name.replace("Þ", "Th").replace("þ", "th").replace("ø", "o"))
    words = re.findall(r"[a-z0-9]+", plain.encode("ascii", "ignore").decode().lower().replace("'s", ""))
    while words and words[0] == "the":
        words = words[1:]
    while len(words) > 1 and words[-1] in _SUFFIXES:
        words = words[:-1]
    return "-".join(words)
