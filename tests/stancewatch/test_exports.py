"""Lists and evidence as files, at the command line: by the filters of the views, whole or not at all."""

from __future__ import annotations

import csv
import io
import json

import pyarrow.parquet as pq
import pytest

from pipelines import ledger
from pipelines.store import queries


def companies(answer) -> list[str]:
    assert answer.code == 0, answer.err
    return [row["company"] for row in answer.objects]


@pytest.fixture
def ruled(told, clock):
    """Two outlets' reports, of which one was accepted, and Meta's refusal a day later."""
    with told.store.reading() as session:
        said = queries.statements(session, "zoom", "HK")[0]
    ledger.post_verdict(told.store, said.id, "accept", who="ana", now=clock(), context=told.context)
    clock.tick(days=1)
    told.reports("courier", "meta US refuses past: Meta refused in 2019.", path="/m")
    return told


@pytest.mark.parametrize(
    ("options", "found"),
    [
        (("--time", "past"), ["meta"]),
        (("--ruled", "accept"), ["zoom"]),
        (("--until", "2026-11-01"), ["zoom"]),
        (("--since", "2026-11-03"), ["meta"]),
        (("--since", "2026-11-02", "--until", "2026-11-02"), ["zoom", "zoom"]),
        (("--unsure", "yes"), []),
        (("--company", "Zoom", "--authority", "us"), ["zoom"]),
    ],
)
def test_statements_by_every_filter_of_the_views(desk, ruled, options, found):
    assert companies(desk("export", "statements", "--format", "jsonl", *options)) == found


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ((), ["zoom"]),
        (("--kind", "new", "--severity", "major", "--status", "confirmed"), ["zoom"]),
        (("--status", "retracted"), []),
        (("--until", "2026-11-01"), []),
        (("--baselines",), ["zoom", "zoom"]),
    ],
)
def test_changes_by_every_filter_of_the_views(desk, told, options, found):
    assert companies(desk("export", "changes", "--format", "jsonl", *options)) == found


def test_positions_of_a_day(desk, told):
    def stances(*options: str) -> list[str]:
        return [row["stance"] for row in desk("export", "positions", "--format", "jsonl", *options).objects]

    assert stances() == ["pauses", "conditional"]
    assert stances("--as-of", "2026-11-01") == ["conditional"]
    assert stances("--known-at", "2026-11-02T12:30Z", "--stance", "pauses") == ["pauses"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("statements", "--stance", "maybe"), "stance: 'maybe' is none of refuses"),
        (("changes", "--until", "soon"), "until: 'soon' is no time"),
        (("positions", "--as-of", "soon"), "as_of: 'soon' is no time"),
        (("changes", "--format", "xml"), "'xml' is none of csv, jsonl, parquet"),
    ],
)
def test_what_cannot_be_asked_is_one_line(desk, told, options, said):
    answer = desk("export", *options)
    assert (answer.code, answer.out, len(answer.err.splitlines())) == (2, "", 1)
    assert said in answer.err


def test_a_file_appears_once_it_is_whole(desk, told, tmp_path):
    file = tmp_path / "all.parquet"
    assert desk("export", "statements", "--format", "parquet", "--output", str(file)).out == ""
    assert pq.read_table(file).num_rows == 3
    assert [path.name for path in tmp_path.glob("*all*")] == ["all.parquet"]
    nowhere = desk("export", "statements", "--output", str(tmp_path / "none" / "a.csv"))
    assert (nowhere.code, len(nowhere.err.splitlines())) == (2, 1)


def test_csv_is_the_default(desk, told):
    rows = list(csv.DictReader(io.StringIO(desk("export", "positions").out)))
    assert [row["stance"] for row in rows] == ["pauses", "conditional"]
    assert (
        json.loads(desk("export", "positions", "--format", "jsonl").out.splitlines()[0])["company"] == "zoom"
    )
