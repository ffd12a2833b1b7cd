"""A document made ready for reading: split, gated, parsed where it is worth it, with what its whole says of authorities."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from spacy.language import Language
from spacy.tokens import Doc

from extract.memo import Memo
from extract.statements.gate import Gate, Gated
from extract.statements.mentions import Mentions
from extract.statements.names import AUTHORITIES, NameFinder
from extract.statements.passages import PassageJudge, newest_period
from extract.statements.sentences import Sentence, dateline_of, split
from extract.statements.words import Words
from extract.types import Document

_HEADING_WORDS = 12
_BATCH = 64
_KEPT = 2000  # parsed sentences kept, some 40 MB: a watched page shows nearly all of its sentences again
_DATELINE = 1  # what the dateline's place counts for in the whole text: a candidate, no more
_FIRST = 2  # sentences in which a text says whom it is about
_OPENING = 8  # sentences in which a page says whom it is for
_REPORT = re.compile(
    r"\btransparency (?:report|page|figures|data|cent(?:re|er))|\b(?:annual|half-yearly|twice-yearly|biannual|semi-annual|latest|newest|new|first) (?:\w+ )?report\b",
    re.IGNORECASE,
)
_NO = re.compile(
    r"(?:no|never|not at all|absolutely not|we do not|we don[’']t|we have not|we haven[’']t)\b", re.IGNORECASE
)
_THIS_PAGE = re.compile(
    r"\b(?:this|these|our) (?:page|guide|guideline|guidance|document|information|portal|manual|handbook)s?\b[^.]*\b(?:for|intended|address|meant|use|assist)",
    re.IGNORECASE,
)


@dataclass(slots=True)
class Text:
    """A document split up, as far as it was worth it."""

    document: Document
    sentences: list[Sentence]
    parsed: dict[int, Doc]  # sentences that passed the gate
    named: dict[int, Doc]  # sentences whose names matter, at least tokenised
    gated: Gated
    weighed: dict[
        int, tuple[tuple[str, int], ...]
    ]  # the authorities of each named sentence, with their weights
    demands: Counter[str]
    called: dict[str, Counter[str]]  # the names that the text has for each authority
    title: tuple[str, ...]  # the authorities that it names, and
    opening: tuple[str, ...]  # the first sentences
    page: tuple[str, ...]  # whose authorities a company's own page says that it is for
    period: int | None  # the newest year that it tells figures of
    framed: tuple[bool, ...]  # sentences of a passage that is told as history


class Preparer:
    """Makes a Text of a Document."""

    def __init__(self, nlp: Language, names: NameFinder, gate: Gate, words: Words) -> None:
        self._nlp, self._names, self._gate, self._words = nlp, names, gate, words
        self._mentions, self._framed = Mentions(words), PassageJudge(words)
        self._memo: Memo[str, Doc] = Memo(_KEPT)

    def __call__(self, document: Document) -> Text:
        """Splits, gates, parses what is worth it, and counts whose demands the text is about."""
        sentences = split(document.text, document.paragraphs)
        gated = self._gate(sentences, [is_heading(s) for s in sentences], own_page=document.site is not None)
        if not gated.worth:
            return Text(document, sentences, {}, {}, gated, {}, Counter(), {}, (), (), (), None, ())
        parsed = self._parse({i: sentences[i].text for i in sorted(gated.worth)})
        named = {
            s.index: parsed[s.index] if s.index in parsed else self._name(s.text)
            for s in sentences
            if s.index in parsed
            or document.site is None
            or is_heading(s)  # a page of its own has one company
        }
        weighed = {
            s.index: tuple(self._mentions.weighed(named.get(s.index) or self._name(s.text)))
            for s in sentences
            if s.index in named or gated.asks[s.index]
        }
        counts: Counter[str] = Counter()
        for index, authorities in weighed.items():
            for (
                code,
                weight,
            ) in authorities:  # a sentence that speaks of demands says more about whose they are
                counts[code] += weight * (1 + 2 * gated.asks[index])
        title = codes_in(self._name(document.title or ""))
        counts.update(dict.fromkeys(title, 6))
        counts.update(dict.fromkeys(codes_in(self._name(dateline_of(document.text))), _DATELINE))
        period = (
            newest_period(s.text for s in sentences)
            if document.site or _REPORT.search(document.text)
            else None
        )
        framed = self._framed(document, sentences, parsed, period)
        page = self._page_of(sentences) if document.site is not None else ()
        return Text(
            document,
            sentences,
            parsed,
            named,
            gated,
            weighed,
            counts,
            _names_by_code(named.values()),
            title,
            tuple(dict.fromkeys(code for s in sentences[:_FIRST] for code, _ in weighed.get(s.index, ()))),
            page,
            period,
            framed,
        )

    def _parse(self, texts: Mapping[int, str]) -> dict[int, Doc]:
        """The sentences parsed; what an earlier text said in the same words is parsed once."""
        known = self._memo(
            texts.values(), lambda new: dict(zip(new, self._nlp.pipe(new, batch_size=_BATCH), strict=True))
        )
        return {i: known[text].copy() for i, text in texts.items()}  # a reader marks people in its copy

    def _page_of(self, sentences: list[Sentence]) -> tuple[str, ...]:
        """ "This page is for police in the United States"."""
        for sentence in sentences[:_OPENING]:
            if _THIS_PAGE.search(sentence.text) and self._words.found_in(sentence.text, "AUTHORITY"):
                named = self._name(sentence.text)
                if not named.spans[AUTHORITIES]:
                    continue
                return codes_in(named)[:1]
        return ()

    def _name(self, text: str) -> Doc:
        return self._names(self._nlp.make_doc(text))


def _names_by_code(docs: Iterable[Doc]) -> dict[str, Counter[str]]:
    found: dict[str, Counter[str]] = {}
    for doc in docs:
        for span in doc.spans[AUTHORITIES]:
            found.setdefault(span.label_, Counter())[span.text] += 1
    return found


def run_of(first: Sentence, last: Sentence, text: Text) -> Sentence:
    """Both sentences with what stands between them, or the last alone where another paragraph has begun."""
    if first.paragraph != last.paragraph:
        return last
    return replace(last, text=text.document.text[first.start : last.end], start=first.start)


def is_answered_no(sentence: Sentence, text: Text) -> bool:
    """Whether the next sentence begins with a no: the questions and answers of a company's own page."""
    if not sentence.text.endswith("?") or sentence.index + 1 >= len(text.sentences):
        return False
    return bool(_NO.match(text.sentences[sentence.index + 1].text))


