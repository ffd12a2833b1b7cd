"""/companies: everybody of whom something is known, and one company's history: what is in force, how it came to be."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from pipelines.quotes import first_quotes, moved, quoted
from pipelines.store import queries
from pipelines.store.people import Role
from review.access.roles import Who, needs
from review.desk import Desk
from review.lanes import chart_of, spells_of
from review.queued import queue_of
from review.telling import lead

ROWS, CHANGES, LANES = 100, 15, 12
SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,60}")


@dataclass(frozen=True, slots=True)
class Family:
    """Whose a company is and what is its; slugs."""

    parent: str | None
    services: tuple[str, ...]
    aliases: tuple[str, ...]
    wikidata: str | None


def router(desk: Desk) -> APIRouter:
    """The routes of companies."""
    routes = APIRouter(prefix="/companies", dependencies=[needs(Role.READER)])

    @routes.get("")
    def every(
        request: Request, q: Annotated[str, Query(max_length=200)] = "", after: Annotated[str, Query()] = ""
    ) -> Response:
        wanted = q.strip().casefold()
        with desk.store.reading() as session:
            known = [slug for slug in queries.companies_known(session) if _is_called(desk, slug, wanted)]
            rest = sorted(known, key=lambda slug: _by_name(desk, slug))
            if after:
                rest = [slug for slug in rest if _by_name(desk, slug) > _by_name(desk, after)]
            told = queries.companies_told(session, rest[:ROWS])
        following = rest[ROWS - 1] if len(rest) > ROWS else None
        return desk.page(
            request, "companies.html", rows=list(told.values()), total=len(known), q=q.strip(), after=following,
            parent_of=lambda slug: family_of(desk, slug).parent,
        )  # fmt: skip

    @routes.get("/{slug}")
    def one(
        request: Request,
        who: Who,
        slug: str,
        after: Annotated[str, Query()] = "",
        lanes: Annotated[str, Query()] = "",
    ) -> Response:
        if not SLUG.fullmatch(slug):
            raise LookupError("there is no such company")
        with desk.store.reading() as session:
            positions = queries.positions(session, slug)
            wanted = queries.ChangeFilter(company=slug, baselines=True)
            page = queries.changes_page(session, wanted, after or None, CHANGES)
            if not positions and not page.rows and slug not in desk.companies:
                raise LookupError("there is no such company")
            moves = queries.moves_of(session, slug)
            ordered = sorted(moves, key=lambda code: moves[code][-1].occurred, reverse=True)
            shown = ordered if lanes == "all" else ordered[:LANES]
            drawn = {code: moves[code] for code in shown}
            found = first_quotes(session, page.rows)
            queue = queue_of(session, who.name, slug) if who.may(Role.ANALYST) else None
        return desk.page(
            request, "company.html", slug=slug, positions=positions, page=page, quotes=found, lead=lead,
            quoted=quoted, moved=moved, family=family_of(desk, slug), chart=chart_of(drawn, desk.clock()),
            spells=[spell for some in drawn.values() for spell in reversed(spells_of(some))],
            more_lanes=len(ordered) - len(shown), listed=slug in desk.companies, queue=queue,
        )  # fmt: skip

    return routes


def family_of(desk: Desk, slug: str) -> Family:
    """What config says of a company; nothing if it does not list it."""
    services = tuple(c.id for c in desk.config.knowledge.companies if c.parent == slug)
    own = desk.config.knowledge.company(slug)
    if own is None:
        return Family(None, services, (), None)
    return Family(own.parent, services, own.aliases, own.wikidata)


def _by_name(desk: Desk, slug: str) -> tuple[str, str]:
    return desk.company(slug).casefold(), slug


def _is_called(desk: Desk, slug: str, wanted: str) -> bool:
    return wanted in slug or wanted in desk.company(slug).casefold() or desk.names.listed(wanted) == slug
