"""Scraped text made fit to show."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.alerts.text import UNSEEN, brings_marks, clean, differences, wrap


@pytest.mark.parametrize(
    ("dirty", "shown"),
    [
        ("two\r\nBcc: all@example.org", "two Bcc: all@example.org"),
        ("\x1b[31mred\x1b[0m", "[31mred[0m"),
        ("right\N{RIGHT-TO-LEFT OVERRIDE}tfel", "righttfel"),
        ("zero\N{ZERO WIDTH SPACE}width", "zerowidth"),
        ("nul\x00nul", "nulnul"),
        ("next\x85line\N{LINE SEPARATOR}and\N{PARAGRAPH SEPARATOR}more", "next line and more"),
        ("lone\ud800surrogate", "lonesurrogate"),
        ("  wide \N{NO-BREAK SPACE} space\t", "wide space"),
        ("Zürich — “quoted” 東京", "Zürich — “quoted” 東京"),
    ],
)
def test_what_a_reader_cannot_see_is_gone(dirty, shown):
    assert clean(dirty) == shown


@given(st.text(max_size=300), st.integers(1, 80))
def test_clean_text_is_one_visible_line_within_the_limit(text, limit):
    line = clean(text, limit)
    assert len(line) <= limit
    assert not any(unicodedata.category(c) in UNSEEN for c in line)
    assert line == line.strip()
    assert clean(line, limit) == line


def test_a_long_title_ends_in_an_ellipsis():
    assert clean("x" * 10_000, 200) == "x" * 199 + "…"


WORDS = st.lists(
    st.sampled_from(["we", "give", "data", "only", "on", "a", "warrant", "court", "order"]), max_size=12
)


@given(WORDS, WORDS)
def test_pieces_put_together_are_the_sentences(old, new):
    for sentence, pieces in zip((old, new), differences(" ".join(old), " ".join(new)), strict=True):
        assert " ".join(words for words, _ in pieces).split() == sentence


def test_only_what_differs_is_marked():
    old, new = differences("We give data on a court order.", "We give data on a valid request.")
    assert old == [("We give data on a", False), ("court order.", True)]
    assert new == [("We give data on a", False), ("valid request.", True)]


def test_two_sentences_with_nothing_in_common_are_not_marked():
    assert differences("Zoom refuses.", "The company answers all of them now.") == (
        [("Zoom refuses.", False)],
        [("The company answers all of them now.", False)],
    )


def test_an_address_is_never_broken():
    address = "https://courier.example/" + "a" * 120
    assert address in wrap(f"see {address}", "  ").split()
    assert all(len(line) <= 78 for line in wrap("word " * 60, "  ").splitlines())


@pytest.mark.parametrize("sentence", ["", ".", "…", "a “b” c", "Zoom's", "‘Zoom’"])
def test_a_sentence_without_marks_at_its_ends_brings_none(sentence):
    assert not brings_marks(sentence)


@pytest.mark.parametrize("sentence", ["“a” b", "a “b”.", '"a"', "«a»", " “a b"])
def test_a_sentence_with_a_mark_at_one_end_brings_its_own(sentence):
    assert brings_marks(sentence)
