"""Statements, changes, positions and coded samples as CSV, JSON Lines or Parquet: whole lists, as a stream.

Columns are only ever added, at the end. Rows come in the order of the views; the same store gives the same bytes.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import islice
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from extract.types import Facets
from pipelines.positions import Held
from pipelines.store import queries
from pipelines.store.facts import ChangeFacts, PositionFacts, StatementFacts
from pipelines.store.queries import ChangeFilter, Page, PositionFilter, StatementFilter
from pipelines.store.session import Session
from pipelines.timelines import Rules, positions_of

_PAGE = 200
ROW_GROUP = 5000
_JOINED = "; "
# What a spreadsheet takes for a formula, also in full-width forms.
# Blanks and invisible characters before it do not keep them from it.
_FORMULA = re.compile("[\t\r\n]|[\\s\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]*[=+\\-@＝＋－＠]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")

Row = dict[str, Any]
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
    """A column: what it says, and its type in Parquet."""

    name: str
    meaning: str
    type: Any = pa.string()  # noqa: RUF009  # a constant


_MOMENT = pa.timestamp("us", tz="UTC")
_TEXTS = pa.list_(pa.string())
_CONDITIONS = (
    Column("process", "legal process that is asked for (codebook), conditional statements only", _TEXTS),
    Column("data", "kinds of data that it is about", _TEXTS),
    Column("offence", "offence that it is limited to"),
    Column("notice", "whether the user is told"),
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
    ),
    Kind.POSITIONS: (
        Column("company", "slug of the company or service"),
        Column("authority", "whose demands"),
        Column("stance", "a stance in force; a pair with several has a row for each"),
        *_CONDITIONS,
        Column("since", "since when, UTC", _MOMENT),
        Column("statements", "ids of the statements that hold it, the one to quote first", _TEXTS),
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
    return map(_statement, _walked(lambda after: queries.statements_page(session, wanted, after, _PAGE)))


def change_rows(session: Session, wanted: ChangeFilter) -> Iterator[Row]:
    """Changes, found last first."""
    return map(_change, _walked(lambda after: queries.changes_page(session, wanted, after, _PAGE)))


def position_rows(
    session: Session,
    wanted: PositionFilter,
    rules: Rules,
    as_of: datetime | None = None,
    known_at: datetime | None = None,
) -> Iterator[Row]:
    """What is in force, by company and authority; at `as_of`, as far as known at `known_at`, where either is given."""

    def page(after: str | None) -> Page[PositionFacts]:
        if as_of is None and known_at is None:
            return queries.positions_page(session, wanted, after, _PAGE)
        pairs = queries.pairs_page(session, wanted, after, _PAGE)
        found = positions_of(session, pairs.rows, rules, as_of=as_of, known_at=known_at)
        return Page(tuple(found), pairs.after)

    for position in _walked(page):
        for held in position.held:
            if wanted.stance in (None, held.stance):
                yield _position(position, held)


def encoded(kind: Kind, form: Format, rows: Iterable[Row]) -> Iterator[bytes]:
    """The rows as bytes, piece by piece; memory holds one row group at most."""
    if form is Format.PARQUET:
        return _parquet(kind, rows)
    return _csv(kind, rows) if form is Format.CSV else _json_lines(kind, rows)


def harmless(value: object) -> object:
    """A value as a cell that no spreadsheet takes for a formula: text that would be one gets an apostrophe before it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, list):
        value = _JOINED.join(value)
    if not isinstance(value, str):
        return value
    text = _CONTROL.sub("", value)
    return f"'{text}" if _FORMULA.match(text) else text


def _walked(page: Callable[[str | None], Page[Any]]) -> Iterator[Any]:
    after: str | None = None
    while True:
        found = page(after)
        yield from found.rows
        if found.after is None:
            return
        after = found.after


def _csv(kind: Kind, rows: Iterable[Row]) -> Iterator[bytes]:
    names = [column.name for column in COLUMNS[kind]]
    yield _csv_lines([names])
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
    told = {
        name: getattr(facts, name) for name in names if name not in ("process", "data", "offence", "notice")
    }
    return told | {"stance": str(facts.stance), "time": str(facts.time)} | _conditions(facts.facets)


def _change(facts: ChangeFacts) -> Row:
    names = (column.name for column in COLUMNS[Kind.CHANGES] if column.name != "statements")
    return {name: getattr(facts, name) for name in names} | {
        "before": [str(held.stance) for held in facts.before],
        "after": [str(held.stance) for held in facts.after],
        "statements": list(dict.fromkeys(s for held in facts.after for s in held.statements)),
    }


def _position(facts: PositionFacts, held: Held) -> Row:
    return {
        "company": facts.company,
        "authority": facts.authority,
        "stance": str(held.stance),
        **_conditions(held.facets),
        "since": held.since,
        "statements": list(held.statements),
    }
