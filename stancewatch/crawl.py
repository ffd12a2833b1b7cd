"""One crawl as a child process: started, followed, stopped, and its end written down if it could not do so itself.

A Twisted reactor starts only once in a process, and a crash of a fetch must stay outside; so nothing of the
crawler is imported here. The child speaks on its standard output: one JSON object a line (see `python -m crawler`).

    start | events on a queue: progress lines, "stop", the child's end | its last state, or `aborted` in its stead
"""

from __future__ import annotations

import json
import os
import queue
import re
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from time import monotonic
from types import FrameType
from typing import IO, Any

from pipelines.clock import Clock, standing, utc_now
from pipelines.config import Config, load_config
from pipelines.lock import LockedError, held_lock

JOB = "crawl"
COMMAND = (sys.executable, "-P", "-m", "crawler", "crawl", "--progress", "--attached")
# A stopped child seals its archive and stores what it has: seconds. Below systemd's own 90 s until SIGKILL.
GRACE_S = 60.0
_LAST_LINES = 15
BUSY, UNUSABLE = 3, 4
_LEVEL = re.compile(r"[-\d]{10} [:\d]{8} \[[\w.-]+\] ([A-Z]+):")
OnEvent = Callable[[Mapping[str, Any]], None]
OnLog = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class CrawlResult:
    """How a crawl ended.

    `state` is ok, failed, aborted, busy (another crawl holds the lock) or unusable (configuration or database).
    `run` is the row of the run, None if the child never got to open one. `sources` is the last word on each source,
    `error` the child's own last words where it did not end well.
    """

    run: int | None
    state: str
    exit_code: int
    counts: Mapping[str, Any] = field(default_factory=dict)
    sources: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    error: str = ""


class CrawlChild:
    """One crawl that can be stopped from another thread or from a signal handler. Use once."""

    def __init__(self, command: Sequence[str], environ: Mapping[str, str], grace_s: float = GRACE_S) -> None:
        self._command = tuple(command)
        self._environ = dict(environ)
        self._grace_s = grace_s
        # SimpleQueue.put is reentrant: safe in a signal handler, whatever the main thread is doing.
        self._events: queue.SimpleQueue[tuple[str, str]] = queue.SimpleQueue()
        self._last_lines: deque[str] = deque(maxlen=_LAST_LINES)
        self._run: int | None = None
        self._end: Mapping[str, Any] = {}
        self._sources: dict[str, Mapping[str, Any]] = {}

    def stop(self) -> None:
        """Ask the child to end cleanly (SIGTERM); it is killed if it has not after the grace period."""
        self._events.put(("stop", ""))

    def run(self, on_event: OnEvent | None = None, on_log: OnLog | None = None) -> CrawlResult:
        """Run the child to its end. `on_event` gets each progress object, `on_log` each line of its log."""
        # A group of its own: Ctrl-C at a terminal would reach the child as well as us, and be taken for a second one.
        with subprocess.Popen(  # noqa: S603  # our own interpreter and module
            self._command, env=self._environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            # Held open and never written to: when we are killed it ends, and with it the child.
            stdin=subprocess.PIPE, text=True, encoding="utf-8", errors="replace", process_group=0,
        ) as child:  # fmt: skip
            readers = [self._read(child.stdout, "event"), self._read(child.stderr, "log")]
            threading.Thread(target=self._wait, args=(child, readers), daemon=True).start()
            try:
                self._follow(child, on_event, on_log)
            except BaseException:
                child.kill()
                child.wait()
                raise
            finally:
                _end_group(child)
        return self._result(child.returncode)

    def _read(self, stream: IO[str] | None, kind: str) -> threading.Thread:
        assert stream is not None

        def read() -> None:
            for line in stream:
                self._events.put((kind, line.rstrip("\n")))

        thread = threading.Thread(target=read, daemon=True)
        thread.start()
        return thread

    def _wait(self, child: subprocess.Popen[str], readers: Sequence[threading.Thread]) -> None:
        """Say that the child ended, after its last lines; a worker that outlives it may hold the pipes open."""
        child.wait()
        for reader in readers:
            reader.join(timeout=2.0)
        self._events.put(("ended", ""))

    def _follow(self, child: subprocess.Popen[str], on_event: OnEvent | None, on_log: OnLog | None) -> None:
        kill_at: float | None = None
        while True:
            try:
                kind, text = self._events.get(
                    timeout=None if kill_at is None else max(0.0, kill_at - monotonic())
                )
            except queue.Empty:
                child.kill()
                kill_at = None
                continue
            if kind == "ended":
                return
            if kind == "stop":
                if kill_at is None:
                    kill_at = monotonic() + self._grace_s
                    child.terminate()
            elif kind == "log" or not self._take(text, on_event):
                self._last_lines.append(text)
                if on_log is not None:
                    on_log(text)

    def _take(self, line: str, on_event: OnEvent | None) -> bool:
        """Take a progress line in; False if it is none (a library that prints)."""
        try:
            event = json.loads(line)
        except ValueError:
            return False
        if not isinstance(event, dict) or "event" not in event:
            return False
        if event["event"] == "start":
            self._run = event.get("run")
        elif event["event"] == "source":
            self._sources[str(event.get("source"))] = event
        elif event["event"] == "end":
            self._end = event
            self._run = event.get("run", self._run)
        if on_event is not None:
            on_event(event)
        return True

    def _result(self, code: int) -> CrawlResult:
        if self._end and code >= 0:
            state = str(self._end.get("state", "failed"))
        else:
            state = {0: "ok", BUSY: "busy", UNUSABLE: "unusable"}.get(code, "failed")
            state = "aborted" if code < 0 or code == 128 + signal.SIGTERM else state
            if state == "unusable" and self._run is not None:
                state = "failed"  # the database or disk went away in the middle: the run had begun
        error = str(self._end.get("error") or "") or "\n".join(self._last_lines)
        error = "" if state in ("ok", "aborted") else error
        return CrawlResult(
            self._run, state, code, dict(self._end.get("counts", {})), dict(self._sources), error
        )


