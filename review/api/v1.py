"""The routes of /api/v1. Lists take the filters of the views, `after` (a cursor) and `limit`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Path, Query, Response
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse

from pipelines import ledger
from pipelines.positions import Held
from pipelines.quotes import first_quotes, quoted, quotes
from pipelines.store import queries
from pipelines.store.facts import ChangeFacts, PositionFacts, StatementFacts
from pipelines.store.people import Role
from pipelines.store.queries import CursorError, Page
from pipelines.store.session import Session
from pipelines.timelines import positions_asked, positions_of
from review import filters
from review.access.roles import Who, needs
from review.api import shapes
from review.desk import Desk
from review.views.statements import statement_of

S = TypeVar("S", bound=shapes.Shape)
PREFIX = "/api/v1"
After = Annotated[str, Query(max_length=400, description="the `next` of the page before")]
Limit = Annotated[int, Query(ge=1, le=200, description="at most so many")]
Identity = Annotated[
    str, Path(max_length=64, description="its id; of statements and changes also the beginning of one")
]
Slug = Annotated[str, Path(max_length=200, description="slug of the company or service: zoom")]
Code = Annotated[str, Path(max_length=200, description="a country's code, EU, or *")]
Said = Annotated[str, Query(max_length=200, description="only of this user")]
FAILURES: dict[int | str, dict[str, Any]] = {
    status: {"model": shapes.Failure, "description": words}
    for status, words in {
        400: "the cursor is none of this list",
        401: "no token, or one that is not valid any more",
        403: "the token's role may not do this",
        404: "there is no such thing",
        422: "what was asked for cannot be read",
        500: "a fault of ours",
        503: "the database cannot be used now",
    }.items()
}


def router(desk: Desk) -> APIRouter:
    """The routes under /api/v1."""
    routes = APIRouter(prefix=PREFIX, dependencies=[needs(Role.READER)], responses=FAILURES)
    _add_lists(desk, routes)
    _add_single_ones(desk, routes)
    _add_rulings(desk, routes)

    @routes.get("/openapi.json", include_in_schema=False)
    def described() -> Response:
        schema = get_openapi(
            title="stancewatch", version="1", routes=routes.routes,
            description="Companies' stances on authorities' data requests. Send a token: Authorization: Bearer sw_…",
        )  # fmt: skip
        schema["components"]["securitySchemes"] = {
            "token": {"type": "http", "scheme": "bearer"},
            "password": {
                "type": "http",
                "scheme": "basic",
                "description": "the token is the password, the name is not looked at",
            },
        }
        schema["security"] = [{"token": []}, {"password": []}]
        return JSONResponse(schema)

    return routes


def _add_lists(desk: Desk, routes: APIRouter) -> None:
    @routes.get("/statements")
    def statements(
        wanted: filters.Statements, after: After = "", limit: Limit = 50
    ) -> shapes.Listed[shapes.StatementShape]:
        """What documents assert, first seen last.

        Where a filter fits few, a page may hold fewer than `limit`, even none, and still have a `next`.
        """
        with desk.store.reading() as session:
            page = queries.statements_page(session, wanted, after or None, limit)
        return _listed(page, shapes.StatementShape)

    @routes.get("/changes")
    def changes(
        wanted: filters.Changes, after: After = "", limit: Limit = 50
    ) -> shapes.Listed[shapes.ChangeShape]:
        """How positions moved, found last first."""
        with desk.store.reading() as session:
            page = queries.changes_page(session, wanted, after or None, limit)
            return shapes.Listed(items=tuple(_changes(session, page.rows)), next=page.after)

    @routes.get("/positions")
    def positions(
        wanted: filters.Positions,
        as_of: filters.AsOf = "",
        known_at: filters.KnownAt = "",
        after: After = "",
        limit: Limit = 50,
    ) -> shapes.Listed[shapes.PositionShape]:
        """What is in force, by company and authority; with `as_of` what was then, with `known_at` as far as known then.

        With either, a page may hold fewer than `limit`, even none, and still have a `next`.
        """
        then, known = filters.last_moment("as_of", as_of), filters.last_moment("known_at", known_at)
        with desk.store.reading() as session:
            page = positions_asked(
                session, wanted, desk.context.rules, after or None, limit, as_of=then, known_at=known
            )
            return shapes.Listed(items=tuple(_positions(session, page.rows)), next=page.after)

    @routes.get("/documents")
    def documents(
        q: Annotated[
            str, Query(min_length=1, max_length=200, description="words, or phrases in quotation marks")
        ],
        source: Annotated[str, Query(max_length=200, description="only from this source, by its id")] = "",
        since: filters.Since = "",
        until: filters.Until = "",
        after: After = "",
        limit: Annotated[int, Query(ge=1, le=100, description="at most so many")] = 25,
    ) -> shapes.Listed[shapes.FoundShape]:
        """Documents that hold all of some words, stored last first."""
        with desk.store.reading() as session:
            page = queries.documents_page(
                session, q, source=source or None, since=filters.beginning("since", since),
                until=filters.end("until", until), after=after or None, limit=limit,
            )  # fmt: skip
        return _listed(page, shapes.FoundShape)

    @routes.get("/verdicts")
    def verdicts(
        who: Said = "", since: filters.Since = "", after: After = "", limit: Limit = 50
    ) -> shapes.Listed[shapes.VerdictShape]:
        """What analysts ruled, newest first."""
        then, before = filters.beginning("since", since), _number(after)
        with desk.store.reading() as session:
            found = queries.verdicts(session, who=who or None, since=then, before=before, limit=limit + 1)
        return _listed(_numbered(found, limit), shapes.VerdictShape)

    @routes.get("/queue", dependencies=[needs(Role.ANALYST)])
    def queue(
        who: Who, company: filters.Company = "", authority: filters.Authority = "", limit: Limit = 50
    ) -> shapes.Listed[shapes.ProposalShape]:
        """What waits for your ruling, the weightiest first."""
        company, authority = desk.names.asked(company, authority)
        with desk.store.reading() as session:
            found = queries.proposals(
                session, who.name, company=company or None, authority=authority or None, limit=limit
            )
        return _listed(Page(tuple(found), None), shapes.ProposalShape)

    @routes.get("/sources")
    def sources() -> shapes.Listed[shapes.SourceShape]:
        """How every source fares that was ever asked."""
        with desk.store.reading() as session:
            found = queries.source_health(session, counted=False)
        return _listed(Page(tuple(found), None), shapes.SourceShape)

    @routes.get("/runs")
    def runs(
        job: Annotated[str, Query(max_length=200, description="only this job: crawl")] = "",
        after: After = "",
        limit: Limit = 20,
    ) -> shapes.Listed[shapes.RunShape]:
        """How jobs ran, newest first."""
        before = _number(after)
        with desk.store.reading() as session:
            found = queries.runs(session, job or None, limit + 1, sources=False, before=before)
        return _listed(_numbered(found, limit), shapes.RunShape)

    @routes.get("/companies")
    def companies() -> shapes.Listed[shapes.NamedShape]:
        """The companies that are watched, with their parents."""
        return shapes.Listed(
            items=tuple(
                shapes.NamedShape(id=c.id, name=c.name, parent=c.parent)
                for c in desk.config.knowledge.companies
            )
        )

    @routes.get("/authorities")
    def authorities() -> shapes.Listed[shapes.NamedShape]:
        """The authorities that are known, by code."""
        known = desk.config.knowledge.authorities
        return shapes.Listed(items=tuple(shapes.NamedShape(id=a.code, name=a.name) for a in known))


def _add_single_ones(desk: Desk, routes: APIRouter) -> None:
    @routes.get("/statements/{statement_id}")
    def statement(statement_id: Identity) -> shapes.WholeStatement:
        """One statement with all that was ruled and written on it."""
        with desk.store.reading() as session:
            return _whole(session, statement_id)

    @routes.get("/changes/{change_id}")
    def change(change_id: Identity) -> shapes.ChangeShape:
        """One change."""
        with desk.store.reading() as session:
            found = queries.change(session, change_id)
            if found is None:
                raise LookupError("there is no such change")
            return next(_changes(session, [found]))

    @routes.get("/positions/{company}/{authority}")
    def position(
        company: Slug, authority: Code, as_of: filters.AsOf = "", known_at: filters.KnownAt = ""
    ) -> shapes.PositionShape:
        """What is in force for one pair, or was at `as_of`, as far as known at `known_at`."""
        pair = company.lower(), authority.upper()
        then, known = filters.last_moment("as_of", as_of), filters.last_moment("known_at", known_at)
        with desk.store.reading() as session:
            if then is None and known is None:
                found = queries.position(session, *pair)
            else:
                told = positions_of(session, [pair], desk.context.rules, as_of=then, known_at=known)
                found = next(iter(told), None)
            if found is None:
                raise LookupError(f"nothing is in force for {pair[0]} towards {pair[1]}")
            return next(_positions(session, [found]))

    @routes.get("/documents/{document_id}")
    def document(document_id: Identity) -> shapes.DocumentShape:
        """One document with its text."""
        with desk.store.reading() as session:
            found = queries.document(session, document_id)
        if found is None:
            raise LookupError("there is no such document")
        return shapes.DocumentShape.model_validate(found)


def _add_rulings(desk: Desk, routes: APIRouter) -> None:
    analysts = [needs(Role.ANALYST)]

    @routes.post("/statements/{statement_id}/verdicts", status_code=201, dependencies=analysts)
    def rule(statement_id: Identity, ruling: shapes.RulingShape, who: Who) -> shapes.WholeStatement:
        """Rule on a statement: it outranks every rule from now on."""
        with desk.store.reading() as session:
            said = statement_of(session, statement_id)
        ledger.post_verdict(
            desk.store, said.id, ruling.ruling, who=who.name, after=_after(desk, ruling.after), reason=ruling.reason,
            seen=ruling.seen, now=desk.clock(), context=desk.context,
        )  # fmt: skip
        with desk.store.reading() as session:
            return _whole(session, said.id)

    @routes.post("/verdicts/{number}/undo", status_code=201, dependencies=analysts)
    def undo(number: filters.Number, who: Who) -> shapes.WholeStatement:
        """Take back a verdict of your own: what stood before it stands again."""
        ledger.undo_verdict(desk.store, number, who=who.name, now=desk.clock(), context=desk.context)
        with desk.store.reading() as session:
            undone = queries.verdict(session, number)
            assert undone is not None
            return _whole(session, undone.statement)

    @routes.post("/statements/{statement_id}/comments", status_code=201, dependencies=analysts)
    def comment(statement_id: Identity, remark: shapes.RemarkShape, who: Who) -> shapes.WholeStatement:
        """Write something beside a statement."""
        with desk.store.reading() as session:
            said = statement_of(session, statement_id)
        ledger.post_comment(desk.store, said.id, remark.text, who=who.name, now=desk.clock())
        with desk.store.reading() as session:
            return _whole(session, said.id)


def _after(desk: Desk, asked: dict[str, Any]) -> dict[str, Any]:
    """A correction with companies and authorities as config knows them. Raises ValueError."""
    found = dict(asked)
    if "company" in found:
        found["company"] = desk.names.company(str(found["company"]))
    if "authority" in found:
        found["authority"] = desk.names.authority(str(found["authority"]))
    return found


def _whole(session: Session, statement_id: str) -> shapes.WholeStatement:
    said = statement_of(session, statement_id)
    return shapes.WholeStatement(
        **shapes.StatementShape.model_validate(said).model_dump(),
        verdicts=tuple(map(shapes.VerdictShape.model_validate, queries.verdicts_of(session, said.id))),
        comments=tuple(map(shapes.CommentShape.model_validate, queries.comments_of(session, said.id))),
    )


def _changes(session: Session, rows: Sequence[ChangeFacts]) -> Iterator[shapes.ChangeShape]:
    said = first_quotes(session, rows)
    for change in rows:
        shown = shapes.ChangeShape.model_validate(change)
        sides = {"before": _helds(change.before, said), "after": _helds(change.after, said)}
        yield shown.model_copy(update=sides)


def _positions(session: Session, rows: Sequence[PositionFacts]) -> Iterator[shapes.PositionShape]:
    said = quotes(session, (held for position in rows for held in position.held), 1)
    for position in rows:
        shown = shapes.PositionShape.model_validate(position)
        yield shown.model_copy(update={"held": _helds(position.held, said)})


def _helds(helds: Sequence[Held], said: Mapping[str, StatementFacts]) -> tuple[shapes.HeldShape, ...]:
    """Stances in force, each with the statement to quote for it."""
    found = []
    for held in helds:
        quote = next((shapes.QuoteShape.model_validate(one) for one in quoted([held], said)), None)
        found.append(shapes.HeldShape.model_validate(held).model_copy(update={"quote": quote}))
    return tuple(found)


def _number(after: str) -> int | None:
    """The number behind which a list of numbered rows goes on. Raises CursorError."""
    if not after:
        return None
    if not (after.isascii() and after.isdecimal()) or len(after) > 10 or int(after) >= 2**31:
        raise CursorError(f"no cursor of this list: {after!r}")
    return int(after)


def _numbered(found: Sequence[Any], limit: int) -> Page[Any]:
    """A page of numbered rows, of which one more was asked for than it shows."""
    return Page(tuple(found[:limit]), str(found[limit - 1].id) if len(found) > limit else None)


def _listed(page: Page[Any], shape: type[S]) -> shapes.Listed[S]:
    return shapes.Listed[S](items=tuple(map(shape.model_validate, page.rows)), next=page.after)
