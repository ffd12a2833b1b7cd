"""What a watched page says of one pair, version by version, and what of that is the company's change and not our noise.

    lines       every sentence that was ever read for the pair on this page, with what it states
    | standing  a line counts in each version in which its sentence stands, whichever version it was read in
    | runs      versions that show the same lines; what another text replaced within the settle time is a flap
    | events    a stance that appears, one that stays away, other terms in the place of the old ones
    readings    what the fold hears of it

Pure. An event counts at once if the old words are gone, new ones stand in their place and the rest of the page is as
it was; all else has to be seen in good captures at least the settle time apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import reduce
from urllib.parse import urlsplit

from extract.statements.facets import merged
from extract.statements.standing import alike, is_part, is_within, sentence_key, turns_nothing
from extract.types import GENERAL, Facets, Stance, Time
from pipelines.evidence import Evidence, Reading, Said, Version, similarity
from pipelines.sides import ENDS, stands_for
from pipelines.terms import Direction, TermsChange, carried, compare, unsaid

# Share of the words of two sentences from which the new one stands in the place of the old one.
IN_PLACE = 0.45
# The same where the page was written anew: there, sentences on one subject share half of their words by chance.
IN_PLACE_ANEW = 0.6
# Estimated overlap of two versions' texts from which the rest of the page counts as the same.
LOCAL = 0.6
# What a company announces when it happens: where such a sentence newly stands, it did not stand in other words before.
_OF_A_DAY = frozenset({Stance.PAUSES, Stance.WITHDRAWS})
_LONG_AGO = datetime.min.replace(tzinfo=UTC)  # a ruling without a time


@dataclass(frozen=True, slots=True)
class Line:
    """One sentence of the page as it was read for a stance: it means the same in every version in which it stands."""

    key: str
    text: str
    facets: Facets
    statement: str
    sure: bool
    promises: frozenset[str] = frozenset()  # the keys of promises that stood beside it
    general: bool = False  # said of all authorities: it keeps a stance towards one of them, and brings none


Lines = Mapping[str, Line]


@dataclass(frozen=True, slots=True)
class PageHistory:
    """What a page said, oldest first; `coming`: stances that newly stand on it and were not seen long enough, since when."""

    readings: Sequence[Reading] = ()
    coming: Mapping[Stance, datetime] = field(default_factory=dict)


def page_history(
    page: str,
    versions: Iterable[Version],
    evidence: Iterable[Evidence],
    pair: tuple[str, str],
    settle: timedelta,
) -> PageHistory:
    """What the company's own page said of the pair, of all that was filed for the pair on it."""
    memory = _Memory.of(evidence, pair)
    runs = _runs(versions, memory, settle)
    if not runs:
        return PageHistory()
    watched = _Page(page, settle, memory, runs[0])
    for run in runs[1:]:
        watched.see(run)
    return PageHistory(watched.readings, watched.coming)


