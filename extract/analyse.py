"""The front door: one capture in, what it is and says out. Pure; touches no disk, clock, network or database.

    capture
    | judge_response     status, headers, length: may be all there is to say (not modified, error, bot wall)
    | media_of           the bytes say what they are; a report's figures (CSV, XLSX) are kept but not read
    | read_page          bytes -> Document and the signs of its structure
    | judge_page         moved, walls, soft 404, shell, paywall, empty, another language, or ok
    | read_with_unsure   only of an ok page in English
    Analysis(outcome, note, document, statements)

Does not limit time or memory: pipelines.pool does.
"""

from __future__ import annotations

from datetime import UTC, datetime

from extract.document.media import Media, media_of
from extract.document.outcome import judge_page, judge_response
from extract.document.page import UnreadableError
from extract.document.read import read_page
from extract.knowledge import Knowledge
from extract.types import Analysis, Capture, Document, Outcome, SourceKind, Statement

# Outcomes that are not ok but leave the page's own text to look at. What a wall says is no text of the page.
_WITH_TEXT = frozenset({Outcome.OK, Outcome.LANGUAGE_FLIPPED, Outcome.PAYWALL_STUB})
_ENGLISH = "en"


def analyse(capture: Capture, knowledge: Knowledge) -> Analysis:
    """What a capture is, its document and its statements. Trouble with the page is an outcome, never an exception."""
    verdict = judge_response(capture)
    if verdict is not None:
        return Analysis(*verdict)
    if capture.kind is SourceKind.REPORT and media_of(capture) is Media.TABLE:
        return Analysis(Outcome.OK, "figures, kept in the archive; only text and PDF reports are read")
    try:
        page = read_page(capture)
    except UnreadableError as error:
        return Analysis(Outcome.ERROR, error.reason)
    except RecursionError:
        return Analysis(Outcome.ERROR, "nested too deeply to be read")
    outcome, note = judge_page(capture, page)
    document = page.document if outcome in _WITH_TEXT else None
    statements, unsure = _statements(document, knowledge) if outcome is Outcome.OK and document else ((), ())
    return Analysis(outcome, note, document, statements, unsure)


def _statements(
    document: Document, knowledge: Knowledge
) -> tuple[tuple[Statement, ...], tuple[Statement, ...]]:
    if document.language not in (None, _ENGLISH):
        return (), ()
    from extract.statements.pipeline import (
        read_with_unsure,
    )  # spaCy takes seconds to load, an error page needs none

    return read_with_unsure(document, knowledge)


def prepare(knowledge: Knowledge) -> None:
    """Loads what the first page would load (models, rules): seconds, once in a process. For workers and benchmarks."""
    analyse(_WARM_UP, knowledge)


_WARM_UP = Capture(
    source="warm-up",
    kind=SourceKind.FEED,
    url="https://warm.invalid/up",
    final_url="https://warm.invalid/up",
    fetched=datetime(2026, 1, 1, tzinfo=UTC),
    status=200,
    headers={},
    body=b"<!doctype html><html lang=en><title>Zoom refuses to hand over user data</title><article><h1>Zoom refuses to hand "
    b"over user data</h1><p>Zoom refuses to hand over user data to the police in Hong Kong, the company said on Monday, and it "
    b"will not answer requests of the authorities for information about its users until it has read the law.</p></article></html>",
    language="en",
)
