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
    SUBJECTS,
    Link,
    below_preposition,
    climb,
    first_conjunct,
    is_passive,
    is_verb,
    listed,
    noun_phrase,
    subject_of,
    text_of,
)
from extract.statements.conditions import ConditionFinder
from extract.statements.times import is_history
from extract.statements.words import Words
from extract.types import Time

_OPEN = frozenset({"if", "unless", "whether", "should", "lest", "were"})
_ASKING = frozenset({"whether", "if", "how", "when", "where"})
_NONE = frozenset({"nothing", "none", "neither", "nobody"})
_NEGATORS = frozenset({"never", "neither", "nor"})
_NOT_REALLY = frozenset({"only", "just", "merely", "simply", "necessarily"})
_ABLE_AUX = frozenset({"can", "could", "ca"})
_PRESUPPOSED_AFTER = frozenset(
    {"by", "in", "after", "for", "over", "about", "of", "on", "despite", "since", "while", "with", "at", "as"}
)
_ONGOING = frozenset({"VBG", "VBZ", "VBP", "VB", "NN", "NNS"})


@dataclass(slots=True)
class Scope:
    """A judged act: its reading (None: nothing is asserted), its time, and the steps that led there, in words."""

    reading: Reading | None = None
    time: Time = Time.NOW
    steps: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Weighing:
    """What was met on the way up from an act."""

    act: str | None = None
    negations: int = 0
    able: bool = False
    unable: bool = False
    suspended: bool = False
    ended: bool = False
    going_on: bool = False
    hedge: str | None = None
    stopped: str | None = None  # why nothing is asserted


