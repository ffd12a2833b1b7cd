"""From what is stored for one pair (company, authority) to readings: what the company was heard to say, and when.

Pure. Here lie the rules about single texts: what counts at all, when a page's sentence is gone, what a flap is.
How readings move a position is `positions`' business.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal
from urllib.parse import urlsplit

from extract.types import Facets, Stance, Time
from pipelines.sides import stands_for
from pipelines.terms import carried, compare

Ruling = Literal["accept", "reject", "correct"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """An analyst's ruling on a statement; `after` holds the corrected fields of a `correct`, `at` is when it was made."""

    ruling: Ruling
    after: Mapping[str, Any] = field(default_factory=dict)
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """One stored statement with what the fold must know of its document, and the newest verdict on it.

    `own` marks a text of the company itself. `superseded` marks an article of which a newer text was read
    at the same address: only its newest text counts.
    """

    id: str
    company: str
    authority: str
    stance: Stance
    time: Time
    document: str
    url: str
    first_seen: datetime
    facets: Facets = field(default_factory=Facets)
    published: datetime | None = None
    publisher: str | None = None
    own: bool = False
    unlisted: bool = False
    superseded: bool = False
    fingerprint: tuple[int, ...] = ()
    verdict: Verdict | None = None

    @property
    def occurred(self) -> datetime:
        """When it was said, as far as told: a published date in the future of our reading is not believed."""
        return min(self.published or self.first_seen, self.first_seen)

    def as_ruled(self) -> Evidence | None:
        """This statement as the newest verdict leaves it; None if it was rejected."""
        if self.verdict is None or self.verdict.ruling == "accept":
            return self
        if self.verdict.ruling == "reject":
            return None
        after = self.verdict.after
        return replace(
            self,
            company=after.get("company", self.company),
            authority=after.get("authority", self.authority),
            stance=Stance(after.get("stance", self.stance)),
            time=Time(after.get("time", self.time)),
            facets=Facets.from_dict(after["facets"]) if "facets" in after else self.facets,
            unlisted=False,
        )


@dataclass(frozen=True, slots=True)
class Version:
    """The n-th text that a watched page showed, and the times of its first and last good capture."""

    page: str
    n: int
    document: str
    first_seen: datetime
    last_seen: datetime


@dataclass(frozen=True, slots=True)
class Said:
    """One stance as one text gives it. `found` is when its address first said so: an article that is edited stays one."""

    statement: str
    facets: Facets
    found: datetime
    ruled: bool = False  # an analyst accepted or corrected it


@dataclass(frozen=True, slots=True)
class Dropped:
    """A stance that an article told until an analyst ruled otherwise. It moves nothing any more.

    It only lets what others told beside it keep its name: whoever was told of the change is not told twice.
    """

    stance: Stance
    at: datetime
    url: str
    found: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Reading:
    """What one text says for the pair at one moment: an article, or a watched page from one version on.

    `says` is all that the text says; `tells` is what of it is news: all of an article, of a page what it did not say
    before or said on other terms. `gone` is what a page no longer says. `page` is the watched address, None for an
    article. `baseline` marks the first version of a page: what stood there before we looked is no news.
    """

    at: datetime
    found: datetime
    document: str
    url: str
    publisher: str
    own: bool
    says: Mapping[Stance, Said]
    tells: frozenset[Stance]
    gone: frozenset[Stance] = frozenset()
    page: str | None = None
    baseline: bool = False
    fingerprint: tuple[int, ...] = ()

    @property
    def host(self) -> str:
        """The host of its address without a leading www."""
        return (urlsplit(self.url).hostname or "").removeprefix("www.")


def readings_of(
    company: str, authority: str, evidence: Iterable[Evidence], versions: Iterable[Version], settle: timedelta
) -> list[Reading]:
    """All readings of the pair, oldest first; the order in which anything was stored does not show.

    History, unlisted companies, rejected statements and superseded articles give none.
    """
    shown: dict[str, list[Version]] = {}
    for version in versions:
        shown.setdefault(version.page, []).append(version)
    watched = {v.document for page in shown.values() for v in page}
    texts: dict[str, list[Evidence]] = {}
    for filed in sorted(evidence, key=lambda e: e.id):
        ruled = filed.as_ruled()
        if ruled is None or ruled.unlisted or ruled.time is Time.PAST:
            continue
        if (ruled.company, ruled.authority) != (company, authority):
            continue
        texts.setdefault(ruled.document, []).append(ruled)
    found: list[Reading] = []
    for page, page_versions in shown.items():
        if any(e.own for v in page_versions for e in texts.get(v.document, ())):
            found += _page_readings(page, page_versions, texts, settle)
    since = _since(e for statements in texts.values() for e in statements)
    for document, statements in texts.items():
        first = statements[0]
        if document in watched:
            # A watched page that is not the company's own is a report about it, dated by when we saw it.
            if not first.own:
                found.append(_report(statements, {}))
        elif not first.superseded:
            found.append(_report(statements, since))
    return sorted(found, key=lambda r: (r.at, r.page is None, r.found, r.page or "", r.document))


def dropped_of(company: str, authority: str, evidence: Iterable[Evidence]) -> list[Dropped]:
    """What articles told of the pair until an analyst rejected or corrected it, oldest first."""
    found = []
    for filed in evidence:
        ruled, verdict = filed.as_ruled(), filed.verdict
        if verdict is None or verdict.at is None or filed.superseded or filed.unlisted:
            continue
        if filed.time is Time.PAST or (filed.company, filed.authority) != (company, authority):
            continue
        if ruled is not None and _key(ruled) == _key(filed):
            continue
        found.append(Dropped(filed.stance, filed.occurred, filed.url, filed.first_seen, verdict.at))
    return sorted(found, key=lambda d: (d.at, d.found, d.url, d.stance))


