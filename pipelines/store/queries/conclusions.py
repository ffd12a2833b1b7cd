"""Reads what was concluded: positions, changes, and all that stands behind one of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session

from extract.knowledge import Knowledge
from extract.types import Stance
from pipelines.alerts.view import ChangeView, EvidenceView, HeldView
from pipelines.changes import Change
from pipelines.positions import Held
from pipelines.store.facts import ChangeFacts, Explanation, PositionFacts, StatementFacts, Told, VerdictFacts
from pipelines.store.queries.pages import statements_by_id, statements_of_pair
from pipelines.store.queries.select import among, chunks
from pipelines.store.tables import AlertRow, ChangeRow, PositionRow, VerdictRow

CAPTURE_SHOWN = 12  # hex digits of a capture's id that a person needs to ask for it


def positions(
    session: Session, company: str | None = None, authority: str | None = None
) -> list[PositionFacts]:
    """What is in force, by company and authority."""
    query = sa.select(PositionRow).order_by(PositionRow.company, PositionRow.authority)
    return [position_facts(row) for row in session.scalars(_of_pair(query, PositionRow, company, authority))]


def position(session: Session, company: str, authority: str) -> PositionFacts | None:
    """What is in force for one pair."""
    row = session.get(PositionRow, (company, authority))
    return position_facts(row) if row else None


def changes(
    session: Session,
    since: datetime | None = None,
    company: str | None = None,
    authority: str | None = None,
    limit: int | None = 100,
    *,
    baselines: bool = True,
) -> list[ChangeFacts]:
    """Changes found at or after a time, newest first; `limit` None gives all. `baselines` False leaves those out."""
    query = (
        sa.select(ChangeRow)
        .order_by(ChangeRow.found.desc(), ChangeRow.occurred.desc(), ChangeRow.id)
        .limit(limit)
    )
    if since is not None:
        query = query.where(ChangeRow.found >= since)
    if not baselines:
        query = query.where(~ChangeRow.baseline)
    return [change_facts(row) for row in session.scalars(_of_pair(query, ChangeRow, company, authority))]


def change_counts(session: Session) -> dict[str, int]:
    """Status → how many changes are in it."""
    query = sa.select(ChangeRow.status, sa.func.count().label("n")).group_by(ChangeRow.status)
    return {row.status: row.n for row in session.execute(query)}


def change(session: Session, id_or_prefix: str) -> ChangeFacts | None:
    """The change of an id, or of the beginning of one. Raises LookupError if several begin so."""
    prefix = id_or_prefix.lower()
    rows = session.scalars(
        sa.select(ChangeRow).where(ChangeRow.id >= prefix, ChangeRow.id < prefix + "g").limit(2)
    ).all()
    if len(rows) > 1:
        raise LookupError(f"several changes begin with {id_or_prefix!r}: give more of the id")
    return change_facts(rows[0]) if rows else None


def stored_changes(
    session: Session, pairs: Collection[tuple[str, str]]
) -> dict[tuple[str, str], dict[str, Change]]:
    """Pair → id → the change as it is stored."""
    found: dict[tuple[str, str], dict[str, Change]] = {pair: {} for pair in pairs}
    for some in chunks(sorted(pairs)):
        company, authority = cast("Any", ChangeRow.company), cast("Any", ChangeRow.authority)
        for row in session.scalars(sa.select(ChangeRow).where(among(company, authority, some))):
            found[row.company, row.authority][row.id] = change_of(row)
    return found


def change_view(
    session: Session, change_id: str, knowledge: Knowledge, most: int | None = None
) -> ChangeView:
    """A change with the words that prove it, as a mail shows it; of each stance at most so many (None: all).

    Raises LookupError if there is no such change.
    """
    row = session.get(ChangeRow, change_id)
    if row is None:
        raise LookupError(f"there is no change {change_id}")
    return change_views(session, [change_facts(row)], knowledge, most)[0]


def change_views(
    session: Session, changes: Sequence[ChangeFacts], knowledge: Knowledge, most: int | None = None
) -> list[ChangeView]:
    """The same of several changes, in their order; what proves them is read at once."""
    named = {s for change in changes for h in (*change.before, *change.after) for s in h.statements[:most]}
    evidence = statements_by_id(session, sorted(named))
    found = []
    for change in changes:
        company = knowledge.company(change.company)
        view = ChangeView(
            id=change.id,
            company=change.company,
            company_name=company.name if company else change.company,
            authority=change.authority,
            authority_name=_authority_name(change.authority, knowledge),
            kind=change.kind,
            severity=change.severity,
            status=change.status,
            reason=change.reason,
            before=tuple(_held_view(held, evidence, knowledge, most) for held in change.before),
            after=tuple(_held_view(held, evidence, knowledge, most) for held in change.after),
            occurred=change.occurred,
            found=change.found,
            moved=change.moved,
        )
        found.append(view)
    return found


def explain(session: Session, company: str, authority: str) -> Explanation:
    """All that is stored for a pair: what holds its position, what does not count and why, who was told."""
    said = statements_of_pair(session, company, authority)
    ordered = sa.select(ChangeRow).order_by(ChangeRow.occurred, ChangeRow.found, ChangeRow.id)
    found = [change_facts(row) for row in session.scalars(_of_pair(ordered, ChangeRow, company, authority))]
    return Explanation(
        company=company,
        authority=authority,
        position=position(session, company, authority),
        changes=tuple(found),
        statements=tuple(said),
        verdicts=tuple(_verdicts(session, [s.id for s in said])),
        alerts=tuple(_told(session, [c.id for c in found])),
    )


def told_of(session: Session, change_ids: Sequence[str]) -> dict[str, list[Told]]:
    """Change id → its alerts, queued first."""
    found: dict[str, list[Told]] = {change_id: [] for change_id in change_ids}
    for told in _told(session, change_ids):
        found[told.change].append(told)
    return found


def change_of(row: ChangeRow) -> Change:
    """A stored change as what it was when it was derived."""
    return Change(
        id=row.id,
        company=row.company,
        authority=row.authority,
        kind=cast("Any", row.kind),
        severity=cast("Any", row.severity),
        status=cast("Any", row.status),
        reason=row.reason,
        before=_helds(row.before),
        after=_helds(row.after),
        occurred=row.occurred,
        found=row.found,
        baseline=row.baseline,
    )


def _of_pair(
    query: sa.Select[Any], row: type[ChangeRow | PositionRow], company: str | None, authority: str | None
) -> sa.Select[Any]:
    if company is not None:
        query = query.where(row.company == company)
    return query.where(row.authority == authority) if authority is not None else query


def _helds(stored: Iterable[Mapping[str, Any]]) -> tuple[Held, ...]:
    return tuple(Held.from_dict(held) for held in stored)


def position_facts(row: PositionRow) -> PositionFacts:
    """A stored position as a value."""
    provisional = tuple(map(Stance, row.provisional))
    return PositionFacts(row.company, row.authority, _helds(row.held), row.since, provisional)


def change_facts(row: ChangeRow) -> ChangeFacts:
    """A stored change as a value."""
    return ChangeFacts(
        id=row.id,
        company=row.company,
        authority=row.authority,
        kind=row.kind,
        severity=row.severity,
        status=row.status,
        reason=row.reason,
        before=_helds(row.before),
        after=_helds(row.after),
        occurred=row.occurred,
        found=row.found,
        baseline=row.baseline,
        reclassified=row.reclassified,
        moved=row.moved,
    )


def _verdicts(session: Session, statement_ids: list[str]) -> Iterable[VerdictFacts]:
    for some in chunks(statement_ids):
        query = sa.select(VerdictRow).where(VerdictRow.statement_id.in_(some)).order_by(VerdictRow.id)
        yield from map(verdict_facts, session.scalars(query))


def verdict_facts(row: VerdictRow) -> VerdictFacts:
    """A stored verdict as a value."""
    return VerdictFacts(
        row.id, row.statement_id, row.ruling, row.who, row.at, row.before, row.after, row.reason, row.undoes,
        row.carries,
    )  # fmt: skip


def _told(session: Session, change_ids: Sequence[str]) -> Iterable[Told]:
    for some in chunks(change_ids):
        query = sa.select(AlertRow).where(AlertRow.change_id.in_(some)).order_by(AlertRow.queued, AlertRow.id)
        for row in session.scalars(query):
            yield Told(row.change_id, row.change_status, row.recipient, row.state, row.sent)


def _authority_name(code: str, knowledge: Knowledge) -> str:
    named = next((a.name for a in knowledge.authorities if a.code == code), None)
    return named or ("authorities in general" if code == "*" else code)


def _held_view(
    held: Held, evidence: Mapping[str, StatementFacts], knowledge: Knowledge, most: int | None
) -> HeldView:
    # `Held` names first what is to be quoted, then what else holds it.
    shown = tuple(_evidence_view(evidence[s], knowledge) for s in held.statements[:most] if s in evidence)
    return HeldView(held.stance, held.facets, held.since, shown)


def _evidence_view(facts: StatementFacts, knowledge: Knowledge) -> EvidenceView:
    site = knowledge.company(facts.site) if facts.site else None
    return EvidenceView(
        statement=facts.id,
        sentence=facts.evidence,
        title=facts.title,
        url=facts.url,
        publisher=facts.publisher,
        author=facts.author,
        published=facts.published,
        fetched=facts.first_seen,
        speaker=facts.speaker,
        capture=facts.capture[:CAPTURE_SHOWN],
        warc_file=facts.warc_file,
        warc_offset=facts.warc_offset,
        rule=facts.rule,
        confidence=facts.confidence,
        own=site.name if site else facts.site,
    )
