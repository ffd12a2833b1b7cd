"""The rows. Identity is content: what has a 64-digit id got it by hashing what it is, so doing anything twice adds nothing.

Only the modules of this package import this one. Times are UTC and aware on every database.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

# What sightings are counted from, and in.
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


class UTCDateTime(sa.types.TypeDecorator[datetime]):
    """An aware UTC datetime on every database; refuses a naive one (SQLite would drop the zone in silence)."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002
        """To UTC; raises ValueError for a naive time."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"naive datetime: {value!r}")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002
        """Aware UTC, whatever the database gave back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


# What no database takes: PostgreSQL has no NUL in text, UTF-8 no lone surrogate. Scraped text may hold both.
_UNSTORABLE = re.compile("[\\x00\\ud800-\\udfff]")


def storable(value: Any) -> Any:
    """A text, or texts inside lists and dicts, with each unstorable character replaced by one U+FFFD: offsets stay."""
    if isinstance(value, str):
        return _UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", value)
    if isinstance(value, dict):
        return {storable(k): storable(v) for k, v in value.items()}
    return [storable(v) for v in value] if isinstance(value, list | tuple) else value


class Text(sa.types.TypeDecorator[str]):
    """Text of any length that every database takes."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> str | None:  # noqa: ARG002
        """Without what cannot be stored."""
        return None if value is None else storable(value)


class Json(sa.types.TypeDecorator[Any]):
    """JSON on SQLite, JSONB on PostgreSQL."""

    impl = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> Any:  # noqa: ARG002
        """Without what cannot be stored."""
        return storable(value)


class Digest(sa.types.TypeDecorator[str]):
    """A digest, or what somebody gives as one in an address."""

    impl = sa.String(64)
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> str | None:  # noqa: ARG002
        """Without what cannot be stored: it is the digest of nothing then."""
        return None if value is None else storable(value)


class Row(DeclarativeBase):
    """Base of all rows; constraint names are fixed so that migrations can name them."""

    metadata = sa.MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: UTCDateTime(),
        dict[str, Any]: Json(),
        list[Any]: Json(),
        str: Text(),
    }


class RunRow(Row):
    """One execution of a job."""

    __tablename__ = "runs"
    id: Mapped[int] = mapped_column(primary_key=True)
    job: Mapped[str] = mapped_column(index=True)
    started: Mapped[datetime]
    finished: Mapped[datetime | None]
    state: Mapped[str]  # running, ok, failed, aborted
    counts: Mapped[dict[str, Any]]
    error: Mapped[str | None]


class RunSourceRow(Row):
    """What one run did for one source."""

    __tablename__ = "run_sources"
    run_id: Mapped[int] = mapped_column(sa.ForeignKey("runs.id"), primary_key=True)
    source: Mapped[str] = mapped_column(primary_key=True)
    requests: Mapped[int]
    captures: Mapped[int]
    statements: Mapped[int]
    errors: Mapped[int]
    outcomes: Mapped[dict[str, Any]]  # outcome → count
    dropped: Mapped[dict[str, Any]]  # why a URL was not fetched or not followed → count
    seconds: Mapped[float]
    note: Mapped[str | None]


class FetchRow(Row):
    """What the next request for a URL must know: validators, and whether it was already read.

    The validators are those of the last ok response, whatever came after it: a 304 says that this one is still there.
    """

    __tablename__ = "fetches"
    source: Mapped[str] = mapped_column(primary_key=True)
    url: Mapped[str] = mapped_column(primary_key=True)
    entry: Mapped[bool]  # the source's own address, not one that it led to
    etag: Mapped[str | None]
    last_modified: Mapped[str | None]
    first_seen: Mapped[datetime]
    last_fetched: Mapped[datetime]
    last_ok: Mapped[datetime | None]  # ok or not_modified
    run_id: Mapped[int | None]  # the run that asked last
    status: Mapped[int | None]  # None: no response at all
    outcome: Mapped[str]
    failures: Mapped[int]  # consecutive fetches that were not ok or not_modified
    note: Mapped[str | None]
    # How a source fares is told by its newest fetches, found without reading all of them.
    __table_args__ = (sa.Index("ix_fetches_newest", "source", "entry", "last_fetched"),)


class CaptureRow(Row):
    """One distinct response of a URL, and where its record lies in the archive.

    With the archived record this is all of a `Capture`, so that it can be read again by better rules years later.
    Of several sightings of the same bytes the earliest is told; an ok one outranks all that were not.
    """

    __tablename__ = "captures"
    id: Mapped[str] = mapped_column(Digest, primary_key=True)
    source: Mapped[str] = mapped_column(index=True)
    kind: Mapped[str]
    url: Mapped[str]
    final_url: Mapped[str]
    status: Mapped[int]
    media_type: Mapped[str]
    digest: Mapped[str] = mapped_column(Digest)
    length: Mapped[int]
    site: Mapped[str | None]
    publisher: Mapped[str | None]
    language: Mapped[str | None]
    hints: Mapped[dict[str, Any]]
    outcome: Mapped[str]
    note: Mapped[str]
    # What was read from it; none for an index page or where nothing was readable. No foreign key: a document names its
    # capture by one, and each would have to be there first.
    document_id: Mapped[str | None] = mapped_column(Digest, index=True)
    warc_file: Mapped[str]
    warc_offset: Mapped[int] = mapped_column(sa.BigInteger)
    first_seen: Mapped[datetime]
    last_seen: Mapped[datetime]
    __table_args__ = (
        # A hash index on PostgreSQL: its B-tree refuses values past 2,704 bytes, and a page may claim any address.
        sa.Index("ix_captures_url", "url", postgresql_using="hash"),
        sa.Index("ix_captures_source_seen", "source", "last_seen"),  # the newest of a source
    )


class DocumentRow(Row):
    """Text and metadata that extraction made of a capture; `knowledge` is the version of the rules that read it.

    Several captures may show one document; `capture_id` and `fetched` name the earliest, from which the metadata is.
    """

    __tablename__ = "documents"
    id: Mapped[str] = mapped_column(Digest, primary_key=True)
    capture_id: Mapped[str] = mapped_column(sa.ForeignKey("captures.id"), index=True)
    source: Mapped[str]
    url: Mapped[str]
    title: Mapped[str | None]
    author: Mapped[str | None]
    publisher: Mapped[str | None]
    site: Mapped[str | None]
    language: Mapped[str | None]
    published: Mapped[datetime | None]
    modified: Mapped[datetime | None]
    first_seen: Mapped[datetime]
    last_seen: Mapped[datetime]
    fetched: Mapped[datetime]
    text: Mapped[str]
    length: Mapped[int]  # characters of the text, to be compared without reading it
    paragraphs: Mapped[list[Any]]
    quarantined: Mapped[list[Any]]
    fingerprint: Mapped[list[Any]]
    knowledge: Mapped[str]
    recorded: Mapped[datetime]  # when we stored it: a text that was fetched long ago may be read today
    __table_args__ = (
        sa.Index("ix_documents_url", "url", postgresql_using="hash"),
        # All that a source's rhythm is learned from, so that the texts are not read for it.
        sa.Index("ix_documents_news", "source", "first_seen", "published"),
    )


class VersionRow(Row):
    """The n-th text that a watched page showed, and when; a page that flaps back makes a new version of an old document."""

    __tablename__ = "versions"
    url: Mapped[str] = mapped_column(primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True)
    document_id: Mapped[str] = mapped_column(sa.ForeignKey("documents.id"), index=True)
    first_seen: Mapped[datetime]
    last_seen: Mapped[datetime]
    # Every good sighting, microseconds since 1970: one that arrives late, between two others, can still be put in order.
    seen: Mapped[list[Any]]


class DocumentNumberRow(Row):
    """A document's number in the index of words, in the order in which texts were stored.

    The index itself (`document_words`) is the database's own: FTS5 on SQLite, a tsvector on PostgreSQL. It is no table
    of ours: see `pipelines.store.words`.
    """

    __tablename__ = "document_numbers"
    number: Mapped[int] = mapped_column(primary_key=True)
    document_id: Mapped[str] = mapped_column(sa.ForeignKey("documents.id"), unique=True)


class PageSentenceRow(Row):
    """A sentence that was read for a statement in some text of a watched page."""

    __tablename__ = "page_sentences"
    url: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(Digest, primary_key=True)
    text: Mapped[str]


class StandingRow(Row):
    """Such a sentence stands in a text of the page, as the sentence `stands_as`: itself (`share` 1), or in other words."""

    __tablename__ = "standings"
    document_id: Mapped[str] = mapped_column(sa.ForeignKey("documents.id"), primary_key=True)
    sentence: Mapped[str] = mapped_column(Digest, primary_key=True)
    stands_as: Mapped[str] = mapped_column(Digest)
    share: Mapped[float]


class HoldRow(Row):
    """A text that is not believed yet, and why; whoever decides on it is named.

    `outlasted`: a short text that its page showed for so long that it is believed.
    """

    __tablename__ = "holds"
    document_id: Mapped[str] = mapped_column(sa.ForeignKey("documents.id"), primary_key=True)
    url: Mapped[str]
    source: Mapped[str]
    run_id: Mapped[int]
    at: Mapped[datetime]
    kind: Mapped[str]  # short, many
    reason: Mapped[str]
    state: Mapped[str] = mapped_column(index=True)  # held, released, discarded, outlasted
    who: Mapped[str | None]
    decided: Mapped[datetime | None]


class StatementRow(Row):
    """What a document asserts, with its evidence."""

    __tablename__ = "statements"
    id: Mapped[str] = mapped_column(Digest, primary_key=True)
    document_id: Mapped[str] = mapped_column(sa.ForeignKey("documents.id"), index=True)
    company: Mapped[str]
    authority: Mapped[str]
    stance: Mapped[str]
    time: Mapped[str]
    evidence: Mapped[str]
    start: Mapped[int]
    end: Mapped[int]
    rule: Mapped[str]
    confidence: Mapped[float]
    facets: Mapped[dict[str, Any]]
    speaker: Mapped[str | None]
    supports: Mapped[list[Any]]  # [{text, facets}]: every sentence that says so
    promise: Mapped[str | None]
    unsure: Mapped[bool]
    unread: Mapped[bool]  # the newest reading does not have it: kept because people left a trace on it
    unlisted: Mapped[bool]
    # Which words made the rule fire: [{kind, start, end}] in the document's text; empty where it was read before these
    # were kept.
    marks: Mapped[list[Any]]
    spent: Mapped[bool]  # old, and only repeating: the fold is the same without it (pipelines.thinning)
    first_seen: Mapped[datetime] = mapped_column(
        index=True
    )  # its document's, kept here for lists of the newest
    __table_args__ = (
        sa.Index("ix_statements_pair", "company", "authority", "spent"),
        # Lists of the newest of a stance, of a pair, of a company, of an authority: read from the index, a page at a time.
        sa.Index("ix_statements_stance_seen", "stance", "first_seen", "id"),
        sa.Index("ix_statements_pair_seen", "company", "authority", "first_seen", "id"),
        sa.Index("ix_statements_company_seen", "company", "first_seen", "id"),
        sa.Index("ix_statements_authority_seen", "authority", "first_seen", "id"),
        # Samples are drawn stance by stance in the order of ids: without it a rare stance reads the whole table.
        sa.Index("ix_statements_stance", "stance", "id"),
    )


class VerdictRow(Row):
    """An analyst's ruling on a statement; append-only, the newest counts."""

    __tablename__ = "verdicts"
    id: Mapped[int] = mapped_column(primary_key=True)
    statement_id: Mapped[str] = mapped_column(sa.ForeignKey("statements.id"), index=True)
    ruling: Mapped[str]  # accept, reject, correct; void: none of the earlier ones stands any more
    company: Mapped[str]  # the pair that the statement belongs to by this ruling
    authority: Mapped[str]
    who: Mapped[str]
    at: Mapped[datetime]
    before: Mapped[dict[str, Any]]  # the fields as they stood until then, and the ruling that stood, if any
    after: Mapped[dict[str, Any]]  # the corrected fields; empty unless ruling is correct
    reason: Mapped[str]
    undoes: Mapped[int | None] = mapped_column(
        index=True
    )  # the verdict that this one takes back, by saying again what stood before it
    # The verdict on an earlier text's statement that goes on here.
    carries: Mapped[int | None] = mapped_column(index=True)
    __table_args__ = (
        sa.Index("ix_verdicts_pair", "company", "authority"),
        sa.Index("ix_verdicts_who", "who", "id"),
    )


