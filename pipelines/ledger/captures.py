"""Posts what was fetched: a response with what was read in it, or that it was seen again."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from extract.types import Analysis, Capture, Document, Outcome, SourceKind
from pipelines.changes import Change, changes_of
from pipelines.holding import Text, judge_length, judge_moves
from pipelines.ledger.carrying import carry_rulings
from pipelines.ledger.concluding import Context, Posted, derived_of, derived_to_the_end, post
from pipelines.store import queries, record
from pipelines.store.queries import Pair
from pipelines.store.session import Session, Store
from pipelines.suspicion import moved_pairs
from pipelines.thinning import WINDOW

# These kinds are looked at again and again: what they show is kept version by version.
WATCHED = frozenset({SourceKind.PAGE, SourceKind.REPORT})
_UNDERIVED = (
    "what it rested on was replaced by a newer text at its address, or put in another order by an older one"
)


def post_capture(
    store: Store,
    capture: Capture,
    analysis: Analysis,
    *,
    knowledge: str,
    entry: bool,
    run_id: int,
    now: datetime,
    context: Context,
) -> Posted:
    """Store one response and what was read in it, with all that follows.

    `knowledge` is the version of the rules that read it; `entry` says that this is the source's own address. A response
    that is not ok is stored and noted, and nothing appears or disappears by it. Raises StoreError.
    """
    with store.writing() as session:
        record.note_fetch(session, fetch_of(capture, analysis.outcome, analysis.note, entry, run_id))
        if analysis.outcome is Outcome.NOT_MODIFIED:
            return _post_not_modified(session, capture, run_id, now, context)
        record.note_capture(session, capture, analysis.outcome, analysis.note)
        if analysis.outcome is not Outcome.OK or analysis.document is None:
            return Posted()
        keep_validators(session, capture)
        if entry and capture.kind in WATCHED:
            record.move_page(session, capture.source, capture.url)
        noted = record.note_document(
            session,
            capture,
            analysis.document,
            analysis.statements,
            analysis.unsure,
            knowledge=knowledge,
            watched=capture.kind in WATCHED,
            now=now,
        )
        if not noted.moved:
            return Posted(noted.statements_new)
        text = Text(analysis.document.id, capture.url, capture.source, run_id)
        if (
            capture.kind not in WATCHED
        ):  # what a page's versions say is ruled on sentence by sentence: see `watched`
            carry_rulings(session, analysis.document.id, now, edited=True)
        pairs = queries.pairs_around(session, analysis.document.id)
        _fold_again_what_leans_on_it(session, pairs, capture, analysis.document, noted, now)
        if capture.kind in WATCHED:
            _judge_length(session, text, pairs, now, context)
        return Posted(noted.statements_new, tuple(_believe(session, pairs, text, now, context)))


def post_sighting(
    store: Store,
    capture: Capture,
    known: queries.CaptureFacts,
    *,
    entry: bool,
    run_id: int,
    now: datetime,
    context: Context,
) -> Posted:
    """A response that is stored and read already came once more: only times of last sight move, and what waits on them."""
    with store.writing() as session:
        record.note_fetch(session, fetch_of(capture, known.outcome, known.note, entry, run_id))
        if known.outcome is not Outcome.OK:
            record.note_capture(session, capture, known.outcome, known.note)
            return Posted()
        keep_validators(session, capture)
        return _see_again(session, capture, known, run_id, now, context)


def fetch_of(capture: Capture, outcome: Outcome, note: str, entry: bool, run_id: int) -> record.Fetch:
    """The attempt that a response ends."""
    return record.Fetch(
        capture.source, capture.url, capture.fetched, entry, run_id, capture.status, outcome, note
    )


def keep_validators(session: Session, capture: Capture) -> None:
    """The next request for this URL asks whether this ok response still stands."""
    modified = capture.status != 304
    record.note_validators(
        session, capture.source, capture.url, capture.fetched, capture.headers, replace=modified
    )


def see_not_modified(session: Session, capture: Capture) -> queries.CaptureFacts | None:
    """The ok capture that a 304 speaks of; where there is none any more, the next request will be unconditional."""
    known = queries.newest_ok_capture(session, capture.url, capture.fetched)
    if known is None:
        record.forget_validators(session, capture.source, capture.url)
    else:
        keep_validators(session, capture)
    return known


def _post_not_modified(
    session: Session, capture: Capture, run_id: int, now: datetime, context: Context
) -> Posted:
    known = see_not_modified(session, capture)
    return _see_again(session, capture, known, run_id, now, context) if known else Posted()


def _see_again(
    session: Session,
    capture: Capture,
    known: queries.CaptureFacts,
    run_id: int,
    now: datetime,
    context: Context,
) -> Posted:
    moved = record.see_capture_again(session, known.id, capture.fetched, watched=capture.kind in WATCHED)
    if not moved or known.document is None:
        return Posted()
    if capture.kind not in WATCHED:  # an earlier text is back
        carry_rulings(session, known.document, now, edited=True)
    pairs = queries.pairs_around(session, known.document)
    text = Text(known.document, capture.url, capture.source, run_id)
    if capture.kind in WATCHED:
        _judge_length(session, text, pairs, now, context)
    if capture.kind not in WATCHED or capture.fetched < now - WINDOW:
        record.unspend(session, pairs)
    return Posted(0, tuple(_believe(session, pairs, text, now, context)))


def _fold_again_what_leans_on_it(
    session: Session,
    pairs: Collection[Pair],
    capture: Capture,
    document: Document,
    noted: record.Noted,
    now: datetime,
) -> None:
    """What was left out of the fold may matter again to a text that is edited, dated otherwise, or older than the window."""
    record.unspend_at(session, document.url)
    article = capture.kind not in WATCHED
    told = queries.told_since(session, document.url) if article else capture.fetched
    redated = article and not noted.statements_new
    if redated or (told is not None and told < now - WINDOW):
        record.unspend(session, pairs)


def _judge_length(
    session: Session, text: Text, pairs: Collection[Pair], now: datetime, context: Context
) -> None:
    if judge_length(session, text, now, context.limits):
        record.unspend(session, pairs)


def _believe(
    session: Session, pairs: Collection[Pair], text: Text, now: datetime, context: Context
) -> list[Change]:
    """Conclude what follows from a text, unless it would move so much that somebody should look at it first."""
    stored = queries.stored_changes(session, pairs)
    derived = derived_to_the_end(session, pairs, stored, now, context)
    positions = moved_pairs(stored, {pair: changes_of(d.timeline) for pair, d in derived.items()})
    if judge_moves(session, text, len(positions), now, context.limits, context.moved):
        derived = derived_of(session, pairs, context)
    return post(session, derived, now, context, _UNDERIVED)
