"""Companies that no configuration lists are recorded as such, if the text itself says that they are companies."""

from __future__ import annotations

import pytest
from support.reading import statements

from extract.statements.unlisted import slug_of
from pipelines.evaluate import statement_as_dict

FIGHTS = (
    "Signal was asked too. Veilmail, an encrypted mail provider, is fighting the order of the French court."
)


def unlisted(text: str) -> set[tuple[str, str]]:
    return {(s.company, str(s.stance)) for s in statements(text) if s.unlisted}


def test_a_name_that_is_called_a_company_gets_a_slug_and_is_marked():
    assert unlisted(FIGHTS) == {("veilmail", "challenges")}


def test_the_command_line_says_so():
    (found,) = (s for s in statements(FIGHTS) if s.unlisted)
    assert statement_as_dict(found)["unlisted"] is True


def test_it_may_be_called_so_in_another_sentence():
    text = (
        "The messaging app Quillo has a million users, fewer than Signal. "
        "Quillo refused to hand over messages to the police."
    )
    assert ("quillo", "refuses") in unlisted(text)


@pytest.mark.parametrize(
    "text",
    [
        "Unlike Signal, the Electronic Frontier Foundation sued the Justice Department over the gag order.",
        "Signal said nothing. John Smith refused to hand over messages to the police.",
        "Signal said nothing. France refused to hand over messages to the police.",
        "Signal refused to hand over messages to the police.",
    ],
)
def test_nobody_else_does(text: str):
    assert unlisted(text) == set()


def test_a_slug_has_no_legal_form():
    assert slug_of("The Veil Mail Inc.") == "veil-mail"
