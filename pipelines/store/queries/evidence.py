"""Reads what the fold needs, and nothing more: a page's transaction touches the rows of its own pairs only."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from extract.statements.standing import Stand, sentence_key
from extract.types import Facets, Stance, Support, Time
from pipelines.evidence import VOID, Evidence, Verdict, Version
from pipelines.store.queries.select import among, believed_not, chunks, outdated, released
from pipelines.store.tables import (
    EPOCH,
    MICROSECOND,
    ChangeRow,
    DocumentRow,
    PositionRow,
    StandingRow,
    StatementRow,
    VerdictRow,
    VersionRow,
)

Pair = tuple[str, str]


def pairs_around(session: Session, document_id: str) -> set[Pair]:
    """The pairs of all texts ever read at a document's address, or shown by a watched page that showed it."""
    address = sa.select(DocumentRow.url).where(DocumentRow.id == document_id).scalar_subquery()
    pages = sa.select(VersionRow.url).where(VersionRow.document_id == document_id)
    documents = sa.union(
        sa.select(DocumentRow.id).where(DocumentRow.url == address),
        sa.select(VersionRow.document_id).where(VersionRow.url.in_(pages)),
    )
    said = StatementRow.document_id.in_(documents)
    own = sa.select(StatementRow.company, StatementRow.authority).where(said)
    ruled = sa.select(VerdictRow.company, VerdictRow.authority).join(
        StatementRow, StatementRow.id == VerdictRow.statement_id
    )
    return {(c, a) for c, a in session.execute(sa.union(own, ruled.where(said)))}


def pairs_everywhere(session: Session) -> list[Pair]:
    """Every pair that anything is stored for, sorted."""
    rows = (StatementRow, VerdictRow, PositionRow, ChangeRow)
    return sorted(
        (c, a) for c, a in session.execute(sa.union(*(sa.select(r.company, r.authority) for r in rows)))
    )


def ruled_pair(session: Session, statement_id: str) -> Pair | None:
    """Where a statement belongs: by its newest verdict, else by itself. None if there is no such statement."""
    verdict = (
        sa.select(VerdictRow.company, VerdictRow.authority)
        .where(VerdictRow.statement_id == statement_id)
        .order_by(VerdictRow.id.desc())
        .limit(1)
    )
    own = sa.select(StatementRow.company, StatementRow.authority).where(StatementRow.id == statement_id)
    found = session.execute(verdict).first() or session.execute(own).first()
    return (found[0], found[1]) if found else None


def evidence_of(
    session: Session,
    pairs: Collection[Pair],
    parents: Mapping[str, str | None],
    known_at: datetime | None = None,
    *,
    whole: bool = True,
) -> dict[Pair, list[Evidence]]:
    """What is said of each pair, and what verdicts brought there, with each statement's newest verdict.

    With `known_at` only what was stored and ruled by then. Not `whole`: without what the fold is the same without.
    `parents` (slug → slug of the parent) tells whose page speaks for which company. History and unlisted companies
    are left out unless an analyst ruled on them: they move nothing.
    """
    found: dict[Pair, list[Evidence]] = {pair: [] for pair in pairs}
    for some in chunks(sorted(pairs)):
        verdicts = _verdicts(session, some, known_at)
        counted = sa.and_(
            StatementRow.time == Time.NOW,
            StatementRow.unlisted.is_(False),
            ~believed_not(StatementRow.document_id, known_at),
            sa.true() if whole else StatementRow.spent.is_(False),
        )
        rows = {
            row.id: row
            for row in session.execute(
                _statements(known_at).where(
                    among(_column(StatementRow.company), _column(StatementRow.authority), some), counted
                )
            )
        }
        for ids in chunks(sorted(verdicts.keys() - rows.keys())):
            ruled_on = StatementRow.id.in_(ids), ~believed_not(StatementRow.document_id, known_at)
            rows |= {row.id: row for row in session.execute(_statements(known_at).where(*ruled_on))}
        for row in rows.values():
            evidence = _evidence(row, verdicts.get(row.id), parents)
            ruled = evidence.as_ruled()
            for pair in {(evidence.company, evidence.authority), *_pair(ruled)} & found.keys():
                found[pair].append(evidence)
    return found


