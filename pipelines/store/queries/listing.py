"""Reads long lists a page at a time: statements, changes, positions, documents that hold some words, by one filter each.

The filters are the same for every way out: the desk's views, the API, exports and feeds. A page begins behind the last
row of the one before it (keyset), so a list of a million rows costs what a short one does, and what is stored meanwhile
moves nothing from one page to the next.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, Literal, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from extract.types import Stance, Time
from pipelines.evidence import VOID
from pipelines.store import words
from pipelines.store.facts import ChangeFacts, DocumentFound, PositionFacts, StatementFacts, VerdictFacts
from pipelines.store.queries.conclusions import change_facts, position_facts
from pipelines.store.queries.pages import read_statements
from pipelines.store.queries.select import chunks, counted_by_itself
from pipelines.store.tables import (
    AlertRow,
    ChangeRow,
    DocumentNumberRow,
    DocumentRow,
    PositionRow,
    StatementRow,
    UTCDateTime,
    VerdictRow,
    storable,
)

T = TypeVar("T")
# So many rows that an index has in order are looked at for those that the rest of a filter wants.
LOOKED_THROUGH = 5_000
# Numbers from here on are no rows', and databases refuse to compare with them.
_NUMBERS = 2**31
Ruled = Literal["accept", "reject", "correct", "none"]


class CursorError(ValueError):
    """What was given as the place to go on from is none; str() says so."""


@dataclass(frozen=True, slots=True)
class StatementFilter:
    """Which statements: of a pair, with a stance or time, seen from `since` on and before `until`, ruled on or not.

    `ruled` is the newest ruling, "none" those without one; `by` who it is by. `unsure`: with (None), without (False) or
    only (True) those that are less certain than the rules ask, or not read any more, and that no analyst let count. `source`
    led to the document.
    """

    company: str | None = None
    authority: str | None = None
    stance: Stance | None = None
    time: Time | None = None
    ruled: Ruled | None = None
    unsure: bool | None = False
    since: datetime | None = None
    until: datetime | None = None
    source: str | None = None
    by: str | None = None


@dataclass(frozen=True, slots=True)
class ChangeFilter:
    """Which changes: of a pair, to or from a stance, of a kind, severity or status, found from `since` on, before `until`."""

    company: str | None = None
    authority: str | None = None
    stance: Stance | None = None
    kind: str | None = None
    severity: str | None = None
    status: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    baselines: bool = False


@dataclass(frozen=True, slots=True)
class PositionFilter:
    """Which positions: of a company, an authority, with a stance in force."""

    company: str | None = None
    authority: str | None = None
    stance: Stance | None = None


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some rows of a list, and the cursor of the page after them; None at the end."""

    rows: tuple[T, ...]
    after: str | None


def statements_page(
    session: Session, wanted: StatementFilter, after: str | None = None, limit: int = 50
) -> Page[StatementFacts]:
    """Statements, first seen last. Raises CursorError.

    No more than LOOKED_THROUGH that an index has in this order are looked at for one page: it may have few rows, or
    none, and the next one goes on from there.
    """
    row = StatementRow
    query, seen, rest = _in_order(session, wanted)
    query = _between(query, seen, wanted.since, wanted.until)
    if after is not None:
        query = query.where(_behind(seen, row.id, after))
    query = query.add_columns(sa.and_(sa.true(), *rest).label("fits"))
    query = query.order_by(seen.desc(), row.id.desc()).limit(LOOKED_THROUGH)
    found, looked, last = [], 0, None
    with session.execute(query, execution_options={"yield_per": 2 * limit}) as rows:
        for last in rows:  # where the next page begins, if none fits from here on
            looked += 1
            found += [last] if last.fits else []
            if len(found) > limit:
                break
    facts = read_statements(session, [r.id for r in found[:limit]])
    page = _page(facts, found, limit, lambda r: _cursor(r.seen.isoformat(), r.id))
    if page.after is None and last is not None and looked == LOOKED_THROUGH:
        return Page(page.rows, _cursor(last.seen.isoformat(), last.id))
    return page


def _in_order(session: Session, wanted: StatementFilter) -> tuple[Any, Any, list[sa.ColumnElement[bool]]]:
    """Statements by what an index has in order, the column of when they were seen, and what is left to be looked at.

    Rulings have no such index: where they are few, those are looked up and sorted.
    """
    row, document = StatementRow, DocumentRow
    pair = [row.company == wanted.company] if wanted.company is not None else []
    pair += [row.authority == wanted.authority] if wanted.authority is not None else []
    stance = [row.stance == wanted.stance] if wanted.stance is not None else []
    rest = [row.time == wanted.time] if wanted.time is not None else []
    if wanted.unsure is not None:
        rest += [~counted_by_itself() if wanted.unsure else counted_by_itself()]
    rest += [~_on_it(_ruled())] if wanted.ruled == "none" else []
    query = sa.select(row.id, row.first_seen.label("seen"))
    if wanted.by is not None or wanted.ruled not in (None, "none"):
        rulings = _ruled(wanted.ruled, wanted.by)
        if _few_rulings(session, wanted.by):
            of_source = sa.exists().where(document.id == row.document_id, document.source == wanted.source)
            rest += [of_source] if wanted.source is not None else []
            return query.where(row.id.in_(rulings), *pair, *stance, *rest), row.first_seen, []
        rest += [_on_it(rulings)]
    if wanted.source is not None:  # a statement was seen first when its document was
        query = sa.select(row.id, document.first_seen.label("seen")).join(
            document, document.id == row.document_id
        )
        return query.where(document.source == wanted.source), document.first_seen, pair + stance + rest
    return query.where(*(pair or stance)), row.first_seen, (stance if pair else []) + rest