class ProposalRow(Row):
    """A statement that somebody should rule on, and how soon: derived from its pair with the position, never edited.

    `rank` is severity × uncertainty × audience (see pipelines.proposals).
    """

    __tablename__ = "proposals"
    statement_id: Mapped[str] = mapped_column(sa.ForeignKey("statements.id"), primary_key=True)
    company: Mapped[str]
    authority: Mapped[str]
    change_id: Mapped[str | None] = mapped_column(Digest)  # the change that rests on it
    why: Mapped[str]
    severity: Mapped[float]
    uncertainty: Mapped[float]
    audience: Mapped[int]
    rank: Mapped[float]
    first_seen: Mapped[datetime]  # its statement's
    __table_args__ = (
        sa.Index("ix_proposals_rank", "rank", "first_seen", "statement_id"),
        sa.Index("ix_proposals_pair", "company", "authority"),
    )


class SkipRow(Row):
    """An analyst looks at a proposal later: it waits behind all others for this one person."""

    __tablename__ = "skips"
    who: Mapped[str] = mapped_column(primary_key=True)
    statement_id: Mapped[str] = mapped_column(sa.ForeignKey("statements.id"), primary_key=True)
    at: Mapped[datetime]


class CommentRow(Row):
    """What somebody wrote beside a statement; append-only."""

    __tablename__ = "comments"
    id: Mapped[int] = mapped_column(primary_key=True)
    statement_id: Mapped[str] = mapped_column(sa.ForeignKey("statements.id"), index=True)
    who: Mapped[str]
    at: Mapped[datetime]
    text: Mapped[str]


