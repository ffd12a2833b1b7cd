"""One at a time, and the second one is told by whom it is kept out."""

import os
import subprocess
import sys
import threading
from datetime import UTC, datetime

import pytest

from pipelines.lock import LockedError, held_lock, holder


def test_the_second_one_is_told_who_holds_the_lock(tmp_path):
    path = tmp_path / "crawl.lock"
    with held_lock(path, "a crawl", lambda: datetime(2026, 3, 2, 5, 15, tzinfo=UTC)):
        with (
            pytest.raises(
                LockedError,
                match=f"a crawl is running already: process {os.getpid()}, since 2026-03-02 05:15:00 UTC",
            ),
            held_lock(path, "another"),
        ):
            pytest.fail("two hold one lock")
        assert "a crawl" in (holder(path) or "")
    assert holder(path) is None
    with held_lock(path, "the next"):
        pass


def test_a_killed_holder_lets_go_at_once(tmp_path):
    path = tmp_path / "crawl.lock"
    script = f"""
import sys
from pathlib import Path
from pipelines.lock import held_lock
with held_lock(Path({str(path)!r}), "a crawl"):
    print("held", flush=True)
    sys.stdin.read()
"""
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout.readline() == b"held\n"
        with pytest.raises(LockedError), held_lock(path, "us"):
            pytest.fail("two hold one lock")
        child.kill()
        child.wait()
        with held_lock(path, "us"):
            assert "us" in (holder(path) or "")


def test_who_only_looks_keeps_nobody_out(tmp_path):
    path, done = tmp_path / "crawl.lock", threading.Event()
    path.touch()

    def look() -> None:
        while not done.is_set():
            holder(path)

    looker = threading.Thread(target=look)
    looker.start()
    try:
        for _ in range(200):
            with held_lock(path, "us"):
                pass
    finally:
        done.set()
        looker.join()


def test_nobody_holds_a_lock_that_was_never_taken(tmp_path):
    assert holder(tmp_path / "never.lock") is None
