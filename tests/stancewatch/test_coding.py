"""`coding …` and `gold export`: a sample by the command line, and its corrections as what `evaluate` measures by."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from support.people import join
from support.store import Story

from pipelines import coding, ledger
from pipelines.store import queries
from pipelines.store.people import Role

COMPANIES = "- {id: zoom, name: Zoom}\n- {id: apple, name: Apple}\n"
AUTHORITIES = "- {code: HK, name: Hong Kong}\n- {code: US, name: United States, demonyms: [American]}\n"
PAUSES = "Zoom will pause data requests from Hong Kong authorities."
REFUSES = "Zoom refused to hand over user data to United States authorities."


@pytest.fixture
def sample(desk: Any, story: Story, clock: Any) -> Any:
    """Two statements, of which the machine misread the first, drawn as `may` for ana and bo."""
    (desk.config / "companies.yml").write_text(COMPANIES, encoding="utf-8")
    (desk.config / "authorities.yml").write_text(AUTHORITIES, encoding="utf-8")
    story.reports("courier", f"zoom HK refuses: {PAUSES}", path="/1")
    story.reports("courier", f"zoom US refuses: {REFUSES}", path="/2")
    for name in ("ana", "bo", "ada"):
        join(story.store, clock, Role.ANALYST, name)
    answer = desk("coding", "draw", "may", "--coders", "ana,bo", "--size", "2")
    assert answer.out == "2 statements wait for ana and bo at the desk, under Coding\n"
    return story


def codes(sample: Story, who: str, *, hong_kong: str) -> None:
    """Somebody codes both: Hong Kong's as this, the other as refused."""
    for n, authority in units(sample).items():
        stance = hong_kong if authority == "HK" else "refuses"
        coding.code_unit(sample.store, "may", n, stance, who=who, now=sample.clock())


def units(sample: Story) -> dict[int, str]:
    """Number of a unit → whose demand it is about."""
    with sample.store.reading() as session:
        found = coding.round_of(session, "may").units
        return {u.n: queries.statement(session, u.statement).authority for u in found}


def finish(sample: Story) -> int:
    """Both code, they differ on Hong Kong's unit, and the last word is `pauses`; returns the unit's number."""
    codes(sample, "ana", hong_kong="pauses")
    codes(sample, "bo", hong_kong="none")
    n = next(n for n, authority in units(sample).items() if authority == "HK")
    coding.adjudicate(sample.store, "may", n, "pauses", who="ada", now=sample.clock())
    return n


def test_a_sample_that_is_coded_shows_how_far_it_is_and_no_code(desk: Any, sample: Story):
    codes(sample, "ana", hong_kong="pauses")
    (told,) = desk("coding", "show", "may", "--json").objects
    assert told["coders"] == [{"name": "ana", "coded": 2, "left": 0}, {"name": "bo", "coded": 0, "left": 2}]
    assert (told["state"], told["sample"]["seed"], told.keys() & {"agreement", "codes"}) == (
        "coding",
        1,
        set(),
    )
    assert "agreement is told once both have coded all" in desk("coding", "show", "may").out
    for command in ("agreement", "rule", "export"):
        answer = desk("coding", command, "may")
        assert (answer.code, answer.out) == (2, "")
        assert "not both have coded all of it yet: ana has 0 left, bo has 2 left" in answer.err


def test_what_is_not_there_or_cannot_be_is_told_in_one_line(desk: Any, sample: Story):
    for command in ("show", "agreement", "rule", "export"):
        answer = desk("coding", command, "june")
        assert (answer.code, answer.err) == (
            2, "stancewatch: there is no sample june: `stancewatch coding list` lists them\n",
        )  # fmt: skip
    draw = ("coding", "draw", "june", "--coders")
    assert "x cannot code" in desk(*draw, "ana,x").err
    assert "name two" in desk(*draw, "ana").err
    assert "a seed is a whole number" in desk(*draw, "ana,bo", "--seed", str(2**70)).err
    assert [one["name"] for one in desk("coding", "list", "--json").objects] == ["may"]


def test_agreement_is_told_with_who_coded_what(desk: Any, sample: Story):
    finish(sample)
    out = desk("coding", "agreement", "may").out
    table = [line.split() for line in out.partition("ana \\ bo")[2].splitlines()]
    assert table[:5] == [
        ["refuses", "pauses", "none", "all"], ["refuses", "1", "0", "0", "1"], ["pauses", "0", "0", "1", "1"],
        ["none", "0", "0", "0", "0"], ["all", "1", "0", "1", "2"],
    ]  # fmt: skip
    lines = desk("coding", "agreement", "may", "--json").objects
    assert [line["category"] for line in lines if "category" in line][:2] == ["overall", "refuses"]
    assert lines[0]["kappa"] == pytest.approx(1 / 3)
    assert lines[0]["low"] < lines[0]["kappa"] < lines[0]["high"]
    assert [(line["codes"], line["n"]) for line in lines if "codes" in line] == [
        ({"ana": "pauses", "bo": "none"}, 1), ({"ana": "refuses", "bo": "refuses"}, 1),
    ]  # fmt: skip


