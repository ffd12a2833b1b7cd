"""Where the words stand that a reading rests on: company, authority, cue, what it is done to, what negates it.

Looks where the reader looked: at the names it found, the act's own words, and what the parse hangs on them and above.
Decides nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from spacy.tokens import Span, Token

from extract.statements.acts import ActFound
from extract.statements.clauses import SUBJECTS, climb
from extract.statements.names import AUTHORITIES, COMPANIES
from extract.statements.negation import is_none, negators_of
from extract.statements.sentences import Sentence
from extract.statements.texts import Text
from extract.statements.words import Words
from extract.types import GENERAL, Mark, MarkKind

# A statement's company and authority → its marks.
MarksOf = Callable[[str, str], tuple[Mark, ...]]


@dataclass(frozen=True, slots=True)
class Places:
    """The marks of what one act of a sentence gives.

    `subject` is the word that its syntax names as who does it, if there is one, `stands_for` the companies that it means.
    """

    text: Text
    sentence: Sentence
    act: ActFound
    subject: Token | None
    stands_for: tuple[str, ...]
    words: Words

    def __call__(self, company: str, authority: str) -> tuple[Mark, ...]:
        """The marks of a statement, in the order of the text."""
        found = {
            *self._named(COMPANIES, company, MarkKind.COMPANY),
            *self._named(AUTHORITIES, authority, MarkKind.AUTHORITY),
            *self._of_act(),
        }
        return tuple(sorted(found, key=lambda mark: (mark.start, mark.end, mark.kind)))

    def _named(self, group: str, label: str, kind: MarkKind) -> Iterator[Mark]:
        """Where the sentence names it; else the word that stands for it, and where the text named it last."""
        doc = self.act.head.doc
        here = [span for span in doc.spans[group] if span.label_ == label]
        for span in here:
            yield self._mark(kind, self.sentence, span)
        if here or label == GENERAL:
            return
        if group == COMPANIES and self.subject is not None and label in self.stands_for:
            yield self._mark(kind, self.sentence, self.subject)
        for index in range(self.sentence.index - 1, -1, -1):
            earlier = self.text.named.get(index)
            spans = (
                [span for span in earlier.spans[group] if span.label_ == label] if earlier is not None else []
            )
            if spans:
                yield self._mark(kind, self.text.sentences[index], spans[-1])
                return

    def _of_act(self) -> Iterator[Mark]:
        act, doc = self.act, self.act.head.doc
        cue = doc[act.own.start : act.own.stop] if act.own else act.head
        yield self._mark(MarkKind.CUE, self.sentence, cue)
        for token in act.objects:
            if token.i not in act.own:
                yield self._mark(MarkKind.OBJECT, self.sentence, token)
        for token in self._negators():
            yield self._mark(MarkKind.NEGATION, self.sentence, token)

    def _negators(self) -> Iterator[Token]:
        head = self.act.head
        yield from negators_of(head, self.act.own)
        nouns = (*self.act.objects, *(child for child in head.children if child.dep_ in SUBJECTS))
        yield from (noun for noun in nouns if noun.i not in self.act.own and is_none(noun))
        for link in climb(head):
            yield from negators_of(link.above)
            if self.words.is_in(link.above.lemma_.lower(), "NEGATES", "UNTRUE"):
                yield link.above
            if link.own_subject:
                return  # what governs a clause of its own negates its telling, not the act

    @staticmethod
    def _mark(kind: MarkKind, sentence: Sentence, words: Span | Token) -> Mark:
        start = words.start_char if isinstance(words, Span) else words.idx
        return Mark(kind, sentence.start + start, sentence.start + start + len(words.text))
