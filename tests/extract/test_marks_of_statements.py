"""The words that a reading rests on are kept with the statement: who, whose demand, the act, its object, its negation."""

from __future__ import annotations

import pytest
from support.reading import shipped

from extract.statements.examples import document_of
from extract.statements.pipeline import prepare, read_statements
from extract.types import MarkKind


def marks(text: str, company: str, **of: str) -> list[tuple[str, str]]:
    """Kind and words of the marks of a company's first statement."""
    document = document_of(text, **of)
    sure, unsure = prepare(shipped()).read(document)
    said = next(s for s in (*sure, *unsure) if s.company == company)
    assert [m.start for m in said.marks] == sorted(m.start for m in said.marks)
    return [(str(mark.kind), document.text[mark.start : mark.end]) for mark in said.marks]


def test_company_authority_and_cue_are_where_the_reader_found_them():
    found = marks("Zoom will pause data access to Hong Kong authorities.", "zoom")
    assert ("company", "Zoom") in found
    assert ("cue", "pause") in found
    assert any(kind == "authority" and "Hong Kong" in words for kind, words in found)
    assert not any(kind == "negation" for kind, _ in found)


@pytest.mark.parametrize(
    ("text", "negator"),
    [
        ("Telegram did not hand over the data to the Russian police.", "not"),
        ("Telegram has never given user data to the Russian police.", "never"),
        ("Telegram refused to hand over the data to the Russian police.", "refused"),
    ],
)
def test_what_negates_the_act_is_marked(text, negator):
    assert ("negation", negator) in marks(text, "telegram")


def test_of_a_company_that_the_sentence_does_not_name_both_the_word_and_the_name_are_marked():
    text = "The FSB asked Telegram for the encryption keys. The messenger has refused to hand over the keys."
    found = marks(text, "telegram")
    assert ("company", "Telegram") in found
    assert ("company", "messenger") in found
    assert ("authority", "FSB") in found


def test_every_mark_is_some_words_of_the_text():
    text = "Apple and Google refused to give the FBI the keys. Zoom, by contrast, gave Chinese police the records."
    document = document_of(text)
    for said in read_statements(document, shipped()):
        assert {mark.kind for mark in said.marks} >= {MarkKind.COMPANY, MarkKind.CUE}
        assert all(document.text[mark.start : mark.end].strip() for mark in said.marks)
