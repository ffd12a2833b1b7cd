"""Writes down which texts are held back: what is suspicious (`suspicion`) is told to the operator, who decides.

What would move too much is held by this note. That a page's text shrank is judged anew by each fold, sighting by sighting;
its note is for whoever looks.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile

from pipelines.store import queries, record
from pipelines.store.session import Session
from pipelines.suspicion import Limits, Moved, judged, short_words, too_many


@dataclass(frozen=True, slots=True)
class Text:
    """A text that is being posted: what would be held back, were it suspicious."""

    document: str
    url: str
    source: str
    run_id: int


def judge_length(session: Session, text: Text, now: datetime, limits: Limits) -> bool:
    """Note that a page's text shrank, or that it has stayed so for long.

    Returns whether texts are believed that were not until now.
    """
    versions = judged(queries.shown_at(session, text.url), limits)
    if not versions or not versions[-1].short:
        return False
    newest = versions[-1]
    if newest.believed:
        streak = list(takewhile(lambda v: v.short, reversed(versions)))
        return record.outlast(session, {v.document for v in streak}, now)
    least = min(v.length for v in versions if not v.short)
    record.hold(
        session,
        newest.document,
        text.url,
        text.source,
        text.run_id,
        "short",
        short_words(newest.length, least),
        now,
    )
    return False


def judge_moves(
    session: Session, text: Text, positions: int, now: datetime, limits: Limits, moved: Moved
) -> bool:
    """Hold a text that would move too many positions; otherwise count what it moves. Returns whether it is held now.

    One that its page showed before another one, and that was believed then, is not held: a page may go back.
    """
    reason = too_many(positions, text.source, moved, limits)
    if reason is None or not queries.may_be_held(session, text.url, text.document):
        moved.add(text.source, positions)
        return False
    record.hold(session, text.document, text.url, text.source, text.run_id, "many", reason, now)
    return True
