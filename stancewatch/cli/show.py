"""How commands print: tables and words for people, one JSON object a line for programs. Decides nothing.

Whatever was scraped is cleaned of control characters and never read as markup. On a terminal tables fit its width; in a
pipe every row is one line and nothing is cut.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipelines.alerts.text import clean

NOTHING = "–"
# Ids are shown and accepted by their first digits: 12 of 64 are enough for billions of captures.
SHOWN_DIGITS = 12


def line(value: object) -> None:
    """One JSON object on one line of standard output."""
    sys.stdout.write(json.dumps(plain(value), ensure_ascii=False) + "\n")
    sys.stdout.flush()


def plain(value: object) -> Any:
    """A value of ours as JSON has it: times in ISO form, enums as their text, frozen values as objects."""
    as_dict = getattr(value, "as_dict", None)
    if as_dict is not None:
        return plain(as_dict())
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(inner) for inner in value]
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    return str(value) if isinstance(value, Path) else value


def say(words: str = "") -> None:
    """A line for people on standard output; nothing in it is markup."""
    sys.stdout.write(words + "\n")


def quote(words: str, limit: int = 2000) -> str:
    """Scraped words made fit for a line of output."""
    return clean(words, limit)


def complain(words: str) -> None:
    """A line on standard error."""
    sys.stderr.write(f"stancewatch: {clean(words, 1000)}\n")


def note(words: str) -> None:
    """A line about what is going on, on standard error, so that the answer on standard output stays clean."""
    sys.stderr.write(clean(words, 1000) + "\n")


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], whole: Sequence[str] = ()) -> None:
    """Rows under their column names. Columns in `whole` are never broken or cut: the next command wants them."""
    cells = [[cell(value) for value in row] for row in rows]
    console = Console(highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        _lines(columns, cells)
        return
    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for i, name in enumerate(columns):
        least = max([cell_len(name), *(cell_len(row[i]) for row in cells)]) if name in whole else None
        shown.add_column(name, overflow="fold", no_wrap=name in whole, min_width=least)
    for row in cells:
        shown.add_row(*(Text(value) for value in row))
    console.print(shown)


def cell(value: object) -> str:
    """A value as a table shows it: times to the minute in UTC, nothing as a dash."""
    if value is None or value == "":
        return NOTHING
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, float):
        return f"{value:g}"
    return clean(str(value))


def short(identity: str | None) -> str | None:
    """The digits of an id that commands accept."""
    return identity[:SHOWN_DIGITS] if identity else None


def _lines(columns: Sequence[str], cells: Sequence[Sequence[str]]) -> None:
    widths = [max(cell_len(row[i]) for row in [columns, *cells]) for i in range(len(columns))]
    for row in [columns, *cells]:
        padded = (value + " " * (width - cell_len(value)) for value, width in zip(row, widths, strict=True))
        say("  ".join(padded).rstrip())