class PositionRow(Row):
    """What is in force for one (company, authority): derived by the fold, never edited by hand."""

    __tablename__ = "positions"
    company: Mapped[str] = mapped_column(primary_key=True)
    authority: Mapped[str] = mapped_column(primary_key=True)
    held: Mapped[list[Any]]  # [{stance, facets, since, statements: [id…]}], sorted by stance
    since: Mapped[datetime]
    provisional: Mapped[list[Any]]  # of these, the stances that nobody confirmed yet


class ChangeRow(Row):
    """A position's step from one state to the next, with its cause."""

    __tablename__ = "changes"
    id: Mapped[str] = mapped_column(Digest, primary_key=True)
    company: Mapped[str]
    authority: Mapped[str]
    kind: Mapped[str]  # new, stance, terms, withdrawn
    severity: Mapped[str]  # minor, major
    status: Mapped[str]  # provisional, confirmed, retracted
    reason: Mapped[str]  # why it is confirmed or provisional, in words
    before: Mapped[list[Any]]  # as PositionRow.held
    after: Mapped[list[Any]]
    occurred: Mapped[datetime]  # when the company did it, as far as told
    found: Mapped[datetime] = mapped_column(index=True)  # when we first knew
    baseline: Mapped[bool]  # the first reading of a source: recorded, never alerted
    reclassified: Mapped[bool]  # better rules found or took it back, not the company: recorded, never alerted
    moved: Mapped[datetime] = mapped_column(
        index=True
    )  # when it came, or what decides who is told of it moved
    __table_args__ = (sa.Index("ix_changes_pair", "company", "authority"),)


