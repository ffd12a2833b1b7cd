"""Runs the examples that stand beside each rule in config/stances/: the rules' own tests."""

from __future__ import annotations

from datetime import UTC, datetime

from extract.knowledge import Fires, Knowledge, Silent, StanceRule, StanceRules
from extract.statements.pipeline import read_statements
from extract.types import Document, Stance, Statement

_WRITTEN = datetime(2026, 1, 1, tzinfo=UTC)


def document_of(
    text: str, *, title: str | None = None, site: str | None = None, published: datetime | None = None
) -> Document:
    """A document of a bare text: paragraphs are separated by blank lines. For examples, classify and evaluate."""
    paragraphs, start = [], 0
    for piece in text.split("\n\n"):
        if piece.strip():
            paragraphs.append((start, start + len(piece)))
        start += len(piece) + 2
    return Document(
        url="", title=title, author=None, publisher=None, site=site, language="en", published=published, modified=None,
        fetched=_WRITTEN, text=text, paragraphs=tuple(paragraphs),
    )  # fmt: skip


def _said(statements: tuple[Statement, ...]) -> str:
    return (
        "; ".join(f"{s.company} {s.authority} {s.stance} {s.time} by {s.rule}" for s in statements)
        or "nothing"
    )


def _missing(rule: StanceRule, stance: Stance, example: Fires, given: tuple[Statement, ...]) -> list[str]:
    faults = []
    for expected in example.gives:
        hit = any(
            s.company == expected.company
            and s.authority == (expected.authority or s.authority)
            and s.stance == (expected.stance or stance)
            and s.time == expected.time
            and s.rule == rule.id
            for s in given
        )
        if not hit:
            want = f"{expected.company} {expected.authority or 'any authority'} {expected.stance or stance} {expected.time}"
            faults.append(f"{rule.id}: {example.text!r} should give {want}; it gave {_said(given)}")
    return faults


def _noisy(rule: StanceRule, stance: Stance, example: Silent, given: tuple[Statement, ...]) -> list[str]:
    if any(s.stance == stance for s in given):
        return [f"{rule.id}: {example.text!r} should stay silent ({example.because}); it gave {_said(given)}"]
    return []


def failures_of(rules: StanceRules, knowledge: Knowledge) -> list[str]:
    """One line for each example of one stance that does not do what it says."""
    faults: list[str] = []
    for rule in rules.rules:
        for example in rule.fires:
            given = read_statements(
                document_of(example.text, site=example.site, published=_WRITTEN), knowledge
            )
            faults.extend(_missing(rule, rules.stance, example, given))
        for quiet in rule.silent:
            given = read_statements(document_of(quiet.text, site=quiet.site, published=_WRITTEN), knowledge)
            faults.extend(_noisy(rule, rules.stance, quiet, given))
    return faults


def failures(knowledge: Knowledge) -> list[str]:
    """One line for each example that does not do what it says; empty if all hold. Rules stand for themselves here: how sure
    their statements are is not asked."""
    knowledge = knowledge.unsifted()
    return [fault for rules in knowledge.stances for fault in failures_of(rules, knowledge)]
