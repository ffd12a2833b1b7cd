"""What the API answers with, as OpenAPI describes it. Fields are only ever added within v1."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from extract.types import Outcome, Stance, Time

T = TypeVar("T")


class Shape(BaseModel):
    """Made of the values that queries answer with."""

    model_config = ConfigDict(from_attributes=True, arbitrary_types_allowed=True)


class Conditions(Shape):
    """The conditions of a conditional statement, each only as far as the text says it."""

    process: tuple[str, ...] = ()
    data: tuple[str, ...] = ()
    offence: str | None = None
    notice: str | None = None


class QuoteShape(Shape):
    """The statement that proves a stance best: its words, where they stand, and since when."""

    statement: str = Field(validation_alias="id")
    evidence: str
    speaker: str | None
    url: str
    title: str | None
    publisher: str | None
    site: str | None
    source: str
    published: datetime | None
    first_seen: datetime
    capture: str


class HeldShape(Shape):
    """One stance in force: since when, on which conditions, the statements that hold it, and the first of them in words."""

    stance: Stance
    facets: Conditions
    since: datetime
    statements: tuple[str, ...]
    quote: QuoteShape | None = None


class PositionShape(Shape):
    """What is in force for a company towards an authority; `since` is when it came to be exactly this.

    `provisional` are the stances of it that nobody confirmed yet; null of a moment in the past, which does not tell.
    """

    company: str
    authority: str
    held: tuple[HeldShape, ...]
    since: datetime
    provisional: tuple[Stance, ...] | None = None


class ChangeShape(Shape):
    """A position's step: what was in force before and after, when the company did it and when we found it.

    `moved` is when it came or was told anew: in another status, kind or severity.
    """

    id: str
    company: str
    authority: str
    kind: str
    severity: str
    status: str
    reason: str
    before: tuple[HeldShape, ...]
    after: tuple[HeldShape, ...]
    occurred: datetime
    found: datetime
    baseline: bool
    reclassified: bool
    moved: datetime


class StatementShape(Shape):
    """What a document asserts, with its evidence: `document text[start:end] == evidence`. `ruling`: the newest verdict's."""

    id: str
    company: str
    authority: str
    stance: Stance
    time: Time
    evidence: str
    start: int
    end: int
    facets: Conditions
    speaker: str | None
    rule: str
    confidence: float
    unsure: bool
    unlisted: bool
    ruling: str | None
    ignored: str | None = Field(description="why it moves no position; null if it may")
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
    corrected: dict[str, Any] | None = Field(
        default=None,
        description="the fields that the newest ruling put in place of those read; null unless it corrects",
    )


class VerdictShape(Shape):
    """One ruling. `before`: the fields as they stood until then; `undoes`: the verdict that this one takes back."""

    id: int
    statement: str
    ruling: str
    who: str
    at: datetime
    before: dict[str, Any]
    after: dict[str, Any]
    reason: str
    undoes: int | None


class CommentShape(Shape):
    """What somebody wrote beside a statement."""

    statement: str
    who: str
    at: datetime
    text: str


class WholeStatement(StatementShape):
    """A statement with all that was ruled and written on it."""

    verdicts: tuple[VerdictShape, ...]
    comments: tuple[CommentShape, ...]


class ProposalShape(Shape):
    """A statement that waits for a ruling; rank = severity × uncertainty × audience."""

    statement: str
    company: str
    authority: str
    change: str | None
    why: str
    severity: float
    uncertainty: float
    audience: int
    rank: float


class DocumentShape(Shape):
    """A document with its text; `paragraphs` are (start, end) in it."""

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
    knowledge: str


class ExcerptShape(Shape):
    """A piece of a text; `hits` are (start, end) of the words in it."""

    text: str
    hits: tuple[tuple[int, int], ...]


class FoundShape(Shape):
    """A document that holds the words that were searched for."""

    id: str
    source: str
    url: str
    title: str | None
    publisher: str | None
    site: str | None
    published: datetime | None
    first_seen: datetime
    excerpts: tuple[ExcerptShape, ...]


class SourceShape(Shape):
    """How a source fares, told by its own address."""

    source: str
    last_ok: datetime | None
    last_attempt: datetime | None
    failures: int
    status: int | None
    outcome: Outcome | None
    note: str | None


class RunShape(Shape):
    """One execution of a job."""

    id: int
    job: str
    started: datetime
    finished: datetime | None
    state: str
    counts: dict[str, Any]
    error: str | None


class NamedShape(Shape):
    """A company or authority that config lists."""

    id: str
    name: str
    parent: str | None = None


class Listed(Shape, Generic[T]):
    """A page of a list: give `next` as `after` to get the page behind it; null at the end."""

    items: tuple[T, ...]
    next: str | None = None


class RulingShape(BaseModel):
    """A verdict to post. `after` only with correct: any of company, authority, stance, time, facets, evidence.

    `seen`: the id of the newest verdict that you know of, 0 for none; if there is a newer one, the answer is 409.
    """

    model_config = ConfigDict(extra="forbid")

    ruling: Literal["accept", "reject", "correct"]
    after: dict[str, Any] = Field(default_factory=dict)
    reason: str = Field(default="", max_length=4000)
    seen: int | None = Field(default=None, ge=0)


class RemarkShape(BaseModel):
    """A comment to post."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(min_length=1, max_length=4000)


class Failure(BaseModel):
    """What every answer that is none says: what is wrong, and what to do."""

    error: str
    hint: str
