"""What queries answer with, as frozen values: nothing outside this package sees a row. `RunSource` is also written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from extract.types import Facets, Mark, Outcome, Stance, Time
from pipelines.positions import Held

# Outcomes of a fetch that found what is there.
GOOD = frozenset({Outcome.OK, Outcome.NOT_MODIFIED, Outcome.MOVED})


@dataclass(frozen=True, slots=True)
class FetchState:
    """What the next request for a URL must know. `status` is None where the last one got no response."""

    etag: str | None
    last_modified: str | None
    status: int | None
    outcome: Outcome
    failures: int
    last_fetched: datetime
    last_ok: datetime | None
    note: str | None


@dataclass(frozen=True, slots=True)
class CaptureFacts:
    """A stored response: what it was, and where its record lies. `hints` as `Hints` fields, times in ISO form."""

    id: str
    source: str
    kind: str
    url: str
    final_url: str
    status: int
    media_type: str
    digest: str
    length: int
    site: str | None
    publisher: str | None
    language: str | None
    hints: Mapping[str, str]
    outcome: Outcome
    note: str
    document: str | None
    warc_file: str
    warc_offset: int
    first_seen: datetime
    last_seen: datetime


@dataclass(frozen=True, slots=True)
class StatementFacts:
    """A statement with what is known of its document. `ruling` is the newest verdict's, `ruled_by` whose it is; None without.

    All else is as it was read; `corrected` holds the fields that the newest ruling put in place of these, if it corrects.
    `outdated` marks an article's text of which a newer one was read at the same address. `marks` are the words that the
    reading rests on; none where it was read before these were kept. `unread`: the newest reading does not have it, and it
    is only kept because somebody ruled on it or wrote beside it.
    """

    id: str
    company: str
    authority: str
    stance: Stance
    time: Time
    evidence: str
    start: int
    end: int
    facets: Facets
    speaker: str | None
    rule: str
    confidence: float
    unsure: bool
    unlisted: bool
    ruling: str | None
    outdated: bool
    document: str
    source: str
    url: str
    title: str | None
    author: str | None
    publisher: str | None
    site: str | None
    published: datetime | None
    first_seen: datetime
    last_seen: datetime
    capture: str
    warc_file: str
    warc_offset: int
    marks: tuple[Mark, ...] = ()
    corrected: Mapping[str, Any] | None = None
    unread: bool = False
    ruled_by: str | None = None

    @property
    def ignored(self) -> str | None:
        """Why it moves no position, in words; None if it may."""
        if self.ruling == "reject":
            return "rejected by an analyst"
        if self.ruling == "correct":  # what counts is the correction, wherever it belongs
            past = (self.corrected or {}).get("time", self.time) == Time.PAST
            return "told as history, as it was corrected" if past else None
        if self.unread and self.ruling != "accept":
            return "the rules of today do not read it"
        if self.unsure and self.ruling != "accept":
            return "too unsure to count by itself"
        if self.unlisted:
            return "a company that config does not list"
        if self.time is Time.PAST:
            return "told as history"
        return "a newer text was read at this address" if self.outdated else None


@dataclass(frozen=True, slots=True)
class PositionFacts:
    """What is in force for one pair, and since when it has been exactly this.

    `provisional` are the stances that nobody confirmed yet; None of a moment in the past, which does not tell.
    """

    company: str
    authority: str
    held: tuple[Held, ...]
    since: datetime
    provisional: tuple[Stance, ...] | None = None


@dataclass(frozen=True, slots=True)
class InForce:
    """The stances of one pair at a moment, and since when it had been exactly this; without conditions and evidence.

    `provisional` as of a position.
    """

    company: str
    authority: str
    stances: tuple[Stance, ...]
    since: datetime
    provisional: tuple[Stance, ...] | None = None


@dataclass(frozen=True, slots=True)
class Move:
    """A change in short: from which stances to which. `occurred` as told, `found` by us."""

    id: str
    company: str
    authority: str
    occurred: datetime
    found: datetime
    before: tuple[Stance, ...]
    after: tuple[Stance, ...]


@dataclass(frozen=True, slots=True)
class CompanyFacts:
    """How many positions a company holds today, and when a change of it was found last; None if there never was one."""

    company: str
    positions: int
    changed: datetime | None


@dataclass(frozen=True, slots=True)
class ChangeFacts:
    """A change as it is stored: ids of statements in place of their words (`change_view` has those).

    `moved` is when it came or was told anew: in another status, kind or severity, or retracted.
    """

    id: str
    company: str
    authority: str
    kind: str
    severity: str
    status: str
    reason: str
    before: tuple[Held, ...]
    after: tuple[Held, ...]
    occurred: datetime
    found: datetime
    baseline: bool
    reclassified: bool
    moved: datetime


@dataclass(frozen=True, slots=True)
class VerdictFacts:
    """One ruling of an analyst; `ruling` is "void" where one was taken back and none stood before it.

    `before` holds the fields as they stood until then, with the ruling; `undoes` is the number of the verdict that this
    one takes back, `carries` of the one on an earlier text's statement that goes on here.
    """

    id: int
    statement: str
    ruling: str
    who: str
    at: datetime
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    reason: str
    undoes: int | None
    carries: int | None = None


@dataclass(frozen=True, slots=True)
class CommentFacts:
    """What somebody wrote beside a statement."""

    statement: str
    who: str
    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class ProposalFacts:
    """A statement that waits for a ruling: what rests on it, and the three numbers whose product ranks it."""

    statement: str
    company: str
    authority: str
    change: str | None
    why: str
    severity: float
    uncertainty: float
    audience: int
    rank: float


@dataclass(frozen=True, slots=True)
class DocumentFacts:
    """A stored document: where it is from, and the capture that its metadata are of."""

    id: str
    url: str
    source: str
    capture: str
    knowledge: str


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A piece of a text around words that were searched for: `hits` are their (start, end) inside it."""

    text: str
    hits: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class DocumentFound:
    """A document that holds the words that were searched for."""

    id: str
    source: str
    url: str
    title: str | None
    publisher: str | None
    site: str | None
    published: datetime | None
    first_seen: datetime
    excerpts: tuple[Excerpt, ...]


