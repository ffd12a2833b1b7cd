"""Which sentences are worth a parse: sets of word forms, so that a page about something else costs almost nothing.

A superset of what can give a statement; what it lets through is judged by the steps after it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from extract.knowledge import Knowledge
from extract.statements.echoes import may_echo
from extract.statements.sentences import Sentence
from extract.statements.words import Words, forms, words_in

LONGEST = 1500  # characters; what is longer is a table or a script, no sentence
_REACH = 2  # sentences around one on the topic that may still be about it
_REACH_AT_HOME = 1
_ABOUT = 0.25  # the share that makes a page of a company's own one about them
_HOT, _DENSE = 2, 0.12  # sentences on the topic, and their share, that make a whole text about it
_OFTEN = 2  # sentences on another topic that may make a text one about it
_CAPITALISED = re.compile(r"[a-z]*[A-Z][A-Za-z]*")
_NEGATIVE = frozenset(
    {"no", "not", "never", "nothing", "none", "cannot", "t", "unable", "without", "neither", "impossible"}
)
_DATA = ("USER_DATA", "DATA", "KEYS", "KEY", "ACCESS", "BACKDOOR", "LAW", "REQUEST", "SERVERS")
_ASKING = ("AUTHORITY", "DEMAND", "PROCESS")
_ASKING_AT_HOME = ("AUTHORITY", "DEMAND")
_PRIVACY_WATCHDOGS = (frozenset({"supervisory"}), frozenset({"data", "protection"}))


@dataclass(frozen=True, slots=True)
class Gated:
    """What the gate says of a text's sentences, by index."""

    worth: frozenset[int]
    asks: tuple[bool, ...]
    hot: bool  # the text comes back to demands again and again
    elsewhere: bool  # the text is more about removals, advertising and the like than about data
    about: tuple[bool, ...]  # the whole text keeps coming back to demands
    why: dict[int, str]


class Gate:
    """The word sets of one knowledge."""

    def __init__(self, words: Words, knowledge: Knowledge) -> None:
        self._words = words
        names = [name for c in knowledge.companies for name in (c.name, *c.aliases, *c.people)]
        self._capitalised = _by_first(_capitalised_in(n) for n in names if not n.islower())
        self._uncapitalised = _by_first(words_in(n) for n in names if n.islower())
        bodies = [
            n for a in knowledge.authorities for b in (*a.agencies, *a.courts) for n in (b.name, *b.aliases)
        ]
        places = [
            n
            for a in knowledge.authorities
            for n in (a.name, *a.aliases, *a.demonyms, *([a.capital] if a.capital else []))
        ]
        laws = [n for a in knowledge.authorities for b in a.laws for n in (b.name, *b.aliases)]
        self._asking = Phrases((*_of(words, *_ASKING), *bodies, *places, *laws))
        self._asking_at_home = Phrases((*_of(words, *_ASKING_AT_HOME), *bodies))
        self._demand = Phrases(_of(words, "DEMAND"))
        self._data = Phrases(_of(words, *_DATA))
        self._covers, self._measures = forms(words.of("COVERS")), forms(words.of("MEASURE"))
        self._off_topic = Phrases(_of(words, "OFF_TOPIC"))
        self._user_data = Phrases(_of(words, "USER_DATA"))
        self._reads = forms(words.of("READS"))
        self._acts: dict[str, set[frozenset[str]]] = {}
        for lemma, entries in words.acts.items():
            others = {frozenset(w for p in e.particles for w in words_in(p)) for e in entries}
            for form in forms([lemma]):
                self._acts.setdefault(form, set()).update(others)
        for alone in forms(idiom_words(knowledge)):
            self._acts.setdefault(alone, set()).add(frozenset())

    def __call__(self, sentences: Sequence[Sentence], headings: Sequence[bool], *, own_page: bool) -> Gated:
        """The sentences to parse: an act's word, on the topic or near a sentence that is.

        On a company's own page the heading above decides too; a text that keeps coming back to the topic is on it
        throughout.
        """
        told = [frozenset(words_in(s.text)) for s in sentences]
        asks = tuple(self._words.asks_in(w) for w in told)
        on_topic = [self._speaks_of_an_authority(w) if own_page else self._on_topic(w) for w in told]
        hot = sum(on_topic) >= _HOT and sum(on_topic) >= _DENSE * len(on_topic)
        named = [self._may_name_a_company(s, w) for s, w in zip(sentences, told, strict=True)]
        anyone = own_page or hot or any(named)
        section = False
        worth: set[int] = set()
        why: dict[int, str] = {}
        about: list[bool] = []
        for sentence, words in zip(sentences, told, strict=True):
            i = sentence.index
            if headings[i]:
                section = self._speaks_of_an_authority(words)
            about.append(hot and (not own_page or sum(on_topic) >= _ABOUT * len(on_topic)))
            reads = own_page and self._may_be_unread(sentence, words)
            reach = _REACH_AT_HOME if own_page else _REACH
            near = any(on_topic[max(0, i - reach) : i + reach + 1]) or (
                not own_page and named[i] and self._speaks_of_an_authority(words)
            )
            reason = self._passed(
                sentence, words, near=near or reads or hot or (own_page and section), anyone=anyone
            )
            if reason:
                why[i] = reason
            else:
                worth.add(i)
        off = sum(self._off_topic.stand_in(w) for w in told)
        data = sum(self._user_data.stand_in(w) for w in told)
        elsewhere = off >= _OFTEN and off > data + (off == _OFTEN)
        return Gated(frozenset(worth), asks, hot, elsewhere, tuple(about), why)

    def _acts_in(self, words: frozenset[str]) -> bool:
        return _holds(self._acts, words)

    def _may_be_unread(self, sentence: Sentence, words: frozenset[str]) -> bool:
        """ "We cannot read your messages" states something wherever it stands on a company's page."""
        denied = not words.isdisjoint(_NEGATIVE) or sentence.text.endswith("?")
        return denied and not words.isdisjoint(self._reads)

    def _may_name_a_company(self, sentence: Sentence, words: frozenset[str]) -> bool:
        """Whether the words of a company's name stand in it, with their capitals if it has some ("Bridge", "Line")."""
        capitalised = frozenset(_capitalised_in(sentence.text))
        return _holds(self._capitalised, capitalised) or _holds(self._uncapitalised, words)

    def _on_topic(self, words: frozenset[str]) -> bool:
        """Somebody who asks and something to ask for, or a demand by its own name."""
        return self._demand.stand_in(words) or (self._asking.stand_in(words) and self._data.stand_in(words))

    def _speaks_of_an_authority(self, words: frozenset[str]) -> bool:
        return self._asking_at_home.stand_in(words) and not any(w <= words for w in _PRIVACY_WATCHDOGS)

    def _passed(self, sentence: Sentence, words: frozenset[str], *, near: bool, anyone: bool) -> str:
        """Why a sentence is passed over; empty if it is worth a parse."""
        if len(sentence.text) > LONGEST:
            return "too long for a sentence"
        covers = not (self._covers.isdisjoint(words) or self._measures.isdisjoint(words))
        if not (self._acts_in(words) or covers or may_echo(sentence.text)):
            return "no word of an act"
        if not anyone:
            return "no company in the text"
        return "" if near else "no word of an authority and of a demand or data in it or near it"


