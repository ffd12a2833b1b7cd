"""Lists as files: every row once, the same bytes each time, nothing that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime

import pyarrow.parquet as pq
import pytest
from support.store import Story, context

from pipelines.export import (
    COLUMNS,
    LISTS,
    Format,
    Kind,
    change_rows,
    encoded,
    harmless,
    position_rows,
    statement_rows,
)
from pipelines.store.queries import ChangeFilter, PositionFilter, StatementFilter


@pytest.fixture
def told(store, clock) -> Story:
    story = Story(store, clock)
    for n in range(3):
        story.reports(
            "courier", f"zoom HK pauses: =cmd|'/c calc'!A{n} Zoom, \"stopped\"\thandling.", path=f"/{n}"
        )
        clock.tick(days=1)
    story.shows(
        "zoom-guide", "zoom * conditional process=warrant|mlat data=content: We disclose on a warrant."
    )
    return story


def exported(story: Story, kind: Kind, form: Format, **wanted: object) -> bytes:
    with story.store.reading() as session:
        rows = {
            Kind.STATEMENTS: lambda: statement_rows(session, StatementFilter(**wanted)),
            Kind.CHANGES: lambda: change_rows(session, ChangeFilter(**wanted)),
            Kind.POSITIONS: lambda: position_rows(
                session, PositionFilter(), context(story.configuration).rules, **wanted
            ),
        }[kind]()
        return b"".join(encoded(kind, form, rows))


@pytest.mark.parametrize("kind", LISTS)
def test_every_format_says_the_same(told, kind):
    names = [column.name for column in COLUMNS[kind]]
    lines = [json.loads(line) for line in exported(told, kind, Format.JSONL).splitlines()]
    cells = list(csv.DictReader(io.StringIO(exported(told, kind, Format.CSV).decode(), newline="")))
    table = pq.read_table(io.BytesIO(exported(told, kind, Format.PARQUET)))
    assert len(lines) == len(cells) == table.num_rows > 0
    assert list(lines[0]) == list(cells[0]) == table.column_names == names
    for line, cell, row in zip(lines, cells, table.to_pylist(), strict=True):
        assert line == json.loads(json.dumps(row, default=datetime.isoformat))
        assert cell["company"] == line["company"]


@pytest.mark.parametrize("form", Format)
def test_the_same_store_gives_the_same_bytes(told, form):
    assert exported(told, Kind.STATEMENTS, form) == exported(told, Kind.STATEMENTS, form)


def test_filters_choose_rows(told):
    assert exported(told, Kind.STATEMENTS, Format.JSONL, company="meta") == b""
    one = exported(told, Kind.STATEMENTS, Format.JSONL, authority="*").splitlines()
    assert json.loads(one[0])["process"] == ["mlat", "warrant"]
    assert exported(told, Kind.POSITIONS, Format.JSONL, as_of=datetime(2026, 10, 1, tzinfo=UTC)) == b""


def test_types_are_kept_in_parquet(told):
    schema = pq.read_schema(io.BytesIO(exported(told, Kind.STATEMENTS, Format.PARQUET)))
    assert str(schema.field("published").type) == "timestamp[us, tz=UTC]"
    assert str(schema.field("confidence").type) == "double"
    assert schema.field("evidence").metadata[b"meaning"] == b"the sentence that says so, exactly"


def test_an_empty_list_is_a_file_with_columns(store, clock):
    empty = Story(store, clock)
    assert exported(empty, Kind.CHANGES, Format.CSV).decode().startswith("id,company,authority,kind")
    assert pq.read_table(io.BytesIO(exported(empty, Kind.CHANGES, Format.PARQUET))).num_rows == 0
    assert exported(empty, Kind.CHANGES, Format.JSONL) == b""


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1+1", "@SUM(1)", "\t=1", "\r=1", "\n=1", "＝1+1", "＋1", "－1", "＠x", "\x00=1", "\x0b=1", '=HYPERLINK("x")',
     "=cmd|'/c calc'!A0", "-2+3+cmd|' /C calc'!A0", "@x", "+x", "=DDE()", "\x7f=1", " =1", "\u200b=1", "\ufeff@x", "  \t-1"],
)  # fmt: skip
def test_no_cell_is_a_formula(text):
    assert str(harmless(text)).startswith("'")


@pytest.mark.parametrize(
    ("value", "cell"), [(-0.5, -0.5), (True, "true"), (["a", "b"], "a; b"), (None, None), ("a=1", "a=1")]
)
def test_what_is_none_stays_as_it_is(value, cell):
    assert harmless(value) == cell
