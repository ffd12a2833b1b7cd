"""Tables of docs/exports.md, as the code would write them."""

from __future__ import annotations

from collections.abc import Iterable

from pipelines.asked import Field
from pipelines.export import COLUMNS, Kind

# What a column's values are called, by its type in Parquet.
TYPES = {
    "string": "text",
    "int64": "integer",
    "double": "number",
    "bool": "true or false",
    "timestamp[us, tz=UTC]": "time",
    "list<item: string>": "list of texts",
}


def columns_of(kind: Kind) -> str:
    """The columns of one kind of export."""
    rows = [
        f"| `{c.name}` | {TYPES.get(str(c.type), 'list of records')} | {c.meaning} |" for c in COLUMNS[kind]
    ]
    return "\n".join(["| column | type | meaning |", "| --- | --- | --- |", *rows])


def filters_of(fields: Iterable[Field]) -> str:
    """What one list can be asked for."""
    rows = []
    for field in fields:
        named = ", ".join(f"`{word}`" for word in field.choices) or ("`true`" if field.flag else "")
        rows.append(f"| `{field.name}` | {field.meaning} | {named} |")
    return "\n".join(["| filter | meaning | words |", "| --- | --- | --- |", *rows])