def cursor_of(said: StatementFacts) -> str:
    """The cursor of the page of statements behind this one."""
    return _cursor(said.first_seen.isoformat(), said.id)


def changes_page(
    session: Session, wanted: ChangeFilter, after: str | None = None, limit: int = 50
) -> Page[ChangeFacts]:
    """Changes, found last first. Raises CursorError."""
    row, query = ChangeRow, _changes(wanted)
    if after is not None:
        query = query.where(_behind(row.found, row.id, after))
    found = session.scalars(query.order_by(row.found.desc(), row.id.desc()).limit(limit + 1)).all()
    facts = [change_facts(r) for r in found[:limit]]
    return _page(facts, found, limit, lambda r: _cursor(r.found.isoformat(), r.id))


def changes_moved(
    session: Session,
    wanted: ChangeFilter,
    limit: int,
    *,
    since: datetime | None = None,
    unheard: bool = True,
) -> list[ChangeFacts]:
    """Changes, those that came or were told anew last first; of those only that moved since a time.

    Not `unheard`: without what was taken back before anybody was mailed about it.
    """
    query = _changes(wanted).order_by(ChangeRow.moved.desc(), ChangeRow.id.desc()).limit(limit)
    if since is not None:
        query = query.where(ChangeRow.moved >= since)
    if not unheard:
        told = sa.exists().where(AlertRow.change_id == ChangeRow.id, AlertRow.state == "sent")
        query = query.where((ChangeRow.status != "retracted") | told)
    return [change_facts(row) for row in session.scalars(query)]


def changes_by(session: Session, verdict: VerdictFacts) -> list[ChangeFacts]:
    """What a ruling moved, as far as nothing else moved it since."""
    companies = {fields["company"] for fields in (verdict.before, verdict.after) if "company" in fields}
    moved = (
        ChangeRow.moved == verdict.at,
        ChangeRow.company.in_(companies),
    )  # others may have been ruled on with it
    query = sa.select(ChangeRow).where(*moved).order_by(ChangeRow.id)
    return [change_facts(row) for row in session.scalars(query)]


def _changes(wanted: ChangeFilter) -> Any:
    row = ChangeRow
    query = _equal(
        sa.select(row),
        (row.company, wanted.company),
        (row.authority, wanted.authority),
        (row.kind, wanted.kind),
        (row.severity, wanted.severity),
        (row.status, wanted.status),
    )
    query = _between(query, row.found, wanted.since, wanted.until)
    if wanted.stance is not None:
        query = query.where(sa.or_(*(holds(held, wanted.stance) for held in (row.before, row.after))))
    return query if wanted.baselines else query.where(~row.baseline)


def positions_page(
    session: Session, wanted: PositionFilter, after: str | None = None, limit: int = 50
) -> Page[PositionFacts]:
    """What is in force today, by company and authority. Raises CursorError."""
    row = PositionRow
    query = _equal(sa.select(row), (row.company, wanted.company), (row.authority, wanted.authority))
    if wanted.stance is not None:
        query = query.where(holds(row.held, wanted.stance))
    if after is not None:
        query = query.where(sa.tuple_(row.company, row.authority) > _pair_of(after))
    found = session.scalars(query.order_by(row.company, row.authority).limit(limit + 1)).all()
    facts = [position_facts(r) for r in found[:limit]]
    return _page(facts, found, limit, lambda r: _cursor(r.company, r.authority))


def pairs_page(
    session: Session, wanted: PositionFilter, after: str | None = None, limit: int = 50
) -> Page[tuple[str, str]]:
    """Pairs that ever had a position, sorted; the stance of the filter is not looked at. Raises CursorError."""
    row = ChangeRow
    query = _equal(
        sa.select(row.company, row.authority).distinct(),
        (row.company, wanted.company),
        (row.authority, wanted.authority),
    )
    if after is not None:
        query = query.where(sa.tuple_(row.company, row.authority) > _pair_of(after))
    found = session.execute(query.order_by(row.company, row.authority).limit(limit + 1)).all()
    pairs = [(r.company, r.authority) for r in found[:limit]]
    return _page(pairs, found, limit, lambda r: _cursor(r.company, r.authority))


