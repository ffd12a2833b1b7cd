"""Whether a text tells an act as history. The codebook's `past`; what still holds, and the text's own news, is `now`."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum

from spacy.tokens import Token

from extract.statements.acts import ActFound
from extract.statements.clauses import SUBJECTS, Link, climb, first_conjunct
from extract.statements.passages import (
    COMPARED,
    DAY_OF_NEWS,
    LONG_AGO,
    is_newest,
    tells_figures,
    years_in,
)
from extract.statements.words import Words

_AGO = (
    r"(?:the )?(?:year|month|decade)s? (?:before|earlier|prior)|(?:years?|decades?) ago|(?:spring|summer|autumn|fall|winter) of (?:19|20)\d\d|"
    r"(?<!at )(?<!more than )(?<!all at )once (?=\w+(?:ed|ly|gave|let|fought|sent|had|told)\b)|(?:in|of) (?:the|that) (?:spring|summer|autumn|fall|winter)|(?:that|until the) (?:spring|summer|autumn|fall|winter)|"
    r"(?:in|during) (?:the|its|their|his|her) (?:early|first|old|former|earlier|previous) (?:days|years|decade)|in the (?:early |mid-|mid |late )?(?:19|20)?\d0s|"
    r"in the (?:\w+-)?(?:nineties|noughties|eighties|seventies)|earlier (?:that|in)"
)
_OVER = re.compile(
    r"\bfor (?:\w+ ){0,3}(?:years?|months?|weeks?|decades?)\b|\buntil\b[^,;]*\b(?:\w+ed|was|were|gave|came|won|lost)\b",
    re.IGNORECASE,
)
_LONG_AFTER = re.compile(r"\b(?:year|month|decade|week)s after (?:\w+ ?){1,6}$", re.IGNORECASE)
_LATEST = re.compile(
    r"\b(?:latest|newest|most recent|new) (?:\w+ )?(?:report|figures|numbers|statistics|edition)\b",
    re.IGNORECASE,
)
_LAST_YEAR = re.compile(r"\blast year\b", re.IGNORECASE)
_SINCE = re.compile(r"\bsince (?:19|20)\d\d\b", re.IGNORECASE)
_LATER = re.compile(
    r"\b(?:later|then|afterwards|soon after|that (?:year|month|week|day|spring|summer|autumn|fall|winter)|eventually)\b",
    re.IGNORECASE,
)
_STILL = re.compile(r"\b(?:now|still|ever since|since then|to this day)\b", re.IGNORECASE)
_PERFECT = frozenset({"has", "have", "'ve", "’ve", "will"})
_PRESENT = frozenset({"do", "does", "is", "are", "can", "ca"})


@dataclass(frozen=True, slots=True)
class _Around:
    """What a text says of the time of its sentences: when it was published, what a passage and its figures are about."""

    published: datetime | None
    framed: bool
    period: int | None


class Told(Enum):
    """How an act is told: as what is or has just happened, as earlier than that by its tense alone, or as over."""

    NEWS = "news"
    EARLIER = "earlier"
    HISTORY = "history"


class HistoryJudge:
    """Judges the time of acts with the lexicon's words for what is over, and for what still holds."""

    def __init__(self, words: Words) -> None:
        self._words = words
        told = words.pattern("HISTORY")
        self._past = re.compile(rf"{told}|\b(?:{_AGO})\b", re.IGNORECASE)

    def __call__(
        self, found: ActFound, published: datetime | None, *, framed: bool = False, period: int | None = None
    ) -> Told:
        """History is a finite past form with a word of the past or a year before the text's own in the act's clause or passage."""
        verb = _finite(found.head)
        if found.act == "hold" and _is_present(verb):
            return Told.NEWS  # "had shown them that it has no such data"
        told = self._told(verb, _Around(published, framed, period))
        sentence = verb.doc.text
        if told is Told.EARLIER and (
            years_in(sentence) or _OVER.search(sentence) or self._past.search(sentence)
        ):
            return Told.HISTORY
        return told

    def _told(self, verb: Token, around: _Around) -> Told:
        auxiliaries = {c.lower_ for c in verb.children if c.dep_ in ("aux", "auxpass")}
        clause = _clause_of(verb)
        if re.search(r"\bused to\b", clause, re.IGNORECASE):
            return Told.HISTORY
        if auxiliaries & _PERFECT or self._still_holds(verb, clause):
            return Told.NEWS
        if auxiliaries & {"would", "'d", "’d"}:
            return self._told_as_meant(verb, clause, around)
        if _told_of_earlier(verb):
            return Told.EARLIER
        if verb.tag_ != "VBD" and not auxiliaries & {"did", "had", "was", "were", "could"}:
            return Told.NEWS
        before = _first_told(verb)
        if before != verb and _is_pluperfect(before) and not self._is_reported(before):
            return Told.EARLIER  # "it had resisted the order, lost, and then handed them over"
        if "had" not in auxiliaries and (
            DAY_OF_NEWS.search(clause) or self._is_of_the_period(verb, clause, around)
        ):
            return Told.NEWS
        if self._is_dated(verb, clause, around):
            return Told.HISTORY
        if "had" in auxiliaries and self._is_recalled(verb):
            return Told.HISTORY
        earlier = "had" in auxiliaries and not (self._is_reported(verb) or _is_reason(verb))
        return Told.EARLIER if earlier else Told.NEWS

    def _told_as_meant(self, verb: Token, clause: str, around: _Around) -> Told:
        """ "at first it would not", "in 2019 it said that it would": an intention is as old as its telling."""
        if self._past.search(clause):
            return Told.HISTORY
        teller = _teller_of(verb)
        return Told.NEWS if teller is None else self._told(teller, replace(around, period=None))

    def _is_dated(self, verb: Token, clause: str, around: _Around) -> bool:
        """Whether words, a year or the passage put a clause in the past tense before the text's own news."""
        published = around.published
        if published is not None and _is_told_as_of_old(verb, published):
            return True
        if around.framed and _is_said_since(verb):
            around = replace(around, framed=False)
        if around.framed or _LONG_AFTER.search(verb.doc[: verb.i].text):
            return not (around.framed and _STILL.search(clause))
        if _LATEST.search(verb.doc.text):
            return False
        told = COMPARED.sub("", _LAST_YEAR.sub("", clause) if tells_figures(clause) else clause)
        if self._past.search(told) or _OVER.search(clause):
            return True
        years = years_in(clause + _leading_clause(verb))
        return published is not None and bool(years) and max(years) < published.year

    def _still_holds(self, verb: Token, clause: str) -> bool:
        """ "had never", "had not at any point", "said it had been passed on since 2018": told as holding up to now."""
        since = _SINCE.search(clause) is not None and self._is_reported(verb)
        return since or self._words.found_in(clause, "STANDING") is not None

    def _is_of_the_period(self, verb: Token, clause: str, around: _Around) -> bool:
        """Figures of the newest period that a report tells of are its news, though the year is over."""
        if around.period is None or around.published is None:
            return False
        if not tells_figures(clause) or self._past.search(clause):
            return False
        years = years_in(verb.doc.text)
        return bool(years) and is_newest(verb.doc.text, max(years), around.period, around.published)

    def _is_recalled(self, verb: Token) -> bool:
        """ "reminded readers that it had handed them over"."""
        teller = _teller_of(verb)
        return teller is not None and self._words.is_in(teller.lemma_.lower(), "RECALLS")

    def _is_reported(self, verb: Token) -> bool:
        """ "said that it had suspended", "it had, he said, suspended": the past perfect is only the reporter's."""
        return _teller_of(verb) is not None or any(
            c.dep_ in ("parataxis", "ccomp")
            and self._words.is_in(c.lemma_.lower(), "ASSERTING")
            and any(g.dep_ in SUBJECTS for g in c.children)
            for c in verb.children
        )


