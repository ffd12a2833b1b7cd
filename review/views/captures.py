"""/captures/…: one archived response: what it was, the page replayed without scripts, and the bytes as received."""

from __future__ import annotations

import re
from typing import Any

from fastapi import APIRouter, Request, Response
from lxml_html_clean import Cleaner

from pipelines import archive
from pipelines.archive import ArchiveError
from pipelines.store import queries
from pipelines.store.facts import CaptureFacts
from pipelines.store.people import Role
from pipelines.store.session import Session
from review.access.roles import needs
from review.desk import Desk

# The archived page has no scripts, no forms, no cookies and no origin, and loads nothing: only its own words and styles.
REPLAYED = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'self'; sandbox"
)
CLOSED = {
    "Content-Security-Policy": REPLAYED,
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "no-referrer",
}
HTML = frozenset({"text/html", "application/xhtml+xml"})
LEADS_AWAY = frozenset({"href", "xlink:href", "ping", "target"})
MOST_SHOWN = 5 * 2**20


def router(desk: Desk) -> APIRouter:
    """The routes of one capture."""
    routes = APIRouter(prefix="/captures", dependencies=[needs(Role.READER)])

    def found(session: Session, capture_id: str) -> CaptureFacts:
        facts = queries.capture(session, capture_id) if re.fullmatch("[0-9a-f]{6,64}", capture_id) else None
        if facts is None:
            raise LookupError("there is no such capture")
        return facts

    def read(capture_id: str) -> tuple[CaptureFacts, archive.StoredResponse]:
        with desk.store.reading() as session:
            facts = found(session, capture_id)
        folder = desk.config.settings.archive_dir
        return facts, archive.read_response(folder, facts.warc_file, facts.warc_offset)

    @routes.get("/{capture_id}")
    def look(request: Request, capture_id: str) -> Response:
        with desk.store.reading() as session:
            facts = found(session, capture_id)
            document = queries.document(session, facts.document) if facts.document else None
        return desk.page(request, "capture.html", capture=facts, document=document)

    @routes.get("/{capture_id}/page")
    def replay(request: Request, capture_id: str) -> Response:
        try:
            facts, response = read(capture_id)
        except ArchiveError as error:
            return _said(desk, request, f"The archive does not give it back: {error}.", 404)
        if facts.media_type not in HTML or len(response.body) > MOST_SHOWN:
            words = f"This is {facts.media_type or 'no page'}, {len(response.body):,} bytes: download it to look at it."
            return _said(desk, request, words)
        shown = without_life(response.body, response.headers.get("content-type", ""))
        return Response(shown, media_type="text/html", headers=CLOSED)

    @routes.get("/{capture_id}/raw")
    def download(capture_id: str) -> Response:
        try:
            facts, response = read(capture_id)
        except ArchiveError as error:
            raise LookupError(f"the archive does not give it back: {error}") from error
        # Never under its own type: a browser must not open it beside our pages.
        name = f"capture-{facts.id[:12]}.bin"
        headers = {
            "Content-Disposition": f'attachment; filename="{name}"',
            "Content-Security-Policy": REPLAYED,
        }
        return Response(response.body, media_type="application/octet-stream", headers=headers)

    return routes


def without_life(body: bytes, content_type: str) -> bytes:
    """A page without scripts, frames, forms, links and redirects, as UTF-8. What the policy forbids is taken out as well."""
    from lxml import html

    charset = re.search(r"charset=[\"']?([\w.:-]+)", content_type, re.IGNORECASE)
    try:
        parser: Any = html.HTMLParser(encoding=charset[1] if charset else None, huge_tree=False)
    except LookupError:  # a charset that nobody knows
        parser = html.HTMLParser(huge_tree=False)
    try:
        tree = html.document_fromstring(body, parser=parser)
    except (ValueError, html.etree.ParserError):
        return b"<!DOCTYPE html><p>The page is empty."
    cleaned = Cleaner(
        scripts=True, javascript=True, comments=True, style=False, inline_style=False, links=True, meta=True,
        page_structure=False, processing_instructions=True, embedded=True, frames=True, forms=True, annoying_tags=True,
        safe_attrs_only=False, kill_tags=("base", "template", "noscript"),
    ).clean_html(tree)  # fmt: skip
    # A link may cover the whole page, and a browser connects to where it leads when it is pressed, whatever a policy says.
    for one in cleaned.iter(html.etree.Element):
        for name in LEADS_AWAY & set(one.attrib):
            del one.attrib[name]
    written: bytes = html.tostring(cleaned, encoding="utf-8", doctype="<!DOCTYPE html>")
    return written


def _said(desk: Desk, request: Request, words: str, status: int = 200) -> Response:
    answer = desk.page(request, "replay_said.html", status, words=words)
    answer.headers.update(CLOSED)
    return answer
