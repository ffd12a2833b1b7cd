"""The fold: from the readings of one pair (company, authority) to what is in force, step by step. Decides, stores nothing.

A pure function of the set of what is stored for the pair: order of arrival and repetition cannot show.

    readings_of      what single texts say; history, rejected and unlisted give nothing     (readings)
    | heard          what each of them tells that was not told before, and what that ends   (hearing)
    | fold           each reading in its turn ends and adds stances
    | Timeline       the states one after the other; the last one is the position
    later: changes.changes_of names, weighs and identifies the steps
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Any, Literal

from extract.types import Facets, Stance
from pipelines.confirmation import Confirmation
from pipelines.evidence import Evidence, Version
from pipelines.hearing import Cause, Heard, Segment, heard_in_turn
from pipelines.readings import dropped_of, readings_of
from pipelines.sides import ENDS, WEIGHT
from pipelines.terms import TermsChange

# Most statements that a position or a change names for one stance; the desk lists all of them by pair.
STATEMENTS_NAMED = 20


@dataclass(frozen=True, slots=True)
class Held:
    """One stance in force: since when, under which conditions, and the statements that hold it.

    The first statement is the one to quote: before a step the last that was shown, after it the one that brought it.
    """

    stance: Stance
    facets: Facets
    since: datetime
    statements: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """The stored JSON form."""
        return {
            "stance": str(self.stance),
            "facets": self.facets.as_dict(),
            "since": self.since.isoformat(),
            "statements": list(self.statements),
        }

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Held:
        """The reverse of `as_dict`."""
        return cls(
            Stance(value["stance"]),
            Facets.from_dict(value["facets"]),
            datetime.fromisoformat(value["since"]),
            tuple(value["statements"]),
        )


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the pair from a state to the next.

    `added` are the stances that newly came into force, `terms` those that went on under other conditions (with the
    new ones), `ended` those no longer in force. `gone`: it only ended, because a page no longer says so. `late`: it
    comes from reports and was over before we heard of it. `contradicts`: a report tells the contrary of what an own page
    says, and both stand. `confirmation` is about what is new.
    """

    at: datetime
    cause: Cause
    baseline: bool
    before: tuple[Held, ...]
    after: tuple[Held, ...]
    added: tuple[Stance, ...]
    ended: tuple[Stance, ...]
    terms: tuple[tuple[Stance, TermsChange], ...]
    gone: bool
    report: bool
    confirmation: Confirmation
    late: bool = False
    contradicts: bool = False

    @property
    def found(self) -> datetime:
        """When we could first know of it."""
        return self.cause.found


@dataclass(frozen=True, slots=True)
class Timeline:
    """All steps of one pair, oldest first, and what is in force after the last one.

    `unconfirmed` are the stances of which the newest telling is not confirmed.
    """

    company: str
    authority: str
    steps: tuple[Step, ...]
    held: tuple[Held, ...]
    unconfirmed: frozenset[Stance] = frozenset()

    @property
    def provisional(self) -> tuple[Stance, ...]:
        """The stances in force that nobody confirmed yet."""
        return tuple(sorted({held.stance for held in self.held} & self.unconfirmed))


def fold(
    company: str, authority: str, evidence: Iterable[Evidence], versions: Iterable[Version], settle: timedelta
) -> Timeline:
    """The pair's whole history from all that is stored for it. `settle`: how long a page's sentence must stay away."""
    stored = list(evidence)
    readings = readings_of(company, authority, stored, versions, settle)
    state, steps, newest = _State(), list[Step](), dict[Stance, Segment]()
    for heard in heard_in_turn(readings, dropped_of(company, authority, stored)):
        before = state.shown()
        state.read(heard)
        step = _step(state, heard, before)
        if step is not None:
            _close(steps, before)
            steps.append(step)
        newest |= heard.segments
    _close(steps, state.shown())
    open_ = frozenset(stance for stance, segment in newest.items() if not segment.confirmation.confirmed)
    return Timeline(company, authority, tuple(_dated(steps)), state.shown().held("last"), open_)


