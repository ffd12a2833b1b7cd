"""Opens a real run and closes it again: lock, recovery, free disk, database, run row, archive, workers."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import Literal

from crawler import run as runs
from crawler.guard import same_site
from crawler.links import READ
from crawler.run import CrawlRun, Facts, History
from pipelines.archive import ArchiveError, ArchiveWriter, recover
from pipelines.clock import Clock
from pipelines.config import Config, Source
from pipelines.ingest import Intake
from pipelines.lock import held_lock
from pipelines.pool import AnalysePool
from pipelines.store import queries
from pipelines.store.facts import RunSource
from pipelines.store.record.runs import abort_dead_runs, finish_run, note_source, open_run
from pipelines.store.session import Store, open_store

JOB = "crawl"


class DiskFullError(OSError):
    """Too little free disk to start; str() says how much there is and where."""


def chosen(config: Config, ids: list[str]) -> tuple[Source, ...]:
    """The sources of these ids, or every enabled one. Raises UnknownSourceError."""
    if ids:
        return tuple(config.source(source) for source in dict.fromkeys(ids))
    return tuple(source for source in config.sources if source.enabled)


class NobodyAnsweredError(Exception):
    """Not one source of several gave a response."""

    def __init__(self, sources: int) -> None:
        super().__init__(
            f"none of {sources} sources could be read: is this machine's way to the internet open?"
        )


@contextmanager
def opened(
    config: Config,
    sources: tuple[Source, ...],
    clock: Clock,
    started: Callable[[int], None] = lambda _run_id: None,
    on_event: Callable[[str, Facts], None] = lambda _source, _facts: None,
    finished: Callable[[int, str, Mapping[str, int], str | None], None] = lambda *_: None,
) -> Iterator[CrawlRun]:
    """The run of this process. However the block ends, its row says so: ok, failed or aborted.

    Raises LockedError, DiskFullError, ArchiveError, StoreError or OSError before anything is fetched.
    """
    settings = config.settings
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        stack.enter_context(held_lock(settings.data_dir / "crawl.lock", "a crawl"))
        _need_disk(config)
        _need_archive(settings.archive_dir)
        recover(settings.archive_dir)
        store = stack.enter_context(closing(open_store(settings.database_url, upgrade=True)))
        with store.writing() as session:
            abort_dead_runs(session, JOB, clock())
            run_id = open_run(session, JOB, clock())
        archive = stack.enter_context(ArchiveWriter(settings.archive_dir, clock))
        pool = stack.enter_context(AnalysePool(config.knowledge, settings.analyse))
        intake = Intake(config, store, pool, clock, run_id)
        run = CrawlRun(config, sources, clock, archive, intake, _Histories(config, store), on_event)
        runs.make_current(run)
        started(run_id)
        ending: BaseException | None = None
        try:
            yield run
        except BaseException as error:
            ending = error
            raise
        finally:
            runs.make_current(None)
            run.close()
            try:
                archive.close()
            except ArchiveError as error:
                run.error = run.error or error
            if not (ending or run.error or run.stopped or _answered(run)):
                run.error = NobodyAnsweredError(len(run.facts))
            state, words = _end_of(run, ending)
            counts = _counts(run)
            with store.writing() as session:
                for source, facts in run.facts.items():
                    if facts.state != "waiting":
                        note_source(session, run_id, _row(source, facts))
                finish_run(session, run_id, state, counts, words, clock())
            finished(run_id, state, counts, words)


def _answered(run: CrawlRun) -> bool:
    """Whether any source gave any response. One silent source is its own trouble; all of several are ours."""
    asked = [facts for facts in run.facts.values() if facts.state != "waiting"]
    return len(asked) < 2 or any(facts.captures or not facts.errors for facts in asked)


def _need_archive(folder: Path) -> None:
    """A crawl that cannot be archived must not begin."""
    try:
        folder.mkdir(exist_ok=True)
        with TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise ArchiveError(
            f"archive {folder}: cannot be written ({error.strerror}): make it a folder that this user may write to"
        ) from error


def _need_disk(config: Config) -> None:
    folder, least = config.settings.data_dir, config.settings.crawl.min_free_bytes
    free = shutil.disk_usage(folder).free
    if free < least:
        raise DiskFullError(
            f"only {free / 2**20:.0f} MiB are free in {folder.resolve()}, and a crawl wants {least / 2**20:.0f}: "
            "make room, or lower crawl.min_free_bytes"
        )


def _end_of(
    run: CrawlRun, ending: BaseException | None
) -> tuple[Literal["ok", "failed", "aborted"], str | None]:
    if run.error or (ending and not isinstance(ending, SystemExit | KeyboardInterrupt)):
        return "failed", str(run.error or ending)
    return ("aborted", "stopped by a signal") if run.stopped or ending else ("ok", None)


def _row(source: str, facts: Facts) -> RunSource:
    return RunSource(
        source=source,
        requests=facts.requests,
        captures=facts.captures,
        statements=facts.statements,
        errors=facts.errors,
        outcomes=facts.outcomes,
        dropped=facts.dropped,
        seconds=round(facts.seconds, 3),
        note=facts.note or None,
    )


def _counts(run: CrawlRun) -> dict[str, int]:
    total: Counter[str] = Counter()
    for facts in run.facts.values():
        total["sources"] += facts.state != "waiting"
        total[f"sources_{facts.state}"] += 1
        for name in ("requests", "captures", "statements", "errors"):
            total[name] += getattr(facts, name)
    return dict(total)


class _Histories:
    """Two feeds and a sitemap of one outlet lead to the same articles; each is fetched once, whoever saw it first."""

    def __init__(self, config: Config, store: Store) -> None:
        self._config, self._store = config, store

    def __call__(self, source: Source) -> History:
        with self._store.reading() as session:
            elsewhere = {
                url
                for other in self._config.sources
                if other.id != source.id and same_site(other, source)
                for url, state in queries.fetch_states(session, other.id).items()
                if state.outcome in READ
            }
            return History(queries.fetch_states(session, source.id), frozenset(elsewhere))
