"""What a text asserts of an act: done, not done, not able, until, on condition — or nothing. After ConText's idea of scope,
over a dependency parse instead of windows (Chapman et al. 2007 describe the original)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime

from spacy.tokens import Token

from extract.knowledge import Reading
from extract.statements.acts import SUBJECTS, ActFound, any_in, noun_phrase
from extract.statements.words import Words
from extract.types import Time

_CLIMB = frozenset({"xcomp", "pcomp", "prep", "acl", "ccomp", "advcl", "relcl", "dobj", "pobj", "conj", "acomp", "attr", "nsubjpass"})
_IF = frozenset({"if", "unless", "whether", "should", "lest", "were"})
_PAST_WORDS = re.compile(
    r"\b(previously|formerly|historically|used to|in the past|last year|years? ago|at the time|back in|until (?:recently|yesterday|then|last)|once)\b", re.IGNORECASE
)
_YEAR = re.compile(r"\b(?:in|since|during|from|of|until|back in)?\s*((?:19|20)\d\d)\b")
_CONDITION = re.compile(
    r"\b(only|unless|without|pursuant to|in response to|in accordance with|subject to|upon|on receipt of|accompanied by|when|where|if|after|through|via|with|"
    r"in line with|as required by|required by|compelled by|except)\b",
    re.IGNORECASE,
)
_TEMPORARY_CLAUSE = re.compile(r"\b(while|as) (?:it|they|we|the \w+) (?:\w+ )?(?:review|assess|stud|consider|evaluat|examin)", re.IGNORECASE)


@dataclass(slots=True)
class Scope:
    """A judged act: its reading (None: nothing is asserted), its time, and the steps that led there, in words."""

    reading: Reading | None
    time: Time = Time.NOW
    governors: tuple[Token, ...] = ()
    steps: list[str] = field(default_factory=list)


def governors_of(head: Token) -> list[Token]:
    """The words above an act that decide about it, innermost first: "has agreed to stop handing over" → stop, agreed.

    Climbing ends at a clause with its own subject, after the word that introduces it.
    """
    chain: list[Token] = []
    token = head
    while token.dep_ in _CLIMB and token.head != token:
        own_subject = any(c.dep_ in SUBJECTS for c in token.children)
        parent = token.head
        if token.dep_ == "conj":
            token = parent
            continue
        if token.dep_ in ("dobj", "pobj", "attr", "nsubjpass") and token.pos_ not in ("NOUN", "PROPN"):
            break
        chain.append(parent)
        if own_subject or token.dep_ in ("relcl", "advcl"):
            break
        token = parent
    return chain


class ScopeJudge:
    """Judges acts with the lexicon's scope classes."""

    def __init__(self, words: Words) -> None:
        self._words = words

    def __call__(self, found: ActFound, own_page: bool, published: datetime | None) -> Scope:
        """The scope of one act in its sentence."""
        head = found.head
        sentence = head.doc.text
        scope = Scope(None, governors=tuple(governors_of(head)))
        if sentence.rstrip("\"”’' ").endswith("?"):
            return self._stop(scope, "a question")
        negations = self._negations(found, scope)
        if negations is None:
            return scope
        ability = self._ability(found, scope)
        condition = self._condition(found)
        if self._hypothetical(found, scope, bool(condition)):
            return scope
        hedged = self._hedged(found, scope)
        negated = bool(negations % 2)
        scope.time = self._time(found, published)
        suspended = any(g.lemma_.lower() in self._words.of("SUSPENDS") for g in scope.governors if g.pos_ in ("VERB", "NOUN"))
        temporary = self._temporary(found)
        if ability:
            scope.reading = "not_able" if negated else None
            if not negated:
                scope.steps.append("an ability, not an act")
        elif suspended and not negated:
            scope.reading = "until"
        elif temporary and (negated or found.act in ("deny", "stop")):
            scope.reading = "until"
        elif condition and self._conditional(found, negated, hedged):
            scope.reading = "on_condition"
            scope.steps.append(f"on condition: {condition}")
        elif hedged:
            scope.steps.append(f"hedged by {hedged!r}")
        else:
            scope.reading = "not_done" if negated else "done"
        return scope

    @staticmethod
    def _stop(scope: Scope, why: str) -> Scope:
        scope.steps.append(why)
        return scope

    def _negations(self, found: ActFound, scope: Scope) -> int | None:
        """How often the act is negated, or None if somebody else's wish or demand governs it."""
        count = self._own_negations(found.head)
        for noun in found.objects:
            if noun.dep_ in ("dobj", "nsubjpass", "pobj", "attr") and _is_none(noun):
                count += 1
        for child in found.head.children:
            if child.dep_ in ("nsubj", "nsubjpass") and child not in found.objects and _is_none(child):
                count += 1
        inner = found.head
        for governor in scope.governors:
            lemma = governor.lemma_.lower()
            if governor.pos_ in ("VERB", "AUX", "ADJ"):
                if self._demanded(governor, inner, scope):
                    return None
                if lemma in self._words.of("NEGATES") or lemma in ("unwilling", "reluctant"):
                    count += 1
                count += self._own_negations(governor)
            elif governor.pos_ in ("NOUN", "PROPN"):
                if lemma in ("refusal", "failure", "denial", "unwillingness"):
                    count += 1
                elif inner.dep_ == "acl" and any_in(self._words, [governor], "REQUEST", "LAW") or lemma in ("right", "power", "ability", "call", "pressure", "duty", "obligation"):
                    scope.steps.append(f"governed by {governor.text!r}")
                    return None
            elif governor.pos_ in ("ADP", "SCONJ") and governor.lower_ in ("without", "than", "of") and governor.lower_ != "of":
                count += 1
            inner = governor
        return count

    @staticmethod
    def _own_negations(token: Token) -> int:
        count = sum(c.dep_ == "neg" or c.lower_ in ("never", "neither") and c.dep_ in ("advmod", "preconj", "cc") for c in token.children)
        before = token.doc[max(0, token.i - 2) : token.i].text.lower()
        return count + (before.endswith("rather than") or before.endswith("instead of"))

    def _demanded(self, governor: Token, inner: Token, scope: Scope) -> bool:
        """"The court ordered Zoom to …", "was asked to …", "wants to …": nothing has been done."""
        lemma = governor.lemma_.lower()
        if lemma not in self._words.of("DEMAND_VERBS") or inner.dep_ not in ("xcomp", "ccomp", "advcl", "dobj"):
            return False
        if inner.dep_ == "dobj" and inner.pos_ == "NOUN" and governor.pos_ == "VERB" and lemma in ("let", "make"):
            return False
        scope.steps.append(f"only wished or demanded: {governor.text!r}")
        return True

    @staticmethod
    def _ability(found: ActFound, scope: Scope) -> bool:
        tokens = [found.head, *(g for g in scope.governors if g.pos_ in ("VERB", "AUX", "ADJ", "NOUN"))]
        if any(c.dep_ == "aux" and c.lemma_.lower() in ("can", "could") for t in tokens[:1] for c in t.children):
            return True
        able = [t for t in tokens if t.lemma_.lower() in ("able", "unable", "capable", "incapable", "impossible", "possible", "ability", "inability", "way", "means", "position")]
        if any(t.lemma_.lower() in ("unable", "incapable", "impossible", "inability") for t in able):
            scope.steps.append("unable")
        return bool(able)

    def _hypothetical(self, found: ActFound, scope: Scope, condition: bool) -> bool:
        for token in (found.head, *scope.governors[:2]):
            marks = [c for c in token.children if c.dep_ in ("mark", "advmod") and c.lower_ in _IF]
            if token.dep_ == "advcl" and marks and not (condition and token == found.head and found.act == "require"):
                scope.steps.append(f"hypothetical: {marks[0].text!r}")
                return True
            if token.dep_ in ("ccomp", "pcomp") and any(m.lower_ in ("whether", "if") for m in marks):
                scope.steps.append("whether it does so is open")
                return True
            if token.dep_ == "advcl":
                break
        return False

    def _hedged(self, found: ActFound, scope: Scope) -> str | None:
        for token in (found.head, *scope.governors):
            for child in token.children:
                if child.dep_ != "aux":
                    continue
                word = child.lower_
                if word in self._words.of("HEDGE"):
                    return word
                if word in ("would", "'d", "’d") and not self._reported(token):
                    return word
            if token.pos_ in ("VERB", "AUX") and any(c.dep_ in SUBJECTS for c in token.children):
                break
        return None

    def _reported(self, token: Token) -> bool:
        above = token
        while above.dep_ in ("xcomp", "conj", "ccomp", "advcl") and above.head != above:
            above = above.head
            if above.lemma_.lower() in self._words.of("ASSERTING"):
                return True
        return any(c.dep_ == "parataxis" for c in token.children)

    def _condition(self, found: ActFound) -> str:
        """The marker and legal process that bound the act, or an empty string."""
        top = found.head
        for token in top.subtree:
            if not any_in(self._words, [token], "PROCESS") or token in found.objects and found.act in ("answer", "deny", "contest", "stop"):
                continue
            before = top.doc[max(0, token.i - 9) : token.i].text
            markers = list(_CONDITION.finditer(before))
            if markers:
                return f"{markers[-1].group()} … {token.text}"
        if re.search(r"\b(?:required|compelled|obliged|permitted|authorized|authorised) (?:\w+ )?(?:to do so )?(?:by|under) (?:\w+ )?law\b", top.doc.text, re.IGNORECASE):
            return "by law"
        return ""

    @staticmethod
    def _conditional(found: ActFound, negated: bool, hedged: str | None) -> bool:
        """A rule, not an event: present, future or modal; "gave data under a court order" is an act done."""
        if found.act not in ("give", "answer", "deny", "require", "hold"):
            return False
        if negated:
            return bool(re.search(r"\b(without|unless|except|absent|until|only)\b", found.head.doc.text, re.IGNORECASE))
        event = found.head.tag_ in ("VBD",) or (
            found.head.tag_ == "VBN" and any(c.lower_ in ("has", "have", "had", "was", "were", "'ve", "’ve") for c in found.head.children)
        )
        return bool(hedged) or not event or bool(re.search(r"\bonly\b", found.head.doc.text))

    def _temporary(self, found: ActFound) -> bool:
        clause = " ".join(t.text for t in found.head.subtree)
        window = found.head.doc.text if found.act in ("deny", "stop") else clause
        lower = window.lower()
        return any(re.search(rf"\b{re.escape(w)}\b", lower) for w in self._words.of("TEMPORARY")) or bool(_TEMPORARY_CLAUSE.search(window))

    @staticmethod
    def _time(found: ActFound, published: datetime | None) -> Time:
        """History is told with a past form and an old year or a word of the past in the act's own clause."""
        own = sorted({t for t in found.head.subtree}, key=lambda t: t.i)
        clause = " ".join(t.text for t in own)
        past_form = found.head.tag_ in ("VBD", "VBN") or found.head.pos_ == "NOUN" or any(c.lower_ in ("did", "had", "was", "were") for c in found.head.children)
        present_perfect = any(c.dep_ == "aux" and c.lower_ in ("has", "have", "'ve", "’ve") for c in found.head.children)
        if not past_form or present_perfect:
            return Time.PAST if re.search(r"\bused to\b", clause, re.IGNORECASE) else Time.NOW
        if _PAST_WORDS.search(clause):
            return Time.PAST
        if published is not None:
            years = [int(m.group(1)) for m in _YEAR.finditer(clause)]
            if years and max(years) < published.year:
                return Time.PAST
        return Time.NOW


def _is_none(noun: Token) -> bool:
    """ "no data", "nothing", "none of the requests", "neither"."""
    if noun.lower_ in ("nothing", "none", "neither", "nobody"):
        return True
    return any(t.dep_ in ("det", "neg") and t.lower_ in ("no", "neither", "zero") for t in noun_phrase(noun) if t.head == noun)