def _close(steps: list[Step], shown: _Shown) -> None:
    """The last step's outcome, with all that was told in support of it before the next step."""
    if steps:
        steps[-1] = replace(steps[-1], after=shown.held("first"))


def _dated(steps: list[Step]) -> Iterator[Step]:
    """The steps, those marked that were over before we heard of them."""
    earliest = list(accumulate((step.found for step in reversed(steps)), min))[::-1]
    for i, step in enumerate(steps):
        later_ones = steps[i + 1 :] if i + 1 < len(steps) and earliest[i + 1] < step.found else []
        known = frozenset(s for later in later_ones if later.found < step.found for s in later.ended)
        yield replace(step, late=step.report and bool(step.added) and known.issuperset(step.added))


def _step(state: _State, heard: Heard, before: _Shown) -> Step | None:
    """What one reading moved; None if it only supports what is in force."""
    was, now, reading = before.stances, state.stances(), heard.reading
    added = sorted((s for s in now if s not in was), key=WEIGHT.index)
    ended = sorted((s for s in was if s not in now), key=WEIGHT.index)
    terms = tuple((s, moved) for s, moved in reading.moved.items() if s in was and s in now)
    if not (added or ended or terms):
        return None
    gone = not added and not terms and bool(reading.gone.intersection(ended))
    if added:
        cause, confirmation = _told(heard, added)
    elif terms or gone:
        cause = Cause(terms[0][0] if terms else ended[0], reading.found)
        words = f"the company's own page {reading.url}{' no longer says so' if gone else ''}"
        confirmation = Confirmation(
            not reading.doubt, f"{words}; {reading.doubt}" if reading.doubt else words
        )
    else:
        cause, confirmation = _told(heard, sorted(heard.news, key=WEIGHT.index))
        cause = replace(cause, stance=ended[0])
    return Step(
        at=reading.at,
        cause=cause,
        baseline=reading.baseline,
        before=before.held("last"),
        after=(),
        added=tuple(added),
        ended=tuple(ended),
        terms=terms,
        gone=gone,
        report=reading.page is None,
        confirmation=confirmation,
        contradicts=reading.page is None and state.contradicted_by(added),
    )


def _told(heard: Heard, stances: Sequence[Stance]) -> tuple[Cause, Confirmation]:
    """Of stances that came into force together: the one we heard of first, and whether the weightiest is confirmed.

    What we heard of on one day we heard of together: the order in which one crawl reads its pages is chance.
    """
    segments = [heard.segments.get(s) or Segment(s, [heard.reading]) for s in stances]
    causes = [segment.first_told for segment in segments]
    return min(causes, key=lambda c: c.day), segments[0].confirmation


@dataclass(slots=True)
class _Holding:
    """One stance as one page, or the press, holds it."""

    since: datetime
    facets: Facets
    statements: list[str] = field(default_factory=list)  # only ever added to, so that what was shown stays
    known: set[str] = field(default_factory=set)

    def supported_by(self, statement: str) -> None:
        if statement not in self.known:
            self.known.add(statement)
            self.statements.append(statement)

    def says_anew(self) -> None:
        """What supported it said other terms."""
        self.statements, self.known = [], set()


@dataclass(frozen=True, slots=True)
class _Shown:
    """What was in force at a moment: of each stance the holdings by own pages, then by the press, and how long they were."""

    parts: tuple[tuple[Stance, Facets, tuple[tuple[datetime, list[str], int], ...]], ...]

    @property
    def stances(self) -> frozenset[Stance]:
        return frozenset(stance for stance, _, _ in self.parts)

    def held(self, quote: Literal["first", "last"]) -> tuple[Held, ...]:
        """By stance; an own page's wording stands before the reports that agree."""
        found: list[Held] = []
        for stance, facets, holdings in self.parts:
            named: list[str] = []
            for _, statements, length in holdings:
                if quote == "first":
                    named += statements[: min(length, STATEMENTS_NAMED)]
                else:
                    named += reversed(statements[max(0, length - STATEMENTS_NAMED) : length])
            since = min(since for since, _, _ in holdings)
            found.append(Held(stance, facets, since, tuple(dict.fromkeys(named))[:STATEMENTS_NAMED]))
        return tuple(found)


