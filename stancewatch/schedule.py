"""Runs the jobs of the day in the foreground: crawl (then deliver), deliver, health. Stops cleanly on SIGTERM.

    APScheduler     says when; its jobs live in memory and are made anew from the settings at every start
    runs            (table) says what was done: a crawl or health report that a firing is owed is made up, once
    a lock          on data_dir/schedule.lock: never two schedulers
    a crawl         is a child process (stancewatch.crawl); everything else runs in a thread here
    after each job  the operator is told what is due (stancewatch.telling), and the metrics are written

Settings are read anew for each job, but for the times themselves. When the clock was set, the times are planned anew.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from apscheduler.events import EVENT_JOB_MAX_INSTANCES, JobSubmissionEvent
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from pipelines import ledger, metrics
from pipelines.clock import Clock, utc_now
from pipelines.config import Config, ConfigError, load_config
from pipelines.health import CRAWL, HEALTH, OPERATOR, health, last_whole
from pipelines.lock import held_lock
from pipelines.store import queries
from pipelines.store.session import Store, StoreError, open_store
from stancewatch.clockwatch import ClockWatch
from stancewatch.crawl import (
    GRACE_S,
    CrawlChild,
    CrawlResult,
    LogFilter,
    bury,
    child_environ,
    crawl_command,
    run_crawl,
)
from stancewatch.delivery import DELIVER, StoppedError, deliver_due, delivered_words, recorded
from stancewatch.plan import Planned, plan
from stancewatch.telling import tell_operator
from stancewatch.triggers import previous_fire, trigger_of

log = logging.getLogger(__name__)

_RUNS_SEEN = 200
# Seconds between two looks at whether the clock was set.
_LOOK_S = 30.0
METRICS_FILE = "metrics.prom"
RunCrawl = Callable[..., CrawlResult]


class Schedule:
    """The jobs, and what is under way. Lives in one event loop."""

    def __init__(
        self,
        overlay: Path | None,
        clock: Clock = utc_now,
        grace_s: float = GRACE_S,
        crawl: RunCrawl = run_crawl,
    ) -> None:
        self._overlay = overlay
        self._clock = clock
        self._grace_s = grace_s
        self._run_crawl = crawl
        self._config = load_config(overlay)
        self._stop = asyncio.Event()
        self._child: CrawlChild | None = None
        self._triggers: dict[str, Any] = {}
        self._under_way: set[asyncio.Task[Any]] = set()
        self._delivering = asyncio.Lock()
        self._health_owed = False
        defaults = {"coalesce": True, "misfire_grace_time": None, "max_instances": 1}
        self._scheduler = AsyncIOScheduler(timezone=UTC, job_defaults=defaults)
        self._scheduler.add_listener(_overlap, EVENT_JOB_MAX_INSTANCES)

    async def run(self) -> None:
        """Run until SIGTERM or SIGINT. Raises LockedError, StoreError, CronError."""
        folder = self._config.settings.data_dir.resolve()
        folder.mkdir(parents=True, exist_ok=True)
        with held_lock(folder / "schedule.lock", "the scheduler"):
            loop = asyncio.get_running_loop()
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(number, self._stop.set)
            self._begin()
            looking = asyncio.create_task(self._look_at_clock())
            await self._stop.wait()
            looking.cancel()
            await self._end()

    def _begin(self) -> None:
        jobs: dict[str, Callable[[], Awaitable[None]]] = {
            CRAWL: self._crawl, DELIVER: self._deliver, HEALTH: self._health,
        }  # fmt: skip
        self._bury()
        zone = _zone(self._config.settings.schedule.timezone)
        for name in jobs:
            self._triggers[name] = trigger_of(getattr(self._config.settings.schedule, name), str(zone))
        for name, planned in self._plan(self._look_back()).items():
            job = self._watched(name, jobs[name])
            self._scheduler.add_job(job, self._triggers[name], id=name, next_run_time=planned.at)
        self._scheduler.start()

    def _plan(self, last_good: Mapping[str, datetime]) -> dict[str, Planned]:
        zone = _zone(self._config.settings.schedule.timezone)
        busy = {task.get_name() for task in self._under_way}
        planned = plan(self._triggers, last_good, self._clock(), busy)
        self._health_owed |= planned[HEALTH].after_crawl
        for name, job in planned.items():
            at = f"{job.at.astimezone(zone):%a %Y-%m-%d %H:%M} {zone}"
            now = job.made_up and not job.after_crawl
            after = ", and once right after the crawl" if job.after_crawl else ""
            log.info("%s: next %s", name, "now, made up for a time that was missed" if now else at + after)
        return planned

    def _bury(self) -> None:
        """Close what a killed scheduler left open."""
        bury(self._config, self._clock)
        with self._store(upgrade=True) as store:
            for job in (DELIVER, HEALTH, OPERATOR):
                ledger.abort_dead_runs(store, job, self._clock())

    def _look_back(self) -> dict[str, datetime]:
        """Job → start of its last good run."""
        with self._store() as store, store.reading() as session:
            crawl = last_whole(queries.runs(session, CRAWL, _RUNS_SEEN, sources=False), self._config)
            reports = queries.runs(session, HEALTH, _RUNS_SEEN, sources=False)
        good = {CRAWL: crawl, HEALTH: next((run for run in reports if run.state == "ok"), None)}
        return {job: run.started for job, run in good.items() if run is not None}

    async def _look_at_clock(self) -> None:
        """Plan anew whenever the clock was set, or the machine slept: what waits for a time would wait for the old one."""
        loop = asyncio.get_running_loop()
        watch = ClockWatch(self._clock(), loop.time())
        while True:
            await asyncio.sleep(_LOOK_S)
            if jump := watch.jump(self._clock(), loop.time()):
                await self.clock_was_set(jump)

    async def clock_was_set(self, jump: timedelta) -> None:
        """Plan every job anew: none that is owed is lost, none that ran runs again for the same time."""
        log.warning("the clock was set %s by %s", "forward" if jump > timedelta(0) else "back", abs(jump))
        try:
            last_good = await asyncio.to_thread(self._look_back)
        except StoreError as error:
            log.error("planning anew: %s", error)  # noqa: TRY400  # expected: the words say it all
            return
        for name, planned in self._plan(last_good).items():
            self._scheduler.modify_job(name, next_run_time=planned.at)

    async def _end(self) -> None:
        """Stop what is under way, within the grace period; what was begun is recorded as aborted or finished."""
        log.info("stopping")
        self._scheduler.pause()
        if self._child is not None:
            self._child.stop()
        left: set[asyncio.Task[Any]] = set()
        if self._under_way:
            _, left = await asyncio.wait(self._under_way, timeout=self._grace_s + 5)
        self._scheduler.shutdown(wait=False)
        await asyncio.sleep(0)  # the scheduler ends in the loop's next turn
        log.info("stopped")
        if left:
            # A conversation with a mail server that does not end: at worst one mail is sent twice, under one id.
            log.warning("left in the middle: %s", ", ".join(task.get_name() for task in left))
            logging.shutdown()
            os._exit(0)

    def _watched(self, name: str, job: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
        """The job, known to be under way while it is; expected trouble of it is one line in the log."""

        async def run() -> None:
            task = asyncio.current_task()
            assert task is not None
            task.set_name(name)
            self._under_way.add(task)
            try:
                await job()
                await asyncio.to_thread(self._write_metrics)
            except StoppedError as error:
                log.info("%s: %s", name, error)
            except (StoreError, OSError) as error:
                log.error("%s: %s", name, error)  # noqa: TRY400  # expected: the words say it all
            finally:
                self._under_way.discard(task)
                self._tell_next(name)

        return run

    def _tell_next(self, name: str) -> None:
        job = self._scheduler.get_job(name)
        if job is not None and job.next_run_time is not None and name != DELIVER and not self._stop.is_set():
            zone = _zone(self._config.settings.schedule.timezone)
            log.info("%s: next %s %s", name, f"{job.next_run_time.astimezone(zone):%a %Y-%m-%d %H:%M}", zone)

    async def _crawl(self) -> None:
        child = CrawlChild(crawl_command(), child_environ(self._overlay), self._grace_s)
        self._child = child
        try:
            result = await asyncio.to_thread(
                self._run_crawl, self._overlay, child=child, on_log=LogFilter(_pass_on)
            )
        finally:
            self._child = None
        log.log(logging.INFO if result.state == "ok" else logging.WARNING, "crawl: %s", crawl_words(result))
        if not self._stop.is_set():
            await self._deliver()
        if self._health_owed and not self._stop.is_set():
            self._health_owed = False
            await self._health()

    async def _deliver(self) -> None:
        async with self._delivering:
            if not self._stop.is_set():
                await asyncio.to_thread(self._deliver_due)

    def _deliver_due(self) -> None:
        config = self._newest_config()
        with self._store() as store:
            done = deliver_due(store, config, self._clock, self._leave_if_stopped)
            if done is not None:
                level = logging.WARNING if done.fault or done.dead else logging.INFO
                log.log(level, "deliver: %s", delivered_words(done))
            if self._stop.is_set():
                return
            told = tell_operator(store, config, self._clock, self._crawl_due())
        if told is not None and told.fault is not None:
            log.warning("operator: the %s mail waits: %s", told.kind, told.fault)
        elif told is not None and told.kind != "nothing":
            log.info("operator: the %s mail is sent", told.kind)

    def _leave_if_stopped(self, *_: object) -> None:
        """Between two mails: the rest stays due and goes out when we are back."""
        if self._stop.is_set():
            raise StoppedError("stopped between two alerts; the rest stays due")

    async def _health(self) -> None:
        await asyncio.to_thread(self._judge_health)
        await self._deliver()  # and with it the mail of the day

    def _judge_health(self) -> None:
        config = self._newest_config()
        with self._store() as store, recorded(store, HEALTH, self._clock) as work:
            with store.reading() as session:
                found = health(session, config, self._clock(), self._crawl_due())
            work.counts.update(found.counts())
        log.info("health: %s", found.alive)
        for finding in found.findings:
            level = {"critical": logging.ERROR, "warning": logging.WARNING}.get(finding.level, logging.INFO)
            log.log(level, "health: %s: %s", finding.about, finding.words)

    def _write_metrics(self) -> None:
        config = self._config
        path = config.settings.data_dir.resolve() / METRICS_FILE
        with self._store() as store, store.reading() as session:
            metrics.write(path, session, config, self._clock(), self._crawl_due())

    def _crawl_due(self) -> datetime | None:
        """When the times that are in force last called for a crawl."""
        return previous_fire(self._triggers[CRAWL], self._clock())

    def _newest_config(self) -> Config:
        """The configuration as it stands now; the last good one while somebody is in the middle of editing it."""
        try:
            self._config = load_config(self._overlay)
        except ConfigError as error:
            for fault in error.faults:
                log.error("config, going on with the last good one: %s", fault)  # noqa: TRY400
        return self._config

    @contextmanager
    def _store(self, *, upgrade: bool = False) -> Iterator[Store]:
        store = open_store(self._config.settings.database_url, upgrade=upgrade)
        try:
            yield store
        finally:
            store.close()


def run_schedule(overlay: Path | None, clock: Clock = utc_now) -> None:
    """Run the schedule until SIGTERM or SIGINT. Raises ConfigError, LockedError, StoreError, CronError."""

    async def run() -> None:
        await Schedule(overlay, clock).run()

    asyncio.run(run())


def crawl_words(result: CrawlResult) -> str:
    """How a crawl went, in one line."""
    run = f"run {result.run} " if result.run is not None else ""
    if result.state in ("busy", "unusable"):
        return f"not begun: {_last_line(result.error)}"
    counts = ", ".join(f"{value} {name}" for name, value in result.counts.items() if isinstance(value, int))
    broken = sorted(name for name, facts in result.sources.items() if facts.get("state") == "failed")
    words = f"{run}{result.state}" + (f": {counts}" if counts else "")
    if broken:
        words += f"; failed: {', '.join(broken[:10])}" + (
            f" and {len(broken) - 10} more" if len(broken) > 10 else ""
        )
    return words + (f"; {_last_line(result.error)}" if result.error else "")


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["no word why"])[-1]


def _pass_on(line: str) -> None:
    sys.stderr.write(line + "\n")


def _overlap(event: JobSubmissionEvent) -> None:
    log.warning("%s: left out this time, the one before is still running", event.job_id)


def _zone(name: str) -> Any:
    return UTC if name == "UTC" else ZoneInfo(name)