def versions_of(
    session: Session, evidence: Mapping[Pair, Collection[Evidence]], known_at: datetime | None = None
) -> dict[Pair, list[Version]]:
    """All versions of every watched page that ever said something of the pair.

    Without texts that are held because they would move much, and discarded ones.
    """
    documents = {e.document for told in evidence.values() for e in told}
    pages: dict[str, set[str]] = {}
    for some in chunks(sorted(documents)):
        query = sa.select(VersionRow.url, VersionRow.document_id).where(VersionRow.document_id.in_(some))
        for url, document in session.execute(query.distinct()):
            pages.setdefault(document, set()).add(url)
    urls = {url for shown in pages.values() for url in shown}
    versions = {url: list[Version]() for url in urls}
    if urls:
        keys = {
            sentence_key(s.text)
            for told in evidence.values()
            for e in told
            if e.document in pages
            for s in e.said
        }
        keys |= {sentence_key(e.promise) for told in evidence.values() for e in told if e.promise}
        for some in chunks(sorted(urls)):
            for version in _versions(session, some, keys, known_at):
                versions[version.page].append(version)
    return {
        pair: [
            v for url in sorted({u for e in told for u in pages.get(e.document, ())}) for v in versions[url]
        ]
        for pair, told in evidence.items()
    }


def shown_at(session: Session, url: str) -> list[Version]:
    """All versions of a watched page as `versions_of` tells them, but for what their texts say and are like."""
    query = (
        sa.select(
            VersionRow.n,
            VersionRow.document_id,
            VersionRow.first_seen,
            VersionRow.last_seen,
            VersionRow.seen,
            DocumentRow.length,
            released(VersionRow.document_id).label("released"),
        )
        .join(DocumentRow, DocumentRow.id == VersionRow.document_id)
        .where(VersionRow.url == url, ~believed_not(VersionRow.document_id))
        .order_by(VersionRow.n)
    )
    return [
        Version(
            url,
            row.n,
            row.document_id,
            row.first_seen,
            row.last_seen,
            length=row.length,
            looks=len(row.seen),
            released=row.released,
        )
        for row in session.execute(query)
    ]


def _column(attribute: Any) -> sa.ColumnElement[str]:
    column: sa.ColumnElement[str] = attribute
    return column


def _pair(evidence: Evidence | None) -> list[Pair]:
    return [(evidence.company, evidence.authority)] if evidence else []


def _verdicts(session: Session, pairs: Iterable[Pair], known_at: datetime | None) -> dict[str, VerdictRow]:
    """Statement id → its newest verdict, for statements of the pairs or ever ruled into one."""
    some = list(pairs)
    own = sa.select(StatementRow.id).where(
        among(_column(StatementRow.company), _column(StatementRow.authority), some),
        StatementRow.id.in_(sa.select(VerdictRow.statement_id)),
    )
    ruled = sa.select(VerdictRow.statement_id).where(
        among(_column(VerdictRow.company), _column(VerdictRow.authority), some)
    )
    ids = sorted(set(session.scalars(sa.union(own, ruled))))
    newest: dict[str, VerdictRow] = {}
    for few in chunks(ids):
        query = sa.select(VerdictRow).where(VerdictRow.statement_id.in_(few)).order_by(VerdictRow.id)
        if known_at is not None:
            query = query.where(VerdictRow.at <= known_at)
        newest |= {row.statement_id: row for row in session.scalars(query)}
    return {statement_id: row for statement_id, row in newest.items() if row.ruling != VOID}


def _statements(known_at: datetime | None) -> sa.Select[Any]:
    return _all_statements() if known_at is None else _statements_by(known_at)


@cache  # building it costs more than running it
def _all_statements() -> sa.Select[Any]:
    return _statements_by(None)


def _statements_by(known_at: datetime | None) -> sa.Select[Any]:
    query = sa.select(
        StatementRow.id,
        StatementRow.company,
        StatementRow.authority,
        StatementRow.stance,
        StatementRow.time,
        StatementRow.facets,
        StatementRow.evidence,
        StatementRow.supports,
        StatementRow.promise,
        StatementRow.unsure,
        StatementRow.unread,
        StatementRow.unlisted,
        StatementRow.confidence,
        StatementRow.document_id,
        DocumentRow.url,
        DocumentRow.first_seen,
        DocumentRow.published,
        DocumentRow.publisher,
        DocumentRow.site,
        DocumentRow.fingerprint,
        outdated(known_at).label("outdated"),
    ).join(DocumentRow, DocumentRow.id == StatementRow.document_id)
    return query if known_at is None else query.where(DocumentRow.recorded <= known_at)


