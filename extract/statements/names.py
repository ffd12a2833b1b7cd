"""Finds companies and authorities by name in a tokenised sentence. Does not decide who acts: see subjects and demands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from spacy.language import Language
from spacy.matcher import PhraseMatcher
from spacy.tokens import Doc, Span

from extract.knowledge import Agency, Knowledge

COMPANIES, AUTHORITIES, PEOPLE = "companies", "authorities", "people"

# Possessive, verb-like and other neighbours that tell an ambiguous company name from the word (Signal said, X Corp., Meta's).
_COMPANY_NEIGHBOURS = frozenset(
    "said says say told announced confirmed declined refused spokesperson spokesman spokeswoman inc corp ltd llc app messenger "
    "ceo founder users has have will would is was does did and or".split()
)


@dataclass(frozen=True, slots=True)
class Names:
    """Names that occur in one document, counted: `authority` is the code most spoken of, or None."""

    authorities: Counter[str]

    @property
    def authority(self) -> str | None:
        """The authority that the document is mostly about; a tie has none... unless one came first."""
        return self.authorities.most_common(1)[0][0] if self.authorities else None


class NameFinder:
    """PhraseMatchers over the aliases of companies, their people, and authorities.

    Writes `doc.spans["companies"]`, `["people"]` (labels are company slugs) and `["authorities"]` (labels are
    authority codes; `span.id_` is "country", "agency", "court", "law" or "place").
    """

    def __init__(self, nlp: Language, knowledge: Knowledge) -> None:
        self._nlp = nlp
        self._companies = PhraseMatcher(nlp.vocab)
        self._people = PhraseMatcher(nlp.vocab)
        self._authorities = PhraseMatcher(nlp.vocab)
        self._kinds: dict[str, str] = {}
        self._ambiguous: set[str] = set()
        for company in knowledge.companies:
            self._add(self._companies, company.id, (company.name, *company.aliases))
            self._add(self._people, company.id, company.people)
            if company.ambiguous:
                self._ambiguous.add(company.name.lower())
        for authority in knowledge.authorities:
            names = (authority.name, *authority.aliases, *authority.demonyms)
            self._add_authority(authority.code, "country", names)
            self._add_authority(authority.code, "place", (*authority.places, *([authority.capital] if authority.capital else [])))
            for kind, bodies in (("agency", authority.agencies), ("court", authority.courts), ("law", authority.laws)):
                self._add_authority(authority.code, kind, [n for b in bodies for n in _all_names(b)])

    def _add(self, matcher: PhraseMatcher, label: str, names: Iterable[str]) -> None:
        docs = [self._nlp.make_doc(name) for name in names]
        if docs:
            matcher.add(label, docs)

    def _add_authority(self, code: str, kind: str, names: Iterable[str]) -> None:
        self._add(self._authorities, f"{code}/{kind}", names)

    def __call__(self, doc: Doc) -> Doc:
        """Adds the span groups; the longest of overlapping names wins."""
        companies = [
            Span(doc, a, b, label=label) for label, a, b in self._companies(doc) if self._is_company(doc, a, b)
        ]
        doc.spans[COMPANIES] = _longest(companies)
        doc.spans[PEOPLE] = _longest([Span(doc, a, b, label=label) for label, a, b in self._people(doc)])
        taken = {t.i for span in doc.spans[COMPANIES] for t in span}
        authorities = []
        for label, a, b in self._authorities(doc):
            code, _, kind = doc.vocab.strings[label].partition("/")
            if not any(i in taken for i in range(a, b)):
                authorities.append(Span(doc, a, b, label=code, span_id=kind))
        doc.spans[AUTHORITIES] = _longest(authorities)
        return doc

    def _is_company(self, doc: Doc, a: int, b: int) -> bool:
        """An ambiguous one-word name counts only with a company's neighbours: as a word at a sentence's start it may be anything."""
        if doc[a:b].text.lower() not in self._ambiguous:
            return True
        after = doc[b].lower_ if b < len(doc) else ""
        before = doc[a - 1].lower_ if a else ""
        if after in _COMPANY_NEIGHBOURS or after in ("'s", "’s"):
            return True
        return a > 0 and not doc[a].is_sent_start and before not in ('"', "“", "'", ":") and doc[a].is_title


def _all_names(body: Agency) -> tuple[str, ...]:
    return (body.name, *body.aliases)


def _longest(spans: list[Span]) -> list[Span]:
    """Non-overlapping spans, longer ones first, in text order."""
    kept: list[Span] = []
    for span in sorted(spans, key=lambda s: (-(s.end - s.start), s.start, s.label_)):
        if not any(span.start < other.end and other.start < span.end for other in kept):
            kept.append(span)
    return sorted(kept, key=lambda s: s.start)