def _teller_of(verb: Token) -> Token | None:
    """The verb that reports a clause, not one that stands beside it across a semicolon."""
    return next((k.above for k in climb(verb) if k.via == "ccomp" and not _is_first_half(k)), None)


def _first_told(verb: Token) -> Token:
    """The first of coordinated verbs with one subject."""
    while verb.dep_ == "conj" and not any(c.dep_ in SUBJECTS for c in verb.children):
        verb = verb.head
    return verb


def _is_pluperfect(verb: Token) -> bool:
    return any(c.dep_ == "aux" and c.lower_ == "had" for c in verb.children)


def _is_present(verb: Token) -> bool:
    return verb.tag_ in ("VBZ", "VBP") or any(
        c.dep_ in ("aux", "auxpass") and c.lower_ in _PRESENT for c in verb.children
    )


def _is_said_since(verb: Token) -> bool:
    """ "Its founder said that it answers none": what is reported after a passage of history is the news again."""
    teller = _teller_of(verb)
    return (
        teller is not None
        and teller.dep_ == "ROOT"
        and teller.tag_ == "VBD"
        and not _LATER.search(_clause_of(teller))
        and not LONG_AGO.search(verb.doc.text)
        and not years_in(verb.doc.text)
    )


def _is_reason(verb: Token) -> bool:
    """ "was fined because it had refused", "is in court after it had refused": the background of the news is its subject."""
    return verb.dep_ == "advcl" and any(
        c.dep_ == "mark" and c.lower_ in ("because", "after", "since", "for") for c in verb.children
    )


