"""What evaluation counts, and what it says of a file that is no gold."""

import json
from pathlib import Path

import pytest
from support.reading import shipped

from pipelines.evaluate import GoldError, Score, classify, evaluate, read_gold, strangers_in

REFUSAL = "Telegram has refused to hand over encryption keys to the FSB."
GIVEN = "Google gave user data to the Indian police."


def line(text: str, *labels: tuple[str, str, str, str], **more: object) -> str:
    statements = [
        dict(zip(("company", "authority", "stance", "time"), label, strict=True), evidence=text)
        for label in labels
    ]
    return json.dumps(
        {
            "id": "d1",
            "event": "e",
            "genre": "news",
            "published": "2026-01-02",
            "text": text,
            "statements": statements,
        }
        | more
    )


def gold(tmp_path: Path, *lines: str) -> Path:
    path = tmp_path / "gold.jsonl"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_what_is_found_counts_by_company_authority_and_stance(tmp_path: Path):
    path = gold(
        tmp_path,
        line(REFUSAL, ("telegram", "RU", "refuses", "now")),
        line(GIVEN, ("google", "IN", "refuses", "now")),
        line("Nothing."),
    )
    report = evaluate(read_gold(path), shipped()).as_dict()
    assert (report["documents"], report["now"]["right"], report["now"]["false"], report["now"]["missed"]) == (
        3,
        1,
        1,
        1,
    )
    assert report["now"]["f1"] == 0.5
    assert report["stance"]["complies"]["false"] == report["stance"]["refuses"]["missed"] == 1
    assert report["without_statements"] == {"documents": 1, "with_false": 0}
    assert [(e["kind"], e["stance"], e["rule"]) for e in report["errors"]] == [
        ("false", "complies", "complies.gives"),
        ("missed", "refuses", None),
    ]
    json.dumps(report)


def test_history_is_counted_apart(tmp_path: Path):
    text = "In 2013 Google gave user data to the Indian police."
    report = evaluate(read_gold(gold(tmp_path, line(text, ("google", "IN", "complies", "past")))), shipped())
    assert (report.now.right, report.now.false, report.past.right, report.past.f1) == (0, 0, 1, 1.0)


def test_classified_documents_carry_what_the_command_line_promises(tmp_path: Path):
    (found,) = classify(read_gold(gold(tmp_path, line(REFUSAL))), shipped())
    assert found["id"] == "d1"
    (statement,) = found["statements"]
    assert set(statement) == {
        "company",
        "authority",
        "stance",
        "time",
        "evidence",
        "conditions",
        "speaker",
        "rule",
        "confidence",
    }
    assert (statement["company"], statement["authority"], statement["stance"]) == (
        "telegram",
        "RU",
        "refuses",
    )


def test_documents_without_labels_can_be_classified_but_not_evaluated(tmp_path: Path):
    path = gold(tmp_path, json.dumps({"id": "d1", "text": REFUSAL}))
    assert len(read_gold(path, labelled=False)) == 1
    with pytest.raises(GoldError, match=r"gold\.jsonl:1: document 'd1' has no 'statements'"):
        read_gold(path)


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ("{", "not JSON"),
        ('{"id": "d2"}', "text"),
        (line("x", ("telegram", "RU", "shrugs", "now")), "stance"),
        (line("x", published="yesterday"), "published"),
        ("[]", "line"),
    ],
)
def test_a_bad_line_is_named_with_file_and_number(tmp_path: Path, bad: str, words: str):
    with pytest.raises(GoldError, match=rf"gold\.jsonl:2: .*{words}"):
        read_gold(gold(tmp_path, line("x"), bad))


def test_a_file_that_is_not_there_or_no_text_is_told(tmp_path: Path):
    with pytest.raises(GoldError, match="No such file"):
        read_gold(tmp_path / "none.jsonl")
    (tmp_path / "latin.jsonl").write_bytes(b'{"id": "\xe9"}')
    with pytest.raises(GoldError, match="not UTF-8"):
        read_gold(tmp_path / "latin.jsonl")


def test_ratios_of_nothing_are_one():
    assert (Score().precision, Score().recall, Score().f1) == (1.0, 1.0, 1.0)
    assert Score(right=1, false=1).precision == 0.5


def test_companies_that_no_configuration_lists_are_told_once_with_their_first_line(tmp_path: Path):
    path = gold(
        tmp_path,
        line(GIVEN, ("google", "IN", "refuses", "now")),
        "",
        line(GIVEN, ("gogle", "IN", "refuses", "now"), ("gogle", "US", "refuses", "now"), site="alphabit"),
        line(GIVEN, ("gogle", "IN", "refuses", "now")),
    )
    found = strangers_in(read_gold(path), shipped())
    assert [(one.slug, one.line, one.times) for one in found] == [("alphabit", 3, 1), ("gogle", 3, 3)]
    assert (
        found[1]
        .words("gold.jsonl")
        .startswith(
            "gold.jsonl:3: no company 'gogle' is listed, 3 times in all: correct the slug, or list it"
        )
    )
