"""The front door: only an ok page in English makes statements, and each stands where it says it does."""

from __future__ import annotations

import html
import pickle

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.captures import capture
from support.small import small_knowledge

from extract.analyse import analyse
from extract.types import Outcome, SourceKind

SAYS = "Zoom refuses to hand over user data to the police in Hong Kong, the company said on Monday."
MORE = "The letter was sent to the authorities after they had asked for the records of three accounts."
AROUND = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=80)


def page(*paragraphs: str, lang: str = "en") -> str:
    inner = "".join(f"<p>{html.escape(p)}</p>" for p in paragraphs)
    return f"<!doctype html><html lang={lang}><title>A letter from the west</title><article><h1>A letter from the west</h1>{inner}</article></html>"


def test_a_page_gives_its_statement_with_exact_evidence() -> None:
    found = analyse(capture(page(SAYS, MORE)), small_knowledge())
    assert found.outcome is Outcome.OK
    assert found.document is not None
    assert [(s.company, s.authority, s.stance) for s in found.statements] == [("zoom", "HK", "refuses")]
    assert pickle.loads(pickle.dumps(found)) == found


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(AROUND, min_size=1, max_size=3), st.sampled_from([SourceKind.FEED, SourceKind.PAGE]))
def test_evidence_is_the_text_between_its_offsets_whatever_stands_around(
    around: list[str], kind: SourceKind
) -> None:
    found = analyse(
        capture(page(*around, SAYS, "Zürich – “naïve” 🙂 e\u0301.", MORE), kind=kind), small_knowledge()
    )
    assert found.document is not None
    for s in found.statements:
        assert found.document.text[s.start : s.end] == s.evidence != ""


@pytest.mark.parametrize("status", [403, 500])
def test_a_full_story_behind_a_bad_status_says_nothing(status: int) -> None:
    assert analyse(capture(page(SAYS, MORE), status=status), small_knowledge()).statements == ()


def test_a_stub_keeps_its_text_but_makes_no_statement() -> None:
    found = analyse(capture(page(SAYS, "Subscribe to continue reading.")), small_knowledge())
    assert (found.outcome, found.statements) == (Outcome.PAYWALL_STUB, ())
    assert found.document is not None


def test_a_page_in_the_expected_other_language_is_ok_and_not_read() -> None:
    german = (
        "Das Unternehmen gibt der Polizei keine Daten heraus, sagte ein Sprecher am Montag in einem Brief an das Ministerium. "
        * 4
    )
    found = analyse(capture(page(german, lang="de"), language="de"), small_knowledge())
    assert (found.outcome, found.statements) == (Outcome.OK, ())
    assert found.document is not None
    assert found.document.language == "de"


def test_a_watched_page_that_shows_a_few_words_of_another_language_is_not_believed() -> None:
    german = (
        "Zoom weigert sich, der Polizei in Hongkong Nutzerdaten herauszugeben, und wird Anfragen der Behörden nach Angaben "
        "über seine Nutzer bis auf weiteres nicht mehr beantworten, wie das Unternehmen am Montag mitteilte."
    )
    found = analyse(capture(page(german), kind=SourceKind.PAGE), small_knowledge())
    assert (found.outcome, found.note) == (Outcome.LANGUAGE_FLIPPED, "reads like de, expected en")


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        ("country,requests\nUS,12\n", "text/csv"),
        ("PK\x03\x04xx", "application/zip"),
        ('{"US": 12}', "application/json"),
    ],
)
def test_figures_of_a_report_are_kept_and_not_read(body: str, media_type: str) -> None:
    found = analyse(
        capture(body, kind=SourceKind.REPORT, headers={"content-type": media_type}), small_knowledge()
    )
    assert (found.outcome, found.document) == (Outcome.OK, None)
    assert "figures" in found.note


def test_what_cannot_be_read_is_an_outcome_and_never_an_exception() -> None:
    found = analyse(
        capture(b"\x89PNG\r\n\x1a\n\x00\x00", headers={"content-type": "image/png"}), small_knowledge()
    )
    assert (found.outcome, found.note) == (Outcome.ERROR, "not a text to read: image/png")
