"""The one door: what was read, or ruled, moves positions and changes and queues alerts, in one transaction.

    capture, analysis           ─▶ capture, fetch state, document, version, statements
    | pairs it touches          those it speaks of, and those that its address spoke of before
    | positions.fold            per pair, from everything stored for it
    | changes.changes_of        compared with what is stored: new, moved on, retracted
    | alerts.matching           ─▶ store.outbox, for what is new or moved on

Decides nothing itself and sends nothing. All of it or nothing is stored: a crash leaves the database as it was.
"""

from pipelines.ledger.captures import (
    WATCHED,
    fetch_of,
    keep_validators,
    post_capture,
    post_sighting,
    see_not_modified,
)
from pipelines.ledger.concluding import Context, Posted, context_of
from pipelines.ledger.rereading import Difference, PostedReading, post_reading, rebuild
from pipelines.ledger.rulings import (
    CORRECTABLE,
    RuledError,
    UndoError,
    post_comment,
    post_decision,
    post_skip,
    post_verdict,
    take_up_skipped,
    undo_verdict,
    weigh_audience,
)
from pipelines.ledger.runs import abort_dead_runs, finish_run, note_source, open_run

__all__ = [
    "CORRECTABLE",
    "WATCHED",
    "Context",
    "Difference",
    "Posted",
    "PostedReading",
    "RuledError",
    "UndoError",
    "abort_dead_runs",
    "context_of",
    "fetch_of",
    "finish_run",
    "keep_validators",
    "note_source",
    "open_run",
    "post_capture",
    "post_comment",
    "post_decision",
    "post_reading",
    "post_sighting",
    "post_skip",
    "post_verdict",
    "rebuild",
    "see_not_modified",
    "take_up_skipped",
    "undo_verdict",
    "weigh_audience",
]
