"""What governs an act, word by word up the parse: it negates it, lets it stand, bounds it, or makes it somebody's wish.

A governor that no class of the lexicon names asserts nothing: what is not understood must not become a statement.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from spacy.tokens import Token

from extract.statements.acts import ActFound
from extract.statements.clauses import (
    Link,
    cleft_of,
    climb,
    first_conjunct,
    is_infinitive,
    is_passive,
    is_verb,
    listed,
    subject_of,
)
from extract.statements.negation import is_none, negations_of, own_negations
from extract.statements.words import Words

_OPEN = frozenset({"if", "unless", "whether", "should", "lest", "were"})
_ASKING = frozenset({"whether", "if", "how", "when", "where"})
_ABLE_AUX = frozenset({"can", "could", "ca"})
_PRESUPPOSED_AFTER = frozenset(
    {"by", "in", "after", "for", "over", "about", "of", "on", "despite", "since", "while", "with", "at", "as"}
)
_ON_ICE = re.compile(r"\bon (?:ice|hold|pause|the back burner)\b", re.IGNORECASE)
_SUPPOSED = re.compile(r"\b(?:if|unless|were)\b", re.IGNORECASE)


@dataclass(slots=True)
class Weighing:
    """What was met on the way up from an act."""

    act: str | None = None
    negations: int = 0
    able: bool = False
    unable: bool = False
    suspended: bool = False
    ended: bool = False
    over: bool = False  # what was done has run out, or has been decided
    going_on: bool = False
    lacking: bool = False  # tells of what is not there
    hedge: str | None = None
    stopped: str | None = None  # why nothing is asserted


class GovernorJudge:
    """Weighs the governors of an act with the lexicon's scope classes."""

    def __init__(self, words: Words) -> None:
        self._words = words

    def __call__(self, found: ActFound, *, answered_no: bool = False) -> Weighing:
        """What the act's own words and all that govern it say; `stopped` tells why nothing is asserted."""
        state = Weighing(found.act, own_negations(found) + answered_no)
        state.lacking = found.act == "hold" or (found.rule or "").startswith("unable.")
        self._weigh_modals(first_conjunct(found.head), state)
        if found.rule and any(
            t.lower_ in _ABLE_AUX for t in found.head.doc[found.own.start : found.own.stop]
        ):
            state.able = False  # an idiom's own "cannot"
        light = cleft_of(found.head)
        if light is not None:  # "what it will not do is build one"
            state.negations += negations_of(light)
            self._weigh_modals(light, state)
        for link in climb(light or found.head):
            if self._is_found_untrue(link):
                state.negations += 1
                break
            if not self._pass(link, found, state) or state.stopped:
                break
        return state

    def _pass(self, link: Link, found: ActFound, state: Weighing) -> bool:
        """Takes one governor into account; False where climbing ends."""
        if (
            link.via == "relcl"
            and self._words.is_in(link.above.lemma_.lower(), "ENABLES")
            and is_none(link.above)
        ):
            state.able = True  # "there is no means by which we could decrypt them"
            state.negations += 1
            return False
        if (
            (link.via == "relcl" and not is_infinitive(link.below))
            or link.via == "parataxis"
            or _is_run_on(link)
        ):
            return False
        if link.via == "advcl":
            if not (
                found.act == "contest" and self._words.is_in(link.above.lemma_.lower(), "PLEADS", "LIGHT")
            ):
                self._pass_adverbial(link, state)  # but "went to court to fight the order" is a fight
            return False
        if link.via == "acl" or (link.via == "relcl" and is_infinitive(link.below)):
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

    def _pass_clause(self, link: Link, found: ActFound, state: Weighing) -> None:
        """ "refuses to …", "has agreed to …", "was asked to …", "says that …"."""
        governor = link.above
        lemma = self._judgement(governor)
        if any(c.dep_ in ("mark", "advmod") and c.lower_ in _ASKING for c in link.below.children):
            state.stopped = "whether or how it does so is open"
            return
        negations = negations_of(governor)
        if self._lets_stand(link, found):
            pass
        elif self._words.is_in(lemma, "PERMITS") and self._is_by_own_rules(governor):
            state.hedge = "may"
            state.negations += negations
        elif self._words.is_in(lemma, "NEGATES", "UNTRUE"):
            state.negations += 1 + negations
        elif self._words.is_in(lemma, "SUSPENDS") and not link.own_subject:
            state.suspended = not negations
            state.negations += negations + (1 if negations else 0)
        elif self._words.is_in(lemma, "UNABLE", "ENABLES"):
            state.unable = state.unable or self._words.is_in(lemma, "UNABLE")
            state.able = state.able or self._words.is_in(lemma, "ENABLES")
            state.negations += negations * self._words.is_in(lemma, "ENABLES")
        elif self._words.is_in(lemma, "ASSERTING"):
            self._pass_telling(link, negations, state)
        elif self._words.is_in(lemma, "KEEPS") or _is_auxiliary(link):
            state.negations += negations
        elif self._words.is_in(lemma, "OBLIGES") and self._may_be_made_to(governor):
            state.hedge = "may"
        elif not self._tells(link, negations):
            judged = governor.pos_ == "ADJ" or lemma == "be"
            what = "judged by" if judged else "wished, demanded or supposed:"
            state.stopped = f"only {what} {governor.text!r}"
        if not state.stopped:
            self._weigh_modals(governor, state)

    def _judgement(self, governor: Token) -> str:
        """What decides about the clause below: "it was impossible to", "it is untrue that", else the verb itself."""
        if governor.lemma_ == "be":
            for child in governor.children:
                lemma = child.lemma_.lower()
                if child.dep_ in ("acomp", "attr") and self._words.is_in(lemma, "UNABLE", "UNTRUE"):
                    return lemma
        return governor.lemma_.lower()

    def _is_found_untrue(self, link: Link) -> bool:
        """Whether it is only alleged, and the allegation called untrue, or denied ("rejected claims that it shared data")."""
        allegation, verb = link.above, link.above.head
        if not (self._words.is_in(allegation.lemma_.lower(), "ALLEGED") and _is_that_clause(link)):
            return False
        if allegation.dep_ in ("nsubj", "nsubjpass") and self._words.is_in(self._judgement(verb), "UNTRUE"):
            return True
        return allegation.dep_ in ("dobj", "nsubjpass") and self._words.is_in(
            verb.lemma_.lower(), "NEGATES", "DENIES"
        )

    def _lets_stand(self, link: Link, found: ActFound) -> bool:
        """Governors that for this act say nothing: "moved to have the order lifted", "threatens to leave", "has yet to finish assessing"."""
        lemma, below = link.above.lemma_.lower(), link.below
        if found.act == "contest":
            return self._words.is_in(lemma, "PLEADS") or (lemma in ("have", "get") and below.tag_ == "VBN")
        if found.act == "leave":
            return self._words.is_in(lemma, "THREATENS")
        if found.act == "channel":  # "told the police to use the treaty", "makes officers get a warrant"
            return self._words.is_in(lemma, "REFERS", "DIRECTS")
        if found.act == "weigh" and lemma == "have":
            return any(c.lower_ == "yet" for c in link.above.children)
        return lemma == "let" and below.lemma_.lower() == "know"  # "let it be known that"

    @staticmethod
    def _pass_telling(link: Link, negations: int, state: Weighing) -> None:
        """ "said that it will"; but "was told to hand over" is only demanded."""
        governor = link.above
        has_done = any(c.dep_ == "aux" and c.lower_ == "have" for c in link.below.children)
        if link.via == "xcomp" and is_passive(governor) and has_done:
            state.negations += negations  # "is said to have given it"
        elif link.via == "xcomp" and (
            is_passive(governor) or any(c.dep_ == "dobj" for c in governor.children)
        ):
            state.stopped = f"only demanded: {governor.text!r}"
        elif negations and link.own_subject:
            state.stopped = f"not asserted: {governor.text!r} is negated"
        else:
            state.negations += negations

    def _is_by_own_rules(self, verb: Token) -> bool:
        """ "the policy allowed X to hand over", "has rewritten its terms so as to allow": a company's own rule."""
        subject = subject_of(verb)
        if subject is not None and self._words.is_in(subject.lemma_.lower(), "OWN_RULES"):
            return True
        above = verb.head if verb.dep_ in ("advcl", "acl", "xcomp", "relcl") else verb
        return any(
            c.dep_ == "dobj" and self._words.any_in(listed(c), "OWN_RULES") for c in above.children
        ) or self._words.is_in(above.lemma_.lower(), "OWN_RULES")

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

    def _pass_argument(self, link: Link, state: Weighing) -> None:
        """A noun act under a verb ("announced a pause", "dropped its appeal"), or an adjective under "be"."""
        governor, lemma = link.above, link.above.lemma_.lower()
        if state.act in ("give", "answer") and _is_weighed(link, self._words):
            state.stopped = f"only weighed: {governor.text!r}"
            return
        decided = state.act == "contest" and self._words.is_in(lemma, "SETTLES")
        if (decided or self._words.is_in(lemma, "ENDS")) and link.via in ("dobj", "nsubjpass"):
            state.ended = True
        elif link.via == "nsubj" and self._words.is_in(lemma, "RUNS_OUT") and governor.tag_ in ("VBD", "VBN"):
            state.over = not negations_of(governor)
        elif self._words.is_in(lemma, "NEGATES") and link.via != "nsubj":
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
            negations = negations_of(governor)
            if negations and self._words.is_in(lemma, "ASSERTING"):
                state.stopped = f"not asserted: {governor.text!r} is negated"
                return
            state.negations += negations
            self._weigh_modals(governor, state)

    def _pass_noun(self, link: Link, found: ActFound, state: Weighing) -> None:
        """ "its refusal to …", "plans to …", "a request to …", "companies refusing to …"."""
        noun, lemma = link.above, link.above.lemma_.lower()
        if _describes(link) or noun.pos_ not in ("NOUN", "PROPN", "PRON"):
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
        if found.act == "contest" and self._is_pleaded_with(noun):
            return
        if found.noun and link.via == "prep" and self._words.is_in(lemma, "SUSPENSION"):
            state.suspended = True  # "called a halt to the release of data"
        elif self._words.is_in(lemma, "NEGATES"):
            state.negations += 1 + is_none(noun)
        elif self._words.is_in(lemma, "UNABLE"):
            state.unable = True
        elif _is_reserved(noun):
            state.hedge = "may"
        elif self._words.is_in(lemma, "ENABLES") or noun.lower_ == "means":
            state.able = True
            state.negations += is_none(noun)
        elif self._words.is_in(lemma, "KEEPS", "ASSERTING", "OWN_RULES"):
            state.negations += is_none(noun)
        elif link.via == "acl" or self._words.is_in(lemma, "OBLIGES", "REQUEST"):
            state.stopped = f"governed by {noun.text!r}"

    def _is_pleaded_with(self, noun: Token) -> bool:
        """ "is asking the tribunal to set it aside"."""
        return self._words.noun_in(noun, "AUTHORITY") and self._words.is_in(
            noun.head.lemma_.lower(), "PLEADS"
        )

    def _pass_preposition(self, link: Link, state: Weighing) -> None:
        word, lemma = link.above.lower_, link.above.head.lemma_.lower()
        if word == "but" and self._words.is_in(lemma, "CHOICE") and is_none(link.above.head):
            return  # "had no choice but to hand them over"
        if word == "to" and self._words.is_in(lemma, "OWNS_UP"):
            return  # "confessed to having given it"
        if word == "from" and self._words.is_in(lemma, "NEGATES"):
            state.negations += 1  # "refrained from giving it"
            return
        instead = word == "than" or (
            word == "of" and link.above.i and link.above.nbor(-1).lower_ == "instead"
        )
        if instead and state.act in ("give", "answer"):
            state.stopped = "only the alternative"  # "leave rather than hand over the keys"
        elif instead or word in ("without", "against"):
            state.negations += 1
        elif word not in _PRESUPPOSED_AFTER:
            state.stopped = f"not asserted after {word!r}"

    def _pass_adverbial(self, link: Link, state: Weighing) -> None:
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

    def _weigh_modals(self, verb: Token, state: Weighing) -> None:
        for child in verb.children:
            if child.dep_ != "aux":
                continue
            word = child.lower_
            if word in _ABLE_AUX:
                state.able = True
            elif self._words.is_in(word, "HEDGE"):
                state.hedge = word
            elif word in ("would", "'d", "’d") and (
                state.act == "receive"
                or not (self._reported(verb) or _was_unwilling(verb, state) or self._would_lack(verb, state))
            ):
                state.hedge = "would"

    def _would_lack(self, verb: Token, state: Weighing) -> bool:
        """ "if they came, there would be nothing to hand them": what is not there does not depend on their coming."""
        return state.lacking and (verb.lemma_ == "be" or self._words.is_in(verb.lemma_.lower(), "POSSESSES"))

    def _reported(self, verb: Token) -> bool:
        """Whether "would" is a reported "will": "said it would hand over"."""
        if any(c.dep_ == "parataxis" for c in verb.children):
            return True
        return any(self._words.is_in(link.above.lemma_.lower(), "ASSERTING", "KEEPS") for link in climb(verb))


