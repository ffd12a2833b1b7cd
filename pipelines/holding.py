"""Holds texts back in the store: what is suspicious (`suspicion`) waits until somebody, or time, decides.

A text that its page showed before another one, and that was believed then, is never held: a page may go back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pipelines.store import queries, record
from pipelines.store.session import Session
from pipelines.suspicion import Limits, Moved, is_short, short_words, too_many


@dataclass(frozen=True, slots=True)
class Text:
    """A text that is being posted: what would be held back, were it suspicious."""

    document: str
    url: str
    source: str
    run_id: int


def judge_length(session: Session, text: Text, length: int, now: datetime, limits: Limits) -> bool:
    """Hold a page's text that shrank; believe it, and those before it, once the page has stayed so for long.

    Returns whether texts are believed that were held until now.
    """
    if queries.hold_state(session, text.document) in ("released", "discarded"):
        return False
    shown = queries.believed_lengths(session, text.url, text.document)
    if not is_short(length, shown, limits) or _is_known(session, text):
        return False
    since, streak = queries.short_streak(session, text.url, text.document)
    if since is not None and now - since >= limits.stays:
        record.decide(session, streak, "released", "stancewatch: the page stayed so", now)
        return True
    _hold(session, text, "short", short_words(length, shown), now)
    return False


def judge_moves(
    session: Session, text: Text, positions: int, now: datetime, limits: Limits, moved: Moved
) -> bool:
    """Hold a text that would move too many positions; otherwise count what it moves. Returns whether it is held now."""
    reason = too_many(positions, text.source, moved, limits)
    if reason is None or queries.hold_state(session, text.document) is not None or _is_known(session, text):
        moved.add(text.source, positions)
        return False
    _hold(session, text, "many", reason, now)
    return True


def _is_known(session: Session, text: Text) -> bool:
    state = queries.hold_state(session, text.document)
    return state is None and queries.was_shown_before(session, text.url, text.document)


def _hold(session: Session, text: Text, kind: record.HoldKind, reason: str, now: datetime) -> None:
    record.hold(session, text.document, text.url, text.source, text.run_id, kind, reason, now)
