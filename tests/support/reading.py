"""Reads a text with the shipped knowledge, as tests want to say it: in one line, out as short tuples."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache

from extract.knowledge import Knowledge
from extract.statements.examples import document_of
from extract.statements.pipeline import read_statements
from extract.types import Statement
from pipelines.config import load_config

WRITTEN = datetime(2026, 1, 1, tzinfo=UTC)


@cache
def shipped() -> Knowledge:
    """The knowledge under config/, loaded once."""
    return load_config(environ={}).knowledge


@cache
def unsifted() -> Knowledge:
    """The same with all that both readers see, however unsure: whether the sure ones are right, test_quality measures."""
    return shipped().unsifted(alone=0.9)


@cache
def rules_alone() -> Knowledge:
    """The same with all that the rules read, and nothing that only the second reader sees."""
    return shipped().unsifted()


def statements(
    text: str,
    *,
    title: str | None = None,
    site: str | None = None,
    published: datetime = WRITTEN,
    knowledge: Knowledge | None = None,
) -> tuple[Statement, ...]:
    """What the pipeline reads in a text; by the rules alone, if no other knowledge is given."""
    document = document_of(text, title=title, site=site, published=published)
    return read_statements(document, knowledge or rules_alone())


def said(text: str, **how: object) -> set[tuple[str, str, str, str]]:
    """The same as (company, authority, stance, time)."""
    return {(s.company, s.authority, str(s.stance), str(s.time)) for s in statements(text, **how)}


def stances(text: str, **how: object) -> set[tuple[str, str]]:
    """The same as (company, stance) of what holds now."""
    return {(company, stance) for company, _, stance, time in said(text, **how) if time == "now"}
