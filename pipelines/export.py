"""Statements, changes, positions and coded samples as CSV, JSON Lines or Parquet: whole lists, as a stream.

Columns are only ever added, at the end. Rows come in the order of the views; the same store gives the same bytes.
What is in force or changed comes with the statement that decides it: its words, where they stand, and since when.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import islice
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from extract.types import Facets
from pipelines.positions import Held
from pipelines.quotes import first_quotes, moved, quoted, quotes
from pipelines.store import queries
from pipelines.store.facts import ChangeFacts, PositionFacts, StatementFacts
from pipelines.store.queries import ChangeFilter, Page, PositionFilter, StatementFilter
from pipelines.store.session import Session
from pipelines.timelines import Rules, positions_asked

_PAGE = 200
ROW_GROUP = 5000
_JOINED = "; "
# Places in a text where a spreadsheet may begin to read a formula, also in full-width forms; blanks and invisible
# characters before it do not keep them from it. Besides the beginning of the cell these are the places where a reader
# that does not take our commas for separators may begin another one. A spreadsheet set to semicolons does not: it sees
# the whole line as one cell, so our quotation marks are not at its beginning and count for nothing, and it cuts at every
# ";" and line break inside. Tabs are cut at by whoever pastes the text. A comma inside stands between quotation marks
# for every reader that cuts at commas, and is nothing to others.
_BLANK = '"\u0020\u0085\u00a0\u00ad\u1680\u2000-\u200f\u2028-\u202f\u205f-\u2069\u3000\ufeff'
_SIGN = "[=+\\-@＝＋－＠]"
_FORMULA = re.compile(rf"\A(?=[\t\r\n]|[{_BLANK}\t\r\n]*{_SIGN})|(?<=[;\t\r\n])(?=[{_BLANK}]*{_SIGN})")
# Without it Excel takes UTF-8 for the machine's own encoding, and quotes are no longer exact.
_MARK = "\ufeff".encode()
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")

Row = dict[str, Any]
T = TypeVar("T")
Filter = StatementFilter | ChangeFilter | PositionFilter


class Kind(StrEnum):
    """What is exported."""

    STATEMENTS = "statements"
    CHANGES = "changes"
    POSITIONS = "positions"
    CODES = "codes"


# What is exported by the filters of the views; codes are exported sample by sample.
LISTS = (Kind.STATEMENTS, Kind.CHANGES, Kind.POSITIONS)


class Format(StrEnum):
    """How it is written."""

    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"

    @property
    def media_type(self) -> str:
        """As HTTP names it."""
        names = {"csv": "text/csv; charset=utf-8", "jsonl": "application/x-ndjson"}
        return names.get(self.value, "application/vnd.apache.parquet")


@dataclass(frozen=True, slots=True)
class Column:
    """A column: what it says, and its type in Parquet. One of `nested` values is left out of CSV."""

    name: str
    meaning: str
    type: Any = pa.string()  # noqa: RUF009  # a constant
    nested: bool = False


_MOMENT = pa.timestamp("us", tz="UTC")
_TEXTS = pa.list_(pa.string())
_CONDITIONS = (
    Column("process", "legal process that is asked for (codebook), conditional statements only", _TEXTS),
    Column("data", "kinds of data that it is about", _TEXTS),
    Column("offence", "offence that it is limited to"),
    Column("notice", "whether the user is told"),
)
# The statement that is quoted for a row: the fields of its facts by the same names, but for its id.
_PROOF = (
    Column("statement", "id of the statement that decides it, the one to quote"),
    Column("evidence", "its sentence, exactly"),
    Column("speaker", "who says so; empty for the outlet's own voice"),
    Column("url", "canonical address of its document"),
    Column("title", "headline"),
    Column("publisher", "the outlet"),
    Column("site", "slug of the company whose own page it is"),
    Column("source", "id of the source that led to it"),
    Column("published", "as the page claims, UTC", _MOMENT),
    Column("first_seen", "when we first saw it, UTC", _MOMENT),
    Column("capture", "id of the archived response"),
)
_QUOTES = pa.list_(
    pa.struct(
        [("side", pa.string()), ("stance", pa.string()), *((column.name, column.type) for column in _PROOF)]
    )
)
COLUMNS: dict[Kind, tuple[Column, ...]] = {
    Kind.STATEMENTS: (
        Column(
            "id", "64 hex digits: document, company, authority, stance, time and evidence make a statement"
        ),
        Column("company", "slug of the company or service"),
        Column("authority", "whose demands: ISO 3166-1 code, EU, or * for authorities in general"),
        Column("stance", "one of the eight"),
        Column("time", "now or past"),
        Column("evidence", "the sentence that says so, exactly"),
        Column("start", "where it begins in the document's text, in characters", pa.int64()),
        Column("end", "where it ends", pa.int64()),
        *_CONDITIONS,
        Column("speaker", "who says so; empty for the outlet's own voice"),
        Column("rule", "the rule that found it"),
        Column("confidence", "how sure the reading is, 0 to 1", pa.float64()),
        Column("unsure", "less sure than the rules ask: moves nothing by itself", pa.bool_()),
        Column("unlisted", "its company is not in the configuration: moves nothing", pa.bool_()),
        Column("ruling", "the newest ruling of an analyst: accept, reject, correct"),
        Column("ignored", "why it moves no position; empty if it may"),
        Column("document", "id of the document"),
        Column("source", "id of the source that led to it"),
        Column("url", "canonical address"),
        Column("title", "headline"),
        Column("author", "as the page names them"),
        Column("publisher", "the outlet"),
        Column("site", "slug of the company whose own page it is"),
        Column("published", "as the page claims, UTC", _MOMENT),
        Column("first_seen", "when we first saw it, UTC", _MOMENT),
        Column("last_seen", "when we last saw it, UTC", _MOMENT),
        Column("capture", "id of the archived response"),
        Column("warc_file", "the archive file that holds it"),
        Column("warc_offset", "where its record begins, in bytes", pa.int64()),
        Column(
            "corrected",
            "JSON of the fields that the newest ruling put in place of those read; empty unless it corrects",
        ),
    ),
    Kind.CHANGES: (
        Column("id", "64 hex digits"),
        Column("company", "slug of the company or service"),
        Column("authority", "whose demands"),
        Column("kind", "new, stance, terms, withdrawn or contradicted"),
        Column("severity", "major if the side changed, else minor"),
        Column("status", "provisional, confirmed or retracted"),
        Column("reason", "why it has its status"),
        Column("before", "stances in force before it", _TEXTS),
        Column("after", "stances in force after it", _TEXTS),
        Column("occurred", "when the company did it, as far as told, UTC", _MOMENT),
        Column("found", "when we first knew, UTC", _MOMENT),
        Column("baseline", "it stood there before we looked", pa.bool_()),
        Column("reclassified", "better rules found it, not a new page", pa.bool_()),
        Column("statements", "ids of the statements that hold what is in force after it", _TEXTS),
        *_PROOF,
        Column(
            "quotes",
            "of each stance before and after it (side) the statement to quote; not in CSV",
            _QUOTES,
            nested=True,
        ),
        Column("moved", "when it came or was told anew (status, kind, severity), UTC", _MOMENT),
    ),
    Kind.POSITIONS: (
        Column("company", "slug of the company or service"),
        Column("authority", "whose demands"),
        Column("stance", "a stance in force; a pair with several has a row for each"),
        *_CONDITIONS,
        Column("since", "since when, UTC", _MOMENT),
        Column(
            "provisional", "nobody confirmed it yet; empty of a past moment, which does not tell", pa.bool_()
        ),
        Column("statements", "ids of the statements that hold it, the one to quote first", _TEXTS),
        *_PROOF,
    ),
    Kind.CODES: (
        Column("sample", "the sample's name"),
        Column("n", "number of the unit in it", pa.int64()),
        Column("statement", "id of the statement that was coded"),
        Column("company", "slug of the company or service that was asked about"),
        Column("authority", "whose demands were asked about"),
        Column("evidence", "the sentence that was asked about"),
        *(
            column
            for which, words in (
                ("first", "first coder"),
                ("second", "second coder"),
                ("last_word", "last word"),
            )
            for column in (
                Column(f"{which}_by", f"{words}: who"),
                Column(which, f"{words}: one of the eight stances, or none"),
                Column(f"{which}_note", f"{words}: what was written beside it"),
                Column(f"{which}_at", f"{words}: when, UTC", _MOMENT),
            )
        ),
        Column("differs", "the two coded it differently", pa.bool_()),
        Column("result", "what both found, else the last word; empty as long as it is open"),
        Column("read", "the stance that the machine read"),
        Column("ruling", "the newest ruling of an analyst: accept, reject, correct"),
        Column("document", "id of the document"),
        Column("url", "canonical address"),
    ),
}


def statement_rows(session: Session, wanted: StatementFilter) -> Iterator[Row]:
    """Statements, first seen last."""
    for some in _pages(lambda after: queries.statements_page(session, wanted, after, _PAGE)):
        yield from map(_statement, some)


def change_rows(session: Session, wanted: ChangeFilter) -> Iterator[Row]:
    """Changes, found last first."""
    for some in _pages(lambda after: queries.changes_page(session, wanted, after, _PAGE)):
        said = first_quotes(session, some)
        yield from (_change(change, said) for change in some)


def position_rows(
    session: Session,
    wanted: PositionFilter,
    rules: Rules,
    as_of: datetime | None = None,
    known_at: datetime | None = None,
) -> Iterator[Row]:
    """What is in force, by company and authority; at `as_of`, as far as known at `known_at`, where either is given."""

    def page(after: str | None) -> Page[PositionFacts]:
        return positions_asked(session, wanted, rules, after, _PAGE, as_of=as_of, known_at=known_at)

    for some in _pages(page):
        rows = [(p, held) for p in some for held in p.held if wanted.stance in (None, held.stance)]
        said = quotes(session, (held for _, held in rows), 1)
        yield from (_position(position, held, said) for position, held in rows)


def encoded(kind: Kind, form: Format, rows: Iterable[Row]) -> Iterator[bytes]:
    """The rows as bytes, piece by piece; memory holds one row group at most."""
    if form is Format.PARQUET:
        return _parquet(kind, rows)
    return _csv(kind, rows) if form is Format.CSV else _json_lines(kind, rows)


def harmless(value: object) -> object:
    """A value as a cell of which no spreadsheet takes a part for a formula: an apostrophe stands before what would be one."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, list):
        value = _JOINED.join(value)
    if not isinstance(value, str):
        return value
    return _FORMULA.sub("'", _CONTROL.sub("", value))


