"""/documents/…: one stored text with all that was read in it, where it was seen, and beside another text of its page."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from fastapi import APIRouter, Request, Response

from pipelines.store import queries, words
from pipelines.store.facts import PageVersion, WholeDocument
from pipelines.store.people import Role
from pipelines.store.session import Session
from review.access.roles import needs
from review.desk import Desk
from review.filters import Before, Word
from review.highlight import Place, kinds_in, paragraphs_of
from review.record import compared

VERSIONS_SHOWN = 30
# Words that were searched for are marked so often at most.
MARKED = 500


@dataclass(frozen=True, slots=True)
class Versions:
    """Some texts of one watched page, newest first, each with the one before it; `further` is where older ones begin."""

    url: str
    rows: tuple[tuple[PageVersion, PageVersion | None], ...]
    further: int | None


def router(desk: Desk) -> APIRouter:
    """The routes of one document."""
    routes = APIRouter(prefix="/documents", dependencies=[needs(Role.READER)])

    @routes.get("/{document_id}")
    def look(request: Request, document_id: str, before: Before = None, q: Word = "") -> Response:
        with desk.store.reading() as session:
            document = document_of(session, document_id)
            said = queries.statements_in(session, document.id)
            places = [Place("evidence", one.start, one.end) for one in said]
            hits = [Place("hit", *span) for span in islice(words.places(document.text, q), MARKED)]
            paragraphs = paragraphs_of(document.text, document.paragraphs, [*places, *hits])
            shown = queries.versions_with(session, document.id)
            return desk.page(
                request,
                "document.html",
                document=document,
                said=said,
                paragraphs=paragraphs,
                kinds=kinds_in(paragraphs) if q else (),
                q=q.strip(),
                hits=len(hits),
                marked=MARKED,
                captures=queries.captures_showing(session, document.id),
                held=queries.hold(session, document.id),
                versions=versions_of(session, shown[0].url, before) if shown else None,
            )

    @routes.get("/{document_id}/against/{other_id}")
    def compare(request: Request, document_id: str, other_id: str) -> Response:
        with desk.store.reading() as session:
            new, old = document_of(session, document_id), document_of(session, other_id)
            wording = compared(session, old.id, new.id)
        return desk.page(request, "against.html", new=new, old=old, wording=wording)

    return routes


def document_of(session: Session, document_id: str) -> WholeDocument:
    """The document of an id in an address. Raises LookupError."""
    found = queries.document(session, document_id) if re.fullmatch("[0-9a-f]{6,64}", document_id) else None
    if found is None:
        raise LookupError("there is no such document")
    return found


def versions_of(session: Session, url: str, before: int | None = None) -> Versions:
    """A page of the texts that a watched page showed, each beside the one before it."""
    rows = queries.page_versions(session, url, before, VERSIONS_SHOWN + 1)
    earlier: Sequence[PageVersion | None] = [*rows[1:], None]
    shown = tuple(zip(rows, earlier, strict=True))[:VERSIONS_SHOWN]
    return Versions(url, shown, shown[-1][0].n if len(rows) > VERSIONS_SHOWN else None)
