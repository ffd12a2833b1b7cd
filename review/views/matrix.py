"""/matrix: who holds what towards whom, companies by authorities, today or on a day in the past."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from pipelines.store import queries
from pipelines.store.facts import InForce
from pipelines.store.people import Role
from pipelines.store.session import Session
from review.access.roles import needs
from review.desk import Desk
from review.filters import Positions, asked_of, last_moment

# Companies a page, and authorities before somebody asks for the rest: a screen of them, and quick to draw. With all
# authorities fewer companies: 800 cells of a million statements took 90 ms, twice as many 200.
ROWS, COLUMNS = 40, 12
ROWS_OF_ALL = 20


@dataclass(frozen=True, slots=True)
class Row:
    """One company's row. `of` is its parent's slug, `below` whether it stands below it; `cells` by authority."""

    company: str
    of: str | None
    below: bool
    cells: Mapping[str, InForce]


@dataclass(frozen=True, slots=True)
class Matrix:
    """One page of the matrix. `left_out` counts the authorities that are not among the columns."""

    rows: tuple[Row, ...]
    columns: tuple[str, ...]
    left_out: int
    companies: int
    after: str | None


def router(desk: Desk) -> APIRouter:
    """The route of the matrix."""
    routes = APIRouter(prefix="/matrix", dependencies=[needs(Role.READER)])

    @routes.get("")
    def matrix(
        request: Request,
        wanted: Positions,
        as_of: Annotated[str, Query(max_length=40)] = "",
        after: Annotated[str, Query(max_length=100)] = "",
        columns: Annotated[str, Query(max_length=10)] = "",
    ) -> Response:
        at = last_moment("as_of", as_of)
        with desk.store.reading() as session:
            found = matrix_of(session, desk, wanted, at, after, every=columns == "all")
            known = queries.companies_known(session)
        asked = [*asked_of(wanted), ("as_of", as_of.strip())]
        return desk.page(
            request, "matrix.html", matrix=found, wanted=wanted, at=at, asked=asked, columns=columns, known=known,
            typed=request.query_params,
        )  # fmt: skip

    return routes


def matrix_of(
    session: Session,
    desk: Desk,
    wanted: queries.PositionFilter,
    at: datetime | None,
    after: str,
    *,
    every: bool,
) -> Matrix:
    """One page: the companies behind `after`, by name, services below their parents; `every` authority or the most used."""
    companies = _companies(session, desk, wanted, at)
    rest = [slug for slug in companies if not after or desk_order(desk, slug) > desk_order(desk, after)]
    shown = rest[: ROWS_OF_ALL if every else ROWS]
    # Of today the most used authorities of all companies; of a past day those of the companies shown.
    if wanted.authority is not None:
        used = [wanted.authority]
    elif at is None:
        used = [*queries.authorities_used(session, wanted)]
    else:
        used = queries.authorities_by(session, at, shown)
    columns = used if every else used[:COLUMNS]
    if at is None:
        cells = queries.in_force(session, shown, columns, wanted.stance)
    else:
        cells = _then(session, shown, columns, wanted, at)
        held = {cell.authority for cell in cells}
        used = [code for code in used if code in held or code not in columns]
        columns = [code for code in columns if code in held]
    return Matrix(
        rows=tuple(_rows(desk, shown, cells)),
        columns=tuple(columns),
        left_out=len(used) - len(columns),
        companies=len(companies),
        after=shown[-1] if len(rest) > len(shown) else None,
    )


def desk_order(desk: Desk, slug: str) -> tuple[tuple[str, str], ...]:
    """Where a company stands: by name, below its parents."""
    line: list[str] = []
    current: str | None = slug
    while current is not None and current not in line:
        line.append(current)
        current = desk.parents.get(current)
    return tuple((desk.company(one).casefold(), one) for one in reversed(line))


def _companies(
    session: Session, desk: Desk, wanted: queries.PositionFilter, at: datetime | None
) -> Sequence[str]:
    if at is None:
        found: Iterable[str] = queries.companies_holding(session, wanted)
    else:
        found = (c for c in queries.companies_known(session) if wanted.company in (None, c))
    return sorted(found, key=lambda slug: desk_order(desk, slug))


def _then(
    session: Session,
    companies: Sequence[str],
    columns: Sequence[str],
    wanted: queries.PositionFilter,
    at: datetime,
) -> list[InForce]:
    cells = queries.in_force_at(session, at, companies, columns)
    return [cell for cell in cells if wanted.stance is None or wanted.stance in cell.stances]


def _rows(desk: Desk, companies: Sequence[str], cells: Iterable[InForce]) -> Iterable[Row]:
    by_company: dict[str, dict[str, InForce]] = {}
    for cell in cells:
        by_company.setdefault(cell.company, {})[cell.authority] = cell
    above: set[str] = set()
    for slug in companies:
        parent = desk.parents.get(slug)
        above.add(slug)
        yield Row(slug, parent, parent in above, by_company.get(slug, {}))
