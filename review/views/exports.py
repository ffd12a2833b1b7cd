"""/exports and /feeds: the lists as files, by the same filters; and what each column of them says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from pipelines.alerts.feed import Name, feed_of
from pipelines.export import (
    COLUMNS,
    LISTS,
    Format,
    Kind,
    Row,
    change_rows,
    encoded,
    position_rows,
    statement_rows,
)
from pipelines.store.people import Role
from pipelines.store.queries import ChangeFilter
from pipelines.store.session import Session
from review import filters
from review.access.roles import needs
from review.desk import Desk
from review.pages import query_of


def router(desk: Desk) -> APIRouter:
    """The routes of files."""
    routes = APIRouter(dependencies=[needs(Role.READER)])

    @routes.get("/exports")
    def look(request: Request) -> Response:
        return desk.page(request, "exports.html", columns=COLUMNS, lists=LISTS, formats=list(Format))

    @routes.get("/exports/statements.{form}")
    def statements(form: Format, wanted: filters.Statements) -> Response:
        return _file(Kind.STATEMENTS, form, lambda session: statement_rows(session, wanted))

    @routes.get("/exports/changes.{form}")
    def changes(form: Format, wanted: filters.Changes) -> Response:
        return _file(Kind.CHANGES, form, lambda session: change_rows(session, wanted))

    @routes.get("/exports/positions.{form}")
    def positions(
        form: Format, wanted: filters.Positions, as_of: filters.AsOf = "", known_at: filters.KnownAt = ""
    ) -> Response:
        then, known = filters.last_moment("as_of", as_of), filters.last_moment("known_at", known_at)
        rules = desk.context.rules
        return _file(Kind.POSITIONS, form, lambda s: position_rows(s, wanted, rules, then, known))

    @routes.get("/feeds/changes.atom")
    def feed(request: Request, wanted: filters.Changes) -> Response:
        base = desk.config.settings.desk.url or str(request.base_url).rstrip("/")
        asked = query_of(filters.asked_of(wanted))
        said = ", ".join(f"{name} {value}" for name, value in filters.asked_of(wanted) if value)
        name = Name(
            title="stancewatch: changes of stance" + (f" ({said})" if said else ""),
            id=_urn_of(wanted),
            address=f"{base}/feeds/changes.atom{asked}",
            desk=base,
        )
        with desk.store.reading() as session:
            written = feed_of(session, wanted, desk.config.knowledge, name)
        return Response(written, media_type="application/atom+xml")

    def _file(kind: Kind, form: Format, rows: Callable[[Session], Iterator[Row]]) -> Response:
        def stream() -> Iterator[bytes]:
            with desk.store.reading() as session:
                yield from encoded(kind, form, rows(session))

        name = f"stancewatch-{kind}.{form}"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return StreamingResponse(stream(), media_type=form.media_type, headers=headers)

    return routes


def _urn_of(wanted: ChangeFilter) -> str:
    """The permanent id of a filter's feed: a URN, in which no "?" or "&" may stand."""
    parts = (f"{name}={quote(str(value), safe='')}" for name, value in filters.asked_of(wanted) if value)
    return ":".join(["urn:stancewatch:changes", *parts])
