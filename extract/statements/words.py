"""The lexicon, compiled once: look-ups by lemma, patterns over text, and the word sets of the gate."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from spacy.tokens import Token

from extract.knowledge import Act, Knowledge

# Past forms that do not begin like the lemma. Only the gate needs them: the pipeline itself compares lemmas.
_IRREGULAR = {
    "give": "gave given", "freeze": "froze frozen", "hold": "held", "keep": "kept", "leave": "left", "withdraw": "withdrew withdrawn",
    "fight": "fought", "build": "built", "have": "has had", "see": "saw seen", "meet": "met", "send": "sent", "say": "said", "take": "took taken",
    "strike": "struck", "yield": "yielded", "bring": "brought", "go": "went gone", "tell": "told", "write": "wrote written", "make": "made",
    "win": "won", "lose": "lost", "bow": "bowed", "quit": "quit", "stand": "stood", "know": "knew known", "get": "got", "sell": "sold",
}  # fmt: skip
_WORD = re.compile(r"[a-z]+")


def words_in(text: str) -> list[str]:
    """The runs of letters of a text, lower-case: what the gate compares."""
    return _WORD.findall(text.lower())


def forms_of(word: str) -> Iterator[str]:
    """The inflections of an English word, and some that do not exist: a superset, never a subset."""
    yield word
    yield from _IRREGULAR.get(word, "").split()
    stem = word[:-1] if word.endswith(("e", "y")) else word
    yield from (stem + ending for ending in ("s", "es", "ed", "ing", "ies", "ied", "e", "al", "als"))
    yield from (word + ending for ending in ("s", "ing"))
    yield from (word + word[-1] + ending for ending in ("ed", "ing"))


@dataclass(frozen=True, slots=True)
class ActWord:
    """One entry of an act's vocabulary: the lemma that leads, the particles that must follow, the objects it takes."""

    act: Act
    entry: str
    lemma: str
    particles: tuple[str, ...]
    noun: bool
    bare: bool
    negated: bool
    of_subject: bool
    objects: tuple[str, ...]


def _entries_of(knowledge: Knowledge) -> list[ActWord]:
    """Each entry once an act: what its groups say of it is put together."""
    objects: dict[tuple[Act, str, bool], list[str]] = {}
    bare, negated, of_subject = (set[tuple[Act, str, bool]]() for _ in range(3))
    for act, groups in knowledge.lexicon.acts.items():
        for group in groups:
            for noun, entries in ((False, group.verbs), (True, group.nouns)):
                for entry in entries:
                    objects.setdefault((act, entry, noun), []).extend(group.objects)
                    for marked, applies in (
                        (bare, entry in group.bare),
                        (negated, group.negated),
                        (of_subject, group.of_subject),
                    ):
                        if applies:
                            marked.add((act, entry, noun))
    return [
        ActWord(
            act,
            entry,
            entry.split()[0],
            tuple(entry.split()[1:]),
            noun,
            (act, entry, noun) in bare,
            (act, entry, noun) in negated,
            (act, entry, noun) in of_subject,
            tuple(classes),
        )
        for (act, entry, noun), classes in objects.items()
    ]


