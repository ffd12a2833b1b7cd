"""The filters in an address, the same for views, API, exports and feeds: query parameters → filter values, and back.

What each of them takes and means is said once, in `pipelines.asked`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from inspect import Parameter, Signature
from typing import Annotated, Any, TypeVar, cast

from fastapi import Depends, Form, Path, Query, Request

from pipelines import asked
from pipelines.asked import (
    KINDS,
    SEVERITIES,
    STATUSES,
    among,
    beginning,
    end,
    last_moment,
    one_of,
)
from pipelines.store.queries import ChangeFilter, PositionFilter, StatementFilter
from review.names import Names

__all__ = [
    "KINDS", "SEVERITIES", "STATUSES", "AsOf", "Authority", "Before", "Changes", "Company", "KnownAt", "Number", "NumberSent", "Positions", "Since", "Statements", "Until",
    "Word", "among", "asked_of", "beginning", "end", "last_moment", "one_of",
]  # fmt: skip

F = TypeVar("F", ChangeFilter, StatementFilter, PositionFilter)
Word = Annotated[str, Query(max_length=200)]
# A row's number in an address or a form; what is larger is none, and databases refuse to compare with it.
_LARGEST = 2**31 - 1
Number = Annotated[int, Path(ge=0, le=_LARGEST, description="its number")]
NumberSent = Annotated[int, Form(ge=0, le=_LARGEST)]
Before = Annotated[int | None, Query(ge=0, le=_LARGEST)]


def _parameter(field: asked.Field) -> Any:
    """A field as the type of a query parameter, which OpenAPI then describes."""
    if field.flag:
        return Annotated[bool, Query(description=field.meaning)]
    extra = {"enum": ["", *field.choices]} if field.choices else None
    return Annotated[str, Query(max_length=200, description=field.meaning, json_schema_extra=extra)]


def _asking(fields: Iterable[asked.Field], made: Callable[..., F]) -> Callable[..., F]:
    """A dependency with a parameter for each field, which gives the filter that they ask for. Names are understood."""
    known: tuple[asked.Field, ...] = tuple(fields)

    def wanted(request: Request, **words: str | bool) -> F:
        names: Names = request.app.state.names
        pair = names.asked(str(words.get("company") or ""), str(words.get("authority") or ""))
        return made(**asked.read(known, words | {"company": pair[0], "authority": pair[1]}))

    cast("Any", wanted).__signature__ = Signature(
        [
            Parameter("request", Parameter.KEYWORD_ONLY, annotation=Request),
            *[
                Parameter(
                    f.name, Parameter.KEYWORD_ONLY, default=False if f.flag else "", annotation=_parameter(f)
                )
                for f in known
            ],
        ]
    )
    return wanted


Changes = Annotated[ChangeFilter, Depends(_asking(asked.CHANGES, ChangeFilter))]
Statements = Annotated[StatementFilter, Depends(_asking(asked.STATEMENTS, StatementFilter))]
Positions = Annotated[PositionFilter, Depends(_asking(asked.POSITIONS, PositionFilter))]
Company = _parameter(asked.COMPANY)
Authority = _parameter(asked.AUTHORITY)
Since = _parameter(asked.SINCE)
Until = _parameter(asked.UNTIL)
AsOf = _parameter(asked.AS_OF)
KnownAt = _parameter(asked.KNOWN_AT)


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
