"""/search: stored texts that hold some words, the newest first, each with the places where they stand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fastapi import APIRouter, Request, Response

from pipelines.store import queries
from pipelines.store.facts import DocumentFound, Excerpt
from pipelines.store.people import Role
from pipelines.store.queries import CursorError, Page
from review.access.roles import needs
from review.desk import Desk
from review.filters import Word, beginning, end
from review.pages import query_of


@dataclass(frozen=True, slots=True)
class Asked:
    """What the form holds, as it was typed."""

    q: str
    source: str
    since: str
    until: str

    @property
    def pairs(self) -> list[tuple[str, object]]:
        """The same as parameters of an address."""
        return [("q", self.q), ("source", self.source), ("since", self.since), ("until", self.until)]

    @property
    def narrowed(self) -> bool:
        """Whether it asks for more than words."""
        return bool(self.source or self.since or self.until)


def router(desk: Desk) -> APIRouter:
    """The route of the search."""
    routes = APIRouter(prefix="/search", dependencies=[needs(Role.READER)])

    @routes.get("")
    def look(
        request: Request,
        q: Word = "",
        source: Word = "",
        since: Word = "",
        until: Word = "",
        after: Word = "",
    ) -> Response:
        asked = Asked(q.strip(), source.strip(), since.strip(), until.strip())
        found, wrong = None, ""
        if asked.q:
            try:
                found = _found(asked, after)
            except CursorError:
                raise
            except ValueError as error:
                wrong = str(error)
        return desk.page(
            request, "search.html", 422 if wrong else 200, asked=asked, found=found, wrong=wrong,
            begun=bool(after), parts=parts_of, looked=queries.LOOKED_THROUGH,
            next=("/search" + query_of([*asked.pairs, ("after", found.after)])) if found else "",
        )  # fmt: skip

    def _found(asked: Asked, after: str) -> Page[DocumentFound]:
        since, until = beginning("since", asked.since), end("until", asked.until)
        with desk.store.reading() as session:
            return queries.documents_page(
                session, asked.q, source=asked.source or None, since=since, until=until, after=after or None
            )

    return routes


def parts_of(excerpt: Excerpt) -> Iterator[tuple[str, bool]]:
    """An excerpt in pieces, each with whether it is one of the words that were searched for."""
    at = 0
    for start, stop in excerpt.hits:
        yield excerpt.text[at:start], False
        yield excerpt.text[start:stop], True
        at = stop
    yield excerpt.text[at:], False
