"""Writes a file so that whoever reads it sees the old one or the new one, whole."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path


def write_whole(file: Path, pieces: Iterable[bytes]) -> None:
    """Write the pieces beside the file, sync them, and put them in its place; the folder is there. Raises OSError."""
    with tempfile.NamedTemporaryFile(dir=file.parent, prefix=f".{file.name}-", delete=False) as new:
        try:
            for piece in pieces:
                new.write(piece)
            new.flush()
            os.fsync(new.fileno())
            Path(new.name).chmod(0o644)  # what mkstemp makes only we may read
            Path(new.name).replace(file)
        except BaseException:
            Path(new.name).unlink(missing_ok=True)
            raise