class ScopeJudge:
    """Judges acts with the lexicon's scope classes."""

    def __init__(self, words: Words) -> None:
        self._words = words
        self._conditions = ConditionFinder(words)

    def __call__(
        self, found: ActFound, published: datetime | None, *, answered_no: bool = False, framed: bool = False, period: int | None = None
    ) -> Scope:
        """The scope of one act in its sentence; a question says nothing unless the text answers it with no."""
        scope = Scope()
        state = _Weighing(found.act, self._own_negations(found))
        if found.head.doc.text.rstrip("\"”’'» ").endswith("?"):
            scope.steps.append("a question, answered with no" if answered_no else "a question")
            if not answered_no:
                return scope
            state.negations += 1
        if found.noun and found.head.dep_ == "pobj" and found.head.head.lower_ == "without":
            scope.steps.append("not asserted after 'without'")
            return scope
        before = found.head.doc[max(0, found.head.i - 2) : found.head.i].text.lower()
        if before.endswith((" than", "instead of")) and found.act in ("give", "answer"):
            scope.steps.append("only the alternative")  # "leave rather than hand over the keys"
            return scope
        self._weigh_modals(first_conjunct(found.head), state)
        for link in climb(found.head):
            if not self._pass(link, found, state):
                break
            if state.stopped:
                scope.steps.append(state.stopped)
                return scope
        if state.stopped:
            scope.steps.append(state.stopped)
            return scope
        past = (is_history(found.head, published, framed=framed, period=period) and not state.going_on) or (state.ended and found.act == "contest")
        scope.time = Time.PAST if past else Time.NOW
        if found.act == "give" and found.head.head in found.objects and _is_infinitive(found.head):
            state.able = True  # "there would be nothing to produce"
        condition = self._conditions(
            found, negated=bool(state.negations % 2) or state.unable, hedged=bool(state.hedge)
        )
        scope.reading = self._reading(found, state, condition, scope.steps, past=past)
        return scope

    def _reading(self, found: ActFound, state: _Weighing, condition: str, steps: list[str], *, past: bool) -> Reading | None:
        negated = bool(state.negations % 2)
        if state.suspended and not negated:
            steps.append("told as interrupted")
            return "until"  # "stopped processing subpoenas": what is stopped is no rule about a process
        if condition:
            steps.append(f"on condition: {condition}")
            return "on_condition"
        if state.able and not negated and found.act == "give" and _ONLY.search(text_of(found.head)):
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

    def _pass(self, link: Link, found: ActFound, state: _Weighing) -> bool:
        """Takes one governor into account; False where climbing ends."""
        if link.via == "relcl" and self._words.is_in(link.above.lemma_.lower(), "ENABLES") and _is_none(link.above):
            state.able = True  # "there is no means by which we could decrypt them"
            state.negations += 1
            return False
        if (link.via == "relcl" and not _is_infinitive(link.below)) or link.via == "parataxis" or _is_run_on(link):
            return False
        if link.via == "advcl":
            if not (
                found.act == "contest" and self._words.is_in(link.above.lemma_.lower(), "PLEADS", "LIGHT")
            ):
                self._pass_adverbial(link, state)  # but "went to court to fight the order" is a fight
            return False
        if link.via == "acl" or (link.via == "relcl" and _is_infinitive(link.below)):
            self._pass_noun(link, found, state)
            return True
        if link.via == "pcomp":
            if any(c.dep_ in ("mark", "advmod") and c.lower_ in _ASKING for c in link.below.children):
                state.stopped = "whether or how it does so is open"
                return False
            self._pass_preposition(link, state)
        elif link.via in ("xcomp", "ccomp", "csubj") and not (
            link.above.pos_ == "ADJ" and link.below.pos_ == "ADJ"
        ):
            self._pass_clause(link, found, state)
        elif is_verb(link.above) and link.via in (
            "dobj",
            "nsubj",
            "nsubjpass",
            "attr",
            "pobj",
            "acomp",
            "oprd",
        ):
            self._pass_argument(link, state)
        elif link.via == "prep" and link.above.pos_ == "ADJ":  # "incapable of reading", "capable of reading"
            lemma = link.above.lemma_.lower()
            state.unable = state.unable or self._words.is_in(lemma, "UNABLE")
            state.able = state.able or self._words.is_in(lemma, "ENABLES")
        elif link.via == "prep" and link.above.pos_ in ("NOUN", "PROPN"):
            self._pass_noun(link, found, state)
        return True

    def _pass_clause(self, link: Link, found: ActFound, state: _Weighing) -> None:
        """ "refuses to …", "has agreed to …", "was asked to …", "says that …"."""
        governor, lemma = link.above, link.above.lemma_.lower()
        if any(c.dep_ in ("mark", "advmod") and c.lower_ in _ASKING for c in link.below.children):
            state.stopped = "whether or how it does so is open"
            return
        negations = self._negations(governor)
        if lemma in ("have", "get") and link.below.tag_ == "VBN" and found.act == "contest":
            pass  # "moved to have the order lifted"
        elif found.act == "leave" and self._words.is_in(lemma, "THREATENS"):
            pass  # a declared intention
        elif lemma == "let" and link.below.lemma_.lower() == "know":
            pass  # "let it be known that"
        elif lemma == "have" and found.act == "weigh" and any(c.lower_ == "yet" for c in governor.children):
            pass  # "has yet to finish examining it"
        elif self._words.is_in(lemma, "PERMITS") and self._is_by_own_rules(governor):
            state.hedge = "may"
            state.negations += negations
        elif self._words.is_in(lemma, "NEGATES"):
            state.negations += 1 + negations
        elif self._words.is_in(lemma, "SUSPENDS") and not link.own_subject:
            state.suspended = not negations
            state.negations += negations + (1 if negations else 0)
        elif self._words.is_in(lemma, "UNABLE"):
            state.unable = True
        elif self._words.is_in(lemma, "ENABLES"):
            state.able = True
            state.negations += negations
        elif self._words.is_in(lemma, "ASSERTING"):
            if link.via == "xcomp" and (
                is_passive(governor) or any(c.dep_ == "dobj" for c in governor.children)
            ):
                state.stopped = f"only demanded: {governor.text!r}"  # "was told to hand over"
                return
            if negations and link.own_subject:
                state.stopped = f"not asserted: {governor.text!r} is negated"
                return
            state.negations += negations
        elif self._words.is_in(lemma, "KEEPS"):
            state.negations += negations
        elif found.act == "contest" and self._words.is_in(lemma, "PLEADS"):
            return
        elif self._words.is_in(lemma, "OBLIGES") and self._may_be_made_to(governor):
            state.hedge = "may"
        elif not self._tells(link, negations):
            judged = governor.pos_ == "ADJ" or lemma == "be"
            what = "judged by" if judged else "wished, demanded or supposed:"
            state.stopped = f"only {what} {governor.text!r}"
            return
        self._weigh_modals(governor, state)

    def _is_by_own_rules(self, verb: Token) -> bool:
        """ "the policy allowed X to hand over", "has rewritten its terms so as to allow": a company's own rule."""
        subject = subject_of(verb)
        if subject is not None and self._words.is_in(subject.lemma_.lower(), "OWN_RULES"):
            return True
        above = verb.head if verb.dep_ in ("advcl", "acl", "xcomp", "relcl") else verb
        return any(c.dep_ == "dobj" and self._words.any_in(listed(c), "OWN_RULES") for c in above.children) or self._words.is_in(above.lemma_.lower(), "OWN_RULES")

    @staticmethod
    def _may_be_made_to(verb: Token) -> bool:
        """ "we may be compelled by law to disclose it": a rule, told of oneself."""
        return any(c.dep_ == "nsubjpass" and c.lower_ == "we" for c in verb.children) and any(
            c.dep_ == "aux" and c.lower_ in ("may", "can", "might") for c in verb.children
        )

    def _tells(self, link: Link, negations: int) -> bool:
        """A verb that no class names tells what its clause says ("reaffirmed that …"), if it does not wish or suppose."""
        return (
            link.via == "ccomp"
            and link.own_subject
            and not negations
            and link.above.pos_ == "VERB"
            and not self._words.is_in(link.above.lemma_.lower(), "OBLIGES", "NEGATES", "PLEADS", "DOUBTS")
        )

    def _pass_argument(self, link: Link, state: _Weighing) -> None:
        """A noun act under a verb ("announced a pause", "dropped its appeal"), or an adjective under "be"."""
        governor, lemma = link.above, link.above.lemma_.lower()
        if state.act in ("give", "answer") and _is_weighed(link, self._words):
            state.stopped = f"only weighed: {governor.text!r}"
            return
        if self._words.is_in(lemma, "ENDS") and link.via in ("dobj", "nsubjpass"):
            state.ended = True
        elif self._words.is_in(lemma, "NEGATES"):
            state.negations += 1
        elif lemma == "put" and link.via == "dobj" and _ON_ICE.search(governor.doc[governor.i :].text):
            state.suspended = True
        elif self._words.is_in(lemma, "PERMITS") and self._is_by_own_rules(governor):
            state.hedge = "may"
        elif state.act == "contest" and self._words.is_in(lemma, "PLEADS"):
            return  # "is asking the tribunal to set the order aside"
        elif self._words.is_in(lemma, "OBLIGES") and link.via == "dobj":
            state.stopped = f"only wished or demanded: {governor.text!r}"
            return
        if link.via in ("dobj", "attr", "acomp", "oprd"):
            negations = self._negations(governor)
            if negations and self._words.is_in(lemma, "ASSERTING"):
                state.stopped = f"not asserted: {governor.text!r} is negated"
                return
            state.negations += negations
            self._weigh_modals(governor, state)

    def _pass_noun(self, link: Link, found: ActFound, state: _Weighing) -> None:
        """ "its refusal to …", "plans to …", "a request to …", "companies refusing to …"."""
        noun, lemma = link.above, link.above.lemma_.lower()
        if (
            link.via == "acl"
            and link.below.tag_ in ("VBG", "VBN")
            and not any(c.lower_ == "to" for c in link.below.children)
        ):
            return
        if noun.pos_ not in ("NOUN", "PROPN", "PRON"):
            return
        if (
            link.via == "acl"
            and link.own_subject
            and any(c.dep_ == "mark" and c.lower_ == "that" for c in link.below.children)
            and not self._words.is_in(lemma, "OBLIGES", "REQUEST", "NEGATES", "DOUBTS", "PROCESS")
        ):
            return  # "wrote in a letter that it will …"
        if found.act == "give" and noun in found.objects:
            state.able = True  # "has nothing to hand over"
            return
        if found.act == "contest" and self._words.noun_in(noun, "AUTHORITY") and self._words.is_in(noun.head.lemma_.lower(), "PLEADS"):
            return  # "is asking the tribunal to set it aside"
        if found.noun and link.via == "prep" and self._words.is_in(lemma, "SUSPENSION"):
            state.suspended = True  # "called a halt to the release of data"
        elif self._words.is_in(lemma, "NEGATES"):
            state.negations += 1 + _is_none(noun)
        elif self._words.is_in(lemma, "UNABLE"):
            state.unable = True
        elif self._words.is_in(lemma, "ENABLES"):
            state.able = True
            state.negations += _is_none(noun)
        elif noun.lower_ == "means":
            state.able = True
            state.negations += _is_none(noun)
        elif self._words.is_in(lemma, "KEEPS", "ASSERTING", "OWN_RULES"):
            state.negations += _is_none(noun)
        elif link.via == "acl" or self._words.is_in(lemma, "OBLIGES", "REQUEST"):
            state.stopped = f"governed by {noun.text!r}"

    def _pass_preposition(self, link: Link, state: _Weighing) -> None:
        word = link.above.lower_
        instead = word == "than" or (word == "of" and link.above.i and link.above.nbor(-1).lower_ == "instead")
        if instead and state.act in ("give", "answer"):
            state.stopped = "only the alternative"  # "leave rather than hand over the keys"
        elif instead or word in ("without", "against"):
            state.negations += 1
        elif word not in _PRESUPPOSED_AFTER:
            state.stopped = f"not asserted after {word!r}"

    def _pass_adverbial(self, link: Link, state: _Weighing) -> None:
        """ "if X refuses" and "to avoid handing over" assert nothing; "because it refused", "saying it would" do."""
        marks = [
            c.lower_
            for c in link.below.children
            if c.dep_ in ("mark", "advmod", "aux") and c.i < link.below.i
        ]
        opened = next((m for m in marks if m in _OPEN), None)
        if opened:
            state.stopped = f"hypothetical: {opened!r}"
        elif "to" in marks and any(
            c.dep_ == "acomp" and self._words.is_in(c.lemma_.lower(), "UNABLE") for c in link.above.children
        ):
            state.unable = True  # "it is impossible for X to provide the keys"
        elif "to" in marks:
            state.stopped = "a purpose, not an act"
        elif "before" in marks or "until" in marks:
            if state.act == "weigh":
                state.going_on = True  # it is still assessed
            else:
                state.stopped = "not yet done"

    def _weigh_modals(self, verb: Token, state: _Weighing) -> None:
        for child in verb.children:
            if child.dep_ != "aux":
                continue
            word = child.lower_
            if word in _ABLE_AUX:
                state.able = True
            elif self._words.is_in(word, "HEDGE"):
                state.hedge = word
            elif word in ("would", "'d", "’d") and (state.act == "receive" or not (self._reported(verb) or _was_unwilling(verb, state))):
                state.hedge = "would"

    def _reported(self, verb: Token) -> bool:
        """Whether "would" is a reported "will": "said it would hand over"."""
        if any(c.dep_ == "parataxis" for c in verb.children):
            return True
        return any(self._words.is_in(link.above.lemma_.lower(), "ASSERTING", "KEEPS") for link in climb(verb))

    def _own_negations(self, found: ActFound) -> int:
        count = self._negations(found.head, found.own)
        borrowed = first_conjunct(found.head)
        if borrowed != found.head:
            count += self._negations(borrowed)
        count += sum(
            _is_none(c) for c in found.head.children if c.dep_ == "dobj" and c.lower_ in found.entry.split()[1:]
        )  # "has no access to"
        nouns = [o for o in found.objects if o.dep_ in ("dobj", "nsubj", "nsubjpass", "pobj", "attr") or o == found.head.head]
        nouns += [c for c in found.head.children if c.dep_ in SUBJECTS and c not in nouns]
        return count + any(_is_none(n) or _is_of_none(n) for n in nouns if n.i not in found.own)

    @staticmethod
    def _negations(token: Token, own: range = range(0)) -> int:
        count = 0
        for child in token.children:
            if child.i in own:
                continue
            if (
                child.dep_ == "neg"
                and not (child.i + 1 < len(child.doc) and child.nbor().lower_ in _NOT_REALLY)
            ) or (
                child.lower_ in _NEGATORS and child.dep_ in ("advmod", "preconj", "cc") and child.i < token.i
            ):
                count += 1
            elif child.dep_ == "prep" and any(
                t.lower_ == "no" and t.dep_ == "det" and t.head.head == child for t in child.subtree
            ):
                count += child.lower_ in ("at", "in", "under", "on")
            elif (child.dep_ in ("aux", "auxpass") and _is_set_off(child)) or (
                child.lower_ == "longer" and child.i and child.nbor(-1).lower_ == "no"
            ):
                count += 1
        return count

    def _is_looked_at(self, head: Token) -> bool:
        return self._words.is_in(head.lemma_.lower(), "READS") or head.lemma_.lower() in (
            "look",
            "inspect",
            "listen",
        )

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


