"""What an unknown or interrupting governor makes of an act: asserted, left open, or stopped."""

import pytest
from support.reading import said, stances


@pytest.mark.parametrize(
    ("text", "stance"),
    [
        ("It emerged that Yahoo had given user data to the NSA.", "complies"),
        ("Telegram quipped that it had refused the request of the Russian police.", "refuses"),
        ("Reddit has stopped responding to subpoenas from the FBI.", "pauses"),
    ],
)
def test_a_telling_verb_asserts_and_a_stopped_habit_is_a_pause(text: str, stance: str):
    assert {s for _, s in stances(text)} == {stance}


@pytest.mark.parametrize(
    "text",
    [
        "Lawyers doubt that Apple gave user data to the FBI.",
        "Critics fear that Google hands over user data to the Indian police.",
        "Nobody imagines that Zoom will refuse the request of the Chinese police.",
    ],
)
def test_what_is_doubted_or_feared_is_not_asserted(text: str):
    assert said(text) == set()


def test_not_looking_is_no_inability():
    assert not said("We do not read your messages for the police.", site="threema")
    assert {s for _, _, s, _ in said("We cannot read your messages for the police.", site="threema")} == {
        "unable"
    }


def test_figures_stand_for_requests_only_if_they_count_requests():
    assert not said("Google rejected 30 of the bidders named by the Indian police.")
    assert {s for _, _, s, _ in said("Google rejected 30 of the requests of the Indian police.")} == {
        "refuses"
    }


def test_a_not_between_commas_negates():
    assert {
        s
        for _, _, s, _ in said(
            "Telegram added that it had not, at any point, passed user data to the Hong Kong police."
        )
    } == {"refuses"}
