"""From the store to timelines: reads what is stored for pairs and folds it, as it is now or as it was known at a time.

positions_at      what was in force at a moment (valid time), as far as was known at another (knowledge time)
positions_asked   a page of positions for every way out: those of today, or of such a moment
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby

from extract.types import GENERAL
from pipelines.evidence import Evidence, Version
from pipelines.positions import Held, Timeline, fold
from pipelines.store import queries
from pipelines.store.facts import PositionFacts
from pipelines.store.queries import Page, Pair, PositionFilter
from pipelines.store.session import Session
from pipelines.suspicion import Limits, judged

_BATCH = 200


@dataclass(frozen=True, slots=True)
class Rules:
    """What is derived depends on these besides what is stored.

    `parents` (slug → slug of the parent) tells whose page speaks for which company, `settle` how long a page's sentence
    must stay away, `limits` when a page's text is too short to be believed.
    """

    parents: Mapping[str, str | None]
    settle: timedelta
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class Derived:
    """A pair's timeline, and what it was folded from."""

    timeline: Timeline
    evidence: list[Evidence]
    versions: list[Version]


def derive(
    session: Session,
    pairs: Collection[Pair],
    rules: Rules,
    known_at: datetime | None = None,
    *,
    whole: bool = True,
) -> dict[Pair, Derived]:
    """The history of each pair from everything stored for it, or from what of it was stored by a time.

    Not `whole`: without the old reports that leave no trace (`thinning`), which is the same and costs the same however
    much is stored.
    """
    general = {(company, GENERAL) for company, _ in pairs}
    told = queries.evidence_of(session, {*pairs, *general}, rules.parents, known_at, whole=whole)
    # What a page says of all authorities is heard beside what it says of one.
    evidence = {
        pair: [*told[pair], *(e for e in told[pair[0], GENERAL] if e.own and pair[1] != GENERAL)]
        for pair in sorted(pairs)
    }
    versions = {
        pair: [v for _, page in groupby(shown, key=lambda v: v.page) for v in judged(page, rules.limits)]
        for pair, shown in queries.versions_of(session, evidence, known_at).items()
    }
    return {
        pair: Derived(
            fold(*pair, evidence[pair], versions[pair], rules.settle), evidence[pair], versions[pair]
        )
        for pair in evidence
    }


def timelines(
    session: Session,
    pairs: Collection[Pair],
    rules: Rules,
    known_at: datetime | None = None,
) -> dict[Pair, Timeline]:
    """The whole history of each pair."""
    return {p: d.timeline for p, d in derive(session, pairs, rules, known_at).items()}


def positions_at(
    session: Session,
    rules: Rules,
    *,
    as_of: datetime | None = None,
    known_at: datetime | None = None,
    company: str | None = None,
    authority: str | None = None,
) -> list[PositionFacts]:
    """What was in force at `as_of` (None: to this day), as far as known at `known_at` (None: as known today).

    Derived anew each time, so it costs more than reading the stored positions. Raises StoreError.
    """
    pairs = [
        (c, a)
        for c, a in queries.pairs_everywhere(session)
        if company in (None, c) and authority in (None, a)
    ]
    return positions_of(session, pairs, rules, as_of=as_of, known_at=known_at)


def positions_of(
    session: Session,
    pairs: Sequence[Pair],
    rules: Rules,
    *,
    as_of: datetime | None = None,
    known_at: datetime | None = None,
) -> list[PositionFacts]:
    """The same for some pairs, in their order; those with nothing in force are left out. Raises StoreError."""
    found: list[PositionFacts] = []
    for start in range(0, len(pairs), _BATCH):
        batch = pairs[start : start + _BATCH]
        derived = timelines(session, batch, rules, known_at)
        for pair in batch:
            held, since = state_at(derived[pair], as_of)
            if held and since is not None:
                provisional = derived[pair].provisional if as_of is None else None
                found.append(PositionFacts(*pair, held, since, provisional))
    return found


def positions_asked(
    session: Session,
    wanted: PositionFilter,
    rules: Rules,
    after: str | None = None,
    limit: int = 50,
    *,
    as_of: datetime | None = None,
    known_at: datetime | None = None,
) -> Page[PositionFacts]:
    """What is in force, or was, by company and authority. Raises CursorError.

    With a time a page may hold fewer than `limit`, even none, and there may be more after it: pairs are looked through.
    """
    if as_of is None and known_at is None:
        return queries.positions_page(session, wanted, after, limit)
    pairs = queries.pairs_page(session, wanted, after, limit)
    found = positions_of(session, pairs.rows, rules, as_of=as_of, known_at=known_at)
    kept = (p for p in found if wanted.stance is None or wanted.stance in {held.stance for held in p.held})
    return Page(tuple(kept), pairs.after)


def state_at(timeline: Timeline, as_of: datetime | None = None) -> tuple[tuple[Held, ...], datetime | None]:
    """What was in force at a moment, and since when it had been exactly this; the moment None is the end."""
    if as_of is None:
        return timeline.held, since_of(timeline)
    steps = [step for step in timeline.steps if step.at <= as_of]
    if not steps or not steps[-1].after:
        return (), None
    return steps[-1].after, steps[-1].at


def since_of(timeline: Timeline) -> datetime | None:
    """Since when it has been exactly this; None where nothing is in force."""
    if not timeline.held:
        return None
    return timeline.steps[-1].at if timeline.steps else max(held.since for held in timeline.held)
