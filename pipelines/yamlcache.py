"""Keeps what a long YAML file parsed to, in the user's cache folder (~/.cache/stancewatch).

YAML 1.2 is read in pure Python, at some 150 kB/s, and every command reads all of config/. This is only a shortcut:
another byte in the file, a folder that cannot be written or a damaged entry, and the file is parsed again.
It knows nothing of what the data means.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

import platformdirs

from extract.types import digest_of

FORMAT = 1  # raise it when reading changes what a file parses to
WORTH_BYTES = 1_000  # a shorter file is parsed about as fast as its entry is read


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
    if len(raw) < WORTH_BYTES:
        return
    try:
        text = json.dumps({"key": _key_of(raw), "data": data}, ensure_ascii=False)
    except (TypeError, ValueError):  # a date, say: JSON has none
        return
    if json.loads(text)["data"] != data:
        return
    place = _place_of(path)
    with contextlib.suppress(OSError):
        place.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=place.parent, prefix=place.name)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
            Path(name).replace(place)
        except OSError:
            Path(name).unlink(missing_ok=True)


def _place_of(path: Path) -> Path:
    """One entry a file, so that the folder does not grow with every edit."""
    folder = platformdirs.user_cache_path("stancewatch", appauthor=False)
    return folder / f"{path.name}-{digest_of(str(path.resolve()))[:16]}.json"


def _key_of(raw: bytes) -> str:
    return f"{FORMAT}:{digest_of(raw)}"
