"""The keyword baseline that a reader has to beat: any company beside any cue word in one sentence. No parse, no scope."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from extract.knowledge import Authority, Company, Knowledge
from extract.statements.sentences import split
from extract.statements.words import forms_of
from extract.types import Document, Stance, Statement, Time

RULE = "baseline"
_AUXILIARIES = frozenset({"be", "do", "exist", "have", "let"})  # acts in a parse only


@dataclass(frozen=True)
class Baseline:
    """Finds names and cue words by regular expressions compiled once for a knowledge."""

    knowledge: Knowledge

    @cached_property
    def _companies(self) -> _Table:
        return _Table((name, c.id) for c in self.knowledge.companies for name in _names_of(c))

    @cached_property
    def _authorities(self) -> _Table:
        return _Table((name, a.code) for a in self.knowledge.authorities for name in _names_of_authority(a))

    @cached_property
    def _cues(self) -> _Table:
        """Every form of every entry of an act; a word that several acts have stands for the first."""
        stances = {
            rule.act: rules.stance
            for rules in self.knowledge.stances
            for rule in rules.rules
            if "done" in rule.readings
        }
        return _Table(
            (form, str(stances[act]))
            for act, groups in self.knowledge.lexicon.acts.items()
            if act in stances
            for group in groups
            for entry in (*group.verbs, *group.nouns)
            if entry not in _AUXILIARIES
            for form in _forms(entry)
        )

    def __call__(self, document: Document) -> tuple[Statement, ...]:
        """One statement for each company and stance that stand in one sentence, all of time `now`."""
        named = Counter(self._authorities.found(document.text))
        authority = min(named, key=lambda code: (-named[code], code)) if named else "*"
        kept: dict[tuple[str, str], Statement] = {}
        for sentence in split(document.text, document.paragraphs):
            companies = dict.fromkeys(self._companies.found(sentence.text))
            if not companies:
                continue
            for stance in dict.fromkeys(self._cues.found(sentence.text.lower())):
                for company in companies:
                    kept.setdefault(
                        (company, stance),
                        Statement(
                            company, authority, Stance(stance), Time.NOW, sentence.text, sentence.start, sentence.end, RULE, 0.5
                        ),
                    )  # fmt: skip
        return tuple(kept.values())


class _Table:
    """Phrases and what each stands for; the first that claims a phrase keeps it, the longest at a place is found."""

    def __init__(self, entries: Iterable[tuple[str, str]]) -> None:
        self._meaning: dict[str, str] = {}
        for phrase, meaning in entries:
            self._meaning.setdefault(phrase, meaning)
        longest_first = sorted(self._meaning, key=lambda p: (-len(p), p))
        self._pattern = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first)) or '(?!)'})(?!\w)")

    def found(self, text: str) -> Iterator[str]:
        """What the phrases of a text stand for, in text order."""
        return (self._meaning[match[0]] for match in self._pattern.finditer(text))


def _names_of(company: Company) -> tuple[str, ...]:
    return (company.name, *company.aliases)


def _names_of_authority(authority: Authority) -> Iterator[str]:
    yield from (authority.name, *authority.aliases, *authority.demonyms)
    if authority.capital:
        yield authority.capital
    for body in (*authority.agencies, *authority.courts, *authority.laws):
        yield from (body.name, *body.aliases)


def _forms(entry: str) -> Iterator[str]:
    """The inflections of an entry's first word with the particles after it."""
    first, space, rest = entry.lower().partition(" ")
    yield from (form + space + rest for form in forms_of(first))
