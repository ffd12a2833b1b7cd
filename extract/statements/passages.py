"""Which passages of a text are told as history, which period its figures are of, and the dates that say so."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from spacy.tokens import Doc

from extract.statements.sentences import Sentence
from extract.statements.words import Words
from extract.types import Document

_FIGURE = re.compile(
    r"\b\d[\d,.]*\b|\bper ?cent\b|%|\bnone\b|\bdozens?\b|"
    r"\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve) (?:\w+ )?(?:cases?|requests?|times|instances|occasions|orders|demands)\b",
    re.IGNORECASE,
)
_YEAR = re.compile(r"\b((?:19|20)\d\d)\b(?! (?:Act|Law|Bill|Rules))")

_OPENING = 90  # characters in which the adjunct stands that a passage is told under
_NEWS = re.compile(
    r"^\W*(?:but )?(?:now|today|yesterday|currently|these days|this (?:week|month|year)|since then|on (?:mon|tues|wednes|thurs|fri|satur|sun)day|last week)\b",
    re.IGNORECASE,
)
_FRAMED = re.compile(
    r"^\W*(?:but |and |back |\w+ )?(?:in|by|during|until|before|throughout|between|over|for|on|after)\b",
    re.IGNORECASE,
)
_MONTHS = "january|february|march|april|may|june|july|august|september|october|november|december"
_BEGAN = (
    r"\b(?:dispute|row|affair|case|story|saga|trouble|conflict|investigation|inquiry|it|that|this|fight|battle|standoff|stand-off|clash|quarrel|history|argument|matter|roots?|all)s? "
    r"(?:had |has |all )?(?:began|begun|started|dates? back|dated back|goes back|went back|stems? from|stemmed from|arose|erupted|broke out|originated|opened)\b"
)
_FIRST_HALF = re.compile(
    r"\bfirst (?:half|six months|semester|quarter)\b|\bjanuary (?:to|through|until|and|-|–) (?:june|march)\b",
    re.IGNORECASE,
)
_REPORTED_BY = 3  # the month until which the first half of last year is still news
LONG_AGO = re.compile(
    rf"\blast (?:{_MONTHS}|spring|summer|autumn|fall|winter)\b|\b(?:of|in|by|later) that (?:year|spring|summer|autumn|fall|winter)\b|"
    r"\b(?:the|a|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|several|many|some|few|couple of|\d+|earlier) (?:year|month|decade)s? (?:before|earlier|ago)\b|\bby then\b|\bbefore that\b|\buntil then\b|\bat (?:that|the) time\b",
    re.IGNORECASE,
)
COMPARED = re.compile(
    r"\b(?:than|from|against|compared (?:with|to)|versus|on|as) (?:[\w%.,]+ ){0,4}?(?:a|the|two|three|four|five) (?:year|month|quarter|period)s? (?:before|earlier|ago)\b",
    re.IGNORECASE,
)
DAY_OF_NEWS = re.compile(
    r"\b(?:(?:on|this|late|early|earlier|by|since|until|before|last) (?:mon|tues|wednes|thurs|fri|satur|sun)day|"
    r"today|yesterday|tonight|(?:this|last|earlier this|late last) (?:week|morning|afternoon|evening|night)|earlier this (?:month|year)|(?:days?|hours?|weeks?) ago)\b",
    re.IGNORECASE,
)


class PassageJudge:
    """Finds the passages of a text that are told as history: "In 2019 …", "The dispute had begun in July. …"."""

    def __init__(self, words: Words) -> None:
        background = words.pattern("BACKGROUND")
        self._background = re.compile(rf"{_BEGAN}|{background}", re.IGNORECASE)

    def __call__(
        self,
        document: Document,
        sentences: Sequence[Sentence],
        parsed: Mapping[int, Doc],
        period: int | None,
    ) -> tuple[bool, ...]:
        """For each sentence whether it stands in one."""
        framed: list[bool] = []
        paragraph, so_far = -1, False
        for sentence in sentences:
            fresh = sentence.paragraph != paragraph
            paragraph = sentence.paragraph
            if fresh and document.site is not None:
                so_far = False
            doc = parsed.get(sentence.index)
            opened = self._opens(sentence.text, document.published, doc, period)
            if opened is not None:
                so_far = opened
            elif so_far and fresh:
                so_far = doc is not None and _is_told_in_the_past(doc, None)
            framed.append(so_far)
        return tuple(framed)

    def _opens(
        self, text: str, published: datetime | None, parsed: Doc | None, period: int | None
    ) -> bool | None:
        """Whether a sentence opens such a passage or, with a word of the news, ends it; None if it does neither.

        A passage lasts through its paragraph, and into the next as long as that is told in the past tense.
        """
        opening = text[:_OPENING]
        if _NEWS.search(opening) or DAY_OF_NEWS.search(text):
            return False
        ago = LONG_AGO.search(COMPARED.sub(lambda m: " " * len(m.group()), opening))
        if ago and published is not None:
            return parsed is None or _is_told_in_the_past(parsed, ago.start())
        years = years_in(opening) if _FRAMED.search(opening) else []
        if years and published is not None:
            return max(years) < published.year and not is_newest(text, max(years), period, published)
        return True if self._background.search(text) else None


def _is_told_in_the_past(doc: Doc, at: int | None) -> bool:
    """Whether the main verb, or that of the clause which stands at a character, is in the simple past or the past perfect."""
    verb = next((t for t in doc if (t.dep_ == "ROOT" if at is None else t.idx + len(t) > at)), None)
    if verb is None:
        return False
    while (
        at is not None
        and verb.head != verb
        and (verb.pos_ not in ("VERB", "AUX") or verb.dep_ in ("advcl", "acl"))
    ):
        verb = verb.head
    if at is None:  # "it had held out, prosecutors say"
        verb = next((c for c in verb.children if c.dep_ == "ccomp" and c.i < verb.i), verb)
    auxiliaries = {c.lower_ for c in verb.children if c.dep_ in ("aux", "auxpass")}
    return verb.tag_ == "VBD" or bool(auxiliaries & {"had", "was", "were", "did"})


def is_newest(text: str, year: int, period: int | None, published: datetime) -> bool:
    """Whether it is the period that a new report is about, which is no history."""
    if year != period or period < published.year - 1:
        return False
    return published.year == year or published.month <= _REPORTED_BY or not _FIRST_HALF.search(text)


def newest_period(sentences: Iterable[str]) -> int | None:
    """The newest year of which a text tells figures: what a report is about."""
    return max((year for text in sentences if tells_figures(text) for year in years_in(text)), default=None)


def years_in(text: str) -> list[int]:
    """The years that a text names, laws apart that are named by theirs."""
    return [int(m.group(1)) for m in _YEAR.finditer(text)]


def tells_figures(text: str) -> bool:
    """Counts and shares are those of the period that the newest report is about: the year before, as a rule."""
    return bool(_FIGURE.search(_YEAR.sub("", text)))