@dataclass(slots=True)
class _Memory:
    """All lines of the page by stance, and which statement of which version gives which stance."""

    lines: dict[Stance, dict[str, Line]] = field(default_factory=dict)
    given: dict[tuple[str, Stance], Evidence] = field(default_factory=dict)
    shown: dict[str, set[str]] = field(default_factory=dict)  # document → keys read in it
    promises: dict[str, str] = field(default_factory=dict)  # key → words

    @classmethod
    def of(cls, evidence: Iterable[Evidence], pair: tuple[str, str]) -> _Memory:
        memory, general = cls(), (pair[0], GENERAL)
        rulings: dict[tuple[tuple[str, str], Stance, str], tuple[datetime, bool]] = {}
        for filed in sorted(evidence, key=lambda e: (e.first_seen, e.id)):
            ruled = filed.as_ruled()
            if filed.verdict is not None and filed.pair in (pair, general):
                for support in filed.said:
                    about = filed.pair, filed.stance, sentence_key(support.text)
                    ruling = filed.verdict.at or _LONG_AGO, ruled is None or ruled.key != filed.key
                    rulings[about] = max(ruling, rulings.get(about, ruling))
            counts = ruled is not None and ruled.own and ruled.time is Time.NOW and not ruled.unlisted
            if ruled is not None and counts and ruled.pair in (pair, general):
                memory._take(ruled, general=ruled.pair != pair)
        for (whose, stance, key), (_, away) in rulings.items():
            line = memory.lines.get(stance, {}).get(key)
            # What is no such statement in one version is none in the next, by the newest word of an analyst.
            if away and line is not None and line.general == (whose != pair):
                del memory.lines[stance][key]
        return memory

    def _take(self, ruled: Evidence, *, general: bool) -> None:
        lines = self.lines.setdefault(ruled.stance, {})
        beside = {sentence_key(ruled.promise): ruled.promise} if ruled.promise else {}
        self.promises |= beside
        sure = not general and (not ruled.unsure or ruled.ruled)
        for support in ruled.said:
            key = sentence_key(support.text)
            line = Line(key, support.text, support.facets, ruled.id, sure, frozenset(beside), general)
            lines[key] = _both(lines[key], line) if key in lines else line
            self.shown.setdefault(ruled.document, set()).add(key)
        if general:
            return
        there = self.given.get((ruled.document, ruled.stance))
        if there is None or (ruled.ruled, there.id) > (there.ruled, ruled.id):
            self.given[ruled.document, ruled.stance] = ruled

    def standing(self, version: Version) -> dict[Stance, dict[str, Line]]:
        """The lines that a version shows.

        A sentence that stands there in slightly other words counts as the old one, unless the new one was read itself; one
        in other words that nobody could read counts as unsure: what we cannot read is no evidence.
        """
        read = self.shown.get(version.document, set())
        known = {key for lines in self.lines.values() for key in lines}
        found: dict[Stance, dict[str, Line]] = {}
        for stance, lines in self.lines.items():
            here: dict[str, Line] = {}
            for key, line in lines.items():
                stand = version.stands.get(key)
                if key in read or (
                    stand is not None and (stand.key == key or (stand.same and stand.key not in lines))
                ):
                    here[key] = line
                elif stand is not None and not stand.same and stand.key not in known:
                    here[key] = replace(line, sure=False)  # made over into words that we could not read
            if here:
                found[stance] = here
        return found


def _both(one: Line, other: Line) -> Line:
    """The same sentence read twice."""
    return replace(
        one,
        facets=merged(one.facets, other.facets),
        statement=one.statement if one.sure or not other.sure else other.statement,
        sure=one.sure or other.sure,
        promises=one.promises | other.promises,
        general=one.general and other.general,
    )


@dataclass(slots=True)
class _Run:
    """Consecutive versions that show the same lines: `version` was the first of them, `newest` the last.

    `back` marks one that shows again what an earlier one did.
    """

    version: Version
    newest: Version
    lines: dict[Stance, dict[str, Line]]
    first: datetime
    last: datetime
    promises: frozenset[str] = frozenset()
    back: bool = False

    def same(self, other: _Run) -> bool:
        return self.shown() == other.shown() and self.promises == other.promises

    def shown(self) -> dict[Stance, frozenset[str]]:
        return {stance: frozenset(lines) for stance, lines in self.lines.items()}

    def sure(self, stance: Stance) -> bool:
        return any(line.sure for line in self.lines.get(stance, {}).values())


def _runs(versions: Iterable[Version], memory: _Memory, settle: timedelta) -> list[_Run]:
    """The versions as runs, without those that another text replaced in less than the settle time (flaps).

    A text that is touched up so soon and says the same stances is no flap: it said so since the first of them.
    """
    runs: list[_Run] = []
    for version in sorted(versions, key=lambda v: (v.first_seen, v.n)):
        run = _run_of(version, memory)
        if runs and runs[-1].same(run):
            runs[-1].last, runs[-1].newest = run.last, version
        else:
            runs.append(run)
    kept: list[_Run] = []
    flaps: list[_Run] = []
    for i, run in enumerate(runs):
        if 0 < i < len(runs) - 1 and runs[i + 1].first - run.first < settle:
            flaps.append(run)
            if runs[i + 1].lines.keys() == run.lines.keys():
                runs[i + 1].first = run.first
        elif kept and kept[-1].same(run):
            kept[-1].last, kept[-1].newest = run.last, run.newest
        else:
            run.back = any(earlier.same(run) for earlier in (*kept[:-1], *flaps))
            kept.append(run)
    return kept


