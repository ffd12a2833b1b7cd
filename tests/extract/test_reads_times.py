"""History and news: which words make an act the past."""

import pytest
from support.reading import said


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("In its early years Twitter gave user data to the Turkish police.", "past"),
        ("Earlier this month Zoom handed over user data to the Chinese police.", "now"),
    ],
)
def test_early_years_are_history_and_this_month_is_news(text: str, time: str):
    assert {t for _, _, _, t in said(text)} == {time}


def test_a_passage_that_opens_with_an_earlier_year_is_history_to_its_end():
    text = "In 2019 Zoom gave user data to the Chinese police. Twitter gave the police user data as well."
    assert {(c, t) for c, _, _, t in said(text)} == {("zoom", "past"), ("twitter", "past")}


@pytest.mark.parametrize(
    "text",
    [
        "Until the sale of its Egyptian arm, Vodafone gave the security service user data.",
        "In the previous half-year Twitter handed over user data to the Turkish police.",
        "In the nineties Yahoo gave user data to the Chinese police.",
        "In an earlier case, Google handed over user data to the Turkish police.",
        "Two years ago WhatsApp announced that it would not hand over user data to the Turkish police.",
        "The spokesman recalled that Twitter had given user data to the Turkish police.",
        "Google fought the FBI's order for user data all the way up, in vain.",
        "Google appealed against the FBI's order for user data, and lost.",
        "Google fought the FBI's order for user data, but it dropped the case.",
        "A judge tossed out Google's challenge to the FBI's demand for user data.",
        "Google's petition against the FBI's order for user data succeeded.",
        "Zoom's freeze on Hong Kong data requests ended after three weeks.",
    ],
)
def test_what_is_over_is_history(text: str):
    assert {t for _, _, _, t in said(text)} == {"past"}


@pytest.mark.parametrize(
    "text",
    [
        "Google said that it had never, at any point in the past, given user data to the Turkish police.",
        "Google said that data had been given to the Turkish police since 2018.",
        "Google, the minister said, had refused to hand over user data to the Turkish police.",
        "Google was fined because it had refused to hand over user data to the Turkish police.",
        "Google appealed on Friday against the 2021 order to hand over user data to the FBI.",
        "Google had told the Turkish police that it does not have any user data.",
        "Zoom's pause on Hong Kong data requests lasts until June.",
        "Google replied that it would not give user data; by Thursday the Turkish police had sent no order.",
    ],
)
def test_what_still_holds_and_the_reason_of_the_news_are_no_history(text: str):
    assert {t for _, _, _, t in said(text)} == {"now"}


def test_what_had_been_done_is_the_news_only_where_a_text_tells_nothing_newer():
    told = "Within hours Tesla had given the American police user data."
    assert {t for _, _, _, t in said(told)} == {"now"}
    newer = f"{told} Google refuses to give the American police user data."
    assert {(c, t) for c, _, _, t in said(newer)} == {("tesla", "past"), ("google", "now")}


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("The affair dates back to 2015. Google gave user data to the Turkish police within hours.", "past"),
        (
            "In 2019 a court fined Zoom. Its founder said that it will not give the Chinese police user data.",
            "now",
        ),
        (
            "The transparency report of Google came out. In 2025 it gave the Turkish police user data in 412 cases.",
            "now",
        ),
    ],
)
def test_passages_of_history_are_opened_by_their_beginning_and_closed_by_what_is_said_since(
    text: str, time: str
):
    assert {t for _, _, _, t in said(text)} == {time}
