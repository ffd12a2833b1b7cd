"""Whether an act is told as bounded by a legal process: a rule ("only with a warrant"), not an event."""

from __future__ import annotations

import re

from spacy.tokens import Token

from extract.statements.acts import ActFound
from extract.statements.clauses import climb, first_conjunct, is_infinitive, is_passive, text_of
from extract.statements.words import Words

_BOUNDS = (
    r"only|solely|unless|without|absent|pursuant to|(?:in|as a) (?:response|reply|answer) to|in (?:accordance|compliance|line|connection) with|subject to|upon|"
    r"on(?= (?:an? |the )?(?:\w+ )?(?:subpoena|warrant|search warrant|court order|judge[’']s order))|on (?:receipt|presentation|production|foot|the (?:basis|strength|back)) of|accompanied by|backed by|supported by|when|where|if|once|as long as|so long as|against|through|via|by way of|with|under|until|till|before|after|except|"
    r"(?:who|that|which) (?:can )?(?:bring|present|produce|show|hold|send|obtain|have|submit|serve|come with)s?|"
    r"in cases? of|in the event of|in an?|in(?= emergenc)|provided|compl(?:y|ying|iance) with|respond(?:ing)? to|(?:compelled|required|ordered) by|served with|receiv\w+"
)
_EXCLUDING = (
    r"without|unless|absent|except|only|solely|exclusively|other than|short of|in the absence of|save|barring|"
    r"(?:until|till|before)(?=[^.;]{0,60}\b(?:warrant|subpoena|court order|judge[’']s order|treaty|has signed|have signed)s?\b)"
)
_ON_THE_BASIS = r"(?:in|as a) (?:response|answer) to|on the (?:basis|strength) of"
_BY_LAW = re.compile(
    r"\b(?:required|compelled|obliged|obligated|permitted|authori[sz]ed|ordered|forced)\b[^.;]{0,25}\b(?:by|under) (?:\w+ ){0,3}(?:law|court|judge)\b|"
    r"(?:in accordance|in compliance|in line|consistent|comply|complies) with (?:\w+ ){0,3}laws?\b|on the basis of (?:\w+ ){0,3}laws?\b|"
    r"\b(?:law|court)s? (?:requires?|obliges?|compels?|permits?|orders?)\b|\blegally (?:required|compelled|obliged|obligated|binding)\b",
    re.IGNORECASE,
)
_VALID = re.compile(
    r"\b(?:only|solely)\b[^.;]{0,60}\b(?:requests?|demands?|orders?)\b[^.;]{0,40}\b(?:valid|lawful|legal(?:ly)?|binding|compelled)\b|"
    r"\b(?:if|when|where|once|provided|as long as)\b[^.;]{0,60}\b(?:requests?|demands?|orders?|papers|paperwork|claims?|process)\b[^.;]{0,15}"
    r"\b(?:is|are|be|look|looks|proves?) (?:\w+ ){0,2}(?:valid|lawful|legal|binding|proper|enforceable|justified|in order)\b|"
    r"\b(?:only|solely|exclusively|except)\b[^.;]{0,40}\b(?:serious (?:crimes?|offen[cs]es?|criminal)|terror\w*)|"
    r"\b(?:when|where|if|once) (?:a |the |some )?(?:\w+ )?(?:court|judge|magistrate|law|warrant|subpoena|order)s? (?:so )?(?:says?|demands?|tells?|compels?|obliges?|orders?|requires?|has ordered)\b",
    re.IGNORECASE,
)
_UNLESS = re.compile(r"\b(?:unless|except|other than|without being)\b", re.IGNORECASE)
_MUST = re.compile(
    r"\b(?:must|ha(?:s|ve) to|need(?:s|ed)?(?: to)?|should|only|required|may|can|ought)\b", re.IGNORECASE
)
_BOUNDED_ACTS = frozenset({"give", "answer", "deny", "require", "channel", "hold", "receive"})


class ConditionFinder:
    """Looks for the process that an act is bounded by."""

    def __init__(self, words: Words) -> None:
        process = words.pattern("PROCESS")
        self._words = words
        self._bounded = re.compile(rf"\b({_BOUNDS})\b[^.;]{{0,90}}?({process})", re.IGNORECASE)
        self._insufficient = re.compile(rf"\b({_ON_THE_BASIS})\b[^.;]{{0,40}}?({process})", re.IGNORECASE)
        self._excluding = re.compile(rf"\b({_EXCLUDING})\b[^.;]{{0,90}}?({process})", re.IGNORECASE)

    def __call__(self, found: ActFound, *, negated: bool, hedged: bool) -> str:
        """The bound and the process in the text's words; empty if the act is told without."""
        if found.act not in _BOUNDED_ACTS:
            return ""
        if found.act in ("require", "channel"):
            excluded = self._excluding.search(text_of(found.head)) if found.act == "channel" else None
            return "" if negated and not excluded else self._process_of(found)
        clause = self._clause(found)
        if (found.act == "deny") != negated and not is_event(found.head):
            improper = self._words.found_in(clause, "IMPROPER")  # "overly broad requests will be refused"
            if improper:
                return improper.group()
        if negated or found.act == "deny":
            match = self._excluding.search(clause) or (
                None if is_event(found.head) else self._insufficient.search(clause)
            )
            if match:
                return f"{match.group(1)} … {match.group(2)}"
            excepted = _UNLESS.search(clause)
            by_law = _BY_LAW.search(clause, excepted.end()) if excepted else None
            return by_law.group() if by_law else ""
        only = re.search(r"\b(?:only|solely)\b", clause, re.IGNORECASE)
        if is_event(found.head) and not (hedged or only):
            return ""
        if found.act == "answer" and self._words.any_in(found.objects, "PROCESS"):
            return found.objects[0].text  # "we comply with valid legal process"
        match = self._bounded.search(clause) or _VALID.search(clause) or _BY_LAW.search(clause)
        return " ".join(match.group().split()) if match else ""

    def _process_of(self, found: ActFound) -> str:
        """The process that is named in the clause, not in what has to come by it."""
        if (
            found.act == "channel"
            and self._words.any_in(found.objects, "AUTHORITY")
            and not (
                _MUST.search(text_of(found.head))
                or self._words.is_in(found.head.lemma_.lower(), "REFERS")
                or is_passive(found.head)
                or is_infinitive(found.head)
            )
        ):
            return ""  # what an authority does is no rule, what it must do is
        named = {t.i for o in found.objects for t in o.subtree} if found.act == "channel" else set()
        words = "".join(
            t.text_with_ws for t in sorted(found.head.subtree, key=lambda t: t.i) if t.i not in named
        )
        match = self._words.found_in(words, "PROCESS") or (
            self._words.found_in(text_of(found.head), "PROCESS")
            if self._words.any_in(found.objects, "PROCESS")
            else None
        )
        return match.group() if match else ""

    @staticmethod
    def _clause(found: ActFound) -> str:
        """The words of the act's clause, with those of the verbs that lead to it."""
        top = first_conjunct(found.head)
        for link in climb(top):
            if link.own_subject or link.via not in ("xcomp", "acomp", "oprd", "dobj"):
                break
            top = link.above
        return text_of(top)


def is_event(head: Token) -> bool:
    """Whether an act is told as something that happened: simple past or perfect, not a habit or a rule."""
    verb = first_conjunct(head)
    told = {c.lower_ for c in verb.children if c.dep_ in ("aux", "auxpass")}
    return verb.tag_ == "VBD" or bool(told & {"has", "have", "had", "was", "were", "'ve", "’ve", "did"})