def _run_of(version: Version, memory: _Memory) -> _Run:
    """One version as a run. A promise in other words is the same promise; without standings, what was read counts."""
    lines = memory.standing(version)
    told = frozenset[str]().union(*map(_promises, lines.values()))
    here = frozenset(p for p in memory.promises if p in version.stands or (not version.stands and p in told))
    return _Run(version, version, lines, version.first_seen, version.last_seen, here)


class _Page:
    """What the page is taken to say, and what waits until it is seen again."""

    def __init__(self, page: str, settle: timedelta, memory: _Memory, first: _Run) -> None:
        self._page, self._settle, self._memory = page, settle, memory
        self._held: dict[Stance, Lines] = {s: of for s, of in first.lines.items() if first.sure(s)}
        self._facets = {stance: _facets(lines) for stance, lines in self._held.items()}
        self._promises = {s: first.promises & _promises(of) for s, of in self._held.items()}
        self.coming: dict[Stance, datetime] = {}
        self._absent: dict[Stance, datetime] = {}
        self._turned: dict[Stance, datetime] = {}
        self._anew: set[datetime] = set()  # when the page was written anew
        self._older: set[Stance] = set()  # held by sentences from before it was
        self._last, self._returns = first, 0
        self.readings: list[Reading] = []
        if self._held:
            self._tell(first, first.first, first.first, tells=self._held, baseline=True)
            self._still_says(first)

    def see(self, run: _Run) -> None:
        """The next run in its turn."""
        known = self._take_up(run)
        local = _is_local(self._last.newest, run.version)
        if not local:
            self._anew.add(run.first)
            self._older |= self._held.keys()
        moved = self._watch(run)
        wait = self._settle * 2**self._returns if run.back else self._settle
        self._returns += run.back
        for at, strong in self._due(run, moved, wait, local=local and not run.back):
            self._settle_all(run, at, timedelta() if strong else wait, moved, strong=strong)
        if not (self.coming or self._absent or self._turned):
            for stance in self._held:
                self._hold(stance, run)
            if self._held and (known or not any(r.at == run.first for r in self.readings)):
                self._tell(run, run.first, run.first)
            self._still_says(run)
        self._last = run

    def _take_up(self, run: _Run) -> bool:
        """Hold what our rules were unsure of until now, and find surely in much the same words: it stood there before.

        So it is no news; what the new words state otherwise is a change of its terms.
        """
        known = [s for s in run.lines if self._known_before(s, run)]
        for stance in known:
            before = self._last.lines[stance]
            lines = {key: replace(line, sure=True) for key, line in before.items() if not line.general}
            self._held[stance], self._facets[stance] = lines, _facets(lines)
            self._promises[stance] = self._last.promises & _promises(lines)
        if known:
            self._tell(self._last, self._last.first, self._last.first, tells=known, baseline=True)
        return bool(known)

    def _known_before(self, stance: Stance, run: _Run) -> bool:
        """Whether the last text said a stance unsurely that this one says surely, and nothing was turned round."""
        if stance in self._held or stance in self.coming or not run.sure(stance):
            return False
        if any(held not in run.lines and held in ENDS[stance] for held in self._held):
            return False  # it takes the place of its contrary
        return any(
            alike(old.text, new.text) >= IN_PLACE and turns_nothing(old.text, new.text)
            for old in self._last.lines.get(stance, {}).values()
            for new in run.lines[stance].values()
            if new.sure and not old.general
        )

    def _watch(self, run: _Run) -> dict[Stance, TermsChange]:
        """Note since when each stance is new, away or on other terms; how the terms of those that go on moved."""
        for stance in self._held:
            if stance in run.lines:
                self._absent.pop(stance, None)
            else:
                self._absent.setdefault(stance, run.first)
        for stance in set(self.coming) - run.lines.keys():
            del self.coming[stance]
        for stance in run.lines:
            if stance not in self._held and run.sure(stance):
                self.coming.setdefault(stance, run.first)
        moved = {s: m for s in self._held if s in run.lines and (m := self._moved(s, run))}
        self._turned = {s: self._turned.get(s, run.first) for s in moved}
        return moved

    def _moved(self, stance: Stance, run: _Run) -> TermsChange | None:
        """How its terms moved: what gone sentences stated beside what stands in their places, and a promise that is gone."""
        was, now = self._held[stance], run.lines[stance]
        gone = [line for key, line in was.items() if key not in now and line.sure]
        new = [line for key, line in now.items() if key not in was and line.sure]
        moved = None
        for old, line in _in_place(gone, new, IN_PLACE_ANEW if stance in self._older else IN_PLACE):
            before = carried(unsaid(self._facets[stance], _facets(was)), old.facets)
            moved = moved or compare(before, line.facets)
        if moved is not None and compare(self._facets[stance], _facets(now)) is None:
            moved = None  # what this sentence states, the page states elsewhere as well
        missing = self._promises[stance] - run.promises
        if not missing or (run.promises & _promises(now)) - self._promises[stance]:
            return moved  # none is gone, or another one took its place
        dropped = self._memory.promises[min(missing)]
        if moved is None:
            return TermsChange(Direction.PROMISE_DROPPED, "", dropped)
        return replace(moved, dropped=dropped)

    def _due(
        self, run: _Run, moved: Mapping[Stance, TermsChange], wait: timedelta, *, local: bool
    ) -> list[tuple[datetime, bool]]:
        """The times of what counts by now, oldest first, and whether it counts at once."""
        since = {*self.coming.values(), *self._absent.values(), *self._turned.values()}
        found = []
        for at in sorted(since):
            strong = at == run.first and local and self._is_replacement(at, moved)
            if strong or run.last - at >= wait:
                found.append((at, strong))
        return found

    def _is_replacement(self, at: datetime, moved: Mapping[Stance, TermsChange]) -> bool:
        """Whether old words are gone and new ones stand in their place."""
        turned = any(
            t == at and moved[s].direction is not Direction.PROMISE_DROPPED for s, t in self._turned.items()
        )
        new = [s for s, t in self.coming.items() if t == at]
        return turned or any(stands_for(n, s) for n in new for s in self._absent)

    def _settle_all(
        self, run: _Run, at: datetime, wait: timedelta, moved: Mapping[Stance, TermsChange], *, strong: bool
    ) -> None:
        """All that is so since this time counts now, as one reading."""
        new = [s for s, t in self.coming.items() if t == at]
        if strong:  # what only appeared or went beside it has to be seen again
            new = [n for n in new if any(stands_for(n, s) for s in self._absent)]
        turned = [s for s, t in self._turned.items() if t == at]
        gone = [
            s
            for s, t in self._absent.items()
            if (t == at and not strong) or any(stands_for(n, s) for n in new)
        ]
        if not (new or turned or gone):
            return
        for stance in gone:
            del self._held[stance], self._absent[stance], self._facets[stance], self._promises[stance]
        for stance in (*new, *turned):
            self._hold(stance, run)
            self.coming.pop(stance, None)
            self._turned.pop(stance, None)
        replaced = turned or any(stands_for(n, s) for n in new for s in gone)
        sound = replaced or at not in self._anew or not _OF_A_DAY.isdisjoint(new)
        doubt = "" if sound else "the company's own page was written anew"
        self._tell(
            run,
            at,
            at + wait,
            tells=(*new, *turned),
            gone=gone,
            moved={s: moved[s] for s in turned},
            doubt=doubt,
        )

    def _hold(self, stance: Stance, run: _Run) -> None:
        lines = run.lines[stance]
        self._held[stance] = lines
        self._older.discard(stance)
        facets = _facets(lines)
        self._facets[stance] = carried(self._facets[stance], facets) if stance in self._facets else facets
        self._promises[stance] = run.promises & _promises(lines)

    def _still_says(self, run: _Run) -> None:
        """What its first text said is quoted from its newest as well, which whoever looks at the page now will find."""
        if self._held and run.newest.document != run.version.document:
            self._tell(run, run.newest.first_seen, run.newest.first_seen, shown=run.newest)

    def _tell(
        self,
        run: _Run,
        at: datetime,
        found: datetime,
        *,
        tells: Iterable[Stance] = (),
        gone: Iterable[Stance] = (),
        moved: Mapping[Stance, TermsChange] | None = None,
        baseline: bool = False,
        doubt: str = "",
        shown: Version | None = None,
    ) -> None:
        version = shown or run.version
        says = {
            s: self._said(s, lines, run, version) for s, lines in self._held.items() if s not in self._absent
        }
        self.readings.append(
            Reading(
                at=at,
                found=found,
                document=version.document,
                url=self._page,
                publisher=urlsplit(self._page).hostname or self._page,
                own=True,
                says=says,
                tells=frozenset(tells),
                gone=frozenset(gone),
                page=self._page,
                baseline=baseline,
                moved=moved or {},
                doubt=doubt,
            )
        )

    def _said(self, stance: Stance, lines: Lines, run: _Run, version: Version) -> Said:
        """The stance as this text gives it; by an earlier text's statement where only that one was read."""
        given = self._memory.given.get((version.document, stance))
        best = max(lines.values(), key=lambda line: (line.sure, line.statement))
        return Said(
            given.id if given else best.statement,
            self._facets[stance],
            run.first,
            ruled=given.ruled if given else False,
        )


