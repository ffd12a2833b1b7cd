"""What one sentence takes from another: echoes, answered questions, and which sentences are looked at at all."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from extract.statements.examples import document_of
from extract.statements.pipeline import explain, read_statements
from pipelines.config import load_config

KNOWLEDGE = load_config().knowledge
_WRITTEN = datetime(2026, 1, 1, tzinfo=UTC)


def read(text: str, site: str | None = None) -> set[tuple[str, str, str]]:
    found = read_statements(document_of(text, site=site, published=_WRITTEN), KNOWLEDGE)
    return {(s.company, s.authority, str(s.stance)) for s in found}


@pytest.mark.parametrize(
    ("text", "echoing", "stance"),
    [
        ("Google refused to hand over data to the Indian police. So did Reddit.", "reddit", "refuses"),
        ("Google refused to hand over data to the Indian police, as did Reddit.", "reddit", "refuses"),
        ("Google will not comply with the order of the Indian police. Neither will Reddit.", "reddit", "refuses"),
        ("Zoom sued the Indian government over the new rules. Reddit followed suit.", "reddit", "challenges"),
        ("Google suspended the processing of data requests from the Indian police. Reddit did the same.", "reddit", "pauses"),
        ("Google suspended the processing of data requests from the Indian police. Reddit has taken similar steps.", "reddit", "pauses"),
    ],
)  # fmt: skip
def test_who_does_as_the_last_one_did_holds_the_same_stance(text: str, echoing: str, stance: str) -> None:
    assert (echoing, "IN", stance) in read(text)


@pytest.mark.parametrize(
    "text",
    [
        "Google refused to hand over data to the Indian police. Reddit did not follow suit.",
        "Google refused to hand over data to the Indian police. Will Reddit do the same?",
        "Google refused to hand over data to the Indian police. Reddit may do the same.",
        "Google refused to hand over data to the Indian police. Reddit opened a new office at the same time.",
    ],
)
def test_what_is_no_echo_says_nothing_of_the_other(text: str) -> None:
    assert not [company for company, _, _ in read(text) if company == "reddit"]


def test_the_evidence_of_an_echo_is_the_run_of_both_sentences() -> None:
    text = "Google refused to hand over data to the Indian police. So did Reddit. It rained."
    found = read_statements(document_of(text, published=_WRITTEN), KNOWLEDGE)
    echo = next(s for s in found if s.company == "reddit")
    assert echo.evidence == "Google refused to hand over data to the Indian police. So did Reddit."
    assert text[echo.start : echo.end] == echo.evidence


@pytest.mark.parametrize(
    ("text", "stance"),
    [
        ("Do you hand over user data to the police? No. We never did.", "refuses"),
        ("Has any government ever been given an encryption key by you? Never.", "refuses"),
        ("Can you read my messages? No, they are encrypted.", "unable"),
    ],
)
def test_a_question_on_a_companys_own_page_is_read_with_its_answer(text: str, stance: str) -> None:
    assert ("mullvad", "*", stance) in read(text, site="mullvad")


@pytest.mark.parametrize(
    "text",
    ["Do you hand over user data to the police?", "Do you hand over user data to the police? It depends."],
)
def test_a_question_without_a_no_says_nothing(text: str) -> None:
    assert read(text, site="mullvad") == set()


@pytest.mark.parametrize("name", ["Telegram", "Signal", "Threema", "Tuta", "Posteo"])
def test_a_name_that_the_parser_does_not_know_is_a_subject_all_the_same(name: str) -> None:
    assert read(f"{name} refuses to hand over user data to the German police, {name} said.") == {
        (name.lower(), "DE", "refuses")
    }


@pytest.mark.parametrize(
    ("text", "site", "reason"),
    [
        ("Rain fell on the second day of the fair.", None, "no word of an act"),
        ("The police handed over the data.", None, "no company in the text"),
        ("Zoom shared a picture of its new office.", None, "no word of an authority"),
        ("We share your data with partners who send you offers.", "zoom", "no word of an authority"),
        ("The bridge has two green lanes now, and a bench in the middle.", None, "no company in the text"),
    ],
)  # fmt: skip
def test_the_gate_says_why_a_sentence_is_not_parsed(text: str, site: str | None, reason: str) -> None:
    trace = explain(document_of(text, site=site, published=_WRITTEN), KNOWLEDGE)
    assert [reason in (sentence.passed or "") for sentence in trace.sentences] == [True]


def test_every_finding_says_where_it_stopped() -> None:
    trace = explain(
        document_of("The court ordered Google to hand over data to the police.", published=_WRITTEN),
        KNOWLEDGE,
    )
    assert [finding.stopped for sentence in trace.sentences for finding in sentence.findings] == ["scope"]


@pytest.mark.parametrize(
    ("text", "speaker"),
    [
        ("Zoom said that it had refused to hand over data to the Indian police.", "zoom"),
        (
            "Zoom has refused to hand over data to the Indian police, according to court officials.",
            "court officials",
        ),
        ("Zoom has refused to hand over data to the Indian police.", None),
    ],
)
def test_a_statement_knows_who_said_it(text: str, speaker: str | None) -> None:
    (statement,) = read_statements(document_of(text, published=_WRITTEN), KNOWLEDGE)
    assert statement.speaker == speaker
