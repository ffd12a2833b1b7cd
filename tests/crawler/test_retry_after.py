"""Retry-After in the forms that servers send."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from scrapy.http import Response

from crawler.politeness import asked_wait_s

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        (" 7 ", 7),
        ("0", 0),
        ("Sun, 01 Nov 2026 12:00:30 GMT", 30),
        ("Sun, 01 Nov 2026 11:00:00 GMT", 0),
        ("99999999999999999999", 10**9),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("", None),
    ],
)
def test_seconds_and_dates_are_understood_and_nonsense_is_none(value: str, seconds: float | None):
    assert asked_wait_s(Response("https://a.example/", headers={"Retry-After": value}), NOW) == seconds


def test_no_header_is_none():
    assert asked_wait_s(Response("https://a.example/"), NOW) is None


def test_a_date_counts_from_the_servers_own_clock():
    headers = {"Retry-After": "Mon, 01 Jan 2024 00:01:00 GMT", "Date": "Mon, 01 Jan 2024 00:00:00 GMT"}
    assert asked_wait_s(Response("https://a.example/", headers=headers), NOW) == 60
