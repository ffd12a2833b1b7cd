"""In how many labelled documents each rule and each word of the lexicon fires, and how often it is right there.

What fires in one document only may say something about that document instead of English: it is suspect.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from extract.knowledge import Knowledge
from extract.statements.pipeline import explain
from extract.statements.trace import Finding, Trace
from pipelines.evaluate import GoldDocument, document_to_read

_Key = tuple[str, str, str, str]


@dataclass(slots=True)
class Fired:
    """A rule or a word (`kind`), where it gave a statement, and the statements that were kept of it."""

    kind: str
    name: str
    documents: set[str] = field(default_factory=set)
    right: int = 0
    wrong: int = 0

    @property
    def suspect(self) -> bool:
        """Whether it fires in a single document."""
        return len(self.documents) == 1

    def as_dict(self) -> dict[str, object]:
        """JSON-ready."""
        return {
            self.kind: self.name,
            "documents": len(self.documents),
            "right": self.right,
            "wrong": self.wrong,
            "suspect": self.suspect,
        }


def coverage(documents: Iterable[GoldDocument], knowledge: Knowledge) -> list[Fired]:
    """Every rule, fired or not, then the words that fired; those of most documents first."""
    counted = {
        ("rule", rule.id): Fired("rule", rule.id) for rules in knowledge.stances for rule in rules.rules
    }
    for document in documents:
        labels = {(s.company, s.authority, str(s.stance), str(s.time)) for s in document.statements or ()}
        trace = explain(document_to_read(document), knowledge)
        for name, keys in _given(trace).items():
            fired = counted.setdefault(name, Fired(*name))
            fired.documents.add(document.id)
            fired.right += len(keys & labels)
            fired.wrong += len(keys - labels)
    return sorted(counted.values(), key=lambda f: (f.kind, -len(f.documents), f.name))


def _given(trace: Trace) -> dict[tuple[str, str], set[_Key]]:
    """The kept statements that each rule and each word has a part in."""
    kept = {(s.company, s.authority, str(s.stance), str(s.time)) for s in trace.statements}
    found: dict[tuple[str, str], set[_Key]] = {}
    for finding in (f for sentence in trace.sentences for f in sentence.findings if f.stopped is None):
        keys = set(_keys(finding)) & kept
        for name in _names(finding):
            found.setdefault(name, set()).update(keys)
    return found


def _names(finding: Finding) -> Iterator[tuple[str, str]]:
    if finding.rule:
        yield "rule", finding.rule
    if finding.act != finding.rule:  # an idiom has no word of the lexicon
        yield "word", finding.act


def _keys(finding: Finding) -> Iterator[_Key]:
    for who in finding.who:
        for company in (*who.slugs, *who.sharing):
            for code in finding.demand.codes if finding.demand else ():
                yield company, code, str(finding.stance), str(finding.time)