def _pages(page: Callable[[str | None], Page[T]]) -> Iterator[tuple[T, ...]]:
    after: str | None = None
    while True:
        found = page(after)
        yield found.rows
        if found.after is None:
            return
        after = found.after


def _csv(kind: Kind, rows: Iterable[Row]) -> Iterator[bytes]:
    names = [column.name for column in COLUMNS[kind] if not column.nested]
    yield _MARK + _csv_lines([names])
    for some in _batched(rows, _PAGE):
        yield _csv_lines([harmless(row[name]) for name in names] for row in some)


def _csv_lines(cells: Iterable[list[Any]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(cells)
    return text.getvalue().encode()


def _json_lines(kind: Kind, rows: Iterable[Row]) -> Iterator[bytes]:
    names = [column.name for column in COLUMNS[kind]]
    for some in _batched(rows, _PAGE):
        lines = ({name: row[name] for name in names} for row in some)
        yield "".join(json.dumps(line, ensure_ascii=False, default=_moment) + "\n" for line in lines).encode()


def _parquet(kind: Kind, rows: Iterable[Row]) -> Iterator[bytes]:
    schema = pa.schema([pa.field(c.name, c.type, metadata={"meaning": c.meaning}) for c in COLUMNS[kind]])
    written = _Written()
    with pq.ParquetWriter(pa.PythonFile(written, mode="w"), schema, compression="zstd") as writer:
        for some in _batched(rows, ROW_GROUP):
            writer.write_table(pa.Table.from_pylist(some, schema=schema))
            yield written.taken()
    yield written.taken()


class _Written(io.RawIOBase):
    """Takes what is written, until it is fetched."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, piece: Any) -> int:
        self._pieces.append(bytes(piece))
        return len(piece)

    def taken(self) -> bytes:
        """What came since the last time."""
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)


def _batched(rows: Iterable[Row], size: int) -> Iterator[list[Row]]:
    remaining = iter(rows)
    while some := list(islice(remaining, size)):
        yield some


def _moment(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"cannot be written: {value!r}")


def _conditions(facets: Facets) -> Row:
    return {
        "process": list(facets.process),
        "data": list(facets.data),
        "offence": facets.offence,
        "notice": facets.notice,
    }


def _statement(facts: StatementFacts) -> Row:
    names = (column.name for column in COLUMNS[Kind.STATEMENTS])
    made = _conditions(facts.facets) | {"stance": str(facts.stance), "time": str(facts.time)}
    corrected = facts.corrected and json.dumps(facts.corrected, ensure_ascii=False, sort_keys=True)
    return (
        {name: getattr(facts, name) for name in names if name not in made} | made | {"corrected": corrected}
    )


def _change(facts: ChangeFacts, said: Mapping[str, StatementFacts]) -> Row:
    names = (
        "id",
        "company",
        "authority",
        "kind",
        "severity",
        "status",
        "reason",
        "occurred",
        "found",
        "baseline",
    )
    return {name: getattr(facts, name) for name in (*names, "reclassified", "moved")} | {
        "before": [str(held.stance) for held in facts.before],
        "after": [str(held.stance) for held in facts.after],
        "statements": list(dict.fromkeys(s for held in facts.after for s in held.statements)),
        **_proof(next(iter(quoted(moved(facts), said)), None)),
        "quotes": [
            {"side": side, "stance": str(held.stance), **_proof(one)}
            for side, helds in (("before", facts.before), ("after", facts.after))
            for held in helds
            for one in quoted([held], said)
        ],
    }


def _position(facts: PositionFacts, held: Held, said: Mapping[str, StatementFacts]) -> Row:
    return {
        "company": facts.company,
        "authority": facts.authority,
        "stance": str(held.stance),
        **_conditions(held.facets),
        "since": held.since,
        "provisional": None if facts.provisional is None else held.stance in facts.provisional,
        "statements": list(held.statements),
        **_proof(next(iter(quoted([held], said)), None)),
    }


def _proof(said: StatementFacts | None) -> Row:
    fields = {column.name: "id" if column.name == "statement" else column.name for column in _PROOF}
    return {name: getattr(said, field) if said else None for name, field in fields.items()}
