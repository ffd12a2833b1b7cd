"""Lists and evidence as files, at the command line: by the filters of the views, whole or not at all."""

from __future__ import annotations

import csv
import io
import json

import pyarrow.parquet as pq
import pytest

from pipelines import bundle as bundles
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


@pytest.fixture
def bundle(desk, story, tmp_path):
    """The evidence of what Zoom's guide says, in a file."""
    story.shows("zoom-guide", "zoom US conditional process=warrant: We ask for a warrant.")
    (said,) = desk("statements", "--json").objects
    file = tmp_path / "evidence.zip"
    assert desk("bundle", said["id"][:12], "--output", str(file)).code == 0
    return file


def test_a_bundle_is_checked_without_a_database(desk, bundle):
    (desk.data / "stancewatch.db").unlink()
    answer = desk("verify", str(bundle))
    assert (answer.code, answer.out.splitlines()[0]) == (0, f"{bundle}: sound")
    assert "“We ask for a warrant.”" in answer.out
    assert desk("verify", str(bundle), "--json").objects[0]["sound"] is True


def test_a_flipped_byte_is_bad_news(desk, bundle):
    altered = bytearray(bundle.read_bytes())
    altered[len(altered) // 2] ^= 1
    bundle.write_bytes(bytes(altered))
    answer = desk("verify", str(bundle))
    assert (answer.code, answer.out, len(answer.err.splitlines())) == (1, "", 1)
    assert desk("verify", str(bundle), "--json").objects[0].keys() == {"sound", "why"}


def test_what_cannot_be_a_bundle_is_said_before_it_is_read(desk, tmp_path, monkeypatch):
    missing = desk("verify", str(tmp_path / "none.zip"))
    assert (missing.code, "No such file" in missing.err) == (2, True)
    folder = desk("verify", str(tmp_path))
    assert (folder.code, folder.err) == (2, f"stancewatch: {tmp_path}: a folder, not a bundle\n")
    huge = tmp_path / "huge.zip"
    with huge.open("wb") as file:
        file.truncate(2**40)  # a hole: nothing is on the disk, and no memory could take it
    answer = desk("verify", str(huge))
    assert (answer.code, "larger than any bundle of ours" in answer.err) == (1, True)
    monkeypatch.setattr(bundles, "LARGEST", 2**22)
    endless = desk("verify", "/dev/zero")
    assert (endless.code, "larger than any bundle" in endless.err) == (1, True)
