"""The chart of a company's stances over time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from extract.types import Stance
from pipelines.store.facts import Move
from review.lanes import LABELS, NARROWEST, PLOT, chart_of, spells_of

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def moves(*steps: tuple[int, tuple[Stance, ...]]) -> list[Move]:
    """So many days ago, these stances were in force from then on."""
    found: list[Move] = []
    for days, after in steps:
        at, before = NOW - timedelta(days=days), found[-1].after if found else ()
        found.append(Move("c" * 64, "zoom", "HK", at, at, before, after))
    return found


def test_a_spell_lasts_from_its_stance_coming_into_force_to_its_end():
    told = spells_of(
        moves((100, (Stance.COMPLIES,)), (40, (Stance.PAUSES, Stance.REVIEWING)), (10, (Stance.PAUSES,)))
    )
    assert [(str(s.stance), (NOW - s.since).days, s.until and (NOW - s.until).days) for s in told] == [
        ("complies", 100, 40), ("pauses", 40, None), ("reviewing", 40, 10),
    ]  # fmt: skip


def test_bands_lie_inside_the_chart_and_never_over_each_other():
    told = moves((4000, (Stance.COMPLIES,)), (3999, (Stance.PAUSES, Stance.REFUSES)), (0, (Stance.UNABLE,)))
    chart = chart_of({"HK": told}, NOW)
    assert chart is not None
    bands = [band for lane in chart.lanes for band in lane.bands]
    for band in bands:
        assert LABELS <= band.x <= LABELS + PLOT
        assert band.width >= NARROWEST
        assert 0 < band.y < chart.height
    for one in bands:
        assert not [
            o
            for o in bands
            if o is not one and o.y == one.y and o.x < one.x + one.width and one.x < o.x + o.width
        ]
    assert [words for _, words in chart.ticks] == ["2016", "2018", "2020", "2022", "2024", "2026"]


def test_nothing_that_moved_is_no_chart():
    assert chart_of({}, NOW) is None
