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
    """All steps of one pair, oldest first, and what is in force after the last one."""

    company: str
    authority: str
    steps: tuple[Step, ...]
    held: tuple[Held, ...]


def fold(
    company: str, authority: str, evidence: Iterable[Evidence], versions: Iterable[Version], settle: timedelta
) -> Timeline:
    """The pair's whole history from all that is stored for it. `settle`: how long a page's sentence must stay away."""
    stored = list(evidence)
    readings = readings_of(company, authority, stored, versions, settle)
    state, steps = _State(), list[Step]()
    for heard in heard_in_turn(readings, dropped_of(company, authority, stored)):
        was, shown, told = state.terms(), state.view("last"), state.view("first")
        state.read(heard)
        step = _step(state, heard, was, shown)
        if step is not None:
            _close(steps, told)
            steps.append(step)
    _close(steps, state.view("first"))
    return Timeline(company, authority, tuple(_dated(steps)), state.view("last"))


def _close(steps: list[Step], told: tuple[Held, ...]) -> None:
    """The last step's outcome, with all that was told in support of it before the next step."""
    if steps:
        steps[-1] = replace(steps[-1], after=told)


def _dated(steps: list[Step]) -> Iterator[Step]:
    """The steps, those marked that were over before we heard of them."""
    for i, step in enumerate(steps):
        known = frozenset(s for later in steps[i + 1 :] if later.found < step.found for s in later.ended)
        yield replace(step, late=step.report and bool(step.added) and known.issuperset(step.added))


def _step(state: _State, heard: Heard, was: _Terms, before: tuple[Held, ...]) -> Step | None:
    """What one reading moved; None if it only supports what is in force."""
    now, reading = state.terms(), heard.reading
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
        before=before,
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


_Terms = dict[Stance, list[Facets]]


@dataclass(slots=True)
class _Holding:
    """One stance as one page, or the press, holds it."""

    since: datetime
    facets: Facets
    statements: list[str]

    def supported_by(self, statement: str) -> None:
        if statement not in self.statements:
            self.statements.append(statement)


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
            holding = holdings.setdefault(stance, _Holding(reading.at, said.facets, []))
            if stance in reading.tells:
                holding.statements = []  # they said other terms
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
            holding = self.reports.setdefault(stance, _Holding(heard.reading.at, said.facets, []))
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

    def terms(self) -> _Terms:
        """Each stance in force with the conditions that own pages state for it."""
        found: _Terms = {}
        for stance in sorted(Stance):
            own = self._own(stance)
            if own or stance in self.reports:
                found[stance] = [h.facets for h in own]
        return found

    def view(self, quote: Literal["first", "last"]) -> tuple[Held, ...]:
        """What is in force, by stance; an own page's wording stands before the reports that agree."""
        found: list[Held] = []
        for stance in self.terms():
            own, report = self._own(stance), self.reports.get(stance)
            groups: dict[Facets, list[_Holding]] = {}
            for holding in own:
                groups.setdefault(holding.facets, []).append(holding)
            if report is not None:
                groups.setdefault(own[0].facets if own else report.facets, []).append(report)
            for facets, holdings in groups.items():
                named: list[str] = []
                for holding in holdings:
                    named += holding.statements if quote == "first" else reversed(holding.statements)
                since = min(h.since for h in holdings)
                found.append(Held(stance, facets, since, tuple(dict.fromkeys(named))[:STATEMENTS_NAMED]))
        return tuple(found)
