"""The crawl child seen from its parent: real processes that behave well, badly, or not at all."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest

from stancewatch.crawl import COMMAND, CrawlChild, LogFilter, child_environ, crawl_command

PRELUDE = """
import json, os, signal, subprocess, sys, threading
def say(**event):
    print(json.dumps(event), flush=True)
"""


def child_of(script: str, grace_s: float = 20.0) -> CrawlChild:
    """A child that runs a script instead of the crawler."""
    command = (sys.executable, "-c", PRELUDE + textwrap.dedent(script))
    return CrawlChild(command, child_environ(None), grace_s)


def test_a_crawl_that_ends_well_is_told_with_its_counts_and_sources():
    events = []
    result = child_of("""
        say(event="start", run=7, sources=1)
        say(event="source", source="bbc", state="running", requests=1)
        say(event="source", source="bbc", state="done", requests=3)
        say(event="end", run=7, state="ok", counts={"captures": 2})
    """).run(events.append)
    assert (result.run, result.state, result.exit_code) == (7, "ok", 0)
    assert result.counts == {"captures": 2}
    assert result.sources["bbc"]["requests"] == 3
    assert [e["event"] for e in events] == ["start", "source", "source", "end"]
    assert result.error == ""


def test_a_crash_is_told_with_the_last_words_of_its_log():
    log = []
    result = child_of("""
        say(event="start", run=7, sources=1)
        raise RuntimeError("the disk is gone")
    """).run(on_log=log.append)
    assert (result.run, result.state, result.exit_code) == (7, "failed", 1)
    assert "the disk is gone" in result.error
    assert "RuntimeError: the disk is gone" in log


@pytest.mark.parametrize(("code", "state"), [(3, "busy"), (4, "unusable"), (143, "aborted"), (1, "failed")])
def test_an_exit_code_without_a_word_is_understood(code: int, state: str):
    result = child_of(f"print('why not', file=sys.stderr); sys.exit({code})").run()
    assert (result.run, result.state, result.exit_code) == (None, state, code)


def test_a_database_that_goes_away_in_the_middle_is_no_crawl_that_never_began():
    result = child_of("""
        say(event="start", run=7, sources=1)
        sys.exit(4)
    """).run()
    assert (result.run, result.state, result.exit_code) == (7, "failed", 4)


def test_what_a_library_prints_is_log_and_no_progress():
    log, events = [], []
    child_of("""
        print("Downloading model...", flush=True)
        print("[1, 2]", flush=True)
        say(event="end", run=1, state="ok", counts={})
    """).run(events.append, log.append)
    assert log == ["Downloading model...", "[1, 2]"]
    assert len(events) == 1


def test_a_stopped_child_ends_cleanly_and_says_so():
    child = child_of("""
        stop = threading.Event()
        signal.signal(signal.SIGTERM, lambda *_: stop.set())
        say(event="start", run=7, sources=1)
        stop.wait(60)
        say(event="end", run=7, state="aborted", counts={"captures": 1})
        sys.exit(143)
    """)
    result = child.run(lambda event: child.stop() if event["event"] == "start" else None)
    assert (result.state, result.exit_code, result.counts) == ("aborted", 143, {"captures": 1})


def test_a_child_is_asked_to_stop_only_once_however_often_we_are_told():
    child = child_of("""
        stop, asked = threading.Event(), []
        signal.signal(signal.SIGTERM, lambda *_: (asked.append(1), stop.set()))
        say(event="start", run=7, sources=1)
        stop.wait(60)
        threading.Event().wait(0.3)
        say(event="end", run=7, state="aborted", counts={"asked": len(asked)})
    """)
    result = child.run(lambda event: [child.stop() for _ in range(5)] if event["event"] == "start" else None)
    assert result.counts == {"asked": 1}


def test_a_child_that_does_not_stop_is_killed_after_the_grace_period():
    child = child_of(
        """
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        say(event="start", run=7, sources=1)
        threading.Event().wait(60)
        """,
        grace_s=0.2,
    )
    result = child.run(lambda _event: child.stop())
    assert (result.run, result.state, result.exit_code) == (7, "aborted", -signal.SIGKILL)


def test_a_stop_before_the_start_is_not_lost():
    child = child_of("threading.Event().wait(60)")
    child.stop()
    assert child.run().state == "aborted"


def test_workers_of_a_killed_child_do_not_outlive_it():
    worker = []
    child = child_of(
        """
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        worker = subprocess.Popen([sys.executable, "-c", "import threading; threading.Event().wait(60)"])
        say(event="start", run=1, worker=worker.pid)
        threading.Event().wait(60)
        """,
        grace_s=0.1,
    )

    def stop(event: dict) -> None:
        worker.append(event["worker"])
        child.stop()

    child.run(stop)
    assert ended(worker[0])


def test_a_fault_of_the_one_who_listens_ends_the_child_too():
    def fail(event: dict) -> None:
        raise ZeroDivisionError(event["pids"])

    child = child_of("""
        worker = subprocess.Popen([sys.executable, "-c", "import threading; threading.Event().wait(60)"])
        say(event="start", run=1, pids=[os.getpid(), worker.pid])
        threading.Event().wait(60)
    """)
    with pytest.raises(ZeroDivisionError) as caught:
        child.run(fail)
    assert all(ended(pid) for pid in caught.value.args[0])


def test_the_parent_passes_sigterm_on_and_survives(tmp_path: Path):
    script = textwrap.dedent("""
        import sys
        from stancewatch.crawl import CrawlChild, child_environ, run_crawl
        inner = '''
        import json, signal, sys, threading
        stop = threading.Event()
        signal.signal(signal.SIGTERM, lambda *_: stop.set())
        print(json.dumps({"event": "start", "run": 1}), flush=True)
        stop.wait(60)
        print(json.dumps({"event": "end", "run": 1, "state": "aborted", "counts": {}}), flush=True)
        '''
        import textwrap
        child = CrawlChild((sys.executable, "-c", textwrap.dedent(inner)), child_environ(None))
        result = run_crawl(None, child=child, on_progress=lambda event: print(event["event"], flush=True))
        print("parent says", result.state, flush=True)
    """)
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "start\n"
        parent.send_signal(signal.SIGTERM)
        assert parent.stdout.read() == "end\nparent says aborted\n"
    assert parent.returncode == 0


def test_of_the_log_warnings_are_passed_on_with_what_belongs_to_them():
    passed: list[str] = []
    take = LogFilter(passed.append)
    for line in [
        "Traceback before any level",
        "2026-11-25 02:41:25 [scrapy.utils.log] INFO: Versions:",
        "{'lxml': '6.1.3'}",
        "2026-11-25 02:41:26 [crawler.run] ERROR: the run ends",
        "Traceback (most recent call last):",
        "2026-11-25 02:41:27 [scrapy.core.engine] DEBUG: Crawled",
    ]:
        take(line)
    assert [line[:9] for line in passed] == ["Traceback", "2026-11-2", "Traceback"]


def test_the_command_names_sources_and_a_clock():
    from datetime import UTC, datetime

    now = datetime(2026, 5, 1, 6, tzinfo=UTC)
    assert crawl_command(["bbc", "nyt"], now) == (
        *COMMAND, "--source", "bbc", "--source", "nyt", "--now", "2026-05-01T06:00:00+00:00",
    )  # fmt: skip
    assert crawl_command() == COMMAND


def test_the_child_gets_our_environment_and_the_configuration_folder(tmp_path: Path, monkeypatch):
    monkeypatch.setenv("STANCEWATCH_SMTP__PASSWORD", "secret")
    environ = child_environ(tmp_path, {"STANCEWATCH_DATA_DIR": "/x"})
    assert environ["STANCEWATCH_SMTP__PASSWORD"] == "secret"
    assert environ["STANCEWATCH_CONFIG"] == str(tmp_path)
    assert environ["STANCEWATCH_DATA_DIR"] == "/x"


def ended(pid: int) -> bool:
    """Whether a process is gone, or goes within some seconds (a zombie of somebody else's is gone)."""
    wait = threading.Event()
    for _ in range(100):
        try:
            os.kill(pid, 0)
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (ProcessLookupError, FileNotFoundError):
            return True
        if state == "Z":
            return True
        wait.wait(0.05)
    return False
