"""Finds companies, their people and authorities by name. Does not decide who acts (subjects) or who asks (demands)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from spacy.matcher import PhraseMatcher
from spacy.tokens import Doc, Span
from spacy.vocab import Vocab

from extract.knowledge import Authority, Company, Knowledge

_AFTER_HYPHEN = frozenset(
    {"based", "era", "issued", "ordered"}
)  # "Trump-era subpoenas", "a Russia-issued order"
_LONG_ENOUGH = 5  # characters of a name that is known in capitals too
COMPANIES, AUTHORITIES, PEOPLE = "companies", "authorities", "people"

# What stands beside an ambiguous name where it is the company: Signal said, Zoom's, Meta Inc., X and Google.
_COMPANY_NEIGHBOURS = frozenset(
    [
        "said",
        "says",
        "say",
        "told",
        "announced",
        "confirmed",
        "declined",
        "refused",
        "spokesperson",
        "spokesman",
        "spokeswoman",
        "inc",
        "inc.",
        "corp",
        "corp.",
        "ltd",
        "llc",
        "app",
        "messenger",
        "ceo",
        "founder",
        "users",
        "has",
        "have",
        "will",
        "would",
        "is",
        "was",
        "does",
        "did",
        "can",
        "cannot",
        "could",
        "and",
        "or",
        ",",
        "'s",
        "’s",
    ]
)


class NameFinder:
    """A pipeline component: PhraseMatchers over the aliases of companies, their people, and authorities.

    Writes `doc.spans["companies"]` and `["people"]` (labels are company slugs) and `["authorities"]` (labels are
    authority codes; the span's id is "country", "agency", "court", "law" or "place"). Needs no parse.
    """

    def __init__(self, vocab: Vocab, tokenizer: Callable[[str], Doc]) -> None:
        self._vocab = vocab
        self._tokenizer = tokenizer
        self._matchers: dict[str, PhraseMatcher] = {}
        self._verbs: frozenset[str] = frozenset()
        self._ambiguous: frozenset[str] = frozenset()

    def learn(self, knowledge: Knowledge) -> None:
        """Takes the names of a knowledge; what was known before is forgotten."""
        self._matchers = {group: PhraseMatcher(self._vocab) for group in (COMPANIES, PEOPLE, AUTHORITIES)}
        for company in knowledge.companies:
            self._add(COMPANIES, company.id, (company.name, *company.aliases))
            self._add(PEOPLE, company.id, company.people)
        for authority in knowledge.authorities:
            for kind, names in _names_of(authority):
                self._add(AUTHORITIES, f"{authority.code}/{kind}", names)
        self._verbs = frozenset(
            lemma + ending
            for groups in knowledge.lexicon.acts.values()
            for group in groups
            for entry in group.verbs
            for lemma in entry.split()[:1]
            for ending in ("s", "es", "ed", "d")
        )
        self._ambiguous = frozenset(_ambiguous_names(knowledge.companies))

    def _add(self, group: str, label: str, names: Iterable[str]) -> None:
        docs = [self._tokenizer(name) for name in names]
        if docs:
            self._matchers[group].add(label, docs)

    def __call__(self, doc: Doc) -> Doc:
        """Adds the span groups; the longest of overlapping names wins."""
        doc.spans[COMPANIES] = self.companies_in(doc)
        taken = {t.i for span in doc.spans[COMPANIES] for t in span}
        doc.spans[PEOPLE] = _longest([s for s in self._spans(doc, PEOPLE) if s.start not in taken])
        authorities = []
        for span in self._spans(doc, AUTHORITIES):
            code, _, kind = span.label_.partition("/")
            if taken.isdisjoint(range(span.start, span.end)) and not (
                _is_hyphenated(span) or _is_continent(span)
            ):
                authorities.append(Span(doc, span.start, span.end, label=code, span_id=kind))
        doc.spans[AUTHORITIES] = _longest(authorities)
        return doc

    def companies_in(self, doc: Doc) -> list[Span]:
        """The names of companies in text order, their labels the slugs; works on a Doc without parse too."""
        return _longest([s for s in self._spans(doc, COMPANIES) if self._is_company(s)])

    def _spans(self, doc: Doc, group: str) -> Iterator[Span]:
        matcher = self._matchers.get(group)
        if matcher is not None:
            yield from matcher(doc, as_spans=True)

    def _is_company(self, span: Span) -> bool:
        """An ambiguous name counts with a company's neighbours, or capitalised inside a sentence."""
        if span.text.lower() not in self._ambiguous:
            return True
        doc = span.doc
        if not span.text[:1].isupper():
            return False
        if doc.has_annotation("DEP") and span.root.pos_ == "PROPN":
            return True
        if span.end < len(doc) and (
            doc[span.end].lower_ in _COMPANY_NEIGHBOURS or doc[span.end].lower_ in self._verbs
        ):
            return True
        before = doc[span.start - 1].text if span.start else ""
        return bool(before) and before not in ('"', "“", "‘", "'", ":", "•", "-", "–")


def _ambiguous_names(companies: Iterable[Company]) -> Iterator[str]:
    for company in companies:
        if company.ambiguous:
            yield from (n.lower() for n in (company.name, *company.aliases) if " " not in n)


def _names_of(authority: Authority) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each kind of name of an authority with its names."""
    yield "country", _as_printed((authority.name, *authority.aliases, *authority.demonyms))
    yield "place", _as_printed((*authority.places, *((authority.capital,) if authority.capital else ())))
    for kind, bodies in (
        ("agency", authority.agencies),
        ("court", authority.courts),
        ("law", authority.laws),
    ):
        yield kind, tuple(n for body in bodies for n in (body.name, *body.aliases))


def _as_printed(names: Sequence[str]) -> tuple[str, ...]:
    """The names, and in capitals as headlines and datelines have them ("HANOI"): not short ones, which mean other things."""
    return (*names, *(n.upper() for n in names if len(n) >= _LONG_ENOUGH))


def _is_hyphenated(span: Span) -> bool:
    """Part of another name or adjective: Agence France-Presse, Russia-linked; not Hong Kong-based, which demands know."""
    doc, end = span.doc, span.end
    joined = (
        end + 1 < len(doc)
        and doc[end].text in ("-", "–")
        and not doc[end - 1].whitespace_
        and not doc[end].whitespace_
    )
    return joined and doc[end + 1].lower_ not in _AFTER_HYPHEN


def _is_continent(span: Span) -> bool:
    """ "Latin America", "South American": part of the world, not the country that bears its name."""
    return (
        span.text.startswith("America")
        and span.start > 0
        and span.doc[span.start - 1].lower_ in ("latin", "south", "north", "central")
    )


def _longest(spans: list[Span]) -> list[Span]:
    """Non-overlapping spans, longer ones first, in text order."""
    kept: list[Span] = []
    for span in sorted(spans, key=lambda s: (-(s.end - s.start), s.start, s.label_)):
        if not any(span.start < other.end and other.start < span.end for other in kept):
            kept.append(span)
    return sorted(kept, key=lambda s: s.start)
