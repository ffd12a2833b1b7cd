"""Keeps what a long YAML file parsed to, in the __pycache__ beside it, as Python does with modules.

Reading YAML 1.2 in pure Python takes a second per 100 kB, and every command reads all of config/. It is only a
shortcut: another byte in the file, a folder that cannot be written, PYTHONDONTWRITEBYTECODE, or a damaged
entry, and the file is parsed again. It knows nothing of what the data means.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from extract.types import digest_of

FORMAT = 1  # raise it when reading changes what a file parses to
WORTH_BYTES = 16_000  # shorter files are parsed faster than a cold disk answers


def cached(path: Path, raw: bytes) -> Any | None:
    """What these bytes of this file parsed to, or None if that is not known."""
    if len(raw) < WORTH_BYTES:
        return None
    try:
        entry = json.loads(_place_of(path).read_bytes())
    except (OSError, ValueError):
        return None
    return entry.get("data") if isinstance(entry, dict) and entry.get("key") == _key_of(raw) else None


def keep(path: Path, raw: bytes, data: Any) -> None:
    """Remember it if it is worth it and survives JSON unchanged; trouble with the disk is no trouble."""
    if len(raw) < WORTH_BYTES or sys.dont_write_bytecode:
        return
    try:
        text = json.dumps({"key": _key_of(raw), "data": data}, ensure_ascii=False)
    except (TypeError, ValueError):  # a date, say: JSON has none
        return
    if json.loads(text)["data"] != data:
        return
    place = _place_of(path)
    with contextlib.suppress(OSError):
        place.parent.mkdir(exist_ok=True)
        handle, name = tempfile.mkstemp(dir=place.parent, prefix=place.name)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
            Path(name).chmod(path.stat().st_mode & 0o666)  # whoever may read the file may read what it says
            Path(name).replace(place)
        except OSError:
            Path(name).unlink(missing_ok=True)


def _place_of(path: Path) -> Path:
    compiled = Path(importlib.util.cache_from_source(str(path.resolve())))
    return compiled.with_name(path.name + ".json")


def _key_of(raw: bytes) -> str:
    return f"{FORMAT}:{digest_of(raw)}"
