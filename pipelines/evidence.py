"""What is stored for one pair, as the fold takes it, and what it hears in it: statements, versions of pages, readings.

Values only. What of it counts is decided in `readings` (articles) and `watched` (pages).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal
from urllib.parse import urlsplit

from extract.statements.standing import Stand
from extract.types import Facets, Stance, Support, Time
from pipelines.terms import TermsChange

Ruling = Literal["accept", "reject", "correct"]
VOID = "void"  # what is stored where a ruling was taken back and none stood before it


@dataclass(frozen=True, slots=True)
class Verdict:
    """An analyst's ruling on a statement; `after` holds the corrected fields of a `correct`, `at` is when it was made."""

    ruling: Ruling
    after: Mapping[str, Any] = field(default_factory=dict)
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """One stored statement with what the fold must know of its document, and the newest verdict on it.

    `own` marks a text of the company that it is about by the verdict, `filed_own` one of the company it was read for.
    `superseded` marks an article of which a newer text was read at the same address: only its newest text counts.
    `unsure` marks one that is less certain than the rules ask: it moves nothing, but a watched page that still says so
    has not fallen silent. `unread` marks of these what today's rules do not read at all: nobody need look at it.
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
    filed_own: bool = False
    unlisted: bool = False
    superseded: bool = False
    fingerprint: tuple[int, ...] = ()
    verdict: Verdict | None = None
    sentence: str = ""
    supports: tuple[Support, ...] = ()
    promise: str | None = None
    unsure: bool = False
    unread: bool = False
    confidence: float = 1.0

    @property
    def pair(self) -> tuple[str, str]:
        """Whose stance, towards whose requests."""
        return self.company, self.authority

    @property
    def key(self) -> tuple[str, str, Stance, Time]:
        """What it asserts."""
        return self.company, self.authority, self.stance, self.time

    @property
    def ruled(self) -> bool:
        """Whether an analyst accepted or corrected it."""
        return self.verdict is not None and self.verdict.ruling != "reject"

    @property
    def said(self) -> tuple[Support, ...]:
        """The sentences that say so, each with what it states."""
        return self.supports or (Support(self.sentence or self.id, self.facets),)

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
        facets = Facets.from_dict(after["facets"]) if "facets" in after else None
        return replace(
            self,
            company=after.get("company", self.company),
            authority=after.get("authority", self.authority),
            stance=Stance(after.get("stance", self.stance)),
            time=Time(after.get("time", self.time)),
            facets=self.facets if facets is None else facets,
            supports=self.supports if facets is None else (Support(self.sentence, facets),),
            unlisted=False,
        )


@dataclass(frozen=True, slots=True)
class Version:
    """The n-th text that a watched page showed, and the times of its first and last good capture.

    `site` is the company whose page it was then. `stands`: of the sentences that were read in any text of the page, those
    that stand in this one, by their keys (see `extract.statements.standing`). `length` is its text's, in characters,
    `looks` how often it was seen; `released` says that an analyst believes the text. `short`: it is much shorter than all
    before it; `believed`: it counts.
    """

    page: str
    n: int
    document: str
    first_seen: datetime
    last_seen: datetime
    stands: Mapping[str, Stand] = field(default_factory=dict, hash=False)
    fingerprint: tuple[int, ...] = ()
    site: str | None = None
    length: int = 0
    looks: int = 1
    released: bool = False
    short: bool = False
    believed: bool = True


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
    before or said on other terms. `gone` is what a page no longer says, `moved` how the terms of what it says moved.
    `page` is the watched address, None for an article. `baseline` marks the first version of a page, and what only our
    rules found later: what stood there before we looked is no news. `doubt` says why it is not certain.
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
    moved: Mapping[Stance, TermsChange] = field(default_factory=dict)
    doubt: str = ""

    @property
    def host(self) -> str:
        """The host of its address without a leading www."""
        return (urlsplit(self.url).hostname or "").removeprefix("www.")


def similarity(a: Sequence[int], b: Sequence[int]) -> float:
    """Estimated overlap of two texts (Jaccard of their shingles), 0 to 1, from their MinHash values."""
    if not a or len(a) != len(b):
        return 0.0
    return sum(x == y for x, y in zip(a, b, strict=True)) / len(a)
