"""What a mail about a change shows: the read-model that queries build and `render` reads. No behaviour, no rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from extract.types import Facets, Stance


@dataclass(frozen=True, slots=True)
class EvidenceView:
    """One statement that holds a stance, with all that proves it. Every text in it is scraped and not to be trusted.

    `own` names the company whose own page it is, None for news; it and `publisher` are config's words.
    """

    statement: str
    sentence: str
    title: str | None
    url: str
    publisher: str | None
    author: str | None
    published: datetime | None
    fetched: datetime
    speaker: str | None
    capture: str
    warc_file: str
    warc_offset: int
    rule: str
    confidence: float
    own: str | None = None


@dataclass(frozen=True, slots=True)
class HeldView:
    """One stance in force, the evidence that says it best first."""

    stance: Stance
    facets: Facets
    since: datetime
    evidence: tuple[EvidenceView, ...]


@dataclass(frozen=True, slots=True)
class ChangeView:
    """A change as a person reads it. `company_name` and `authority_name` are config's names, else the slug and code.

    `moved` is when it came or was told anew.
    """

    id: str
    company: str
    company_name: str
    authority: str
    authority_name: str
    kind: str
    severity: str
    status: str
    reason: str
    before: tuple[HeldView, ...]
    after: tuple[HeldView, ...]
    occurred: datetime
    found: datetime
    moved: datetime
