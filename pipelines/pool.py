"""Killable worker processes around `extract.analyse`: a page may hang, crash or fill memory, the run goes on.

Pages are untrusted input to C parsers. Each is analysed in another process with a time limit and an address
space limit; whatever happens there becomes an `Analysis` with outcome error and words. Workers are spawned, not
forked: the caller is a Twisted process with threads. Does not analyse anything itself, and stores nothing.
"""

from __future__ import annotations

import multiprocessing
import pickle
import resource
import signal
import tempfile
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from pebble import ProcessExpired, ProcessPool

from extract.knowledge import Knowledge
from extract.types import Analysis, Capture, Outcome
from pipelines.config import AnalyseSettings

Analyse = Callable[[Capture, Knowledge], Analysis]

RECYCLE_AFTER = 1000  # pages; a worker takes seconds to start, and leaks of C libraries are small
_START_S = 180.0  # beyond the page's own limit: for a worker that must start first, on a busy machine
_ATTEMPTS = 2  # a pool that broke for reasons of its own is built again once


class PoolError(RuntimeError):
    """Workers cannot be started at all, so no page can be analysed: a fault of the installation, not of a page."""


class _CannotStartError(Exception):
    """What a worker answers that could not warm up."""


# --- in the worker ---

_worker_analyse: Analyse | None = None
_worker_knowledge: Knowledge | None = None
_worker_fault = "not started"


def _start(knowledge: Path, memory_bytes: int, analyse: Analyse | None) -> None:
    """Loads all that a page needs, then narrows what the process may take. Must not raise: pebble would restart for ever."""
    global _worker_analyse, _worker_knowledge, _worker_fault
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # a handler in Python would not run while C code hangs
    try:
        _worker_knowledge = pickle.loads(knowledge.read_bytes())  # noqa: S301 - our own parent wrote it
        if analyse is None:
            from extract.analyse import analyse as own
            from extract.analyse import prepare

            prepare(_worker_knowledge)
            analyse = own
        _worker_analyse, _worker_fault = analyse, ""
    except Exception as error:  # noqa: BLE001 - told to the parent in words, whatever it is
        _worker_fault = f"{type(error).__name__}: {error}"
    for what, limit in ((resource.RLIMIT_AS, memory_bytes), (resource.RLIMIT_CORE, 0)):
        with suppress(ValueError, OSError):  # some systems have no such limit
            resource.setrlimit(what, (limit, resource.getrlimit(what)[1]))


def _run(capture: Capture) -> Analysis:
    """One page in the worker. What it raises is the page's outcome."""
    if _worker_analyse is None or _worker_knowledge is None:
        raise _CannotStartError(_worker_fault)
    try:
        return _worker_analyse(capture, _worker_knowledge)
    except MemoryError:
        return _error("needs more memory than a page may take")
    except Exception as error:  # noqa: BLE001 - one page must not stop the run; the words go into its row
        return _error(f"analysis failed: {type(error).__name__}: {error}"[:500])


# --- in the caller ---


def _error(note: str) -> Analysis:
    return Analysis(Outcome.ERROR, note)


class AnalysePool:
    """Analyses captures in worker processes. Thread-safe; workers start at the first page.

    `analyse` is for tests: any function of an importable module in place of `extract.analyse.analyse`.
    """

    def __init__(
        self, knowledge: Knowledge, settings: AnalyseSettings, analyse: Analyse | None = None
    ) -> None:
        self._settings = settings
        # In a file: what a new process is given goes through a pipe of 64 KiB, and one that dies before it has read
        # more than that would keep its parent writing for ever.
        self._knowledge = tempfile.NamedTemporaryFile(prefix="stancewatch-", suffix=".knowledge")  # noqa: SIM115
        pickle.dump(knowledge, self._knowledge)
        self._knowledge.flush()
        self._args = (Path(self._knowledge.name), settings.memory_bytes, analyse)
        self._slots = threading.Semaphore(settings.workers)  # what waits, waits here and not in a pipe
        self._lock = threading.Lock()
        self._pool: ProcessPool | None = None
        self._waiting: set[Future[Analysis]] = set()  # pages that the present pool has not answered yet
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def analyse(self, capture: Capture) -> Analysis:
        """What the capture is and says; waits for it.

        A worker that was killed, timed out or crashed gives an Analysis with outcome error. Raises PoolError if no
        worker can be started, RuntimeError once the pool is closed, also while it waits.
        """
        plain = replace(capture, headers=dict(capture.headers))
        with self._slots:
            for _ in range(_ATTEMPTS):
                pool = self._running()
                analysis = self._attempt(pool, plain)
                if analysis is not None:
                    return analysis
                self._end(pool)
        return _error("the worker processes broke down twice over this page")

    def close(self) -> None:
        """Ends the workers; a page that is being analysed is lost. May be called twice."""
        with self._lock:
            self._closed = True
            pool = self._pool
        if pool is not None:
            self._end(pool)
        self._knowledge.close()

    def _attempt(self, pool: ProcessPool, capture: Capture) -> Analysis | None:
        """The result, or None if the pool itself is broken."""
        limit = self._settings.timeout_s
        try:
            future = pool.schedule(_run, args=(capture,), timeout=limit)
        except RuntimeError:  # pebble's word for a pool that is not running
            return None
        with self._lock:
            if self._pool is not pool:  # ended in between: nobody would answer
                return None
            self._waiting.add(future)
        try:
            analysis: Analysis = future.result(timeout=limit + _START_S)
        except TimeoutError:
            return _error(f"took longer than {limit:g} s, stopped") if future.done() else None
        except ProcessExpired as error:
            return _error(f"the worker process died over it ({_how(error.exitcode)})")
        except (BrokenProcessPool, CancelledError):
            return None
        except _CannotStartError as error:
            raise PoolError(f"the analysis cannot start: {error}") from error
        finally:
            with self._lock:
                self._waiting.discard(future)
        return analysis

    def _running(self) -> ProcessPool:
        with self._lock:
            if self._closed:
                raise RuntimeError("the pool is closed")
            if self._pool is None:
                self._pool = ProcessPool(
                    max_workers=self._settings.workers,
                    max_tasks=RECYCLE_AFTER,
                    initializer=_start,
                    initargs=self._args,
                    context=multiprocessing.get_context("spawn"),
                )
            return self._pool

    def _end(self, pool: ProcessPool) -> None:
        """Ends a pool, once, whichever thread is first. Pebble leaves its pages unanswered: who waits is told."""
        with self._lock:
            if self._pool is not pool:
                return
            self._pool = None
            waiting, self._waiting = self._waiting, set()
        pool.stop()  # type: ignore[no-untyped-call]
        pool.join()
        for future in waiting:
            future.cancel()


def _how(exitcode: int | None) -> str:
    if exitcode is not None and exitcode < 0:
        with suppress(ValueError):
            return signal.Signals(-exitcode).name
    return f"exit code {exitcode}"
