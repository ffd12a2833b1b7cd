"""Whose demand an act answers: a name beside an authority or request, the sentence's, the paragraph's, the document's."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from spacy.tokens import Doc, Span, Token

from extract.statements.acts import ActFound, phrase_of
from extract.statements.names import AUTHORITIES
from extract.statements.words import Words

_ANYWHERE = frozenset("foreign other any all various local overseas".split())
_BASED = frozenset({"based", "headquartered", "company", "firm", "giant", "giants", "startup", "app", "companies", "firms", "maker"})


@dataclass(frozen=True, slots=True)
class Demand:
    """Authority codes ("*" for authorities in general) and how they were found."""

    codes: tuple[str, ...]
    how: str


class DemandFinder:
    """Resolves the authority of an act."""

    def __init__(self, words: Words) -> None:
        self._words = words

    def __call__(self, found: ActFound, site: str | None, before: tuple[str, ...], document: Counter[str]) -> Demand:
        """`before` are the codes of the paragraph's earlier sentences (nearest first), `document` counts them all."""
        scored = [(self._score(span, found, document), span) for span in found.head.doc.spans[AUTHORITIES]]
        scored = [(score, span) for score, span in scored if score > 0]
        if scored:
            best = max(score for score, _ in scored)
            codes = tuple(dict.fromkeys(span.label_ for score, span in scored if score == best))
            if len(codes) > 1 and best < 3:
                codes = codes[:1]
            return Demand(codes, "named")
        if site or self._general(found.head.doc):
            return Demand(("*",), "general")
        if before:
            return Demand(before[:1], "carried over")
        if document:
            return Demand((document.most_common(1)[0][0],), "document")
        return Demand(("*",), "general")

    def _general(self, doc: Doc) -> bool:
        return any(t.lower_ in _ANYWHERE and self._words.is_in(t.head.lemma_.lower(), "AUTHORITY") and t.head != t for t in doc)

    def _score(self, span: Span, found: ActFound, document: Counter[str]) -> float:
        """0: says where a company is; 1: somewhere in the sentence; 3 and more: beside an authority, a request or a law."""
        after = span.doc[span.end] if span.end < len(span.doc) else None
        if after is not None and (after.lower_ in _BASED or after.lower_ in ("-", "–") and span.end + 1 < len(span.doc) and span.doc[span.end + 1].lower_ in _BASED):
            return 0
        if any(t.lower_ in _BASED for t in span.root.ancestors if span.root.dep_ in ("compound", "amod", "poss") and t == span.root.head):
            return 0
        score = 1.0
        if span.id_ in ("agency", "court", "law"):
            score += 1.5
        if self._beside_authority(span.root):
            score += 2
        if any(span.root.i in {t.i for t in o.subtree} for o in found.objects):
            score += 0.5
        most = document.most_common(1)
        if most and most[0][0] == span.label_:
            score += 0.4
        distance = abs(span.root.i - found.head.i)
        return score + max(0.0, 0.3 - distance / 100)

    def _beside_authority(self, root: Token) -> bool:
        head = root.head
        if root.dep_ in ("compound", "amod", "poss", "nmod") and any(self._words.is_in(p, "AUTHORITY", "REQUEST", "LAW") for p in phrase_of(head)):
            return True
        if root.dep_ == "pobj" and head.dep_ == "prep":
            return any(self._words.is_in(p, "AUTHORITY", "REQUEST", "LAW") for p in phrase_of(head.head))
        return False
