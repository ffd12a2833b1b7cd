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
