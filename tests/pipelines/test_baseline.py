"""The keyword baseline: company and cue in one sentence, nothing understood."""

from support.reading import shipped

from extract.statements.examples import document_of
from pipelines.baseline import Baseline
from pipelines.evaluate import GoldDocument, GoldStatement, evaluate, keyword_reader


def told(text: str) -> set[tuple[str, str, str]]:
    return {(s.company, s.authority, str(s.stance)) for s in Baseline(shipped())(document_of(text))}


def test_a_company_beside_a_cue_has_the_acts_affirmative_stance():
    assert ("telegram", "RU", "complies") in told("Telegram handed over the keys to the Russian police.")
    assert ("zoom", "*", "challenges") in told("Zoom sued on Monday.")


def test_it_understands_neither_negation_nor_wishes():
    assert ("telegram", "RU", "complies") in told("Russia wants Telegram to hand over its keys.")


def test_a_cue_in_another_sentence_is_none():
    assert told("Telegram has an office. The weather was handed over to somebody else.") == set()


def test_the_authority_is_the_most_named_of_the_document():
    text = "India spoke. India spoke again, and Russia once.\n\nTelegram handed over the keys."
    assert {authority for _, authority, _ in told(text)} == {"IN"}


def test_it_is_measured_as_the_classifier_is():
    text = "Telegram handed over the keys to the Russian police."
    label = GoldStatement(company="telegram", authority="RU", stance="complies", evidence=text)
    document = GoldDocument(id="d1", text=text, statements=(label,))
    report = evaluate([document], shipped(), keyword_reader(shipped()))
    assert report.now.right == 1