def _evidence(row: Any, verdict: VerdictRow | None, parents: Mapping[str, str | None]) -> Evidence:
    company = (verdict.after.get("company") if verdict else None) or row.company
    return Evidence(
        id=row.id,
        company=row.company,
        authority=row.authority,
        stance=Stance(row.stance),
        time=Time(row.time),
        document=row.document_id,
        url=row.url,
        first_seen=row.first_seen,
        facets=Facets.from_dict(row.facets),
        published=row.published,
        publisher=row.publisher,
        own=_speaks_for(row.site, company, parents),
        filed_own=_speaks_for(row.site, row.company, parents),
        unlisted=row.unlisted,
        superseded=row.outdated,
        fingerprint=tuple(row.fingerprint),
        verdict=_ruling(verdict),
        sentence=row.evidence,
        supports=tuple(Support(s["text"], Facets.from_dict(s["facets"])) for s in row.supports),
        promise=row.promise,
        unsure=row.unsure or row.unread,
        unread=row.unread,
        confidence=row.confidence,
    )


def _ruling(row: VerdictRow | None) -> Verdict | None:
    if row is None:
        return None
    if row.ruling not in ("accept", "reject", "correct"):
        raise ValueError(f"verdict {row.id}: no ruling {row.ruling!r}")
    return Verdict(row.ruling, row.after, row.at)  # type: ignore[arg-type]


def _speaks_for(site: str | None, company: str, parents: Mapping[str, str | None]) -> bool:
    """Whether a page of `site` is the company's own word: of itself, of a parent, or of a service of its."""
    return site is not None and (site in _line(company, parents) or company in _line(site, parents))


def _line(company: str, parents: Mapping[str, str | None]) -> list[str]:
    """A company and its parents, nearest first."""
    line: list[str] = []
    current: str | None = company
    while current is not None and current not in line:
        line.append(current)
        current = parents.get(current)
    return line


def _versions(
    session: Session, urls: Collection[str], keys: Collection[str], known_at: datetime | None
) -> list[Version]:
    query = (
        sa.select(
            VersionRow.url,
            VersionRow.n,
            VersionRow.document_id,
            VersionRow.first_seen,
            VersionRow.last_seen,
            VersionRow.seen,
            DocumentRow.fingerprint,
            DocumentRow.site,
            DocumentRow.length,
            released(VersionRow.document_id, known_at).label("released"),
        )
        .join(DocumentRow, DocumentRow.id == VersionRow.document_id)
        .where(VersionRow.url.in_(urls), ~believed_not(VersionRow.document_id, known_at))
        .order_by(VersionRow.url, VersionRow.n)
    )
    if known_at is not None:
        query = query.where(VersionRow.first_seen <= known_at, DocumentRow.recorded <= known_at)
    rows = session.execute(query).all()
    stands = _standings(session, {row.document_id for row in rows}, keys)
    return [
        Version(
            row.url,
            row.n,
            row.document_id,
            row.first_seen,
            row.last_seen if known_at is None else _last_seen(row.seen, known_at),
            stands.get(row.document_id, {}),
            tuple(row.fingerprint),
            row.site,
            row.length,
            sum(known_at is None or _moment(t) <= known_at for t in row.seen),
            row.released,
        )
        for row in rows
    ]


def _last_seen(seen: Collection[int], known_at: datetime) -> datetime:
    """The last of the sightings (microseconds since 1970) that was made by a time."""
    return max(t for t in map(_moment, seen) if t <= known_at)


def _moment(seen: int) -> datetime:
    return EPOCH + seen * MICROSECOND


def _standings(
    session: Session, documents: Collection[str], keys: Collection[str]
) -> dict[str, dict[str, Stand]]:
    """Document → key of a sentence → as what it stands there."""
    found: dict[str, dict[str, Stand]] = {}
    for some in chunks(sorted(documents)):
        query = sa.select(StandingRow).where(StandingRow.document_id.in_(some))
        for row in session.scalars(query):
            if row.sentence in keys:
                found.setdefault(row.document_id, {})[row.sentence] = Stand(row.stands_as, row.share)
    return found
