"""Who is reported to say what a sentence states: "Zoom said that …", "…, according to the police"; None in the outlet's own voice."""

from __future__ import annotations

from spacy.tokens import Token

from extract.statements.clauses import climb
from extract.statements.resolution import Focus, Resolver
from extract.statements.words import Words


class SpeakerFinder:
    """Finds the speaker of an act's clause."""

    def __init__(self, words: Words, resolver: Resolver) -> None:
        self._words = words
        self._resolver = resolver

    def __call__(self, head: Token, focus: Focus) -> str | None:
        """A company's slug if the speaker is one or stands for it, else the speaker's name or description in the text."""
        teller = self._teller(head)
        if teller is None:
            return None
        slugs = self._resolver.resolve(teller, focus).slugs
        return slugs[0] if slugs else _name_of(teller)

    def _teller(self, head: Token) -> Token | None:
        for link in climb(head):
            if link.via in ("ccomp", "parataxis") and self._words.is_in(
                link.above.lemma_.lower(), "ASSERTING"
            ):
                return next((c for c in link.above.children if c.dep_ == "nsubj"), None)
        for token in head.doc:  # "according to officials"
            if token.lower_ == "according" and token.i + 1 < len(token.doc) and token.nbor().lower_ == "to":
                return next((c for t in (token, token.nbor()) for c in t.children if c.dep_ == "pobj"), None)
        return None


def _name_of(token: Token) -> str:
    """The noun with its article and what belongs to its name, without clauses."""
    parts = [
        c for c in token.children if c.dep_ in ("det", "compound", "amod", "nmod", "poss") and c.i < token.i
    ]
    start = min((c.left_edge.i for c in parts), default=token.i)
    return str(token.doc[start : token.i + 1].text)
