"""Reads a pair's statements without copies: what many texts of one address say in the same words is one row of all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from pipelines.store.facts import StatementFacts
from pipelines.store.queries.listing import Page, StatementFilter, cursor_of, statements_page
from pipelines.store.queries.pages import standing_ruling
from pipelines.store.queries.select import chunks, newest_verdict
from pipelines.store.tables import DocumentRow, StatementRow

# So many statements are looked at a time, and so often for one page: it may have fewer rows, or none, and others after it.
LOOK, LOOKS = 100, 5
Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Copies:
    """A statement, the newest of those in the same words, and since and until when how many texts of its address had them."""

    said: StatementFacts
    since: datetime
    until: datetime
    statements: frozenset[str]

    @property
    def texts(self) -> int:
        """In how many texts it stands."""
        return len(self.statements)


def statements_once(
    session: Session,
    company: str,
    authority: str,
    after: str | None = None,
    limit: int = 25,
    wanted: Callable[[Copies], bool] = lambda _: True,
) -> Page[Copies]:
    """A pair's statements that are wanted, first seen last, each with its copies. Raises CursorError.

    Copies are of one address, stance and time, in the same words, and ruled on alike.
    """
    found: list[Copies] = []
    for _ in range(LOOKS):
        page = statements_page(session, StatementFilter(company, authority, unsure=None), after, LOOK)
        groups = _groups(session, company, authority, {said.url for said in page.rows})
        for said in page.rows:
            group = groups[_key(said.url, said.evidence, said.stance, said.time, said.ruling)]
            if max(group)[1] != said.id:
                continue  # its newest copy stands further up
            copies = Copies(
                said, min(group)[0], max(row[2] for row in group), frozenset(row[1] for row in group)
            )
            found += [copies] if wanted(copies) else []
            if len(found) > limit:
                return Page(tuple(found[:limit]), cursor_of(found[limit - 1].said))
        after = page.after
        if after is None:
            break
    return Page(tuple(found), after)


def _groups(
    session: Session, company: str, authority: str, urls: Iterable[str]
) -> dict[Key, list[tuple[datetime, str, datetime]]]:
    """What all texts of some addresses say of a pair, by what makes copies: when first seen, id, when last seen."""
    row, document = StatementRow, DocumentRow
    verdict, is_newest = newest_verdict(row.id)
    # Of the pair by what no index has: by the pair's own a planner would read all that is stored of it.
    of_pair = sa.func.coalesce(row.company, "") == company, sa.func.coalesce(row.authority, "") == authority
    query = (
        sa.select(
            document.url, row.evidence, row.stance, row.time, verdict.ruling,
            row.first_seen, row.id, document.last_seen,
        )
        .join(document, document.id == row.document_id)
        .outerjoin(verdict, is_newest)
        .where(*of_pair)
    )  # fmt: skip
    found: dict[Key, list[tuple[datetime, str, datetime]]] = {}
    for some in chunks(sorted(urls)):
        for *key, ruling, first, statement, last in session.execute(query.where(document.url.in_(some))):
            found.setdefault(_key(*key, standing_ruling(ruling)), []).append((first, statement, last))
    return found


def _key(*parts: Any) -> Key:
    return tuple(str(part) for part in parts)
