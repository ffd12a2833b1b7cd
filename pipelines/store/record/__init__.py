"""Every write, by what it is about. Call inside `Store.writing()`: writers stand in line, so reading first is safe.

All of it may be done twice: what is there already stays, but for times of last sight.
"""

from pipelines.store.record.conclusions import (
    post_changes,
    post_position,
    post_verdict,
    spend,
    unspend,
    unspend_at,
)
from pipelines.store.record.fetches import Fetch, forget_validators, note_fetch, note_validators
from pipelines.store.record.holds import Decision, decide, hold, outlast
from pipelines.store.record.pages import (
    Noted,
    move_page,
    note_capture,
    note_document,
    replace_statements,
    see_capture_again,
)
from pipelines.store.record.review import comment, post_proposals, skip, take_up, weigh_audience
from pipelines.store.record.runs import abort_dead_runs, finish_run, note_source, open_run

__all__ = [
    "Decision",
    "Fetch",
    "Noted",
    "abort_dead_runs",
    "comment",
    "decide",
    "finish_run",
    "forget_validators",
    "hold",
    "move_page",
    "note_capture",
    "note_document",
    "note_fetch",
    "note_source",
    "note_validators",
    "open_run",
    "outlast",
    "post_changes",
    "post_position",
    "post_proposals",
    "post_verdict",
    "replace_statements",
    "see_capture_again",
    "skip",
    "spend",
    "take_up",
    "unspend",
    "unspend_at",
    "weigh_audience",
]