def _told_of_earlier(verb: Token) -> bool:
    """ "on Sunday it had announced that it helps": what was said before the text's own news is its background."""
    return any(
        link.via == "ccomp"
        and any(c.dep_ == "aux" and c.lower_ in ("had", "'d", "’d") for c in link.above.children)
        and not _is_first_half(link)
        and _teller_of(link.above) is None
        for link in climb(verb)
    )


def _is_told_as_of_old(verb: Token, published: datetime) -> bool:
    """ "told prosecutors in 2016 that it could not supply them", "an affidavit from 2016 shows that it handed over"."""
    link = next((link for link in climb(verb) if link.via == "ccomp"), None)
    if link is None:
        return False
    teller = "".join(t.text_with_ws for c in link.above.children if c.dep_ == "nsubj" for t in c.subtree)
    of_old = years_in(teller)
    if of_old and max(of_old) < published.year - 1:
        return True
    said = years_in(_clause_of(link.above)) if link.above.tag_ == "VBD" else []
    return bool(said) and max(said) < published.year


def _leading_clause(verb: Token) -> str:
    """The clause that a subordinate one belongs to: its year is that of both ("was blocked in 2018 after it refused")."""
    link = next(climb(verb), None)
    beside = ("advcl", "relcl", "conj", "parataxis")
    if link is None or not (link.via in beside or _is_first_half(link)):
        return ""
    return f" {_clause_of(link.above)}"


def _is_first_half(link: Link) -> bool:
    """A full clause beside another across a colon or semicolon, which the parser hangs on it as its object."""
    between = link.above.doc[min(link.above.i, link.below.i) : max(link.above.i, link.below.i)]
    return link.via == "ccomp" and any(t.text in (":", ";") for t in between)


_OF_ONE_TENSE = frozenset({"xcomp", "dobj", "pobj", "prep", "pcomp", "acl", "acomp", "oprd", "attr"})


def _finite(head: Token) -> Token:
    """The verb that carries the tense: "refused to hand over" is told by "refused", "went on, filing a brief" by "went"."""
    verb = first_conjunct(head)
    for link in climb(verb):
        if verb.tag_ in ("VBD", "VBZ", "VBP", "MD") or any(
            c.dep_ in ("aux", "auxpass") and c.lower_ not in ("to", "having", "be") for c in verb.children
        ):
            break
        participle = link.via == "advcl" and verb.tag_ == "VBG"
        had_done = link.via == "ccomp" and verb.tag_ == "VBN" and link.above.lemma_ in ("have", "get")
        if not had_done and (link.own_subject or not (participle or link.via in _OF_ONE_TENSE)):
            break
        verb = link.above
    return verb


def _clause_of(verb: Token) -> str:
    """The words of the verb's own clause, without clauses that say or explain something else."""
    apart = {
        t.i
        for c in verb.subtree
        if c != verb and (c.dep_ in ("ccomp", "advcl", "relcl", "acl", "parataxis") or _is_beside(c))
        for t in c.subtree
    }
    return "".join(t.text_with_ws for t in sorted(verb.subtree, key=lambda t: t.i) if t.i not in apart)


def _is_beside(verb: Token) -> bool:
    """A coordinated clause with a subject of its own."""
    return verb.dep_ == "conj" and any(c.dep_ in SUBJECTS for c in verb.children)