def _is_meant(verb: Token) -> bool:
    """ "would not store a single message", which is a refusal to have it."""
    return any(c.dep_ == "aux" and c.lower_ in ("will", "would", "wo", "'ll", "’ll", "shall") for c in verb.children)


def _is_infinitive(verb: Token) -> bool:
    return any(c.dep_ == "aux" and c.tag_ == "TO" for c in verb.children)


_ON_ICE = re.compile(r"\bon (?:ice|hold|pause|the back burner)\b", re.IGNORECASE)
_ONLY = re.compile(r"\b(?:only|nothing (?:but|more than|beyond|except)|no more than|little (?:more|beyond))\b", re.IGNORECASE)
_SUPPOSED = re.compile(r"\b(?:if|unless|were)\b", re.IGNORECASE)


def _was_unwilling(verb: Token, state: _Weighing) -> bool:
    """ "would not hand over anything", where nothing is supposed: it was not willing to."""
    return state.act in ("give", "answer") and any(c.dep_ == "neg" for c in verb.children) and not _SUPPOSED.search(verb.doc.text)


def _is_weighed(link: Link, words: Words) -> bool:
    """ "is considering its response to the demand"."""
    return link.via == "dobj" and link.below.pos_ == "NOUN" and any(
        w.act == "weigh" and not w.noun for w in words.acts.get(link.above.lemma_.lower(), ())
    )