class AlertRow(Row):
    """The outbox: one message about one change in one status to one recipient."""

    __tablename__ = "alerts"
    id: Mapped[str] = mapped_column(Digest, primary_key=True)
    change_id: Mapped[str] = mapped_column(sa.ForeignKey("changes.id"), index=True)
    change_status: Mapped[str]
    recipient: Mapped[str]  # a mail address, or channel:NAME
    message_id: Mapped[str]
    state: Mapped[str] = mapped_column(index=True)  # queued, sending, sent, dead, superseded, unsubscribed
    attempts: Mapped[int]
    queued: Mapped[datetime] = mapped_column(index=True)
    next_attempt: Mapped[datetime]  # while sending: when the claim runs out
    sent: Mapped[datetime | None]  # in another state than sent: it may have been, nobody said so
    error: Mapped[str | None]
    deliver: Mapped[str]  # instant, daily, weekly
    due: Mapped[datetime]  # when it is to go out: at once, or with the next digest after it was queued
    digest: Mapped[str | None]  # the Message-ID of the digest that tells it, from its first attempt on


class SubscriptionRow(Row):
    """What a recipient said of getting alerts at all; append-only, the newest counts."""

    __tablename__ = "subscriptions"
    id: Mapped[int] = mapped_column(primary_key=True)
    recipient: Mapped[str] = mapped_column(index=True)  # in small letters
    wanted: Mapped[bool]
    at: Mapped[datetime]
    how: Mapped[str]  # one-click, page, command, desk


