"""What the encoder, which knows no rule and no parse, makes of a text: it bears out or doubts what rules read, and
finds what they miss.

It is asked of each sentence that was worth a parse, and of each company that the sentence may be about.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from extract.encoder.judge import Asked, Judgement, StanceJudge
from extract.knowledge import Confidence, Knowledge
from extract.statements.assemble import Candidate
from extract.statements.names import COMPANIES
from extract.statements.sentences import Sentence
from extract.statements.texts import Text
from extract.types import Stance

Opinions = Mapping[str, Judgement]  # by company, of one sentence
_LATELY = 2  # companies named last, whom a sentence without a name may be about
_SURE, _HARDLY = 0.5, 0.05


class SecondReader:
    """The encoder with the companies' names."""

    def __init__(self, judge: StanceJudge, knowledge: Knowledge) -> None:
        self._judge = judge
        self._names = {company.id: company.name for company in knowledge.companies}
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
        before = ""
        lately: tuple[str, ...] = ()
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
                    before,
                    {s: Asked(self._names.get(s, s), before, sentence.text) for s in slugs},
                )
            before, lately = sentence.text, named[:_LATELY] or lately

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


def support(candidate: Candidate, opinions: Opinions) -> str:
    """The feature of a statement that rules gave: what the second reader thinks of it."""
    judgement = opinions.get(candidate.statement.company)
    if judgement is None:
        return "second reader: not asked"
    likely = judgement.stances[candidate.statement.stance]
    return f"second reader: {'agrees' if likely >= _SURE else 'doubts' if likely < _HARDLY else 'unsure'}"
