"""`classify`, `evaluate`, `rules test`: texts in, statements out, on the shipped rules and a small world."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

COMPANIES = "- {id: zoom, name: Zoom}\n- {id: apple, name: Apple}\n"
AUTHORITIES = "- {code: HK, name: Hong Kong}\n- {code: US, name: United States, demonyms: [American]}\n"
PAUSES = "Zoom will pause data requests from Hong Kong authorities."
PAGE = (
    f"<!doctype html><html lang=en><title>Zoom pauses</title><body><article><h1>Zoom stops</h1><p>{PAUSES} "
    + (
        "The company gave no date for a decision and said that it would publish one. " * 8
        + "</p></article></body></html>"
    )
)


@pytest.fixture
def world(desk: Any) -> Any:
    """The desk with two companies and two authorities under the shipped rules."""
    (desk.config / "companies.yml").write_text(COMPANIES, encoding="utf-8")
    (desk.config / "authorities.yml").write_text(AUTHORITIES, encoding="utf-8")
    return desk


def keys(statements: list[dict[str, Any]]) -> list[tuple[str, ...]]:
    return [tuple(s[k] for k in ("company", "authority", "stance", "time")) for s in statements]


def test_json_lines_give_a_line_a_document_in_the_contracts_form(world: Any, tmp_path: Path):
    file = tmp_path / "documents.jsonl"
    documents = [{"id": "a", "text": PAUSES}, {"id": "b", "text": "Nothing is said here.", "statements": []}]
    file.write_text("".join(json.dumps(d) + "\n" for d in documents), encoding="utf-8")
    answer = world("classify", "--json", str(file))
    assert answer.code == 0, answer.err
    first, second = answer.objects
    assert first.keys() == {"id", "statements"}
    assert first["statements"][0].keys() == {
        "company", "authority", "stance", "time", "evidence", "conditions", "speaker", "rule", "confidence",
    }  # fmt: skip
    assert keys(first["statements"]) == [("zoom", "HK", "pauses", "now")]
    assert second == {"id": "b", "statements": []}
    assert answer.err == ""
    assert world("classify", "--json", "-", given=file.read_bytes()).out == answer.out


def test_a_line_that_is_no_document_is_named(world: Any, tmp_path: Path):
    file = tmp_path / "documents.jsonl"
    file.write_text('{"id": "a", "text": "x"}\n{"id": \n', encoding="utf-8")
    answer = world("classify", str(file))
    assert (answer.code, f"{file}:2: not JSON" in answer.err) == (2, True)


def test_a_page_shows_its_statements_with_their_evidence(world: Any, tmp_path: Path):
    file = tmp_path / "page.html"
    file.write_text(PAGE, encoding="utf-8")
    answer = world("classify", str(file))
    assert answer.code == 0, answer.err
    assert "zoom HK pauses now" in answer.out
    assert f"“{PAUSES}”" in answer.out
    assert keys(world("classify", "--json", str(file)).objects[0]["statements"]) == [
        ("zoom", "HK", "pauses", "now")
    ]


def test_a_text_from_a_pipe_may_be_a_companys_own(world: Any):
    text = "We disclose user data to law enforcement only in response to a valid search warrant.\n"
    answer = world("classify", "--site", "apple", "-", given=text)
    assert answer.code == 0, answer.err
    assert "apple * conditional now" in answer.out
    assert "process: warrant" in answer.out


def test_a_page_that_cannot_be_read_is_bad_news(world: Any, tmp_path: Path):
    file = tmp_path / "page.html"
    file.write_text("<html><body></body></html>", encoding="utf-8")
    answer = world("classify", str(file))
    assert answer.code == 1
    assert "is not a readable page" in answer.err
    empty = world("classify", "-", given="  \n")
    assert (empty.code, "empty" in empty.err) == (1, True)


@pytest.mark.parametrize("command", ["classify", "evaluate"])
def test_a_file_that_is_not_there_is_told_in_one_line(world: Any, command: str):
    answer = world(command, "/nowhere/gold.jsonl")
    assert (answer.code, answer.err) == (2, "stancewatch: /nowhere/gold.jsonl: No such file or directory\n")


def test_bytes_that_are_no_text_are_refused(world: Any, tmp_path: Path):
    file = tmp_path / "note.txt"
    file.write_bytes(b"caf\xe9")
    assert "not UTF-8" in world("classify", str(file)).err


def test_an_unknown_company_for_the_page_is_refused(world: Any):
    answer = world("classify", "--site", "nobody", "-", given="x")
    assert (answer.code, "companies.yml" in answer.err) == (2, True)


def test_evaluation_counts_what_is_right_false_and_missed(world: Any, tmp_path: Path):
    file = tmp_path / "gold.jsonl"
    right = {"company": "zoom", "authority": "HK", "stance": "pauses", "time": "now", "evidence": PAUSES}
    missed = {**right, "company": "apple", "stance": "refuses"}
    documents = [{"id": "a", "genre": "news", "text": PAUSES, "statements": [right, missed]}]
    file.write_text("".join(json.dumps(d) + "\n" for d in documents), encoding="utf-8")
    report = world("evaluate", "--json", str(file)).objects[0]
    assert (report["now"]["right"], report["now"]["missed"]) == (1, 1)
    assert {"past", "stance", "genre", "event", "errors"} <= report.keys()
    out = world("evaluate", "--errors", str(file)).out
    assert "precision" in out
    assert "missed" in out.splitlines()[-1]
    assert "apple" in out.splitlines()[-1]


REPORTED = "Zoom could pause data requests from Hong Kong authorities."


def test_explain_tells_how_each_sentence_was_read_and_what_stopped_it(world: Any, tmp_path: Path):
    answer = world("classify", "--explain", "-", given=f"{PAUSES}\n\n{REPORTED}\n")
    assert answer.code == 0, answer.err
    for words in ("cue “pause”, stop: pause", "authority  HK", "who        zoom", "gives zoom HK pauses now"):
        assert words in answer.out
    assert "gives nothing: scope" in answer.out
    page = tmp_path / "page.html"
    page.write_text(PAGE, encoding="utf-8")
    assert "gives zoom HK pauses now" in world("classify", "--explain", str(page)).out


def test_explain_adds_sentences_to_json_and_changes_nothing_else(world: Any, tmp_path: Path):
    file = tmp_path / "documents.jsonl"
    file.write_text(json.dumps({"id": "a", "text": PAUSES}) + "\n", encoding="utf-8")
    (plain,) = world("classify", "--json", str(file)).objects
    (told,) = world("classify", "--explain", "--json", str(file)).objects
    (sentence,) = told.pop("sentences")
    assert told == plain
    assert sentence["statements"] == plain["statements"]
    assert "gives zoom HK" in world("classify", "--explain", str(file)).out
    empty = world("classify", "--explain", "--json", "-", given=" \n")
    assert (empty.code, empty.objects[0]["sentences"]) == (1, [])


def gold_file(folder: Path) -> Path:
    file = folder / "some.jsonl"
    label = {"company": "zoom", "authority": "HK", "stance": "pauses", "time": "now", "evidence": PAUSES}
    file.write_text(
        json.dumps({"id": "a", "genre": "news", "text": PAUSES, "statements": [label]}) + "\n",
        encoding="utf-8",
    )
    return file


def test_evaluation_may_stand_beside_a_baseline_and_write_its_report(world: Any, tmp_path: Path):
    gold, page = gold_file(tmp_path), tmp_path / "page.md"
    answer = world("evaluate", "--baseline", "--report", str(page), str(gold))
    assert answer.code == 0, answer.err
    assert "baseline" in answer.out
    assert "above confidence 0.9 right" in answer.out
    assert page.read_text(encoding="utf-8").startswith("<!-- figures: some -->\n")
    (told,) = world("evaluate", "--baseline", "--json", str(gold)).objects
    assert told["baseline"]["right"] == 1
    assert told["confidence"]["bins"]
    assert told["confusion"] == {"pauses": {"pauses": 1}}
    nowhere = world("evaluate", "--report", "/nowhere/page.md", str(gold))
    assert (nowhere.code, "/nowhere/page.md" in nowhere.err) == (2, True)


def test_coverage_lists_where_rules_and_words_fire(world: Any, tmp_path: Path):
    lines = world("rules", "test", "--json", "--coverage", str(gold_file(tmp_path))).objects
    found = {(one.get("rule"), one.get("word")): one for one in lines if "suspect" in one}
    rule = found["pauses.stops-answering", None]
    assert (rule["documents"], rule["right"], rule["wrong"], rule["suspect"]) == (1, 1, 0, True)
    assert found[None, "stop: pause"]["suspect"]
    assert lines[-1].keys() == {"rules", "examples", "failed"}
