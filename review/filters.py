"""The filters in an address, the same for views, API, exports and feeds: query parameters → filter values, and back.

A field that a form leaves empty asks for nothing. A day stands for its beginning in `since`, is within `until`, and
stands for its last moment in `as_of`. What cannot be read is a ValueError that names the field.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Annotated, TypeVar, cast

from fastapi import Depends, Query

from extract.types import Stance, Time
from pipelines.store.queries import ChangeFilter, PositionFilter, StatementFilter

E = TypeVar("E", bound=Enum)
KINDS = ("new", "stance", "terms", "withdrawn", "contradicted")
SEVERITIES = ("minor", "major")
STATUSES = ("provisional", "confirmed", "retracted")
RULED = ("accept", "reject", "correct", "none")

Word = Annotated[str, Query(max_length=200)]


def change_filter(
    company: Word = "",
    authority: Word = "",
    stance: Word = "",
    kind: Word = "",
    severity: Word = "",
    status: Word = "",
    since: Word = "",
    until: Word = "",
    baselines: bool = False,
) -> ChangeFilter:
    """Which changes an address asks for."""
    return ChangeFilter(
        company=slug(company),
        authority=code(authority),
        stance=one_of("stance", stance, Stance),
        kind=among("kind", kind, KINDS),
        severity=among("severity", severity, SEVERITIES),
        status=among("status", status, STATUSES),
        since=beginning("since", since),
        until=end("until", until),
        baselines=baselines,
    )


def statement_filter(
    company: Word = "",
    authority: Word = "",
    stance: Word = "",
    time: Word = "",
    ruled: Word = "",
    unsure: Word = "",
    since: Word = "",
    until: Word = "",
) -> StatementFilter:
    """Which statements an address asks for; `unsure`: no (also where nothing is said), yes, or both."""
    return StatementFilter(
        company=slug(company),
        authority=code(authority),
        stance=one_of("stance", stance, Stance),
        time=one_of("time", time, Time),
        ruled=cast("None", among("ruled", ruled, RULED)),
        unsure={"both": None, "yes": True}.get(among("unsure", unsure, ("no", "yes", "both")) or "no", False),
        since=beginning("since", since),
        until=end("until", until),
    )


def position_filter(company: Word = "", authority: Word = "", stance: Word = "") -> PositionFilter:
    """Which positions an address asks for."""
    return PositionFilter(slug(company), code(authority), one_of("stance", stance, Stance))


Changes = Annotated[ChangeFilter, Depends(change_filter)]
Statements = Annotated[StatementFilter, Depends(statement_filter)]
Positions = Annotated[PositionFilter, Depends(position_filter)]


def asked_of(wanted: ChangeFilter | StatementFilter | PositionFilter) -> list[tuple[str, object]]:
    """A filter as the parameters of an address: what `query_of` takes, so that links lead to the same list."""
    said: list[tuple[str, object]] = []
    for name in wanted.__dataclass_fields__:
        value = getattr(wanted, name)
        if name == "unsure":
            value = {None: "both", True: "yes"}.get(value)
        elif name == "baselines":
            value = "true" if value else None
        elif isinstance(value, datetime):
            value = value.isoformat()
        said.append((name, value))
    return said


def slug(words: str) -> str | None:
    """A company's slug."""
    return words.strip().lower() or None


def code(words: str) -> str | None:
    """An authority's code, or "*"."""
    return words.strip().upper() or None


def one_of(name: str, words: str, kind: type[E]) -> E | None:
    """A value of an enumeration. Raises ValueError."""
    if not words:
        return None
    try:
        return kind(words)
    except ValueError:
        raise ValueError(
            f"{name}: {words!r} is none of {', '.join(str(one.value) for one in kind)}"
        ) from None


def among(name: str, words: str, known: Iterable[str]) -> str | None:
    """One of some words. Raises ValueError."""
    if not words:
        return None
    if words not in known:
        raise ValueError(f"{name}: {words!r} is none of {', '.join(known)}")
    return words


def beginning(name: str, words: str) -> datetime | None:
    """A moment; a day is its beginning, UTC. Raises ValueError."""
    if not words.strip():
        return None
    try:
        found = datetime.fromisoformat(words.strip().replace(" ", "+"))
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"{name}: {words!r} is no time: write 2026-05-01 or 2026-05-01T12:00Z") from None


def last_moment(name: str, words: str) -> datetime | None:
    """The last moment that "as of" means: a moment itself, a day's last, UTC; None where nothing is said. Raises ValueError.

    Not the beginning of the next day: what is dated by a day alone lies there.
    """
    first, behind = beginning(name, words), end(name, words)
    return behind - timedelta(microseconds=1) if behind and behind != first else first


def end(name: str, words: str) -> datetime | None:
    """A moment; a day is the beginning of the next one, UTC. Raises ValueError."""
    found = beginning(name, words)
    whole_day = re.fullmatch(r"\d{4}-\d\d-\d\d", words.strip()) is not None
    try:
        return found + timedelta(days=1) if found and whole_day else found
    except OverflowError:
        raise ValueError(f"{name}: {words!r} is too far away") from None
