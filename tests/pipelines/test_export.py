"""Lists as files: every row once, the same bytes each time, nothing that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime

import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa
from support.store import Story, context

from pipelines import ledger
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
from pipelines.store import queries
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


@pytest.fixture
def story_of_a_turn(store, clock) -> Story:
    """Zoom paused; a day later two outlets say that it hands data over."""
    story = Story(store, clock)
    story.reports("courier", "zoom HK pauses: Zoom stopped handling requests.")
    clock.tick(days=1)
    story.reports("herald", "zoom HK complies: Zoom hands data to the police.", path="/b")
    clock.tick(hours=1)
    story.reports("courier", "zoom HK complies: It hands over data again, Zoom said.", path="/c")
    return story


MOMENTS = ("published", "first_seen", "last_seen", "occurred", "found", "since")


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


def rows_of(file: bytes, delimiter: str = ",") -> list[dict[str, str]]:
    """A CSV file as a spreadsheet reads it: the mark at its beginning says that it is UTF-8."""
    return list(csv.DictReader(io.StringIO(file.decode("utf-8-sig"), newline=""), delimiter=delimiter))


@pytest.mark.parametrize("kind", LISTS)
def test_every_format_says_the_same(told, kind):
    names = [column.name for column in COLUMNS[kind]]
    lines = [json.loads(line) for line in exported(told, kind, Format.JSONL).splitlines()]
    cells = rows_of(exported(told, kind, Format.CSV))
    table = pq.read_table(io.BytesIO(exported(told, kind, Format.PARQUET)))
    assert len(lines) == len(cells) == table.num_rows > 0
    assert list(lines[0]) == table.column_names == names
    assert list(cells[0]) == [column.name for column in COLUMNS[kind] if not column.nested]
    for line, cell, row in zip(lines, cells, table.to_pylist(), strict=True):
        assert line == json.loads(json.dumps(row, default=datetime.isoformat))
        for name, value in cell.items():
            plain = line[name] if name not in MOMENTS else line[name] and datetime.fromisoformat(line[name])
            assert value == ("" if plain is None else str(harmless(plain))), name


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
    assert (
        exported(empty, Kind.CHANGES, Format.CSV).decode("utf-8-sig").startswith("id,company,authority,kind")
    )
    assert pq.read_table(io.BytesIO(exported(empty, Kind.CHANGES, Format.PARQUET))).num_rows == 0
    assert exported(empty, Kind.CHANGES, Format.JSONL) == b""


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1+1", "@SUM(1)", "\t=1", "\r=1", "\n=1", "＝1+1", "＋1", "－1", "＠x", "\x00=1", "\x0b=1", '=HYPERLINK("x")',
     "=cmd|'/c calc'!A0", "-2+3+cmd|' /C calc'!A0", "@x", "+x", "=DDE()", "\x7f=1", " =1", "\u200b=1", "\ufeff@x", "  \t-1", '"=1', "\u3000=1", " " * 50_000 + "=1"],
)  # fmt: skip
def test_no_cell_is_a_formula(text):
    assert str(harmless(text)).startswith("'")


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (-0.5, -0.5),
        (True, "true"),
        (["a", "b"], "a; b"),
        (None, None),
        ("a=1", "a=1"),
        ("so it was; then, +1 said", "so it was; then, +1 said"),
        ("a;b\nc", "a;b\nc"),
    ],
)
def test_what_is_none_stays_as_it_is(value, cell):
    assert harmless(value) == cell


HOSTILE = (
    "x;=1+1",
    "x; =1",
    'x;"=1"',
    "x\n=1",
    "x\n\n=1",
    "x\r\n@A1",
    "x\t=1",
    "x;\u200b+1",
    ";-1",
    'a "b";\n;=1',
    "x,=1",
    "=1,=1",
)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("heedless", [False, True], ids=["conforming", "heedless of quotation marks"])
@pytest.mark.parametrize("database", ["sqlite"])
def test_no_piece_of_a_cell_is_a_formula_either_wherever_a_spreadsheet_cuts(
    store, clock, delimiter, heedless
):
    story = Story(store, clock)
    for n, words in enumerate(HOSTILE):
        story.reports("courier", "zoom HK pauses: Zoom stopped.", path=f"/{n}", title=words)
    text = exported(story, Kind.STATEMENTS, Format.CSV).decode("utf-8-sig")
    if heedless:
        lines = (
            [line.split(delimiter) for line in text.replace("\r", "\n").split("\n")]
            if delimiter != ","
            else []
        )
    else:
        lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    cells = [cell.strip(' "\u200b') for line in lines for cell in line]
    assert [cell for cell in cells if cell[:1] in ("=", "+", "-", "@")] == []


@pytest.mark.parametrize("database", ["sqlite"])
def test_who_reads_a_csv_file_gets_the_words_back(told):
    (row, *_) = rows_of(exported(told, Kind.POSITIONS, Format.CSV))
    assert row["evidence"] == "We disclose on a warrant."
    quote = rows_of(exported(told, Kind.CHANGES, Format.CSV))[0]["evidence"]
    assert quote == "'=cmd|'/c calc'!A0 Zoom, \"stopped\"\thandling."


def test_what_is_in_force_comes_with_the_statement_that_holds_it(told):
    said = {
        row["id"]: row for row in map(json.loads, exported(told, Kind.STATEMENTS, Format.JSONL).splitlines())
    }
    rows = [json.loads(line) for line in exported(told, Kind.POSITIONS, Format.JSONL).splitlines()]
    assert [row["stance"] for row in rows] == ["conditional", "pauses"]
    for row in rows:
        quote = said[row["statements"][0]]
        assert row["statement"] == quote["id"]
        for name in (
            "evidence",
            "url",
            "title",
            "publisher",
            "site",
            "source",
            "published",
            "first_seen",
            "capture",
        ):
            assert row[name] == quote[name]


def test_a_change_comes_with_what_decided_it_and_what_stood_before(story_of_a_turn):
    (turned, first) = [
        json.loads(line) for line in exported(story_of_a_turn, Kind.CHANGES, Format.JSONL).splitlines()
    ]
    assert (first["before"], first["evidence"]) == ([], "Zoom stopped handling requests.")
    assert (turned["after"], turned["evidence"]) == (["complies"], "Zoom hands data to the police.")
    assert turned["publisher"] == "The Herald"
    assert [(quote["side"], quote["stance"], quote["evidence"]) for quote in turned["quotes"]] == [
        ("before", "pauses", "Zoom stopped handling requests."),
        ("after", "complies", "Zoom hands data to the police."),
    ]


def test_a_stance_that_a_page_no_longer_says_is_proven_by_its_last_words(store, clock):
    story = Story(store, clock)
    story.shows("zoom-guide", "zoom HK conditional process=warrant: We ask for a warrant.\nAnd more.")
    for _ in range(3):
        clock.tick(days=1)
        story.shows("zoom-guide", "And more.")
    (row, *_) = [json.loads(line) for line in exported(story, Kind.CHANGES, Format.JSONL).splitlines()]
    assert (row["kind"], row["after"], row["evidence"]) == ("withdrawn", [], "We ask for a warrant.")


@pytest.mark.parametrize("database", ["sqlite"])
def test_a_page_of_rows_costs_the_same_few_queries_however_long_it_is(store, clock):
    story = Story(store, clock)
    asked = []
    engine = store._engine
    sa.event.listen(engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    costs = []
    for n in range(12):
        story.reports("courier", f"zoom HK {('pauses', 'complies')[n % 2]}: Zoom, {n}.", path=f"/{n}")
        clock.tick(days=1)
        if n in (3, 11):
            asked.clear()
            assert exported(story, Kind.CHANGES, Format.JSONL).count(b"\n") > n // 2
            costs.append(len(asked))
    assert costs[0] == costs[1]


def test_a_statement_that_was_corrected_says_what_stands_in_its_place(told):
    with told.store.reading() as session:
        said = queries.statements(session, "zoom", "HK")[0]
    after = {"company": "meta", "stance": "refuses"}
    for ruling, what in (("correct", after), ("accept", {})):
        number = ledger.post_verdict(
            told.store, said.id, ruling, who="ana", now=told.clock(), after=what, context=told.context
        )
        assert number
        rows = [json.loads(line) for line in exported(told, Kind.STATEMENTS, Format.JSONL).splitlines()]
        (row,) = (row for row in rows if row["id"] == said.id)
        assert (row["company"], row["ruling"]) == ("zoom", ruling)
        assert (json.loads(row["corrected"]) if row["corrected"] else {}) == what
