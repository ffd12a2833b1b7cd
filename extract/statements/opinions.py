"""What the encoder, which knows no rule and no parse, makes of a text: it bears out or doubts what rules read, and
finds what they miss.

It is asked of each sentence that was worth a parse, and of each company that the sentence may be about.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from extract.encoder.judge import BEFORE_WHOSE, Asked, AskedWhose, Judge, Judgement
from extract.knowledge import Confidence, Knowledge
from extract.statements.assemble import Candidate
from extract.statements.confidence import BEYOND, band
from extract.statements.demands import Opinion
from extract.statements.facets import merged
from extract.statements.marks import marked
from extract.statements.names import AUTHORITIES, COMPANIES
from extract.statements.sentences import Sentence
from extract.statements.texts import Text
from extract.types import GENERAL, Facets, Stance, Time

Opinions = Mapping[str, Judgement]  # by company, of one sentence
_LATELY = 2  # companies named last, whom a sentence without a name may be about
_NAMES = 3  # of an authority
_SURE = 0.5  # of a stance
_SEEN = 0.7  # of a condition
# Bounds of the bands of probability that tell statements apart: of the stance, and of the time.
_LIKELY, _TIMELY = (0.02, 0.05, 0.2, 0.5, 0.8, 0.95), (0.1, 0.5, 0.9)


class SecondReader:
    """The encoder with the companies' names."""

    def __init__(self, judge: Judge, knowledge: Knowledge) -> None:
        self._judge = judge
        self._names = {company.id: company.name for company in knowledge.companies}
        self._authorities = {authority.code: authority.name for authority in knowledge.authorities}
        self._confidence: Confidence = knowledge.confidence

    def __call__(self, text: Text) -> Mapping[int, Opinions]:
        """Judgements by sentence and company."""
        asked = [(s.index, slug, a) for s, _, each in self.asked(text) for slug, a in each.items()]
        opinions: dict[int, dict[str, Judgement]] = {}
        for (index, slug, _), judgement in zip(asked, self._judge([a for _, _, a in asked]), strict=True):
            opinions.setdefault(index, {})[slug] = judgement
        return opinions

    def asked(self, text: Text) -> Iterator[tuple[Sentence, str, dict[str, Asked]]]:
        """Each sentence that was worth a parse, the text before it, and by company what is asked."""
        before: Sentence | None = None
        lately: tuple[str, ...] = ()
        year = text.document.published.year if text.document.published else None
        site = (text.document.site,) if text.document.site else ()
        for sentence in text.sentences:
            doc = text.named.get(sentence.index)
            named = (
                tuple(dict.fromkeys(span.label_ for span in doc.spans[COMPANIES])) if doc is not None else ()
            )
            if sentence.index in text.parsed:
                slugs = dict.fromkeys((*named, *site, *(() if named else lately)))
                yield (
                    sentence,
                    before.text if before else "",
                    {s: self._asked(text, sentence, before, s, year) for s in slugs},
                )
            before, lately = sentence, named[:_LATELY] or lately

    def _asked(
        self, text: Text, sentence: Sentence, before: Sentence | None, slug: str, year: int | None
    ) -> Asked:
        return Asked(
            self._names.get(slug, slug),
            _marked(text, before, COMPANIES, slug) if before else "",
            _marked(text, sentence, COMPANIES, slug),
            year,
            own=slug == text.document.site,
        )

    def opinion_of(self, text: Text, sentence: Sentence) -> Opinion:
        """Of authorities ("*" for any), the log-odds that it is their demand that a sentence is about; asks once each."""
        known: dict[str, float] = {}

        def opinion(codes: Collection[str]) -> Mapping[str, float]:
            asked = self.asked_whose(text, sentence, [code for code in codes if code not in known])
            known.update(zip(asked, self._judge.whose(list(asked.values())), strict=True))
            return {code: known[code] for code in codes}

        return opinion

    def asked_whose(self, text: Text, sentence: Sentence, codes: Iterable[str]) -> dict[str, AskedWhose]:
        """What is asked for that."""
        title = text.document.title or ""
        return {
            code: AskedWhose(
                self._names_in(text, code, sentence),
                title,
                _before(text, sentence, code),
                _marked(text, sentence, AUTHORITIES, code),
            )
            for code in codes
        }

    def _names_in(self, text: Text, code: str, sentence: Sentence) -> tuple[str, ...]:
        """The names that a text has for an authority: those of the sentence, then the most frequent ones."""
        if code == GENERAL:
            return ()
        doc = text.named.get(sentence.index)
        here = {span.text for span in doc.spans[AUTHORITIES]} if doc is not None else set()
        called: Mapping[str, int] = text.called.get(code, {})
        names = sorted(called, key=lambda name: (name not in here, -called[name]))
        return tuple(names[:_NAMES]) or (self._authorities[code],)

    def missed(self, opinions: Opinions, given: list[Candidate]) -> Iterator[tuple[str, Stance, Judgement]]:
        """The stances of one sentence that are likely enough by themselves and that no rule gave.

        Of a company whose stance both readers see in the sentence it is asked for no other one: some names (Signal) it
        has learnt to expect a stance of.
        """
        read = {(c.statement.company, c.statement.stance) for c in given}
        for slug, judgement in opinions.items():
            if any(company == slug and judgement.stances[stance] >= _SURE for company, stance in read):
                continue
            for stance, likely in judgement.stances.items():
                if likely >= self._confidence.alone and (slug, stance) not in read:
                    yield slug, stance, judgement


def _marked(text: Text, sentence: Sentence, group: str, label: str) -> str:
    doc = text.named.get(sentence.index)
    return sentence.text if doc is None else marked(doc, group, label)


def _before(text: Text, sentence: Sentence, code: str) -> str:
    """The end of the text up to a sentence, as far as it is read where it is asked whose demand it is."""
    parts: list[str] = []
    for other in reversed(text.sentences[: sentence.index]):
        parts.insert(0, _marked(text, other, AUTHORITIES, code))
        if sum(map(len, parts)) >= BEFORE_WHOSE:
            break
    return " ".join(parts)


def heard(candidate: Candidate, opinions: Opinions) -> Candidate:
    """A candidate with the second reader's opinion: features of its confidence, and the conditions that it sees."""
    statement = candidate.statement
    judgement = opinions.get(statement.company)
    if judgement is None or not BEYOND.isdisjoint(candidate.features):
        return replace(candidate, features=(*candidate.features, "second reader: not asked"))
    past = judgement.past if statement.time is Time.PAST else 1 - judgement.past
    features = (
        f"second reader: {band(judgement.stances[statement.stance], _LIKELY)}",
        f"time: {band(past, _TIMELY)}",
    )
    if statement.stance is Stance.CONDITIONAL:
        statement = replace(statement, facets=merged(statement.facets, _terms(judgement)))
    return replace(candidate, statement=statement, features=(*candidate.features, *features))


def _terms(judgement: Judgement) -> Facets:
    """The conditions that the second reader sees in a sentence."""
    seen = {
        kind: tuple(value for value, likely in values.items() if likely >= _SEEN)
        for kind, values in judgement.facets.items()
    }
    one = {
        kind: max(seen[kind], key=judgement.facets[kind].__getitem__, default=None)
        for kind in ("offence", "notice")
    }
    return Facets(seen["process"], seen["data"], one["offence"], one["notice"])