class Words:
    """Which act a lemma may be, which class a word belongs to, and whether a text has any such word."""

    def __init__(self, knowledge: Knowledge) -> None:
        self.acts: dict[str, list[ActWord]] = {}
        for word in _entries_of(knowledge):
            self.acts.setdefault(word.lemma, []).append(word)
        for entries in self.acts.values():  # the longest entry of a lemma is tried first
            entries.sort(key=lambda w: -len(w.particles))
        self._bases = {
            form: lemma for lemma in self.acts for form in forms_of(lemma) if form.endswith(("ed", "ing"))
        }
        self._classes = {
            name: frozenset(w.lower() for w in ws) for name, ws in knowledge.lexicon.classes.items()
        }
        self._patterns = {name: _pattern(ws) for name, ws in self._classes.items()}
        asking = {
            w.split()[-1]
            for name in ("AUTHORITY", "DEMAND", "REQUEST", "USER_DATA")
            for w in self._classes[name]
        }
        self._asking = forms(asking) | frozenset(_authority_words(knowledge))

    def entries_of(self, token: Token) -> list[ActWord]:
        """The entries that a token may be, by its lemma, or by its form where the lemma is unknown ("installed": "instal")."""
        return self.acts.get(token.lemma_.lower()) or self.acts.get(self._bases.get(token.lower_, ""), [])

    def asks_in(self, words: Iterable[str]) -> bool:
        """Whether any of these words speaks of an authority, a demand or users' data."""
        return not self._asking.isdisjoint(words)

    def is_in(self, word: str, *classes: str) -> bool:
        """Whether a lower-case word or phrase belongs to one of the classes."""
        return any(word in self._classes[c] for c in classes)

    def of(self, name: str) -> frozenset[str]:
        """The words of one class."""
        return self._classes[name]

    def found_in(self, text: str, *classes: str) -> re.Match[str] | None:
        """The first place in a text where a word of one of the classes stands, singular or plural."""
        return next((m for c in classes if (m := self._patterns[c].search(text))), None)

    def pattern(self, name: str) -> str:
        """The regular expression of one class, to be built into a larger one."""
        return self._patterns[name].pattern

    def hyphenated(self) -> set[str]:
        """The lexicon's words with a hyphen in their inflections, which a tokenizer would take apart."""
        known = {w for ws in self._classes.values() for w in ws} | self.acts.keys()
        inside = (w for w in known if "-" in w.strip("-") and " " not in w)
        return {form for word in inside for form in (*forms_of(word), *map(str.capitalize, forms_of(word)))}

    def noun_in(self, token: Token, *classes: str) -> bool:
        """Whether a noun, alone or with the word before it ("court order"), belongs to one of the classes.

        ANY holds every noun and pronoun, FIGURE every number besides its words.
        """
        if (
            "ANY" in classes
            and token.pos_ in ("NOUN", "PRON", "PROPN")
            and not self.is_in(token.lemma_.lower(), "WORLDLY")
        ):
            return True
        if "FIGURE" in classes and (token.like_num or self.is_in(token.lemma_.lower(), "FIGURE")):
            return self._counts_requests(token)
        return any(self.is_in(phrase, *classes) for phrase in phrases_of(token))

    def _counts_requests(self, figure: Token) -> bool:
        """ "rejected 30", "rejected 30 of the requests", but not "rejected 30 of the bidders"."""
        counted = [
            t
            for c in figure.children
            if c.dep_ == "prep" and c.lower_ == "of"
            for t in c.children
            if t.dep_ == "pobj"
        ]
        return not counted or any(
            t.pos_ == "PRON" or self.noun_in(t, "REQUEST", "DEMAND", "FIGURE") for t in counted
        )

    def any_in(self, tokens: Iterable[Token], *classes: str) -> bool:
        """Whether one of the tokens does."""
        return any(self.noun_in(t, *classes) for t in tokens)


def phrases_of(token: Token) -> Iterator[str]:
    """A noun as the lexicon may spell it: lemma, lower form, and each with its modifier before it."""
    lemma, lower = token.lemma_.lower(), token.lower_
    yield lemma
    yield lower
    if token.i:
        before = token.nbor(-1)
        if before.dep_ in ("compound", "amod", "nmod") and before.head == token:
            yield f"{before.lower_} {lower}"
            yield f"{before.lower_} {lemma}"


def forms(words: Iterable[str]) -> frozenset[str]:
    """Every inflection of the first word of each entry."""
    return frozenset(form for word in words for part in words_in(word)[:1] for form in forms_of(part))


def _pattern(words: Iterable[str]) -> re.Pattern[str]:
    longest_first = sorted(words, key=lambda w: (-len(w), w))
    return re.compile(rf"\b(?:{'|'.join(re.escape(w) for w in longest_first)})(?:e?s)?\b", re.IGNORECASE)


# "IN", "US" and the last letter of "U.S.A." are names too; as words of the gate they would let every sentence through.
_FUNCTION_WORDS = frozenset("a an as at be by do i in is it me my no of on or s so to us we".split())  # noqa: SIM905


def _authority_words(knowledge: Knowledge) -> Iterator[str]:
    """The last word of each name of a country, agency, court or law; cities would let too much through."""
    for authority in knowledge.authorities:
        bodies = (*authority.agencies, *authority.courts, *authority.laws)
        names = [
            authority.name,
            *authority.aliases,
            *authority.demonyms,
            *((authority.capital,) if authority.capital else ()),
        ]
        names += [n for b in bodies for n in (b.name, *b.aliases)]
        for name in names:
            yield from (word for word in words_in(name)[-1:] if word not in _FUNCTION_WORDS)