def _capitalised_in(text: str) -> list[str]:
    return [word.lower() for word in _CAPITALISED.findall(text)]


def _by_first(phrases: Iterable[Sequence[str]]) -> dict[str, set[frozenset[str]]]:
    """Of phrases in words: by the first of them what else each needs."""
    found: dict[str, set[frozenset[str]]] = {}
    for first, *others in filter(None, phrases):
        found.setdefault(first, set()).add(frozenset(others))
    return found


def _holds(phrases: Mapping[str, AbstractSet[frozenset[str]]], words: frozenset[str]) -> bool:
    return any(others <= words for first in phrases.keys() & words for others in phrases[first])


def _of(words: Words, *classes: str) -> Iterator[str]:
    for name in classes:
        yield from words.of(name)


class Phrases:
    """A set of phrases: whether the words of one, in whatever order, stand in a sentence. The last may be inflected."""

    def __init__(self, phrases: Iterable[str]) -> None:
        self._by_last: dict[str, set[frozenset[str]]] = {}
        for phrase in phrases:
            *others, last = words_in(phrase) or [""]
            if len(last) > 1 or others:
                for form in (last, *(last + ending for ending in ("s", "es"))):
                    self._by_last.setdefault(form, set()).add(frozenset(others))

    def stand_in(self, words: frozenset[str]) -> bool:
        """Whether any phrase does."""
        return _holds(self._by_last, words)


# Words that stand in idioms and in everything else: an idiom with another literal word is looked for by that one.
_COMMON = frozenset(
    {
        "that",
        "they",
        "them",
        "what",
        "whether",
        "have",
        "been",
        "will",
        "with",
        "from",
        "this",
        "which",
        "their",
        "when",
        "into",
        "over",
        "back",
    }
)


def idiom_words(knowledge: Knowledge) -> Iterator[str]:
    """For each idiom the literal words of the one token that says most."""
    for stance in knowledge.stances:
        for rule in stance.rules:
            for pattern in rule.patterns:
                literal = [set(_literals(token)) for token in pattern if token.get("OP", "1") in ("1", "+")]
                telling = [words for words in literal if words and words.isdisjoint(_COMMON)]
                yield from min(
                    telling or [w for w in literal if w], key=lambda words: -min(map(len, words)), default=()
                )


def _literals(token: Mapping[str, object]) -> Iterator[str]:
    for key in ("LOWER", "LEMMA", "TEXT"):
        value = token.get(key)
        options = value.get("IN", ()) if isinstance(value, dict) else (value,)
        yield from (str(w).lower() for w in options if w)
