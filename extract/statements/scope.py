"""What a text asserts of an act: done, not done, not able, until, on condition — or nothing.

The idea of scope is ConText's (Chapman, Chu and Dowling 2007), here over a dependency parse instead of windows:
each word that governs the act negates it, lets it stand, bounds it, or makes it somebody's wish. A governor that
no class of the lexicon names asserts nothing: what is not understood must not become a statement.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime

from spacy.tokens import Token

from extract.knowledge import Reading
from extract.statements.acts import ActFound
from extract.statements.clauses import (
    climb,
    first_conjunct,
    is_infinitive,
    text_of,
)
from extract.statements.conditions import ConditionFinder
from extract.statements.governors import GovernorJudge, Weighing
from extract.statements.times import HistoryJudge, Told
from extract.statements.words import Words
from extract.types import Time

_ONGOING = frozenset({"VBG", "VBZ", "VBP", "VB", "NN", "NNS"})
_ONLY = re.compile(
    r"\b(?:only|nothing (?:but|more than|beyond|except)|no more than|little (?:more|beyond))\b", re.IGNORECASE
)
_EXCEPTED = re.compile(r"\b(?:unless|except|other than|until)\b", re.IGNORECASE)
_WHILE_ASSESSING = re.compile(
    r"\b(?:before|till) (?:the|a|its|their) (?:\w+ ){0,2}(?:has|have|is|are|rules?|decides?)\b|"
    r"\b(?:while|as) (?:it|they|we|he|she|(?:the|both|its|their) \w+)(?: \w+){0,2} "
    r"(?:review|assess|stud|consider|evaluat|examin|work|weigh|analy|look|seek|consult|rewrit|revis|updat|decid|redraft|overhaul)\w*",
    re.IGNORECASE,
)


@dataclass(slots=True)
class Scope:
    """A judged act: its reading (None: nothing is asserted), its time, and the steps that led there, in words."""

    reading: Reading | None = None
    time: Time = Time.NOW
    earlier: bool = False  # past by its tense alone
    steps: list[str] = field(default_factory=list)


class ScopeJudge:
    """Judges acts with the lexicon's scope classes."""

    def __init__(self, words: Words) -> None:
        self._words = words
        self._conditions = ConditionFinder(words)
        self._governors = GovernorJudge(words)
        self._is_history = HistoryJudge(words)

    def __call__(
        self,
        found: ActFound,
        published: datetime | None,
        *,
        answered_no: bool = False,
        framed: bool = False,
        period: int | None = None,
    ) -> Scope:
        """The scope of one act in its sentence; a question says nothing unless the text answers it with no."""
        scope = Scope()
        asked = found.head.doc.text.rstrip("\"”’'» ").endswith("?")
        if asked:
            scope.steps.append("a question, answered with no" if answered_no else "a question")
            if not answered_no:
                return scope
        if found.noun and found.head.dep_ == "pobj" and found.head.head.lower_ == "without":
            scope.steps.append("not asserted after 'without'")
            return scope
        before = found.head.doc[max(0, found.head.i - 2) : found.head.i].text.lower()
        if before.endswith((" than", "instead of")) and found.act in ("give", "answer"):
            scope.steps.append("only the alternative")  # "leave rather than hand over the keys"
            return scope
        state = self._governors(found, answered_no=asked and answered_no)
        if state.stopped:
            scope.steps.append(state.stopped)
            return scope
        told = self._is_history(found, published, framed=framed, period=period)
        over = state.over or (found.act == "contest" and (state.ended or self._is_decided(found.head)))
        past = (told is not Told.NEWS and not state.going_on) or (over and found.act in ("contest", "stop"))
        scope.time = Time.PAST if past else Time.NOW
        scope.earlier = told is Told.EARLIER and found.act != "contest"  # which is but the way to a ruling
        if found.act == "give" and found.head.head in found.objects and is_infinitive(found.head):
            state.able = True  # "there would be nothing to produce"
        condition = self._conditions(
            found, negated=bool(state.negations % 2) or state.unable, hedged=bool(state.hedge)
        )
        scope.reading = self._reading(found, state, condition, scope.steps, past=past)
        return scope

    def _reading(
        self, found: ActFound, state: Weighing, condition: str, steps: list[str], *, past: bool
    ) -> Reading | None:
        negated = bool(state.negations % 2)
        if state.suspended and not negated:
            steps.append("told as interrupted")
            return "until"  # "stopped processing subpoenas": what is stopped is no rule about a process
        if condition:
            steps.append(f"on condition: {condition}")
            return "on_condition"
        if state.able and not negated and found.act == "give" and _tells_only_a_part(found.head):
            steps.append("only a little of it")
            return "not_able"
        if state.able or state.unable:
            steps.append("told as an ability")
            return "not_able" if negated != state.unable else None
        if state.ended and found.act != "contest":
            steps.append("told as ended")
            return None
        if state.hedge and not (found.act == "leave" and state.hedge == "would"):
            steps.append(f"hedged by {state.hedge!r}")
            return None
        if found.act == "hold" and _EXCEPTED.search(text_of(found.head)):
            steps.append("with an exception")
            return None
        if found.act == "hold" and negated and self._is_looked_at(found.head):
            steps.append("does not look, which is not that it cannot")
            return None
        if found.act == "weigh" and not (negated or self._goes_on(found)):
            steps.append("an assessment that is over")
            return None
        until = (state.suspended and not negated) or (
            not past and self._for_now(found) and (negated or found.act in ("deny", "stop"))
        )
        if until:
            return "until"
        if found.act == "hold" and negated and _is_meant(found.head):
            return "will_not"
        return "not_done" if negated else "done"

    def _is_decided(self, head: Token) -> bool:
        """ "fought it in vain", "appealed and lost": a contest that is told with its outcome is over."""
        clause = text_of(head)
        if self._words.found_in(clause, "IN_VAIN"):
            return True
        verb = first_conjunct(head)
        beside = (*verb.conjuncts, *(c for c in verb.children if c.dep_ in ("advcl", "ccomp")))
        return any(t.tag_ in ("VBD", "VBN") and self._ends_it(t) for t in beside)

    def _ends_it(self, verb: Token) -> bool:
        """ "lost", "dropped the case", "gave up its appeal"."""
        lemma = verb.lemma_.lower()
        if self._words.is_in(lemma, "DECIDES"):
            return True
        ends = self._words.is_in(lemma, "ENDS", "SETTLES") or any(
            c.dep_ == "prt" and (lemma, c.lower_) == ("give", "up") for c in verb.children
        )
        return ends and self._words.any_in(
            (c for c in verb.children if c.dep_ in ("dobj", "nsubjpass")), "CASE"
        )

    def _is_looked_at(self, head: Token) -> bool:
        return self._words.is_in(head.lemma_.lower(), "READS", "LOOKS")

    @staticmethod
    def _goes_on(found: ActFound) -> bool:
        """An assessment counts while it lasts: progressive, present, future, or a noun."""
        return found.noun or found.head.tag_ in _ONGOING

    def _for_now(self, found: ActFound) -> bool:
        """Whether the act is bounded in time: "until", "temporarily", "while it reviews the law"."""
        top = first_conjunct(found.head)
        for link in climb(top):
            if link.own_subject or link.via not in ("xcomp", "acomp", "dobj", "oprd"):
                break
            top = link.above
        return bool(self._words.found_in(text_of(top), "TEMPORARY") or _WHILE_ASSESSING.search(text_of(top)))


def _tells_only_a_part(verb: Token) -> bool:
    """ "could give only the date", "the only things that it could give", "all it could give was"."""
    if _ONLY.search(text_of(verb)):
        return True
    for link in climb(verb):
        if link.via == "relcl":
            whole = link.above
            return whole.lower_ == "all" or any(
                c.lower_ in ("only", "sole") and c.dep_ in ("amod", "advmod") for c in whole.children
            )
    return False


def _is_meant(verb: Token) -> bool:
    """ "would not store a single message", which is a refusal to have it."""
    return any(
        c.dep_ == "aux" and c.lower_ in ("will", "would", "wo", "'ll", "’ll", "shall") for c in verb.children
    )
