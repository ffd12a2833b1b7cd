"""What lists can be asked for, in words: one description of each filter, for addresses, commands and documentation.

A word that is empty asks for nothing. A day stands for its beginning in `since`, is within `until`, and stands for its
last moment in `as_of` and `known_at`. What cannot be read is an AskedError.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any, TypeVar

from extract.types import Stance, Time

E = TypeVar("E", bound=Enum)
KINDS = ("new", "stance", "terms", "withdrawn", "contradicted")
SEVERITIES = ("minor", "major")
STATUSES = ("provisional", "confirmed", "retracted")
RULED = ("accept", "reject", "correct", "none")
_UNSURE = {"no": False, "yes": True, "both": None}


class AskedError(ValueError):
    """What was asked for cannot be read; str() names the field, and says what it takes."""


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that a list can be asked for: its name, what it means, and how its words are read.

    `choices` are the words that it takes, if these are few. A `flag` is said or not, and takes no words.
    """

    name: str
    meaning: str
    read: Callable[[str, str], Any]
    choices: tuple[str, ...] = ()
    flag: bool = False


def read(fields: Iterable[Field], words: Mapping[str, str | bool]) -> dict[str, Any]:
    """The values of a filter, by their names, from what was asked for each; what is missing asks for nothing.

    Raises AskedError.
    """
    return {
        field.name: bool(words.get(field.name)) if field.flag else field.read(field.name, str(words.get(field.name) or ""))
        for field in fields
    }  # fmt: skip


def slug(words: str) -> str | None:
    """A company's slug."""
    return words.strip().lower() or None


def code(words: str) -> str | None:
    """An authority's code, or "*"."""
    return words.strip().upper() or None


def one_of(name: str, words: str, kind: type[E]) -> E | None:
    """A value of an enumeration. Raises AskedError."""
    found = among(name, words, [str(one.value) for one in kind])
    return kind(found) if found else None


def among(name: str, words: str, known: Iterable[str]) -> str | None:
    """One of some words. Raises AskedError."""
    if not words:
        return None
    if words not in known:
        raise AskedError(f"{name}: {words!r} is none of {', '.join(known)}")
    return words


def beginning(name: str, words: str) -> datetime | None:
    """A moment, UTC; a day is its beginning. Raises AskedError."""
    if not words.strip():
        return None
    try:
        found = datetime.fromisoformat(
            words.strip().replace(" ", "+")
        )  # an address may hold a "+" as a blank
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise AskedError(
            f"{name}: {words!r} is no time: write a day (2020-07-09) or a time (2020-07-09T12:00Z)"
        ) from None


def end(name: str, words: str) -> datetime | None:
    """A moment, UTC; a day is the beginning of the next one. Raises AskedError."""
    found = beginning(name, words)
    try:
        return found + timedelta(days=1) if found and _is_day(words) else found
    except OverflowError:
        raise AskedError(f"{name}: {words!r} is too far away") from None


def last_moment(name: str, words: str) -> datetime | None:
    """The last moment that "as of" means: a moment itself, a day's last, UTC; None where nothing is said.

    Not the beginning of the next day: what is dated by a day alone lies there. Raises AskedError.
    """
    behind = end(name, words)
    return behind - timedelta(microseconds=1) if behind and _is_day(words) else behind


def _is_day(words: str) -> bool:
    """Whether a time is a day, as ISO 8601 writes it: 2026-05-01, 20260501, 2026-W18-5."""
    return re.fullmatch(r"\d{4}-?(\d\d-?\d\d|W\d\d(-?\d)?)", words.strip()) is not None


def _unsure(name: str, words: str) -> bool | None:
    return _UNSURE[among(name, words, _UNSURE) or "no"]


COMPANY = Field("company", "only of this company or service, by its slug: zoom", lambda _, words: slug(words))
AUTHORITY = Field(
    "authority", "only about the demands of this authority: a country's code, EU, or *", lambda _, words: code(words)
)  # fmt: skip
SINCE = Field("since", "seen or found first from then on: a day (its beginning) or a time", beginning)
UNTIL = Field("until", "seen or found first before then; a day is within", end)
AS_OF = Field("as_of", "what was in force then: a day (its end) or a time", last_moment)
KNOWN_AT = Field("known_at", "only as far as was known then: a day (its end) or a time", last_moment)


def _stance(meaning: str) -> Field:
    return Field("stance", meaning, lambda name, words: one_of(name, words, Stance), tuple(Stance))


def _word(name: str, meaning: str, known: tuple[str, ...]) -> Field:
    return Field(name, meaning, lambda name, words: among(name, words, known), known)


# What each list takes; the names are those of its filter's fields (pipelines.store.queries).
STATEMENTS = (
    COMPANY,
    AUTHORITY,
    _stance("only this stance"),
    Field("time", "only what is told as of now, or as history", lambda name, words: one_of(name, words, Time), tuple(Time)),
    _word("ruled", "only those whose newest ruling is this, or that have none", RULED),
    Field("unsure", "also those too unsure to count: no, which is what an empty word means, only them, or both", _unsure, tuple(_UNSURE)),
    SINCE,
    UNTIL,
    Field("source", "only what this source led to, by its id", lambda _, words: words.strip() or None),
    Field("by", "only those whose newest ruling is by this user", lambda _, words: words.strip() or None),
)  # fmt: skip
CHANGES = (
    COMPANY,
    AUTHORITY,
    _stance("only from or to this stance"),
    _word("kind", "only this kind of change", KINDS),
    _word("severity", "only so severe", SEVERITIES),
    _word("status", "only in this status", STATUSES),
    SINCE,
    UNTIL,
    Field("baselines", "also what stood there before we looked", lambda _, words: bool(words), flag=True),
)
POSITIONS = (COMPANY, AUTHORITY, _stance("only where this stance is in force"))
