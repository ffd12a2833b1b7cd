"""The nouns of stancewatch, as frozen values that every house shares.

No behaviour beyond what a noun knows of itself; no library types, so that all of them pickle.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class SourceKind(StrEnum):
    """What a source is, and so which spider fetches it."""

    FEED = "feed"
    SITEMAP = "sitemap"
    LISTING = "listing"
    PAGE = "page"
    REPORT = "report"


class Side(StrEnum):
    """Which way a stance leans; a change of side is a major change."""

    COOPERATING = "cooperating"
    WITHHOLDING = "withholding"
    UNDECIDED = "undecided"


GENERAL = "*"  # the authority of what is said of all of them


class Stance(StrEnum):
    """The eight answers of a company to an authority's data requests (see the codebook)."""

    REFUSES = "refuses"
    CHALLENGES = "challenges"
    PAUSES = "pauses"
    REVIEWING = "reviewing"
    CONDITIONAL = "conditional"
    COMPLIES = "complies"
    UNABLE = "unable"
    WITHDRAWS = "withdraws"

    @property
    def side(self) -> Side:
        """The side this stance is on."""
        if self in (Stance.COMPLIES, Stance.CONDITIONAL):
            return Side.COOPERATING
        return Side.UNDECIDED if self is Stance.REVIEWING else Side.WITHHOLDING


class Time(StrEnum):
    """Whether the text reports a stance as in force, or tells it as history."""

    NOW = "now"
    PAST = "past"


class Outcome(StrEnum):
    """What a capture turned out to be. Only `OK` may create or end a statement."""

    OK = "ok"
    NOT_MODIFIED = "not_modified"
    MOVED = "moved"
    WALL = "wall"  # login or consent wall
    BOT_WALL = "bot_wall"
    SOFT_404 = "soft_404"
    SCRIPT_SHELL = "script_shell"  # nothing to read without JavaScript
    LANGUAGE_FLIPPED = "language_flipped"
    PAYWALL_STUB = "paywall_stub"
    EMPTY = "empty"
    ERROR = "error"


def digest_of(data: bytes | str) -> str:
    """SHA-256 of bytes, or of a text's UTF-8, as 64 hex digits: the only hash that identifies anything here."""
    return hashlib.sha256(data.encode() if isinstance(data, str) else data).hexdigest()


def identity_of(*parts: str) -> str:
    """One identity out of several parts: SHA-256 over the parts, joined by a byte no part can hold."""
    return digest_of("\x00".join(parts))


@dataclass(frozen=True, slots=True)
class Hints:
    """What the place that led to a URL says of it (a feed entry, a news sitemap); weaker than the page itself."""

    title: str | None = None
    author: str | None = None
    published: datetime | None = None