def _key(evidence: Evidence) -> tuple[str, str, Stance, Time]:
    return evidence.company, evidence.authority, evidence.stance, evidence.time


_Since = Mapping[tuple[str, datetime | None, Stance], datetime]


def _since(evidence: Iterable[Evidence]) -> _Since:
    """When an address first said each stance under its present date: editing an article makes no new event of it."""
    since: dict[tuple[str, datetime | None, Stance], datetime] = {}
    for e in evidence:
        key = e.url, e.published, e.stance
        since[key] = min(since.get(key, e.first_seen), e.first_seen)
    return since


def _says(statements: Iterable[Evidence], since: _Since) -> dict[Stance, Said]:
    """Each stance of a text once: by the statement that an analyst ruled on, where a correction left two of one stance."""
    return {
        e.stance: Said(
            e.id,
            e.facets,
            since.get((e.url, e.published, e.stance), e.first_seen),
            ruled=e.verdict is not None,
        )
        for e in sorted(statements, key=lambda e: (e.stance, e.verdict is None, e.id), reverse=True)
    }


def _report(statements: list[Evidence], since: _Since) -> Reading:
    first, says = statements[0], _says(statements, since)
    found = min(said.found for said in says.values())
    reading = Reading(
        at=min(first.published or found, found) if since else found,
        found=found,
        document=first.document,
        url=first.url,
        publisher=first.publisher or "",
        own=first.own,
        says=says,
        tells=frozenset(says),
        fingerprint=first.fingerprint,
    )
    return reading if reading.publisher else replace(reading, publisher=reading.host)


@dataclass(slots=True)
class _Run:
    """Consecutive versions of a page that say the same for the pair.

    `back` marks one that says what the page said before the run before it.
    """

    document: str
    says: dict[Stance, Said]
    first: datetime
    last: datetime
    back: bool = False

    def same(self, says: Mapping[Stance, Said]) -> bool:
        return {s: v.facets for s, v in self.says.items()} == {s: v.facets for s, v in says.items()}


def _runs(versions: Iterable[Version], texts: Mapping[str, list[Evidence]], settle: timedelta) -> list[_Run]:
    """The page's versions as runs, without those that another text replaced in less than the settle time (flaps)."""
    runs: list[_Run] = []
    for version in sorted(versions, key=lambda v: (v.first_seen, v.n)):
        says = _says((e for e in texts.get(version.document, ()) if e.own), {})
        if runs and runs[-1].same(says):
            runs[-1].last = version.last_seen
        else:
            runs.append(_Run(version.document, says, version.first_seen, version.last_seen))
    kept: list[_Run] = []
    for i, run in enumerate(runs):
        flap = 0 < i < len(runs) - 1 and runs[i + 1].first - run.first < settle
        if flap:
            continue
        if kept and kept[-1].same(run.says):
            kept[-1].last = run.last
        else:
            run.back = any(earlier.same(run.says) for earlier in kept[:-1])
            kept.append(run)
    return kept


def _page_readings(
    page: str, versions: Iterable[Version], texts: Mapping[str, list[Evidence]], settle: timedelta
) -> list[Reading]:
    """What the company's own page said, run by run.

    A sentence that appears, or comes with materially other terms, counts at once, and so does the end of one in whose
    place it stands. A sentence that only disappears is gone when it stayed away for the settle time, and then since
    its first absence. A page that says again what it said before may flap
    between two layouts: that counts once it stayed so for the settle time.
    """
    held: dict[Stance, Said] = {}
    absent: dict[Stance, datetime] = {}
    readings: list[Reading] = []

    def reading(
        at: datetime,
        found: datetime,
        run: _Run,
        says: dict[Stance, Said],
        tells: Iterable[Stance],
        gone: Iterable[Stance],
    ) -> None:
        readings.append(
            Reading(
                at=at,
                found=found,
                document=run.document,
                url=page,
                publisher=urlsplit(page).hostname or page,
                own=True,
                says=says,
                tells=frozenset(tells),
                gone=frozenset(gone),
                page=page,
                baseline=run is runs[0],
            )
        )

    runs = _runs(versions, texts, settle)
    for run in runs:
        for stance in held:
            if stance in run.says:
                absent.pop(stance, None)
            else:
                absent.setdefault(stance, run.first)
        says = {
            s: replace(v, facets=carried(held[s].facets, v.facets)) if s in held else v
            for s, v in run.says.items()
        }
        news = [s for s, v in says.items() if s not in held or compare(held[s].facets, v.facets)]
        waits = run.back and run.last - run.first < settle
        replaced = [s for s in absent if not waits and any(stands_for(n, s) for n in news)]
        settled = {s: t for s, t in absent.items() if s not in replaced and run.last - t >= settle}
        for at in sorted(set(settled.values())):
            gone = [s for s, t in settled.items() if t == at]
            for stance in gone:
                del held[stance], absent[stance]
            reading(at, at + settle, run, {}, (), gone)
        if waits:
            continue
        for stance in replaced:
            del held[stance], absent[stance]
        if says:
            reading(run.first, run.first + settle if run.back else run.first, run, says, news, replaced)
        held.update(says)
    return readings