class UserRow(Row):
    """Who may use the desk, and as what. Never deleted, because verdicts name them; `disabled` shuts the door."""

    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)  # what they sign in and are named by, in small letters
    role: Mapped[str]  # reader, analyst, admin
    password: Mapped[str | None]  # its hash; None: signs in at the OpenID provider only
    subject: Mapped[str | None] = mapped_column(unique=True)  # who it is at the OpenID provider
    added: Mapped[datetime]
    disabled: Mapped[datetime | None]


class SessionRow(Row):
    """A browser that is signed in. The cookie's value is stored nowhere, only its digest."""

    __tablename__ = "sessions"
    digest: Mapped[str] = mapped_column(Digest, primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"), index=True)
    begun: Mapped[datetime]
    seen: Mapped[datetime]


class TokenRow(Row):
    """A program that may use the API in somebody's name. Stored is only its digest."""

    __tablename__ = "tokens"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"), index=True)
    name: Mapped[str]
    digest: Mapped[str] = mapped_column(Digest, unique=True)
    role: Mapped[str]  # never more than its user's
    made: Mapped[datetime]
    used: Mapped[datetime | None]
    revoked: Mapped[datetime | None]


class AuditRow(Row):
    """Who did what at the desk, but for verdicts, which are a log of their own; append-only."""

    __tablename__ = "audit"
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    who: Mapped[str | None]  # None: nobody signed in
    what: Mapped[str]
    about: Mapped[str]
    address: Mapped[str | None]  # from where, as far as known
    detail: Mapped[dict[str, Any]]
    __table_args__ = (sa.Index("ix_audit_what", "what", "at"), sa.Index("ix_audit_who", "who", "id"))


class SampleRow(Row):
    """Statements drawn to be coded by two people who see neither the machine's reading nor each other's."""

    __tablename__ = "samples"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    who: Mapped[str]  # who drew it
    at: Mapped[datetime]
    coders: Mapped[list[Any]]  # two users' names
    seed: Mapped[int]
    drawn_from: Mapped[dict[str, Any]]  # what the statements were chosen by


class SampleUnitRow(Row):
    """The n-th statement of a sample."""

    __tablename__ = "sample_units"
    sample_id: Mapped[int] = mapped_column(sa.ForeignKey("samples.id"), primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True)
    statement_id: Mapped[str] = mapped_column(sa.ForeignKey("statements.id"))


class CodeRow(Row):
    """What somebody coded for a unit of a sample; append-only, the newest of a person counts."""

    __tablename__ = "codes"
    id: Mapped[int] = mapped_column(primary_key=True)
    sample_id: Mapped[int]
    n: Mapped[int]
    who: Mapped[str]
    at: Mapped[datetime]
    stance: Mapped[str]  # one of the eight, or none: no stance is stated
    adjudicates: Mapped[bool]  # the last word on a unit that the two coded differently
    note: Mapped[str]
    __table_args__ = (
        sa.ForeignKeyConstraint(["sample_id", "n"], ["sample_units.sample_id", "sample_units.n"]),
        sa.Index("ix_codes_unit", "sample_id", "n"),
    )
