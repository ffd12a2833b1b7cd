"""The lexicon, compiled once: lemma look-ups and the cheap regular expressions of the gate."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from extract.knowledge import Act, Knowledge

# English verbs of the lexicon whose other forms do not begin like the lemma; only the gate needs them.
_IRREGULAR = {
    "give": "gave", "freeze": "froze", "hold": "held", "keep": "kept", "leave": "left", "withdraw": "withdrew", "fight": "fought",
    "build": "built", "have": "ha[sd]", "see": "saw", "sue": "suing", "deny": "deni", "meet": "met", "send": "sent", "supply": "suppli",
    "comply": "compli", "satisfy": "satisf", "read": "read", "say": "said", "take": "took", "cease": "ceas", "strike": "struck",
}  # fmt: skip


def stem_pattern(word: str) -> str:
    """A regular expression for the inflections of an English word: a superset, never a subset."""
    first, *rest = word.split()
    stem = first[:-1] if first[-1] in "ey" and len(first) > 3 else first
    forms = [rf"{re.escape(stem)}[a-z]{{0,5}}"]
    if first in _IRREGULAR:
        forms.append(rf"{_IRREGULAR[first]}[a-z]{{0,3}}")
    tail = "".join(rf"(?:\s+\S+){{0,6}}?\s+{re.escape(w)}" for w in rest if w in _PARTICLES)
    return rf"(?:{'|'.join(forms)}){tail}"


_PARTICLES = frozenset("over up out off on away down in back back against through to hold ice".split())


@dataclass(frozen=True, slots=True)
class ActWord:
    """One entry of an act's vocabulary: the lemma that leads, and the particles that must follow it."""

    act: Act
    lemma: str
    particles: tuple[str, ...]
    noun: bool
    bare: bool


class Words:
    """Look-ups over a lexicon: which act a lemma may be, which class a word belongs to."""

    def __init__(self, knowledge: Knowledge) -> None:
        lexicon = knowledge.lexicon
        self.objects: dict[Act, tuple[str, ...]] = {act: words.objects for act, words in lexicon.acts.items()}
        self.acts: dict[str, list[ActWord]] = {}
        for act, words in lexicon.acts.items():
            for noun, entries in ((False, words.verbs), (True, words.nouns)):
                for entry in entries:
                    lemma, *particles = entry.split()
                    word = ActWord(act, lemma, tuple(particles), noun, entry in words.bare)
                    self.acts.setdefault(lemma, []).append(word)
        for entries_of in self.acts.values():  # the longest entry of a lemma is tried first
            entries_of.sort(key=lambda w: -len(w.particles))
        self._classes = {name: frozenset(w.lower() for w in ws) for name, ws in lexicon.classes.items()}
        # What an idiom needs to be noticed: any literal word of its patterns.
        idioms = {
            literal
            for stance in knowledge.stances
            for rule in stance.rules
            for pattern in rule.patterns
            for token in pattern
            for literal in _literals(token)
        }
        acting = {entry for words in lexicon.acts.values() for entry in (*words.verbs, *words.nouns)} | idioms
        asking = {w for name in ("REQUEST", "LAW", "AUTHORITY", "PROCESS", "KEYS", "GAG") for w in self._classes[name]}
        self.acting = re.compile(rf"\b(?:{_alternatives(acting)})\b", re.IGNORECASE)
        self.asking = re.compile(rf"\b(?:{_alternatives(asking)})\b", re.IGNORECASE)

    def is_in(self, word: str, *classes: str) -> bool:
        """Whether a lower-case word or phrase belongs to one of the classes."""
        return any(word in self._classes[c] for c in classes)

    def of(self, name: str) -> frozenset[str]:
        """The words of one class."""
        return self._classes[name]


def _literals(token: dict[str, object]) -> list[str]:
    found: list[str] = []
    for key in ("LOWER", "LEMMA", "TEXT"):
        value = token.get(key)
        if isinstance(value, str):
            found.append(value.lower())
        elif isinstance(value, dict) and isinstance(value.get("IN"), list):
            found.extend(str(v).lower() for v in value["IN"])
    return [w for w in found if len(w) > 3]


def _alternatives(words: Iterable[str]) -> str:
    return "|".join(sorted({stem_pattern(w) for w in words}, key=lambda p: (-len(p), p)))
