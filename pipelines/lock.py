"""One process at a time: a lock on a file, held for the life of its holder. Knows nothing of what it guards.

The kernel lets go of it when the holder ends, however it ends; the file stays and is no sign of anything.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from pipelines.clock import Clock, utc_now

_TRIES = 10_000  # a look of `holder` takes microseconds


class LockedError(Exception):
    """Somebody else holds the lock; str() says who, since when, and where."""


@contextmanager
def held_lock(path: Path, what: str, clock: Clock = utc_now) -> Iterator[None]:
    """Hold the lock at `path`; `what` names us to whoever comes second ("a crawl", "the scheduler").

    The folder must exist. Raises LockedError at once if it is held, OSError if the file cannot be written.
    """
    with path.open("a+", encoding="utf-8") as file:
        if not _taken(file):
            raise LockedError(f"{_told_by(path)} (lock {path})")
        file.truncate(0)
        file.write(
            json.dumps({"what": what, "pid": os.getpid(), "since": f"{clock():%Y-%m-%d %H:%M:%S} UTC"})
        )
        file.flush()
        yield


def holder(path: Path) -> str | None:
    """Who holds the lock, in words; None if nobody does. For people to read: it may be free a moment later."""
    try:
        with path.open("r", encoding="utf-8") as file:
            return None if _locks(file, fcntl.LOCK_SH) else _told_by(path)
    except FileNotFoundError:
        return None


def _taken(file: TextIO) -> bool:
    """Take the lock; False if it is held. Who only looks has a shared one for a moment, and keeps nobody out."""
    for _ in range(_TRIES):
        if _locks(file, fcntl.LOCK_EX):
            return True
        if not _locks(file, fcntl.LOCK_SH):
            return False
    return False


def _locks(file: TextIO, how: int) -> bool:
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _told_by(path: Path) -> str:
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        return f"{told['what']} is running already: process {told['pid']}, since {told['since']}"
    except (OSError, ValueError, KeyError, TypeError):  # between taking the lock and writing its name
        return "another process is running already"