def documents_page(
    session: Session,
    said: str,
    *,
    source: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    after: str | None = None,
    limit: int = 25,
) -> Page[DocumentFound]:
    """Documents that hold all of some words, or phrases in quotation marks; stored last first. Raises CursorError.

    With a source or a time, no more than LOOKED_THROUGH that hold the words are looked at for one page: it may have
    few rows, or none, and the next one goes on from there.
    """
    narrowed = (source, since, until) != (None, None, None)
    most = LOOKED_THROUGH if narrowed else limit + 1
    numbers = words.newest(session, said, _number_of(after) if after is not None else None, most)
    numbered, row = DocumentNumberRow, DocumentRow
    query = (
        sa.select(
            numbered.number, row.id, row.source, row.url, row.title, row.publisher, row.site, row.published,
            row.first_seen, row.text,
        )
        .join(row, row.id == numbered.document_id)
        .order_by(numbered.number.desc())
    )  # fmt: skip
    query = _between(_equal(query, (row.source, source)), row.first_seen, since, until)
    found: list[Any] = []
    for some in chunks(numbers):
        found += session.execute(query.where(numbered.number.in_(some)).limit(limit + 1 - len(found)))
        if len(found) > limit:
            break
    facts = [_document_found(r, said) for r in found[:limit]]
    page = _page(facts, found, limit, lambda r: _cursor(r.number))
    if page.after is None and narrowed and len(numbers) == most:
        return Page(page.rows, _cursor(numbers[-1]))  # none further among those that were looked at
    return page


def _document_found(row: Any, said: str) -> DocumentFound:
    return DocumentFound(
        row.id, row.source, row.url, row.title, row.publisher, row.site, row.published, row.first_seen,
        words.excerpts(row.text, said),
    )  # fmt: skip


def _equal(query: Any, *asked: tuple[Any, Any]) -> Any:
    for column, value in asked:
        if value is not None:
            query = query.where(column == value)
    return query


def _ruled(ruled: Ruled | None = None, by: str | None = None) -> sa.Select[Any]:
    """The newest rulings on statements that are this, or any that stands, and by them."""
    verdict, later = aliased(VerdictRow), aliased(VerdictRow)
    newest = ~sa.exists().where(later.statement_id == verdict.statement_id, later.id > verdict.id)
    query = sa.select(verdict.statement_id).where(newest)
    query = query.where(verdict.ruling != VOID if ruled is None else verdict.ruling == ruled)
    return query.where(verdict.who == by) if by is not None else query


def _on_it(rulings: sa.Select[Any]) -> sa.ColumnElement[bool]:
    """Whether one of these rulings is on the statement, asked statement by statement."""
    return rulings.where(rulings.selected_columns[0] == StatementRow.id).exists()


def _few_rulings(session: Session, by: str | None) -> bool:
    query = sa.select(VerdictRow.id).limit(LOOKED_THROUGH + 1)
    some = (query.where(VerdictRow.who == by) if by is not None else query).subquery()
    return (session.scalar(sa.select(sa.func.count()).select_from(some)) or 0) <= LOOKED_THROUGH


def _between(query: Any, column: Any, since: datetime | None, until: datetime | None) -> Any:
    if since is not None:
        query = query.where(column >= since)
    return query.where(column < until) if until is not None else query


def holds(held: Any, stance: Stance) -> sa.ColumnElement[bool]:
    """Whether a list of held stances, as JSON is written by either database, has this one."""
    return sa.cast(held, sa.Text).like(f'%"stance": "{stance}"%')


def _behind(moment: Any, row_id: Any, after: str) -> sa.ColumnElement[bool]:
    at, last = _parts(after, 2)
    try:
        then = datetime.fromisoformat(at).astimezone(UTC)
    except (TypeError, ValueError, OverflowError) as error:
        raise CursorError(f"no cursor of this list: {after!r}") from error
    return sa.tuple_(moment, row_id) < sa.tuple_(sa.literal(then, UTCDateTime()), sa.literal(str(last)))


def _pair_of(after: str) -> Any:
    pair = _parts(after, 2)
    if not all(isinstance(part, str) for part in pair):
        raise CursorError(f"no cursor of this list: {after!r}")
    return sa.tuple_(*map(sa.literal, pair))


def _number_of(after: str) -> int:
    (number,) = _parts(after, 1)
    if type(number) is not int or not 0 <= number < _NUMBERS:
        raise CursorError(f"no cursor of this list: {after!r}")
    return number


def _cursor(*parts: str | int) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def _parts(cursor: str, n: int) -> Sequence[Any]:
    try:
        parts = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError) as error:
        raise CursorError(f"no cursor of this list: {cursor!r}") from error
    # A text that could not be stored is of no cursor that was given, and databases refuse to compare with it.
    if not isinstance(parts, list) or len(parts) != n or parts != storable(parts):
        raise CursorError(f"no cursor of this list: {cursor!r}")
    return parts


def _page(facts: Sequence[T], found: Sequence[Any], limit: int, cursor_of: Any) -> Page[T]:
    return Page(tuple(facts), cast("str", cursor_of(found[limit - 1])) if len(found) > limit else None)
