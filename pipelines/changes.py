"""Names, weighs and identifies the steps of a pair: from a `Timeline` to changes. Pure; stores and tells nothing."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from extract.types import Side, Stance, identity_of
from pipelines.positions import Held, Step, Timeline
from pipelines.sides import sides_of
from pipelines.terms import TermsChange

Kind = Literal["new", "stance", "terms", "withdrawn", "contradicted"]
Severity = Literal["minor", "major"]
Status = Literal["provisional", "confirmed", "retracted"]


@dataclass(frozen=True, slots=True)
class Change:
    """A position's step from one state to the next, with its cause.

    `reason` says in words why it has its status. `occurred` is when the company did it, as far as told; `found` is
    when we could first know. `baseline` marks what stood on a page before we looked, and what was over before we heard
    of it: recorded, never alerted.
    """

    id: str
    company: str
    authority: str
    kind: Kind
    severity: Severity
    status: Status
    reason: str
    before: tuple[Held, ...]
    after: tuple[Held, ...]
    occurred: datetime
    found: datetime
    baseline: bool


def changes_of(timeline: Timeline) -> tuple[Change, ...]:
    """The changes of a pair, oldest first.

    An id is made of the pair, of what the step is about (a stance in force, its terms, its end) and of the day on which
    we first *learned* of it. That day stays the first one, however much arrives later: a second report that confirms,
    an earlier-dated one of the same event, an older event of the same kind, an edited article; and even if an analyst
    rejects the first text, where others had told the same by then. Of one day only the number counts (a stance that
    came into force twice), because the order in which one crawl reads its pages is chance. Nor does the id hold words,
    addresses or digests, so reading the same pages by better rules keeps it. What can move it is an archived capture,
    fetched on an earlier day, that tells the same.
    """
    found: list[Change] = []
    times: Counter[tuple[str, str, str]] = Counter()
    for step in timeline.steps:
        what = _what(step), str(step.cause.stance), step.cause.day.isoformat()
        times[what] += 1
        found.append(
            _change(
                timeline, step, identity_of(timeline.company, timeline.authority, *what, str(times[what]))
            )
        )
    return tuple(found)


def _change(timeline: Timeline, step: Step, change_id: str) -> Change:
    return Change(
        id=change_id,
        company=timeline.company,
        authority=timeline.authority,
        kind=_kind(step),
        severity=_severity(step),
        status="confirmed" if step.confirmation.confirmed else "provisional",
        reason=_reason(step),
        before=step.before,
        after=step.after,
        occurred=step.at,
        found=step.found,
        baseline=step.baseline or step.late,
    )


def _what(step: Step) -> str:
    if step.added:
        return "stance"
    return "terms" if step.terms else "ended"


def _kind(step: Step) -> Kind:
    """`new` is what we first hear of a pair; a watched page that was silent and now speaks has changed its stance.

    `withdrawn` is silence: a page says it no longer. What another word ends is a change of stance.

    `contradicted`: the company's page says one thing, the press another. Once the report is confirmed it is a change.
    """
    if step.contradicts:
        return "contradicted"
    if step.added:
        first_heard = not step.before and (step.report or step.baseline)
        return "new" if first_heard else "stance"
    if step.terms:
        return "terms"
    return "withdrawn" if step.gone else "stance"


def _severity(step: Step) -> Severity:
    """A change of side is major. A first word changes no side; it is major where it withholds."""
    before, after = (sides_of(h.stance for h in held) for held in (step.before, step.after))
    if not before:
        return "major" if Side.WITHHOLDING in after else "minor"
    return "minor" if before == after else "major"


def _terms_words(stance: Stance, change: TermsChange) -> str:
    gone = f"no longer said: “{change.dropped}”" if change.dropped else ""
    said = ", ".join(filter(None, (change.words, gone)))
    return f"terms of {stance} {change.direction}: {said}"


def _reason(step: Step) -> str:
    """Why it has its status, and how its terms moved."""
    words = [step.confirmation.words]
    words += [_terms_words(stance, change) for stance, change in step.terms]
    if step.late:
        words.append("it was over before we heard of it")
    return "; ".join(words)
