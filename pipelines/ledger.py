"""The one door: what was read, or ruled, moves positions and changes and queues alerts, in one transaction.

    capture, analysis           ─▶ capture, fetch state, document, version, statements
    | pairs it touches          those it speaks of, and those that its address spoke of before
    | positions.fold            per pair, from everything stored for it
    | changes.changes_of        compared with what is stored: new, moved on, retracted
    | alerts.matching           ─▶ store.outbox, for what is new or moved on

Decides nothing itself and sends nothing. All of it or nothing is stored: a crash leaves the database as it was.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from extract.types import GENERAL, Analysis, Capture, Document, Facets, Outcome, SourceKind, Stance, Time
from pipelines.alerts.matching import AlertIntent, Audience, alerts_for, audience_of
from pipelines.changes import Change, changes_of
from pipelines.config import Config
from pipelines.evidence import Ruling
from pipelines.holding import Text, judge_length, judge_moves
from pipelines.positions import Timeline
from pipelines.store import outbox, queries, record, subscriptions
from pipelines.store.facts import RunSource
from pipelines.store.queries import Pair
from pipelines.store.session import Session, Store
from pipelines.suspicion import Limits, Moved, moved_pairs
from pipelines.thinning import WINDOW, spendable
from pipelines.timelines import Derived, Rules, derive, since_of, timelines

# These kinds are looked at again and again: what they show is kept version by version.
WATCHED = frozenset({SourceKind.PAGE, SourceKind.REPORT})
CORRECTABLE = frozenset({"company", "authority", "stance", "time", "facets"})
_BATCH = 200
_UNDERIVED = (
    "what it rested on was replaced by a newer text at its address, or put in another order by an older one"
)


@dataclass(frozen=True, slots=True)
class Context:
    """What posting needs besides the thing posted: who is told, when a page's sentence counts as gone, what is suspicious.

    `moved` counts what each source moved in the present run.
    """

    audience: Audience
    settle: timedelta
    limits: Limits = field(default_factory=Limits)
    moved: Moved = field(default_factory=Moved)

    @property
    def rules(self) -> Rules:
        """What positions depend on besides what is stored."""
        return Rules(self.audience.parents, self.settle, self.limits)


def context_of(config: Config) -> Context:
    """The context that config describes, for one run."""
    positions = config.settings.positions
    return Context(
        audience_of(config),
        timedelta(hours=positions.settle_hours),
        Limits(
            positions.hold_over_text,
            positions.hold_over_source,
            positions.hold_shrunk_to,
            timedelta(days=positions.hold_days),
        ),
    )


@dataclass(frozen=True, slots=True)
class Posted:
    """What a posting did: statements that are new, and the changes that are new or moved on (also by retraction)."""

    statements_new: int = 0
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Difference:
    """Something stored for a pair that is not what the fold derives now."""

    company: str
    authority: str
    what: Literal["position", "change"]
    stored: Any
    derived: Any


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
    derived = _derived(session, pairs, context)
    stored = queries.stored_changes(session, pairs)
    if any(_is_past(stored[pair], d.timeline, now) for pair, d in derived.items()):
        record.unspend(session, pairs)  # it reaches back behind what was left out
        derived = _derived(session, pairs, context)
    positions = moved_pairs(stored, {pair: changes_of(d.timeline) for pair, d in derived.items()})
    if judge_moves(session, text, len(positions), now, context.limits, context.moved):
        derived = _derived(session, pairs, context)
    return _post(session, derived, now, context, _UNDERIVED)


def _is_past(stored: Mapping[str, Change], timeline: Timeline, now: datetime) -> bool:
    """Whether a change is new, gone or another than it was that lies before the window of recent reports."""
    derived = {change.id: change for change in changes_of(timeline)}
    standing = {i: change for i, change in stored.items() if change.status != "retracted"}
    differ = {i for i in standing.keys() | derived.keys() if standing.get(i) != derived.get(i)}
    return any((derived.get(i) or standing[i]).occurred < now - WINDOW for i in differ)


def post_decision(
    store: Store, id_or_prefix: str, decision: record.Decision, *, who: str, now: datetime, context: Context
) -> Posted:
    """Release a held text, so that what it says counts from when it was seen, or discard it for good.

    Raises LookupError if no text of this id is or was held, StoreError.
    """
    with store.writing() as session:
        held = queries.hold(session, id_or_prefix)
        if held is None:
            raise LookupError(f"no text {id_or_prefix} was held back")
        record.decide(session, [held.document], decision, who, now)
        pairs = queries.pairs_around(session, held.document)
        record.unspend(session, pairs)
        because = f"{who} {decision} the text that it rested on"
        return Posted(0, tuple(_conclude(session, pairs, now, context, because)))


@dataclass(frozen=True, slots=True)
class PostedReading:
    """What a second reading did: statements that are new and gone, and the changes that moved with them."""

    added: int
    gone: int
    changes: tuple[Change, ...]


class _UndoneError(Exception):
    """Raised to roll a transaction back that was only a trial."""


def post_reading(
    store: Store,
    document_id: str,
    analysis: Analysis,
    *,
    knowledge: str,
    now: datetime,
    context: Context,
    apply: bool,
) -> PostedReading:
    """Replace what was read in a stored document. What follows is our doing: recorded as reclassified, told to nobody.

    Without `apply` all of it is undone again. Raises StoreError.
    """
    posted = PostedReading(0, 0, ())
    try:
        with store.writing() as session:
            before = queries.pairs_around(session, document_id)
            added, gone = record.replace_statements(
                session, document_id, analysis.statements, analysis.unsure, knowledge=knowledge
            )
            pairs = before | queries.pairs_around(session, document_id)
            record.unspend(session, pairs)
            moved: list[Change] = []
            for pair, derived in _derived(session, pairs, context).items():
                moved += _post_timeline(
                    session, pair, derived.timeline, "its evidence was read by other rules", ours=True
                )
            _tell_who_waits(session, moved, now, context)
            posted = PostedReading(added, gone, tuple(moved))
            _undo_unless(apply)
    except _UndoneError:
        pass
    return posted


def _tell_who_waits(session: Session, moved: list[Change], now: datetime, context: Context) -> None:
    """Who was to be told of a change and was not yet, is told of it as it stands now; nobody else."""
    waiting = outbox.untold(session, [change.id for change in moved])
    standing = [change for change in moved if change.status != "retracted"]
    intents = _alerts_for(session, standing, {}, now, context)
    _queue(session, moved, [i for i in intents if i.recipient in waiting.get(i.change_id, ())], now)


def _queue(
    session: Session, moved: Iterable[Change], intents: Collection[AlertIntent], now: datetime
) -> None:
    """Put what is to be told of these changes into the outbox, and take out what is not any more."""
    outbox.queue(session, intents, now)
    outbox.take_out(session, [change.id for change in moved], {intent.id for intent in intents}, now)


def _alerts_for(
    session: Session,
    changes: Iterable[Change],
    told: Mapping[str, Collection[str]],
    now: datetime,
    context: Context,
) -> list[AlertIntent]:
    gone = {one.recipient for one in subscriptions.unsubscribed(session)}
    return alerts_for(changes, context.audience, told, now, gone)


def _undo_unless(apply: bool) -> None:
    if not apply:
        raise _UndoneError


def post_verdict(
    store: Store,
    statement_id: str,
    ruling: Ruling,
    *,
    who: str,
    after: Mapping[str, Any] | None = None,
    reason: str = "",
    now: datetime,
    context: Context,
) -> Posted:
    """Store an analyst's ruling on a statement, and what follows for the pair it leaves and the pair it joins.

    `after` holds the corrected fields of a `correct` (company, authority, stance, time, facets). Raises LookupError
    if there is no such statement, ValueError if the correction is none, StoreError.
    """
    corrected = _checked(ruling, after or {})
    with store.writing() as session:
        before = queries.ruled_pair(session, statement_id)
        said = queries.statement(session, statement_id)
        if before is None or said is None:
            raise LookupError(f"there is no statement {statement_id}")
        pair = (corrected.get("company", said.company), corrected.get("authority", said.authority))
        record.post_verdict(session, said.id, pair, ruling, who=who, at=now, after=corrected, reason=reason)
        because = f"{who} ruled on its evidence: {ruling}" + (f" ({reason})" if reason else "")
        pairs = {before, pair, (said.company, said.authority)}
        if any(authority == GENERAL for _, authority in pairs):  # it may keep what the page says of one alive
            pairs |= queries.pairs_around(session, said.document)
        record.unspend(session, pairs)
        return Posted(0, tuple(_conclude(session, pairs, now, context, because)))


def _checked(ruling: Ruling, after: Mapping[str, Any]) -> dict[str, Any]:
    """The correction in its stored form. Raises ValueError."""
    if (ruling == "correct") != bool(after):
        raise ValueError("a correction names what is corrected, and nothing else does")
    if unknown := sorted(after.keys() - CORRECTABLE):
        raise ValueError(f"cannot be corrected: {', '.join(unknown)}")
    corrected = dict(after)
    if "stance" in corrected:
        corrected["stance"] = str(Stance(corrected["stance"]))
    if "time" in corrected:
        corrected["time"] = str(Time(corrected["time"]))
    if "facets" in corrected:
        facets = corrected["facets"]
        try:
            corrected["facets"] = (
                facets if isinstance(facets, Facets) else Facets.from_dict(facets)
            ).as_dict()
        except TypeError as error:
            raise ValueError(str(error)) from error
    return corrected


def rebuild(store: Store, *, context: Context, apply_at: datetime | None = None) -> list[Difference]:
    """Derive every position and change again from statements, versions and verdicts; returns where the stored differ.

    With `apply_at`, the present time, the derived ones are stored, and the next posts fold all there is. Nobody is
    alerted by it but who waited: what differs here is a fault of storage or a changed setting, no news. Raises StoreError.
    """
    with store.reading() as session:
        pairs = queries.pairs_everywhere(session)
    found: list[Difference] = []
    for start in range(0, len(pairs), _BATCH):
        some = pairs[start : start + _BATCH]
        with store.writing() if apply_at else store.reading() as session:
            stored = queries.stored_changes(session, some)
            moved: list[Change] = []
            if apply_at:
                record.unspend(session, some)
            for pair, timeline in timelines(session, some, context.rules).items():
                differences = _differences(session, pair, timeline, stored[pair])
                found += differences
                if apply_at and differences:
                    because = "it is not derived when everything is derived again"
                    moved += _post_timeline(session, pair, timeline, because)
            if apply_at and moved:
                _tell_who_waits(session, moved, apply_at, context)
    return found


def _differences(
    session: Session, pair: Pair, timeline: Timeline, stored: Mapping[str, Change]
) -> Iterable[Difference]:
    position = queries.position(session, *pair)
    held = position.held if position else ()
    since = position.since if position else None
    if (held, since) != (timeline.held, since_of(timeline)):
        yield Difference(*pair, "position", (held, since), (timeline.held, since_of(timeline)))
    derived = {change.id: change for change in changes_of(timeline)}
    for change_id in sorted(stored.keys() | derived.keys()):
        old, new = stored.get(change_id), derived.get(change_id)
        if old != new and not (new is None and old is not None and old.status == "retracted"):
            yield Difference(*pair, "change", old, new)


def _conclude(
    session: Session, pairs: Collection[Pair], now: datetime, context: Context, because: str
) -> list[Change]:
    """Derive the pairs anew, store what that gives, queue what there is to tell. Returns the changes that moved."""
    return _post(session, _derived(session, pairs, context), now, context, because)


def _post(
    session: Session, pairs: Mapping[Pair, Derived], now: datetime, context: Context, because: str
) -> list[Change]:
    moved: list[Change] = []
    for pair, derived in pairs.items():
        moved += _post_timeline(session, pair, derived.timeline, because)
        record.spend(
            session,
            spendable(derived.timeline, derived.evidence, derived.versions, context.settle, now - WINDOW),
        )
    if moved:
        told = outbox.told(session, [change.id for change in moved])
        _queue(session, moved, _alerts_for(session, moved, told, now, context), now)
    return moved


def _derived(session: Session, pairs: Collection[Pair], context: Context) -> dict[Pair, Derived]:
    return derive(session, pairs, context.rules, whole=False)


def _post_timeline(
    session: Session, pair: Pair, timeline: Timeline, because: str, *, ours: bool = False
) -> list[Change]:
    record.post_position(session, *pair, timeline.held, since_of(timeline))
    return record.post_changes(session, *pair, changes_of(timeline), because, reclassified=ours)


def open_run(store: Store, job: str, now: datetime) -> int:
    """A job begins; returns the run's number. Raises StoreError."""
    with store.writing() as session:
        return record.open_run(session, job, now)


def finish_run(
    store: Store,
    run_id: int,
    state: Literal["ok", "failed", "aborted"],
    counts: Mapping[str, Any],
    error: str | None,
    now: datetime,
) -> None:
    """A run ends. Raises StoreError, and LookupError if there is no such run."""
    with store.writing() as session:
        record.finish_run(session, run_id, state, counts, error, now)


def abort_dead_runs(store: Store, job: str, now: datetime) -> int:
    """Close runs of a job whose process is gone; the caller holds the job's lock. Returns how many. Raises StoreError."""
    with store.writing() as session:
        return record.abort_dead_runs(session, job, now)


def note_source(store: Store, run_id: int, facts: RunSource) -> None:
    """What a run did for one source so far. Raises StoreError."""
    with store.writing() as session:
        record.note_source(session, run_id, facts)