_Holdings = dict[Stance, _Holding]


@dataclass(slots=True)
class _State:
    """What is in force, by who says it: each own page, and the reports."""

    pages: dict[str, _Holdings] = field(default_factory=dict)
    reports: _Holdings = field(default_factory=dict)
    overruled: set[tuple[str, Stance]] = field(
        default_factory=set
    )  # (page, stance) ended by newer confirmed reports

    def read(self, heard: Heard) -> None:
        """The next reading in its turn."""
        if heard.reading.page:
            self.read_page(heard, heard.reading.page)
        else:
            self.read_report(heard)

    def read_page(self, heard: Heard, page: str) -> None:
        """A page's new version: it speaks for the company, so it ends older reports to the contrary."""
        reading, holdings = heard.reading, self.pages.setdefault(page, {})
        for stance in reading.gone:
            holdings.pop(stance, None)
            self.overruled.discard((page, stance))
            if not any(stance in other for other in self.pages.values()):
                self.reports.pop(stance, None)
        for stance, said in reading.says.items():
            holding = holdings.setdefault(stance, _Holding(reading.at, said.facets))
            if stance in reading.tells:
                holding.says_anew()
            holding.facets = said.facets
            holding.supported_by(said.statement)
        if reading.tells:
            # A page that says something new speaks for the company again in all that it says.
            self.overruled = {(p, s) for p, s in self.overruled if p != page}
        for stance in heard.ends:
            self.reports.pop(stance, None)
        for stance, contrary in heard.against.items():
            if any(segment.confirmation.confirmed and segment.stance in self.reports for segment in contrary):
                self.overruled.add((page, stance))

    def read_report(self, heard: Heard) -> None:
        """An article: it ends what it contradicts in older reports, and an own page's word only once confirmed."""
        told = frozenset(heard.reading.says)
        for stance, said in heard.reading.says.items():
            for ended in ENDS[stance] - told if stance in heard.news else ():
                self.reports.pop(ended, None)
                if heard.segments[stance].confirmation.confirmed:
                    self.overruled |= {(page, ended) for page, h in self.pages.items() if ended in h}
            self.overruled = {(p, s) for p, s in self.overruled if s != stance}
            holding = self.reports.setdefault(stance, _Holding(heard.reading.at, said.facets))
            holding.supported_by(said.statement)

    def _own(self, stance: Stance) -> list[_Holding]:
        return [
            holdings[stance]
            for page, holdings in sorted(self.pages.items())
            if stance in holdings and (page, stance) not in self.overruled
        ]

    def contradicted_by(self, stances: Iterable[Stance]) -> bool:
        """Whether an own page still says the contrary of one of these."""
        return any(self._own(ended) for stance in stances for ended in ENDS[stance])

    def stances(self) -> frozenset[Stance]:
        """The stances in force."""
        return self.shown().stances

    def shown(self) -> _Shown:
        """What is in force, kept as it is now."""
        found: list[tuple[Stance, Facets, tuple[tuple[datetime, list[str], int], ...]]] = []
        for stance in sorted({*self.reports, *(s for holdings in self.pages.values() for s in holdings)}):
            own, report = self._own(stance), self.reports.get(stance)
            groups: dict[Facets, list[_Holding]] = {}
            for holding in own:
                groups.setdefault(holding.facets, []).append(holding)
            if report is not None:
                groups.setdefault(own[0].facets if own else report.facets, []).append(report)
            for facets, holdings in groups.items():
                kept = tuple((h.since, h.statements, len(h.statements)) for h in holdings)
                found.append((stance, facets, kept))
        return _Shown(tuple(found))