@dataclass(frozen=True, slots=True)
class Capture:
    """One fetched response, immutable.

    `body` is decoded of transfer and content codings, never of its charset. `headers` has lower-case names.
    `site` is the slug of the company whose own page this is, `publisher` the outlet's name; both come from the
    source. `fetched` is the moment the request was sent, UTC. `warc_file` and `warc_offset` say where the
    response record lies in the archive; both are None before it is archived.
    """

    source: str
    kind: SourceKind
    url: str
    final_url: str
    fetched: datetime
    status: int
    headers: Mapping[str, str]
    body: bytes
    site: str | None = None
    publisher: str | None = None
    language: str | None = None  # what the source declares, ISO 639-1
    hints: Hints = Hints()
    warc_file: str | None = None
    warc_offset: int | None = None

    @property
    def digest(self) -> str:
        """SHA-256 of the body."""
        return digest_of(self.body)

    @property
    def id(self) -> str:
        """URL and body make a capture: the same bytes at the same URL are the same capture."""
        return identity_of(self.url, self.digest)

    @property
    def media_type(self) -> str:
        """The media type that the server declared, lower-case, without parameters; empty if none."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


@dataclass(frozen=True, slots=True)
class Document:
    """Text and metadata that extraction made of a capture.

    `text` is final: every span of every statement indexes into it for ever. Paragraphs are `(start, end)`
    character offsets into `text`, separated there by a blank line. The headline opens `text` as its own paragraph,
    because headlines state stances too. `published` and `modified` are the page's own claims, kept only if plausible; what was
    dropped, and why, stands in `quarantined`. `fingerprint` serves near-duplicate detection (MinHash values).
    """

    url: str  # canonical
    title: str | None
    author: str | None
    publisher: str | None
    site: str | None
    language: str | None
    published: datetime | None
    modified: datetime | None
    fetched: datetime
    text: str
    paragraphs: tuple[tuple[int, int], ...]
    quarantined: tuple[str, ...] = ()
    fingerprint: tuple[int, ...] = ()

    @property
    def digest(self) -> str:
        """SHA-256 of the text."""
        return digest_of(self.text)

    @property
    def id(self) -> str:
        """Canonical URL and text make a document."""
        return identity_of(self.url, self.digest)


@dataclass(frozen=True, slots=True)
class Facets:
    """The conditions of a `conditional` statement, each only as far as the text says it (see the codebook)."""

    process: tuple[str, ...] = ()
    data: tuple[str, ...] = ()
    offence: str | None = None
    notice: str | None = None

    def __bool__(self) -> bool:
        return bool(self.process or self.data or self.offence or self.notice)

    def as_dict(self) -> dict[str, list[str] | str]:
        """The codebook's JSON form: only what is said, lists sorted."""
        found: dict[str, list[str] | str] = {}
        if self.process:
            found["process"] = sorted(self.process)
        if self.data:
            found["data"] = sorted(self.data)
        if self.offence:
            found["offence"] = self.offence
        if self.notice:
            found["notice"] = self.notice
        return found

    @classmethod
    def from_dict(cls, value: Mapping[str, object]) -> Facets:
        """The reverse of `as_dict`; unknown keys raise TypeError."""
        known = dict(value)
        process, data = known.pop("process", ()), known.pop("data", ())
        offence, notice = known.pop("offence", None), known.pop("notice", None)
        if known:
            raise TypeError(f"not a facet: {', '.join(sorted(known))}")
        if not isinstance(process, list | tuple) or not isinstance(data, list | tuple):
            raise TypeError("process and data are lists")
        return cls(
            tuple(sorted(str(p) for p in process)),
            tuple(sorted(str(d) for d in data)),
            str(offence) if offence else None,
            str(notice) if notice else None,
        )


@dataclass(frozen=True, slots=True)
class Support:
    """One of the sentences that give a statement, with the conditions that it states by itself."""

    text: str
    facets: Facets = Facets()


class MarkKind(StrEnum):
    """What some words are to the reading of a statement."""

    COMPANY = "company"
    AUTHORITY = "authority"
    CUE = "cue"  # the act
    OBJECT = "object"  # what it is done to
    NEGATION = "negation"


@dataclass(frozen=True, slots=True)
class Mark:
    """Words of a document's text that a reading rests on: characters `start` to `end`."""

    kind: MarkKind
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Statement:
    """(company, authority, stance, time) that a document asserts, with the evidence for it.

    `document.text[start:end] == evidence` always. `authority` is an ISO 3166-1 alpha-2 code, "EU" or "*".
    `speaker` is who says so (a company slug, a person's name), None for the outlet's own voice.
    `rule` is the id of the rule that found it; `confidence` lies between 0 and 1. `unlisted` marks a company
    that config does not know: recorded for the desk, never alerted. `supports` are all the sentences that say so, the
    evidence among them; `promise` is the sentence beside them by which the company says that it never came to that.
    `marks` are the words that the reading rests on, also outside of the evidence, in the order of the text.
    """

    company: str
    authority: str
    stance: Stance
    time: Time
    evidence: str
    start: int
    end: int
    rule: str
    confidence: float
    facets: Facets = Facets()
    speaker: str | None = None
    unlisted: bool = False
    supports: tuple[Support, ...] = ()
    promise: str | None = None
    marks: tuple[Mark, ...] = ()

    @property
    def key(self) -> tuple[str, str, Stance, Time]:
        """What a document may assert at most once."""
        return (self.company, self.authority, self.stance, self.time)

    def id_in(self, document_id: str) -> str:
        """This statement's identity inside a document."""
        return identity_of(
            document_id, self.company, self.authority, self.stance, self.time, digest_of(self.evidence)
        )


@dataclass(frozen=True, slots=True)
class Analysis:
    """What `analyse` makes of one capture. `document` is None unless the outcome left a text to read;
    `statements` is empty unless the outcome is ok. `note` says in plain words why it is not ok. `unsure` are statements
    that are less certain than the rules ask: they move nothing by themselves."""

    outcome: Outcome
    note: str = ""
    document: Document | None = None
    statements: tuple[Statement, ...] = field(default=())
    unsure: tuple[Statement, ...] = field(default=())