@dataclass(frozen=True, slots=True)
class WholeDocument:
    """A document with its text; spans of statements and paragraphs are (start, end) in it."""

    id: str
    capture: str
    source: str
    url: str
    title: str | None
    author: str | None
    publisher: str | None
    site: str | None
    language: str | None
    published: datetime | None
    modified: datetime | None
    first_seen: datetime
    last_seen: datetime
    text: str
    paragraphs: tuple[tuple[int, int], ...]
    quarantined: tuple[str, ...]
    knowledge: str


@dataclass(frozen=True, slots=True)
class PageVersion:
    """The n-th text that a watched page showed, and from when to when; `length` in characters."""

    url: str
    n: int
    document: str
    first_seen: datetime
    last_seen: datetime
    length: int


@dataclass(frozen=True, slots=True)
class HoldFacts:
    """A text that was held back: why, and what was decided.

    `kind`: short, many; `state`: held, released, discarded, and outlasted (the page stayed so short).
    """

    document: str
    url: str
    title: str | None
    source: str
    run: int
    at: datetime
    kind: str
    reason: str
    state: str
    who: str | None
    decided: datetime | None


@dataclass(frozen=True, slots=True)
class Told:
    """One alert of a change: to whom, about which status, and how far it got."""

    change: str
    status: str
    recipient: str
    state: str
    sent: datetime | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """All that stands behind one pair, oldest first. `position` is None where nothing is in force."""

    company: str
    authority: str
    position: PositionFacts | None
    changes: tuple[ChangeFacts, ...]
    statements: tuple[StatementFacts, ...]
    verdicts: tuple[VerdictFacts, ...]
    alerts: tuple[Told, ...]


@dataclass(frozen=True, slots=True)
class RunSource:
    """What one run did for one source. `dropped`: why a URL was not fetched or not followed → how many."""

    source: str
    requests: int = 0
    captures: int = 0
    statements: int = 0
    errors: int = 0
    outcomes: Mapping[str, int] = field(default_factory=dict)
    dropped: Mapping[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """What a run found at one source, in short: enough to draw a row of them."""

    run: int
    captures: int
    statements: int
    errors: int
    outcomes: Mapping[str, int]
    note: str | None

    @property
    def state(self) -> str:
        """failed, left out (nothing was asked), brought (statements), or quiet."""
        if self.errors or any(Outcome(outcome) not in GOOD for outcome in self.outcomes):
            return "failed"
        if not self.captures:
            return "left out"
        return "brought" if self.statements else "quiet"


@dataclass(frozen=True, slots=True)
class RunFacts:
    """One execution of a job. `state`: running, ok, failed, aborted."""

    id: int
    job: str
    started: datetime
    finished: datetime | None
    state: str
    counts: Mapping[str, Any]
    error: str | None
    sources: tuple[RunSource, ...] = ()


@dataclass(frozen=True, slots=True)
class SourceHealth:
    """How a source fares, told by its own address (a feed, a page), not by the articles it leads to."""

    source: str
    last_ok: datetime | None
    last_attempt: datetime | None
    failures: int
    status: int | None
    outcome: Outcome | None
    note: str | None
    documents: int
    statements: int