def _was_unwilling(verb: Token, state: Weighing) -> bool:
    """ "would not hand over anything", where nothing is supposed: it was not willing to."""
    return (
        state.act in ("give", "answer")
        and any(c.dep_ == "neg" for c in verb.children)
        and not _SUPPOSED.search(verb.doc.text)
    )


def _is_that_clause(link: Link) -> bool:
    return link.own_subject and any(c.dep_ == "mark" and c.lower_ == "that" for c in link.below.children)


def _is_auxiliary(link: Link) -> bool:
    """ "nor had X ever provided it": the parser may take "had" for the verb."""
    return link.via == "ccomp" and link.above.lemma_ == "have" and subject_of(link.above) is None


def _is_weighed(link: Link, words: Words) -> bool:
    """ "is considering its response to the demand"."""
    return (
        link.via == "dobj"
        and link.below.pos_ == "NOUN"
        and any(w.act == "weigh" and not w.noun for w in words.acts.get(link.above.lemma_.lower(), ()))
    )


def _describes(link: Link) -> bool:
    """ "companies refusing to comply", "data handed over": a participle that tells of the noun itself."""
    return (
        link.via == "acl"
        and link.below.tag_ in ("VBG", "VBN")
        and not any(c.lower_ == "to" for c in link.below.children)
    )


def _is_reserved(noun: Token) -> bool:
    """ "reserves the right to disclose"."""
    return noun.lemma_ in ("right", "option", "discretion") and noun.head.lemma_ in ("reserve", "retain")


def _is_run_on(link: Link) -> bool:
    """Two sentences that the parser joined: a verb with an object of its own has no clause as another."""
    full = link.via == "ccomp" and link.below.i < link.above.i and link.own_subject
    return full and any(c.dep_ == "dobj" for c in link.above.children)