_NOT_ONE = re.compile(r"not (?:one|a single|any)\b", re.IGNORECASE)
_EXCEPTED = re.compile(r"\b(?:unless|except|other than|until)\b", re.IGNORECASE)
_WHILE_ASSESSING = re.compile(
    r"\b(?:before|till) (?:the|a|its|their) (?:\w+ ){0,2}(?:has|have|is|are|rules?|decides?)\b|"
    r"\b(?:while|as) (?:it|they|we|he|she|(?:the|both|its|their) \w+)(?: \w+){0,2} "
    r"(?:review|assess|stud|consider|evaluat|examin|work|weigh|analy|look|seek|consult)\w*",
    re.IGNORECASE,
)


def _is_run_on(link: Link) -> bool:
    """Two sentences that the parser joined: a verb with an object of its own has no clause as another."""
    full = link.via == "ccomp" and link.below.i < link.above.i and link.own_subject
    return full and any(c.dep_ == "dobj" for c in link.above.children)


def _is_set_off(auxiliary: Token) -> bool:
    """ "it had not, at any point, passed on": the parser loses a "not" before a comma."""
    after = auxiliary.doc[auxiliary.i + 1 : auxiliary.i + 3]
    return (
        len(after) == 2
        and after[0].lower_ == "not"
        and after[0].head != auxiliary.head
        and after[1].text == ","
    )


def _is_of_none(noun: Token) -> bool:
    """ "the contents of none", "anything in none of the cases"."""
    return any(t.lower_ in _NONE for t in below_preposition(noun, "of", "in"))


def _is_none(noun: Token) -> bool:
    """ "no data", "nothing", "none of the requests", "not one of them", "0 bytes", "neither company"."""
    if noun.lower_ in _NONE or _NOT_ONE.match(text_of(noun)):
        return True
    near = (t for t in noun_phrase(noun) if t.head == noun)
    return any(
        t.dep_ in ("det", "neg", "nummod") and t.lower_ in ("no", "neither", "zero", "0") for t in near
    )
