"""What follows for pairs once something is stored: derived anew, compared, written, queued for who is told."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pipelines.alerts.matching import AlertIntent, Audience, alerts_for, audience_of, followers_of
from pipelines.changes import Change, changes_of
from pipelines.config import Config
from pipelines.positions import Timeline
from pipelines.proposals import proposals_of, would
from pipelines.store import outbox, record, subscriptions
from pipelines.store.queries import Pair
from pipelines.store.session import Session
from pipelines.suspicion import Limits, Moved
from pipelines.thinning import WINDOW, spendable
from pipelines.timelines import Derived, Rules, derive, since_of


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


def conclude(
    session: Session, pairs: Collection[Pair], now: datetime, context: Context, because: str
) -> list[Change]:
    """Derive the pairs anew, store what that gives, queue what there is to tell. Returns the changes that moved."""
    return post(session, derived_of(session, pairs, context), now, context, because)


def post(
    session: Session, pairs: Mapping[Pair, Derived], now: datetime, context: Context, because: str
) -> list[Change]:
    """Store what was derived of some pairs and queue what there is to tell; `because` is why what is gone is gone."""
    moved: list[Change] = []
    for derived in pairs.values():
        moved += post_derived(session, derived, now, context, because)
        record.spend(
            session,
            spendable(derived.timeline, derived.evidence, derived.versions, context.settle, now - WINDOW),
        )
    if moved:
        told = outbox.told(session, [change.id for change in moved])
        _queue(session, moved, _alerts_for(session, moved, told, now, context), now)
    return moved


def derived_of(session: Session, pairs: Collection[Pair], context: Context) -> dict[Pair, Derived]:
    """The pairs' histories, without what leaves no trace in them."""
    return derive(session, pairs, context.rules, whole=False)


def derived_to_the_end(
    session: Session,
    pairs: Collection[Pair],
    stored: Mapping[Pair, Mapping[str, Change]],
    now: datetime,
    context: Context,
) -> dict[Pair, Derived]:
    """The same; with all there is, if what came reaches back behind what was left out (`stored`: the changes so far)."""
    derived = derived_of(session, pairs, context)
    if any(_is_past(stored[pair], d.timeline, now) for pair, d in derived.items()):
        record.unspend(session, pairs)
        derived = derived_of(session, pairs, context)
    return derived


def _is_past(stored: Mapping[str, Change], timeline: Timeline, now: datetime) -> bool:
    """Whether a change is new, gone or another than it was that lies before the window of recent reports."""
    derived = {change.id: change for change in changes_of(timeline)}
    standing = {i: change for i, change in stored.items() if change.status != "retracted"}
    differ = {i for i in standing.keys() | derived.keys() if standing.get(i) != derived.get(i)}
    return any((derived.get(i) or standing[i]).occurred < now - WINDOW for i in differ)


def post_derived(
    session: Session,
    derived: Derived,
    now: datetime,
    context: Context,
    because: str,
    *,
    ours: bool = False,
    news: bool = True,
) -> list[Change]:
    """Store a pair's position, changes and proposals; returns the changes that moved.

    `ours`: better rules moved them; `news`: what is new in the store is so to its readers too.
    """
    timeline = derived.timeline
    pair = timeline.company, timeline.authority
    changes = changes_of(timeline)
    record.post_position(session, *pair, timeline.held, since_of(timeline), timeline.provisional)
    moved = record.post_changes(session, *pair, changes, because, now, reclassified=ours, news=news)
    audience = 1 + followers_of(*pair, context.audience)
    in_force = {held.stance for held in timeline.held}
    record.post_proposals(
        session,
        *pair,
        proposals_of(timeline, changes, derived.evidence, audience),
        lambda s: would(s, in_force),
    )
    return moved


def tell_who_waits(session: Session, moved: list[Change], now: datetime, context: Context) -> None:
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
