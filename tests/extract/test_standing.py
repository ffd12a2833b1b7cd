"""The same sentence in another version of a page, and promises that something never happened."""

from __future__ import annotations

import pytest

from extract.statements.promises import is_promise
from extract.statements.standing import alike, is_part, is_within, sentence_key, standing

SAID = "If we receive a court order, we may disclose your IP address to the relevant authorities."


def stands(sentence: str, text: str) -> str | None:
    """As which sentence of a text one stands there: itself, another one's words, or none."""
    keys = standing({sentence_key(sentence): sentence}, text, [(0, len(text))])
    found = keys.get(sentence_key(sentence))
    if found is None:
        return None
    return "itself" if found.key == sentence_key(sentence) else "nearly" if found.same else "loosely"


@pytest.mark.parametrize(
    ("text", "how"),
    [
        (f"Welcome. {SAID} Goodbye.", "itself"),
        (
            "IF WE RECEIVE a court order we may disclose your IP address to the relevant authorities!",
            "itself",
        ),
        (
            "If we receive a court order, we may then disclose your IP address to relevant authorities.",
            "nearly",
        ),
        (
            "If we receive a court order, we may not disclose your IP address to the relevant authorities.",
            None,
        ),
        ("If we receive a warrant, we may disclose your IP address to the relevant authorities.", "loosely"),
        (
            "If we receive a court order, we may disclose your messages to the relevant authorities.",
            "loosely",
        ),
        ("When a court order reaches us, your IP address is what the relevant authorities get.", "loosely"),
        ("We publish a transparency report twice a year.", None),
        ("", None),
    ],
)
def test_a_sentence_stands_where_nothing_but_words_without_meaning_differ(text, how):
    assert stands(SAID, text) == how


def test_evidence_of_two_sentences_stands_where_both_do():
    both = "Do you hand over keys? No, we never have."
    assert stands(both, f"Questions. {both} More.") == "itself"


def test_a_short_sentence_is_only_itself():
    assert stands("We refuse all requests.", "We refuse any requests.") is None


def test_likeness_counts_words_and_pieces_are_known():
    assert alike(SAID, SAID) == 1
    assert alike(SAID, "Canaries sing.") == 0
    whole = f"Account details are an address and a name, and the following holds for them: {SAID}"
    assert is_part(SAID, whole)
    assert not is_part(SAID, SAID.replace("court order", "subpoena"))


def test_a_sentence_to_which_a_neighbour_was_put_is_within():
    assert is_within(SAID, f"Under the law: * {SAID}")
    assert not is_within(SAID, f"Under the law: {SAID.replace('may', 'might')}")
    assert not is_within("We refuse.", "We refuse to sell.")


@pytest.mark.parametrize(
    ("sentence", "promise"),
    [
        ("So far, this has never happened.", True),
        ("To date that has not happened yet.", True),
        ("We have never been asked to do so.", True),
        ("No such order has ever reached us.", True),
        ("This has yet to happen.", True),
        ("It has never been easier to reach us.", False),
        ("We never share your data.", False),
        ("This happened twice last year.", False),
    ],
)
def test_a_promise_says_that_it_never_came_to_that(sentence, promise):
    assert is_promise(sentence) is promise
