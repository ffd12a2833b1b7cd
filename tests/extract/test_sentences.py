"""The same stances in many words: tests/extract/sentences.yml, each sentence a text of its own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from support.reading import unsifted

from extract.statements.pipeline import read_statements
from pipelines.evaluate import GoldDocument, document_to_read

SENTENCES: dict[str, Any] = YAML(typ="safe").load(
    Path(__file__).with_name("sentences.yml").read_text(encoding="utf-8")
)
WRITTEN = datetime(2025, 1, 20, tzinfo=UTC)
SITES = {"news": None, "own_page": "proton"}


def cases(by_kind: dict[str, Any]) -> Iterator[tuple[str | None, str, str]]:
    for kind, site in SITES.items():
        for stance, texts in by_kind[kind].items():
            yield from ((site, stance, text) for text in texts)


def told(text: str, site: str | None) -> set[str]:
    document = document_to_read(GoldDocument(id="x", text=text, site=site, published=WRITTEN))
    statements = read_statements(document, unsifted())
    return {f"past {s.stance}" if s.time == "past" else str(s.stance) for s in statements} or {"none"}


@pytest.mark.parametrize(("site", "stance", "text"), [*cases(SENTENCES)])
def test_a_plain_sentence_gives_its_stance(site: str | None, stance: str, text: str):
    assert stance in told(text, site)


@pytest.mark.parametrize(("site", "stance", "text"), [*cases(SENTENCES["missed"])])
def test_what_is_missed_is_known_to_be(site: str | None, stance: str, text: str):
    assert stance not in told(text, site), "it is read now: move it up in sentences.yml"
