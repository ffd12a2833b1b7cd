"""Recorded versions through the whole flow: one change of terms told once, re-ordered and re-worded pages told nothing."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from pipelines.recorded import ReplayError, versions_in

OLD = (
    "If Telegram receives a court order that confirms you're a terror suspect, we may disclose your IP address and phone "
    "number to the relevant authorities. So far, this has never happened."
)
NEW = (
    "If Telegram receives a valid order from the relevant judicial authorities that confirms you're a suspect in a case "
    "involving criminal activities that violate the Telegram Terms of Service, we may disclose your IP address and phone "
    "number to the relevant authorities."
)
REST = "\n\n".join(
    f"## Section {n}\n\nThis part of our policy tells which settings of the app number {n} has, and how to change them."
    for n in range(8)
)


def versions(*texts: str, service: str = "Telegram") -> str:
    lines = [
        {"service": service, "terms": "Privacy Policy", "date": f"2024-0{n}-01T00:00:00+00:00", "text": text}
        for n, text in enumerate(texts, start=1)
    ]
    return "".join(json.dumps(line) + "\n" for line in lines)


@pytest.fixture
def replay(desk, tmp_path: Path):
    def run(content: str, *, code: int = 0) -> tuple[list[dict], str]:
        file = tmp_path / "page.jsonl.gz"
        file.write_bytes(gzip.compress(content.encode()))
        answer = desk("replay", "--json", str(file))
        assert answer.code == code, answer.err
        return answer.objects, answer.err

    return run


def test_a_change_of_terms_is_one_change_and_one_alert(replay):
    told, _ = replay(
        versions(
            f"# Policy\n\n{OLD}\n\n{REST}",
            f"# Policy\n\n{REST}\n\n* {OLD}",
            f"# Policy\n\n{NEW}\n\n{REST}",
            f"# Privacy\n\n{NEW}\n\n{REST}",
        )
    )
    change, alert, summary = told
    assert (change["type"], alert["type"], summary["type"]) == ("change", "alert", "summary")
    for line in (change, alert):
        assert (line["date"], line["company"], line["authority"], line["kind"]) == (
            "2024-03-01", "telegram", "*", "terms",
        )  # fmt: skip
        assert (line["direction"], line["promise_dropped"]) == ("widened", True)
        assert "in terrorism cases" in line["from"]
        assert "in cases that also break its terms of service" in line["to"]
    assert (summary["versions"], summary["changes"], summary["alerts"]) == (4, 1, 1)


def test_another_language_and_a_wall_say_nothing_and_a_bad_line_is_named(replay):
    german = "Wir geben Daten an Behörden nur weiter, wenn uns ein gültiger Gerichtsbeschluss vorliegt. " * 20
    content = versions(f"{OLD}\n\n{REST}", german, "Accept all cookies.", f"{OLD}\n\n{REST}\n\nBye.")
    nameless = '{"service": "", "terms": "", "date": "2024-01-03", "text": "?"}\n'
    told, said = replay(content + '{"service": "Telegram"}\nno json\n' + nameless, code=0)
    (summary,) = told
    assert (summary["versions"], summary["alerts"]) == (4, 0)
    assert "line 5: no recorded version ('terms' is missing); left out" in said
    assert "line 6: no recorded version" in said
    assert "line 7: no recorded version ('service' is no name" in said


def test_a_company_that_is_not_listed_is_followed_by_its_slug(replay):
    refuses = "Nova Chat refuses every request of the authorities for user data.\n\n"
    gives = "Nova Chat complies with requests of the authorities for user data on a court order.\n\n"
    told, _ = replay(versions(refuses + REST, gives + REST, gives + REST + "\n\nBye.", service="Nova Chat"))
    assert {line["company"] for line in told if line["type"] == "change"} == {"nova-chat"}


def test_names_in_any_writing_are_companies_of_their_own(replay):
    pages = {"微信": OLD, "抖音": NEW, "C": OLD, "C++": NEW}
    content = "".join(versions(f"{text}\n\n{REST}", service=name) for name, text in pages.items())
    later = "".join(versions("", f"{text}\n\n{REST}\n\nBye.", service=n) for n, text in pages.items())
    told, _ = replay(content + "".join(later.splitlines(keepends=True)[1::2]))
    (summary,) = told  # no text took the place of another
    assert summary["documents"].keys() == {f"{name}: Privacy Policy" for name in pages}
    assert {counts["versions"] for counts in summary["documents"].values()} == {2}


@pytest.mark.parametrize(
    ("field", "why"),
    [
        ({"date": "0001-01-01T00:00:00+14:00"}, "'date' is in the year 1, not from 1970 to 2100"),
        ({"service": "Fo\ud800"}, "it is not UTF-8"),
        ({"text": None}, "'text' is no text"),
    ],
)
def test_odd_lines_are_named_and_left_out(tmp_path: Path, field, why):
    good = {"service": "Telegram", "terms": "Privacy Policy", "date": "2020-01-01", "text": "ok"}
    file = tmp_path / "odd.jsonl"
    odd = [json.dumps(good), json.dumps(good | field), "[" * 100_000, "9" * 5000]
    file.write_bytes(b"\xef\xbb\xbf" + "\n".join(odd).encode() + b'\n{"service": "\xff"}\n')
    faults: list[str] = []
    assert [v.text for v in versions_in(file, faults.append)] == ["ok"]
    assert [f.partition(":")[0] for f in faults] == [f"{file}, line {n}" for n in (2, 3, 4, 5)]
    assert why in faults[0]
    assert "it is not UTF-8" in faults[3]


def test_a_damaged_file_is_told(tmp_path: Path):
    packed = bytearray(gzip.compress(versions(*(f"{NEW} {n}" for n in range(9))).encode()))
    packed[30:40] = bytes(10)
    file = tmp_path / "damaged.jsonl.gz"
    file.write_bytes(packed)
    with pytest.raises(ReplayError, match=r"damaged.jsonl.gz: cannot be read"):
        versions_in(file, print)


def test_a_file_that_is_none_is_told(desk, tmp_path: Path):
    answer = desk("replay", str(tmp_path / "missing.jsonl.gz"))
    assert answer.code == 2
    assert "missing.jsonl.gz: cannot be read" in answer.err