def crawl_command(sources: Sequence[str] = (), now: datetime | None = None) -> tuple[str, ...]:
    """The child's command line. `now`: the moment at which its clock stands, for the demo and rehearsals."""
    chosen = [word for source in sources for word in ("--source", source)]
    return (*COMMAND, *chosen, *(("--now", now.isoformat()) if now else ()))


def child_environ(overlay: Path | None, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Our own environment for a child, with the configuration folder that we were given."""
    # Nothing is read from it here: secrets and settings pass through to the child, which reads them by config.
    inherited = dict(os.environ)  # noqa: TID251
    if overlay is not None:
        inherited["STANCEWATCH_CONFIG"] = str(overlay.resolve())
    return {**inherited, **(extra or {})}


class LogFilter:
    """Passes the child's warnings and errors on, with their tracebacks; what Scrapy tells of itself is left out."""

    def __init__(self, pass_on: OnLog) -> None:
        self._pass_on = pass_on
        self._passing = True

    def __call__(self, line: str) -> None:
        """One line; a line without a level belongs to the one before it."""
        level = _LEVEL.match(line)
        if level:
            self._passing = level[1] not in ("DEBUG", "INFO")
        if self._passing:
            self._pass_on(line)


def run_crawl(
    config_overlay: Path | None = None,
    sources: Sequence[str] = (),
    now: datetime | None = None,
    on_progress: OnEvent | None = None,
    on_log: OnLog | None = None,
    *,
    child: CrawlChild | None = None,
    extra_environ: Mapping[str, str] | None = None,
) -> CrawlResult:
    """Crawl once in a child process and see to it that its run has an end in the database.

    SIGTERM and SIGINT are passed on when called from the main thread; elsewhere keep `child` and call its `stop`.
    """
    environ = child_environ(config_overlay, extra_environ)
    child = child or CrawlChild(crawl_command(sources, now), environ)
    with _forwarded_signals(child):
        result = child.run(on_progress, on_log)
    if result.state not in ("ok", "busy", "unusable"):
        bury(load_config(config_overlay, environ), standing(now) if now else utc_now)
    return result


def bury(config: Config, clock: Clock) -> int:
    """Mark the crawl runs of dead children `aborted`. Does nothing while a crawl is alive. Returns how many."""
    from pipelines import ledger  # only where a child died: slow to import
    from pipelines.store.session import StoreError, open_store

    try:
        with held_lock(config.settings.data_dir.resolve() / "crawl.lock", "marking dead runs"):
            store = open_store(config.settings.database_url)
            try:
                return ledger.abort_dead_runs(store, JOB, clock())
            finally:
                store.close()
    except (LockedError, OSError, StoreError):
        return 0  # the next crawl does the same before it begins


@contextmanager
def _forwarded_signals(child: CrawlChild) -> Iterator[None]:
    """SIGTERM and SIGINT stop the child, and only the child: we live on to write down how it ended."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def forward(_number: int, _frame: FrameType | None) -> None:
        child.stop()

    before = {number: signal.signal(number, forward) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _end_group(child: subprocess.Popen[str]) -> None:
    """End what a child that was killed left behind: its worker processes."""
    if child.returncode is not None and child.returncode < 0:
        try:
            os.killpg(child.pid, signal.SIGKILL)
        except ProcessLookupError:
            return
