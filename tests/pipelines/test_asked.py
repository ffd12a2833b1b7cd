"""What lists can be asked for: described once, read the same for everybody."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime

import pytest

from extract.types import Stance, Time
from pipelines import asked
from pipelines.asked import AskedError, beginning, end, last_moment, read
from pipelines.store.queries import ChangeFilter, PositionFilter, StatementFilter

LISTS = [
    (asked.STATEMENTS, StatementFilter),
    (asked.CHANGES, ChangeFilter),
    (asked.POSITIONS, PositionFilter),
]


@pytest.mark.parametrize(("described", "wanted"), LISTS)
def test_every_field_of_a_filter_is_described_and_asks_for_nothing_unless_said(described, wanted):
    assert [field.name for field in described] == [field.name for field in fields(wanted)]
    assert wanted(**read(described, {})) == wanted()


def test_words_become_values():
    words = {
        "company": " Zoom ", "authority": "hk", "stance": "pauses", "time": "past", "ruled": "none", "unsure": "both",
        "since": "2026-05-01", "until": "2026-05-01",
    }  # fmt: skip
    assert StatementFilter(**read(asked.STATEMENTS, words)) == StatementFilter(
        "zoom", "HK", Stance.PAUSES, Time.PAST, "none", None,
        datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 5, 2, tzinfo=UTC),
    )  # fmt: skip
    assert read(asked.CHANGES, {"baselines": True})["baselines"] is True


@pytest.mark.parametrize("day", ["2026-05-01", "20260501", "2026-W18-5"])
def test_a_day_is_a_day_however_it_is_written(day):
    assert beginning("since", day) == datetime(2026, 5, 1, tzinfo=UTC)
    assert end("until", day) == datetime(2026, 5, 2, tzinfo=UTC)
    assert last_moment("as_of", day) == datetime(2026, 5, 1, 23, 59, 59, 999999, tzinfo=UTC)


@pytest.mark.parametrize(
    "time", ["2026-05-01T12:00+02:00", "2026-05-01T12:00 02:00", "2026-05-01T10:00Z", "2026-05-01T10:00"]
)
def test_a_time_is_itself_in_utc(time):
    assert (
        beginning("a", time)
        == end("a", time)
        == last_moment("a", time)
        == datetime(2026, 5, 1, 10, tzinfo=UTC)
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"stance": "maybe"}, "stance: 'maybe' is none of refuses, challenges"),
        ({"since": "yesterday"}, "since: 'yesterday' is no time"),
        ({"since": "0001-01-01T00:00+14:00"}, "since: .* is no time"),
        ({"until": "9999-12-31"}, "until: '9999-12-31' is too far away"),
        ({"unsure": "perhaps"}, "unsure: 'perhaps' is none of no, yes, both"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_names_its_field(words, said):
    with pytest.raises(AskedError, match=said):
        read(asked.STATEMENTS, words)