def carried(sentence: Sentence, text: Text, least: int) -> tuple[str, ...]:
    """Authorities of at least this weight that are named earlier in the paragraph, nearest first."""
    codes: list[str] = []
    for other in reversed(text.sentences[: sentence.index]):
        if other.paragraph != sentence.paragraph:
            break
        codes.extend(code for code, weight in text.weighed.get(other.index, ()) if weight >= least)
    return tuple(dict.fromkeys(codes))


def names_a_demand(sentence: Sentence, text: Text, words: Words) -> bool:
    """Whether the sentence before, in the same paragraph, names a demand."""
    before = text.sentences[sentence.index - 1] if sentence.index else sentence
    return before.paragraph == sentence.paragraph and words.found_in(before.text, "DEMAND") is not None


def codes_in(doc: Doc) -> tuple[str, ...]:
    """The authorities that a sentence names, each once, in text order."""
    return tuple(dict.fromkeys(span.label_ for span in doc.spans[AUTHORITIES]))


def is_heading(sentence: Sentence) -> bool:
    """Whether a sentence is a paragraph of its own, short, and does not end as a sentence does."""
    return (
        sentence.alone
        and not sentence.text.endswith((".", ",", ";", ":"))
        and len(sentence.text.split()) <= _HEADING_WORDS
    )