def test_a_sample_is_ruled_by_only_with_apply_and_told_before(desk: Any, sample: Story):
    n = finish(sample)
    assert "`stancewatch coding rule may` tells what would be ruled" in desk("coding", "show", "may").out
    told = desk("coding", "rule", "may", "--json").objects
    assert sorted((one["authority"], one["now"], one["after"], one["ruling"]) for one in told[:-1]) == [
        ("HK", "refuses", "pauses", "correct"), ("US", "refuses", "refuses", "accept"),
    ]  # fmt: skip
    assert told[-1] == {"to_rule": 2, "kept": 0, "ruled": 0, "applied": False}
    assert "nothing was changed; `--apply` rules so" in desk("coding", "rule", "may").out
    assert "nobody cannot code" in desk("coding", "rule", "may", "--who", "nobody", "--apply").err
    with sample.store.reading() as session:
        assert queries.verdicts(session) == []
    applied = desk("coding", "rule", "may", "--who", "ada", "--apply")
    assert "2 to rule, 0 keep the ruling that stands: ruled on 2" in applied.out
    again = desk("coding", "rule", "may", "--who", "ada", "--apply", "--json").objects
    assert again[-1] == {"to_rule": 0, "kept": 2, "ruled": 0, "applied": True}
    (row,) = [row for row in desk("coding", "export", "may", "--format", "jsonl").objects if row["n"] == n]
    assert [row[name] for name in ("first", "second", "last_word", "result", "read", "ruling")] == [
        "pauses", "none", "pauses", "pauses", "refuses", "correct",
    ]  # fmt: skip


def test_a_sample_is_exported_in_every_format(desk: Any, sample: Story, tmp_path: Path):
    finish(sample)
    rows = list(
        csv.DictReader(io.StringIO(desk("coding", "export", "may").out.removeprefix("\ufeff"), newline=""))
    )
    assert [(row["first_by"], row["second_by"], row["sample"]) for row in rows] == [("ana", "bo", "may")] * 2
    assert desk("coding", "export", "may", "--format", "parquet", "--output", str(tmp_path / "may")).code == 0
    assert (tmp_path / "may").read_bytes()[:4] == b"PAR1"
    assert "none of csv, jsonl, parquet" in desk("coding", "export", "may", "--format", "xls").err


def test_a_correction_is_a_gold_document_that_evaluation_counts(desk: Any, sample: Story, tmp_path: Path):
    """The rules read both right; the machine of the story had misread one, which people corrected."""
    finish(sample)
    assert desk("coding", "rule", "may", "--who", "ada", "--apply").code == 0
    gold = tmp_path / "gold.jsonl"
    answer = desk("gold", "export", "--output", str(gold))
    assert (answer.code, answer.out, answer.err) == (0, "", "2 documents, 2 reviewed whole, 1 corrections\n")
    assert desk("gold", "export", "--whole").out == gold.read_text(encoding="utf-8")
    (report,) = desk("evaluate", "--json", str(gold)).objects
    assert (report["documents"], report["now"]["right"], report["now"]["false"], report["now"]["missed"]) == (
        2,
        2,
        0,
        0,
    )
    assert report["stance"]["pauses"]["right"] == 1


def test_what_people_reject_counts_as_false_if_it_is_read_again(desk: Any, sample: Story, tmp_path: Path):
    codes(sample, "ana", hong_kong="none")
    codes(sample, "bo", hong_kong="none")
    desk("coding", "rule", "may", "--who", "ada", "--apply")
    (tmp_path / "gold.jsonl").write_text(desk("gold", "export").out, encoding="utf-8")
    (report,) = desk("evaluate", "--json", str(tmp_path / "gold.jsonl")).objects
    assert (report["now"]["right"], report["now"]["false"], report["now"]["missed"]) == (1, 1, 0)


def test_a_company_that_is_not_listed_is_told_where_gold_is_written_and_read(
    desk: Any, sample: Story, tmp_path: Path
):
    with sample.store.reading() as session:
        said = queries.statements(session)[0]
    ledger.post_verdict(
        sample.store, said.id, "correct", after={"company": "zooom"}, who="ana", now=sample.clock(),
        context=sample.context,
    )  # fmt: skip
    gold = tmp_path / "gold.jsonl"
    written = desk("gold", "export", "--output", str(gold))
    words = f"{gold}:1: no company 'zooom' is listed: correct the slug, or list it in companies.yml"
    assert words in written.err
    for command in (("evaluate", "--json", str(gold)), ("rules", "test", "--json", "--coverage", str(gold))):
        read = desk(*command)
        assert words in read.err
        assert all(json.loads(line) for line in read.out.splitlines())
    (desk.config / "companies.yml").write_text(COMPANIES + "- {id: zooom, name: Zooom}\n", encoding="utf-8")
    assert "zooom" not in desk("gold", "export").err + desk("evaluate", str(gold)).err
