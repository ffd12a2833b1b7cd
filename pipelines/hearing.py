"""Hears the readings of a pair in their turn: what of each is news, what that ends, which of them tell the same.

Pure. It knows stances and texts; conditions, who holds what, and so the position are `positions`' business.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

from extract.types import Stance
from pipelines.confirmation import Confirmation, confirm
from pipelines.evidence import Dropped, Reading
from pipelines.sides import ENDS, one_is_past


@dataclass(frozen=True, slots=True)
class Cause:
    """What makes a step known again: the stance it is about, and when we first learned of it."""

    stance: Stance
    found: datetime

    @property
    def day(self) -> date:
        """The UTC day on which we learned of it."""
        return self.found.astimezone(UTC).date()


@dataclass(slots=True)
class Segment:
    """Readings that say one stance, with none in between that ended it."""

    stance: Stance
    readings: list[Reading] = field(default_factory=list)
    dropped: list[Dropped] = field(default_factory=list)
    judged: Confirmation | None = None

    @property
    def confirmation(self) -> Confirmation:
        if self.judged is None:
            self.judged = confirm(self.stance, self.readings)
        return self.judged

    @property
    def first_told(self) -> Cause:
        """When we learned of it: what is told of the same event later, or arrives later, does not move that.

        A text that an analyst rejected still counts for it where another one had told the same by then.
        """
        heard = min(r.says[self.stance].found if r.page is None else r.found for r in self.readings)
        return Cause(self.stance, min([heard, *(d.found for d in self.dropped if heard < d.until)]))


@dataclass(frozen=True, slots=True)
class Heard:
    """A reading beside those before it: the stances that are news in it, what these end, and the segments it is in.

    `against` are the segments that run to the contrary of what a page said when we first looked at it.
    """

    reading: Reading
    news: frozenset[Stance]
    ends: frozenset[Stance]
    segments: Mapping[Stance, Segment]
    against: Mapping[Stance, Sequence[Segment]]


def heard_in_turn(readings: list[Reading], dropped: Sequence[Dropped]) -> list[Heard]:
    """Each reading, heard in its turn. Later readings of a segment confirm its first.

    What was told and not ended since is no news in another report: a report that leaves out half of what the one
    before it told ends nothing. Nor is what a page said when we first looked: nobody knows since when it stood there.
    """
    running: dict[Stance, Segment] = {}
    replaced: dict[Stance, frozenset[Stance]] = {}  # what ran when a stance that runs now ended it
    without: dict[Stance, list[Dropped]] = {}
    waiting = list(reversed(dropped))
    found: list[Heard] = []
    for reading in readings:
        if reading.page is None:
            reading = _without(reading, _background(reading, running, replaced))
        news = reading.tells if reading.page else frozenset(reading.says) - running.keys()
        against: dict[Stance, list[Segment]] = {}
        if reading.baseline:
            news = frozenset()
            against = {s: _contrary(s, reading, running) for s in reading.tells}
        ends = frozenset().union(*(ENDS[s] for s in news)) - frozenset(reading.says)
        while waiting and waiting[-1].at <= reading.at:
            without.setdefault(waiting[-1].stance, []).append(waiting.pop())
        replaced |= {s: (ENDS[s] & running.keys()) - frozenset(reading.says) for s in news}
        for stance in ends | reading.gone:
            running.pop(stance, None)
            without.pop(stance, None)
        segments: dict[Stance, Segment] = {}
        for stance in reading.tells:
            if against.get(stance):
                segments[stance] = Segment(stance)
            else:
                if stance not in running:
                    running[stance] = Segment(stance, dropped=without.setdefault(stance, []))
                segments[stance] = running[stance]
            segments[stance].readings.append(reading)
        found.append(Heard(reading, news, ends, segments, against))
    for late in waiting:
        without.setdefault(late.stance, []).append(late)
    return found


def _background(
    report: Reading, running: Mapping[Stance, Segment], replaced: Mapping[Stance, frozenset[Stance]]
) -> frozenset[Stance]:
    """What an article tells beside its contrary, as the other end of a step: it is not told as in force.

    Who reports that Zoom pauses recalls that it complied. Beside a contrary that is new, what runs is recalled; beside
    a contrary that runs, what that one ended.
    """
    told = frozenset(report.says)
    known, news = told & running.keys(), told - running.keys()
    again = frozenset(s for s in news if any(s in replaced.get(k, ()) and one_is_past(s, k) for k in known))
    left = frozenset(k for k in known if any(one_is_past(s, k) for s in news - again))
    return again | left


def _without(report: Reading, background: frozenset[Stance]) -> Reading:
    if not background:
        return report
    says = {s: said for s, said in report.says.items() if s not in background}
    return replace(report, says=says, tells=report.tells - background)


def _contrary(stance: Stance, reading: Reading, running: Mapping[Stance, Segment]) -> list[Segment]:
    """What runs that would have ended a stance, had the reading not told both."""
    return [segment for told, segment in running.items() if stance in ENDS[told] and told not in reading.says]