def _in_place(gone: Sequence[Line], new: Sequence[Line], least: float) -> Iterator[tuple[Line, Line]]:
    """Gone sentences with those that stand in their places, the most alike first, each once."""
    likes = sorted(
        ((alike(old.text, line.text), old.key, line.key) for old in gone for line in new), reverse=True
    )
    old_of, new_of = {line.key: line for line in gone}, {line.key: line for line in new}
    for like, old, line in likes:
        if like >= least and old in old_of and line in new_of:
            pair = _with_same_words(old_of.pop(old), new_of.pop(line))
            if not _is_recut(*pair):
                yield pair


def _with_same_words(old: Line, new: Line) -> tuple[Line, Line]:
    """Both; where one holds all words of the other, it states all that the other does, whatever was read in it."""
    if not is_within(old.text, new.text):
        return old, new
    if len(old.text) > len(new.text):
        return replace(old, facets=merged(old.facets, new.facets)), new
    return old, replace(new, facets=merged(new.facets, old.facets))


def _is_recut(old: Line, new: Line) -> bool:
    """Whether one is a piece of the other and states nothing that the whole does not: split up or put together anew."""
    short, long = sorted((old, new), key=lambda line: len(line.text))
    same_limits = short.facets.offence in (None, long.facets.offence) and short.facets.notice in (
        None,
        long.facets.notice,
    )
    return same_limits and is_part(old.text, new.text) and merged(long.facets, short.facets) == long.facets


def _facets(lines: Lines) -> Facets:
    """What its sure sentences state together; of unsure ones only where there is no other."""
    sure = [line.facets for line in lines.values() if line.sure] or [line.facets for line in lines.values()]
    return reduce(merged, sure)


def _promises(lines: Lines) -> frozenset[str]:
    return frozenset(promise for line in lines.values() for promise in line.promises)


def _is_local(before: Version, after: Version) -> bool:
    """Whether most of the page is as it was; two texts too short to tell are."""
    if not before.fingerprint or not after.fingerprint:
        return True
    return similarity(before.fingerprint, after.fingerprint) >= LOCAL
