"""The bench that counts sets over recorded versions: Markdown made plain, versions in the order of their dates."""

import gzip
import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest
from support.reading import shipped

BENCH = Path(__file__).parents[1] / "bench" / "replay_sets.py"


@pytest.fixture(scope="module")
def bench() -> ModuleType:
    spec = importlib.util.spec_from_file_location("replay_sets", BENCH)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_markdown_is_made_plain(bench: ModuleType):
    page = 'Guide\n=====\n\n### 1\\. Data\n\nSee [the **law**](https://x.example/a "b").\n\n* * *\n\nUse user_data_id.'
    assert bench.plain(page).split("\n\n") == ["Guide", "1. Data", "See the law.", "Use user_data_id."]


def test_sets_are_counted_over_versions_oldest_first(bench: ModuleType, tmp_path: Path):
    with_, without = (
        f"We disclose the content of messages to law enforcement only with a {process}."
        for process in ("search warrant", "court order")
    )
    versions = [
        {"service": "Telegram", "terms": "Guide", "date": f"2024-0{month}-01T00:00:00+00:00", "text": text}
        for month, text in ((1, with_), (3, without), (2, with_))
    ]
    file = tmp_path / "page.jsonl.gz"
    file.write_bytes(gzip.compress("".join(json.dumps(v) + "\n" for v in versions).encode()))
    found = bench.measure(file, shipped())
    assert (found["document"], found["versions"], found["distinct"], found["changes"]) == ("page", 3, 2, 1)
    assert (found["distinct_stances"], found["empty"]) == (1, 0)
    assert [step["date"] for step in found["steps"]] == ["2024-03-01"]
