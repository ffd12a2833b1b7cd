"""/sources: what is watched and how it fares; /sources/…: one source with its history and how its statements were judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from extract.types import SourceKind
from pipelines.config import Source
from pipelines.health import CRAWL
from pipelines.store import queries
from pipelines.store.facts import CaptureFacts, Look, SourceHealth
from pipelines.store.people import Role
from pipelines.store.session import Session
from review.access.roles import needs
from review.desk import Desk
from review.filters import Before, Word, among, one_of
from review.pages import query_of
from review.views.documents import Versions, versions_of

# So many of the newest crawls are looked back on.
CRAWLS = 30
CAPTURES_SHOWN = 50
SHOWN = 150
# Also the order of the list: what needs somebody first.
STATES = ("trouble", "fine", "never", "off", "gone")


@dataclass(frozen=True, slots=True)
class Row:
    """One source: what config says of it (None: no longer there), how it fares, and what crawls found, oldest first.

    `looks` has a None where a crawl had nothing to do with it.
    """

    id: str
    source: Source | None
    health: SourceHealth | None
    documents: int
    looks: tuple[Look | None, ...] = ()

    @property
    def state(self) -> str:
        """One of STATES: whether it answers, was never asked, is switched off, or is no longer in config."""
        if self.source is None:
            return "gone"
        if not self.source.enabled:
            return "off"
        if self.health is None:
            return "never"
        return "trouble" if self.health.failures else "fine"

    @property
    def brought(self) -> int:
        """Statements of the crawls that are looked back on."""
        return sum(look.statements for look in self.looks if look)

    @property
    def tally(self) -> str:
        """The looks in words: what the drawing of them shows."""
        states = [look.state for look in self.looks if look]
        counts = [(states.count(one), one) for one in dict.fromkeys(sorted(states))]
        return ", ".join(f"{n} {one}" for n, one in counts) or "none"


def router(desk: Desk) -> APIRouter:
    """The routes of sources."""
    routes = APIRouter(prefix="/sources", dependencies=[needs(Role.READER)])

    @routes.get("")
    def listed(
        request: Request,
        q: Word = "",
        kind: Word = "",
        state: Word = "",
        start: Annotated[int, Query(ge=0)] = 0,
    ) -> Response:
        wanted, among_states = one_of("kind", kind, SourceKind), among("state", state, STATES)
        with desk.store.reading() as session:
            rows = _rows(session)
            found = [
                row
                for row in rows
                if among_states in (None, row.state)
                and (wanted is None or (row.source is not None and row.source.kind is wanted))
                and q.strip().casefold() in _words_of(row)
            ]
            found.sort(key=lambda row: STATES.index(row.state))
            shown = _with_looks(session, found[start : start + SHOWN])
        asked = {"q": q.strip(), "kind": kind, "state": state}
        further = start + SHOWN if len(found) > start + SHOWN else 0
        return desk.page(
            request, "sources.html", rows=shown, n=len(found), bars=bars_of, crawls=CRAWLS, asked=asked,
            counts={one: sum(row.state == one for row in rows) for one in STATES}, kinds=list(SourceKind),
            next=("/sources" + query_of([*asked.items(), ("start", further)])) if further else "",
        )  # fmt: skip

    @routes.get("/{source_id}")
    def look(request: Request, source_id: str, before: Before = None) -> Response:
        with desk.store.reading() as session:
            rows = _rows(session, source_id)
            if not rows:
                raise LookupError("there is no such source")
            (row,) = _with_looks(session, rows)
            captures = queries.captures(session, source_id, limit=CAPTURES_SHOWN)
            rulings = queries.rulings_on_source(session, source_id)
            versions = _versions(session, row, captures, before)
        return desk.page(
            request, "source.html", row=row, captures=captures, rulings=rulings, versions=versions, bars=bars_of,
            read=queries.RULINGS_READ,
        )  # fmt: skip

    def _rows(session: Session, only: str | None = None) -> list[Row]:
        """Every source, those of config in its order first; or only one."""
        health = {one.source: one for one in queries.source_health(session, counted=False, source=only)}
        documents = queries.documents_brought(session, only)
        listed = {source.id: source for source in desk.config.sources if only in (None, source.id)}
        ids = [*listed, *sorted({*health, *documents} - set(listed))]
        return [Row(one, listed.get(one), health.get(one), documents.get(one, 0)) for one in ids]

    def _with_looks(session: Session, rows: Sequence[Row]) -> list[Row]:
        crawls = [run.id for run in queries.runs(session, CRAWL, CRAWLS, sources=False)][::-1]
        looks = queries.looks(session, crawls, [row.id for row in rows])
        return [replace(row, looks=in_order(looks.get(row.id, ()), crawls)) for row in rows]

    def _versions(
        session: Session, row: Row, captures: Sequence[CaptureFacts], before: int | None
    ) -> Versions | None:
        """What a watched page showed, found by its newest text."""
        if row.source is None or row.source.kind is not SourceKind.PAGE:
            return None
        texts = (one.document for one in captures if one.document is not None)
        shown = queries.versions_with(session, next(texts, ""))
        return versions_of(session, shown[0].url, before) if shown else None

    def _words_of(row: Row) -> str:
        source = row.source
        more = (source.url, source.publisher or "", desk.company(source.company or "")) if source else ()
        return " ".join((row.id, *more)).casefold()

    return routes


def in_order(looks: Sequence[Look], crawls: Sequence[int]) -> tuple[Look | None, ...]:
    """The looks of one source, at the places of their crawls."""
    by_run = {look.run: look for look in looks}
    return tuple(by_run.get(number) for number in crawls)


def bars_of(looks: Sequence[Look | None]) -> Mapping[str, str]:
    """Looks as bars, to be drawn in a box of 6 by 18 units each: state → the path of its bars.

    High for statements brought, low for nothing new, below the line for failed; nothing where nothing was asked.
    """
    shapes = {"brought": (0, 11), "quiet": (7, 4), "failed": (12, 6)}
    paths: dict[str, str] = {}
    for n, look in enumerate(looks):
        if look is not None and look.state in shapes:
            top, height = shapes[look.state]
            paths[look.state] = paths.get(look.state, "") + f"M{6 * n} {top}h5v{height}h-5z"
    return paths
