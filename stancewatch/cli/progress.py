"""The crawl's progress at a terminal: a line a source while it runs, and how far all of it is. Silent in a pipe."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

from pipelines.alerts.text import clean

_ENDED = frozenset({"done", "failed", "skipped"})
_SHOWN = 10


class CrawlDisplay:
    """Takes the crawl's progress objects and log lines. Writes to standard error only."""

    def __init__(self, *, log: bool = False) -> None:
        self._console = Console(stderr=True, highlight=False, markup=False, emoji=False)
        self._progress = Progress(
            TextColumn("{task.description}", markup=False, table_column=None),
            BarColumn(bar_width=24),
            TextColumn("{task.completed:.0f}/{task.total:.0f}", markup=False),
            TimeElapsedColumn(),
            console=self._console,
            transient=True,
            disable=not self._console.is_terminal,
        )
        self._log = log
        self._all: TaskID | None = None
        self._running: dict[str, TaskID] = {}
        self._ended: set[str] = set()

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def take(self, event: Mapping[str, Any]) -> None:
        """One progress object of the crawl."""
        if event["event"] == "start":
            self._all = self._progress.add_task("all sources", total=int(event.get("sources") or 0))
        elif event["event"] == "source":
            self._take_source(str(event.get("source")), event)

    def take_log(self, line: str) -> None:
        """One line of the crawler's log."""
        if not self._log:
            return
        if self._console.is_terminal:
            self._console.print(Text(clean(line)))
        else:
            sys.stderr.write(clean(line) + "\n")

    def _take_source(self, source: str, event: Mapping[str, Any]) -> None:
        """A source may go on after it was done (its links come later): the line comes back then."""
        ended = event.get("state") in _ENDED
        (self._ended.add if ended else self._ended.discard)(source)
        if self._all is not None:
            self._progress.update(self._all, completed=len(self._ended))
        if ended:
            task = self._running.pop(source, None)
            if task is not None:
                self._progress.remove_task(task)
        elif source in self._running or len(self._running) < _SHOWN:
            words = f"{source}: {event.get('requests', 0)} requests, {event.get('captures', 0)} pages, {event.get('statements', 0)} statements"
            if source not in self._running:
                self._running[source] = self._progress.add_task(words, total=1)
            self._progress.update(self._running[source], description=words)
