"""All that an analyst sees of one statement: the claim, its evidence in the text, what rests on it, who else says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from extract.types import Facets, Stance
from pipelines.ledger.rulings import standing_of
from pipelines.store import queries
from pipelines.store.facts import (
    ChangeFacts,
    CommentFacts,
    PageVersion,
    ProposalFacts,
    StatementFacts,
    VerdictFacts,
    WholeDocument,
)
from pipelines.store.session import Session
from review.highlight import Paragraph, Place, kinds_in, paragraphs_of
from review.wording import Pairing, side_by_side


@dataclass(frozen=True, slots=True)
class Standing:
    """A statement's fields as the newest verdict leaves them."""

    company: str
    authority: str
    stance: Stance
    time: str
    facets: Facets
    evidence: str
    start: int
    end: int
    ruling: str | None

    @classmethod
    def of(cls, fields: Mapping[str, Any]) -> Standing:
        """From what `standing_of` gives, or a verdict's `before` holds."""
        evidence = fields["evidence"]
        return cls(
            fields["company"],
            fields["authority"],
            Stance(fields["stance"]),
            fields["time"],
            Facets.from_dict(fields["facets"]),
            evidence["text"],
            evidence["start"],
            evidence["end"],
            fields["ruling"],
        )


@dataclass(frozen=True, slots=True)
class Record:
    """One statement with everything around it. `version` is the page's that showed it first, None for an article."""

    said: StatementFacts
    now: Standing
    document: WholeDocument
    paragraphs: tuple[Paragraph, ...]
    proposal: ProposalFacts | None
    change: ChangeFacts | None
    verdicts: tuple[VerdictFacts, ...]
    comments: tuple[CommentFacts, ...]
    beside: tuple[StatementFacts, ...]
    version: PageVersion | None
    earlier: PageVersion | None

    @property
    def kinds(self) -> tuple[tuple[str, str], ...]:
        """What is marked in the text, for its legend."""
        return kinds_in(self.paragraphs)


def record_of(session: Session, said: StatementFacts) -> Record:
    """Everything around a statement."""
    verdicts = queries.verdicts_of(session, said.id)
    now = Standing.of(standing_of(said, verdicts))
    document = queries.document(session, said.document)
    assert document is not None
    proposal = queries.proposal(session, said.id)
    shown = queries.versions_with(session, said.document)
    version = shown[0] if shown else None
    return Record(
        said=said,
        now=now,
        document=document,
        paragraphs=tuple(paragraphs_of(document.text, document.paragraphs, _places(said, now))),
        proposal=proposal,
        change=queries.change(session, proposal.change) if proposal and proposal.change else None,
        verdicts=tuple(verdicts),
        comments=tuple(queries.comments_of(session, said.id)),
        beside=tuple(queries.told_beside(session, said)),
        version=version,
        earlier=queries.version_before(session, version) if version else None,
    )


def wording_of(session: Session, record: Record) -> list[Pairing]:
    """The page's text before beside the one that says so; nothing if there is none before."""
    if record.earlier is None:
        return []
    return compared(session, record.earlier.document, record.document.id)


def compared(session: Session, old: str, new: str) -> list[Pairing]:
    """Two documents side by side. Raises LookupError if there is no such document."""
    texts = [queries.document_text(session, one).split("\n\n") for one in (old, new)]
    return side_by_side(texts[0], texts[1])


def _places(said: StatementFacts, now: Standing) -> list[Place]:
    marks = [Place(str(mark.kind), mark.start, mark.end) for mark in said.marks]
    return [Place("evidence", now.start, now.end), *marks]
