"""What is stored for one pair (zoom, HK), written as a story: who reported what when, what a page showed from when on."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from extract.types import Facets, Stance, Time, identity_of
from pipelines.changes import Change, changes_of
from pipelines.evidence import Evidence, Ruling, Verdict, Version
from pipelines.positions import Timeline, fold

SETTLE = timedelta(hours=12)
START = datetime(2026, 3, 1, tzinfo=UTC)
PAGE = "https://zoom.example/guide"


def day(n: float) -> datetime:
    """The moment n days after 1 March 2026, 00:00 UTC."""
    return START + timedelta(days=n)


def text(seed: str) -> tuple[int, ...]:
    """The fingerprint of a text of its own: equal for equal seeds, unlike for others."""
    numbers = random.Random(seed)
    return tuple(numbers.getrandbits(32) for _ in range(8))


def report(
    outlet: str, at: float, *stances: Stance, found: float | None = None, **more: Any
) -> list[Evidence]:
    """An article of an outlet, published on day `at`, first seen by us an hour later or on day `found`.

    `wire` makes it a copy of that text; `facets`, `verdict`, `time`, `own` and so on as in Evidence.
    """
    url = more.pop("url", f"https://{outlet}.example/{at}")
    document = more.pop("document", identity_of(url, *stances))
    wire = more.pop("wire", url)
    return [
        Evidence(
            id=identity_of(document, stance),
            company="zoom",
            authority="HK",
            stance=stance,
            time=more.get("time", Time.NOW),
            document=document,
            url=url,
            first_seen=day(at) + timedelta(hours=1) if found is None else day(found),
            published=day(at),
            publisher=outlet.title(),
            fingerprint=text(wire),
            **{k: v for k, v in more.items() if k != "time"},
        )
        for stance in stances
    ]


def sentence(stance: Stance, facets: Facets | None = None) -> str:
    """A sentence that says so: other words for other conditions, but alike for one stance."""
    conditions = " ".join(f"{k} {v}" for k, v in (facets or Facets()).as_dict().items())
    return f"To an authority that asks us for the data of a user our answer is: {stance}. {conditions}"


def page(
    *shown: tuple[float, dict[Stance, Facets | None]],
    url: str = PAGE,
    until: float | None = None,
    own: bool = True,
) -> tuple[list[Evidence], list[Version]]:
    """A watched page: from each day on it showed these stances, looked at twice a day; the last until day `until`."""
    evidence, versions, known = [], [], {}
    for n, (since, says) in enumerate(shown):
        later = [s for s, _ in shown[n + 1 :]]
        end = later[0] - 0.25 if later else (since + 1 if until is None else until)
        key = tuple(sorted((s, str(f)) for s, f in says.items()))
        document = known.setdefault(key, identity_of(url, *(f"{s}{f}" for s, f in key), str(len(known))))
        versions.append(Version(url, n + 1, document, day(since), day(max(end, since))))
        evidence += [
            Evidence(
                id=identity_of(document, stance),
                company="zoom",
                authority="HK",
                stance=stance,
                time=Time.NOW,
                document=document,
                url=url,
                first_seen=day(next(s for s, told in shown if told == says)),
                facets=facets or Facets(),
                sentence=sentence(stance, facets),
                own=own,
            )
            for stance, facets in says.items()
        ]
    return list({e.id: e for e in evidence}.values()), versions


def ruled(evidence: list[Evidence], ruling: Ruling, **after: Any) -> list[Evidence]:
    """The same with an analyst's ruling on each."""
    return [replace(e, verdict=Verdict(ruling, after)) for e in evidence]


def timeline(*told: list[Evidence] | tuple[list[Evidence], list[Version]]) -> Timeline:
    """The fold over all of it."""
    evidence: list[Evidence] = []
    versions: list[Version] = []
    for one in told:
        if isinstance(one, tuple):
            evidence += one[0]
            versions += one[1]
        else:
            evidence += one
    return fold("zoom", "HK", evidence, versions, SETTLE)


def changes(*told: list[Evidence] | tuple[list[Evidence], list[Version]]) -> tuple[Change, ...]:
    """The changes over all of it."""
    return changes_of(timeline(*told))


def stances(held: Any) -> set[str]:
    """Which stances are held."""
    return {str(h.stance) for h in held}


def told(change: Change) -> tuple[str, str, set[str], set[str]]:
    """A change in short: kind, status, before, after."""
    return change.kind, change.status, stances(change.before), stances(change.after)
