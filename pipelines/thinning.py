"""Which of a pair's old reports can be left out of the fold for good: those without which all that follows is the same.

A pair that is written about daily for years has thousands of reports that only repeat what is in force. What moved
something, what confirmed it, what is quoted, what an analyst ruled on and what the company said itself stays; so does
all that is not older than the window. Pure; the fold itself is the judge: what is left out must leave no trace.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from extract.types import Stance
from pipelines.evidence import Evidence, Version
from pipelines.positions import Held, Timeline, fold

# Older reports are not fetched (crawl.max_age_days, 30 by default); one that comes all the same is folded with all others.
WINDOW = timedelta(days=45)
# As many old reports are worth the second fold that it takes to leave them out.
WORTH = 200


def spendable(
    timeline: Timeline,
    evidence: Sequence[Evidence],
    versions: Collection[Version],
    settle: timedelta,
    horizon: datetime,
    worth: int = WORTH,
) -> frozenset[str]:
    """The statements that may be left out while nothing from before `horizon` arrives; none if it is not worth it."""
    old = [e for e in evidence if max(e.occurred, e.first_seen) < horizon]
    if len(old) < worth:
        return frozenset()
    pair = timeline.company, timeline.authority
    # What the old ones alone give must stay, too: a later step may fall between recent reports, and an analyst may yet
    # reject any of these.
    alone = fold(*pair, old, versions, settle)
    named = _named(timeline) | _named(alone)
    open_ = timeline.unconfirmed | alone.unconfirmed
    kept = {e.document for e in evidence if e.id in named or _stays(e, open_)}
    kept |= {e.document for e in evidence} - {e.document for e in old}
    spent = frozenset(e.id for e in old if e.document not in kept)
    if len(spent) < worth:
        return frozenset()
    for whole, some in ((timeline, evidence), (alone, old)):
        if fold(*pair, [e for e in some if e.id not in spent], versions, settle) != whole:
            return frozenset()
    return spent


def _stays(evidence: Evidence, unconfirmed: Collection[Stance]) -> bool:
    """What the company said, what was ruled on, and what may still be confirmed by a report to come."""
    return evidence.own or evidence.verdict is not None or evidence.stance in unconfirmed


def _named(timeline: Timeline) -> set[str]:
    """The statements that its states quote."""
    return {s for held in _states(timeline) for h in held for s in h.statements}


def _states(timeline: Timeline) -> list[tuple[Held, ...]]:
    return [timeline.held, *(s.before for s in timeline.steps), *(s.after for s in timeline.steps)]
