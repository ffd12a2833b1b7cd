"""A chart of how a company's positions moved: a lane for each authority, a band for each stance while it was in force. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from extract.types import Stance
from pipelines.store.facts import Move

# Pixels. A band narrower than the narrowest would not be seen; in one narrower than its word no word stands.
LABELS, PLOT, LANE, BAND, NARROWEST, LETTER = 150, 750, 12, 16, 2, 7
AXIS = 22
# A chart of less than this would say more of its scale than of the company.
_SHORTEST = timedelta(days=30)
_TICKS = 8


@dataclass(frozen=True, slots=True)
class Spell:
    """A stance in force towards one authority; `until` None: to this day."""

    authority: str
    stance: Stance
    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Band:
    """A spell as it is drawn; `word` is empty where there is no room for it."""

    spell: Spell
    x: float
    y: float
    width: float
    word: str


@dataclass(frozen=True, slots=True)
class Lane:
    """All bands of one authority; `y` is where its lane begins, `height` how high it is."""

    authority: str
    y: float
    height: float
    bands: tuple[Band, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """The whole chart; `ticks` are (x, what stands there)."""

    width: int
    height: float
    lanes: tuple[Lane, ...]
    ticks: tuple[tuple[float, str], ...]


def spells_of(moves: Sequence[Move]) -> list[Spell]:
    """From the moves of one pair, oldest first: each stance from when it came into force to when it ended."""
    found: list[Spell] = []
    since: dict[Stance, datetime] = {}
    for move in moves:
        for stance in [held for held in since if held not in move.after]:
            begun = since.pop(stance)
            if begun < move.occurred:
                found.append(Spell(move.authority, stance, begun, move.occurred))
        for stance in move.after:
            since.setdefault(stance, move.occurred)
    found += [Spell(moves[0].authority, stance, begun, None) for stance, begun in since.items()]
    return sorted(found, key=lambda spell: (spell.since, spell.stance))


def chart_of(moves: Mapping[str, Sequence[Move]], now: datetime) -> Chart | None:
    """The chart of some authorities, in their order, up to now; None if nothing moved."""
    told = {authority: spells for authority, some in moves.items() if (spells := spells_of(some))}
    if not told:
        return None
    begin = min(spell.since for spells in told.values() for spell in spells)
    begin = min(begin, now - _SHORTEST)
    per_second = PLOT / (now - begin).total_seconds()

    def x_of(moment: datetime) -> float:
        seconds = (min(moment, now) - begin).total_seconds()
        return round(LABELS + seconds * per_second, 1)

    lanes: list[Lane] = []
    y = float(AXIS)
    for authority, spells in told.items():
        bands, rows = _bands(spells, y + LANE / 2, x_of, now)
        height = rows * BAND + LANE
        lanes.append(Lane(authority, y, height, tuple(bands)))
        y += height
    ticks = tuple((x_of(moment), words) for moment, words in _ticks(begin, now))
    return Chart(LABELS + PLOT, y, tuple(lanes), ticks)


def _bands(spells: Sequence[Spell], y: float, x_of: object, now: datetime) -> tuple[list[Band], int]:
    """Stances in force at the same time stand below each other."""
    assert callable(x_of)
    ends: list[float] = []
    bands: list[Band] = []
    for spell in spells:
        x, end = x_of(spell.since), x_of(spell.until or now)
        width = max(end - x, NARROWEST)
        row = next((n for n, taken in enumerate(ends) if taken <= x), len(ends))
        ends[row : row + 1] = [x + width]
        word = str(spell.stance) if width >= LETTER * len(spell.stance) + LETTER else ""
        bands.append(Band(spell, x, y + row * BAND, round(width, 1), word))
    return bands, len(ends)


def _ticks(begin: datetime, now: datetime) -> Iterator[tuple[datetime, str]]:
    """The beginnings of years, or of months where there are no two years, not too many of them."""
    years = [datetime(year, 1, 1, tzinfo=UTC) for year in range(begin.year + 1, now.year + 1)]
    if len(years) > 1:
        step = -(-len(years) // _TICKS)
        yield from ((year, f"{year:%Y}") for year in years[::step])
        return
    count = (now.year - begin.year) * 12 + now.month - begin.month
    months = [_month(begin, n) for n in range(1, count + 1)]
    yield from ((month, f"{month:%Y-%m}") for month in months[:: -(-len(months) // _TICKS) or 1])


def _month(begin: datetime, n: int) -> datetime:
    years, month = divmod(begin.month - 1 + n, 12)
    return datetime(begin.year + years, month + 1, 1, tzinfo=UTC)
