"""The scheduler under a clock that jumps, changes to summer time, or overtakes a crawl: no time lost, none run twice.

The real scheduler with a real database, in this process; its clock is set by hand, and a crawl only notes that it ran.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

import pytest
from support.mailbox import Mailbox

from pipelines import ledger
from pipelines.store import queries
from pipelines.store.session import open_store
from stancewatch.clockwatch import ClockWatch
from stancewatch.crawl import CrawlResult
from stancewatch.schedule import Schedule

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Crawls:
    """Stands for the child process: a crawl begins, is held as long as `go_on` is not set, and ends well."""

    def __init__(self, desk: Any, clock: Any) -> None:
        self.desk = desk
        self.clock = clock
        self.begun = threading.Event()
        self.go_on = threading.Event()
        self.go_on.set()

    def __call__(self, *_: Any, **__: Any) -> CrawlResult:
        store = open_store(self.desk.url)
        number = ledger.open_run(store, "crawl", self.clock())
        self.begun.set()
        assert self.go_on.wait(60)
        ledger.finish_run(store, number, "ok", {"sources": 2}, None, self.clock())
        store.close()
        return CrawlResult(number, "ok", 0, {"sources": 2})


class Day:
    """A scheduler under way, and the hands of its clock."""

    def __init__(self, schedule: Schedule, clock: Any, crawls: Crawls) -> None:
        self.schedule = schedule
        self.clock = clock
        self.crawls = crawls

    async def settle(self) -> None:
        """Until nothing is under way any more, but for a crawl that is held."""
        for _ in range(10):  # turns of the event loop: what was woken gets to begin
            await asyncio.sleep(0)
        while left := [task for task in self.schedule._under_way if not self._held(task)]:
            await asyncio.wait(left)
            await asyncio.sleep(0)

    def _held(self, task: asyncio.Task[Any]) -> bool:
        return task.get_name() == "crawl" and not self.crawls.go_on.is_set()

    async def wake(self) -> None:
        """What a timer of the scheduler does when it runs out."""
        self.schedule._scheduler.wakeup()
        await self.settle()

    async def passes(self, span: timedelta, step: timedelta = HOUR / 4) -> None:
        """Time goes by as it should."""
        end = self.clock() + span
        while self.clock() < end:
            whole = self.clock() - (self.clock() - at("2026-01-01")) % step + step
            self.clock.set(min(end, whole))
            await self.wake()

    async def is_set(self, jump: timedelta) -> None:
        """Somebody sets the clock, and the scheduler notices at its next look."""
        self.clock.set(self.clock() + jump)
        await self.schedule.clock_was_set(jump)
        await self.settle()

    def next(self, job: str) -> datetime:
        return self.schedule._scheduler.get_job(job).next_run_time.astimezone(UTC)

    def runs(self, job: str = "crawl") -> list[str]:
        """When runs began, oldest first."""
        store = open_store(self.crawls.desk.url)
        with store.reading() as session:
            found = [f"{run.started:%m-%d %H:%M}" for run in queries.runs(session, job, 100)]
        store.close()
        return found[::-1]


@pytest.fixture
def crawls(desk: Any, clock: Any) -> Crawls:
    return Crawls(desk, clock)


@pytest.fixture(autouse=True)
def one_clock(clock: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """APScheduler reads the same clock as everything else."""

    class Set(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return clock().astimezone(tz)

    monkeypatch.setattr("apscheduler.schedulers.base.datetime", Set)


@asynccontextmanager
async def scheduled(desk: Any, clock: Any, crawls: Crawls) -> AsyncIterator[Day]:
    schedule = Schedule(desk.config, clock, crawl=crawls)
    running = asyncio.create_task(schedule.run())
    day = Day(schedule, clock, crawls)
    try:
        await day.settle()
        yield day
    finally:
        crawls.go_on.set()
        schedule._stop.set()  # as a signal does
        await running


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_clock_set_forward_by_a_day_makes_the_crawl_up_once(desk: Any, clock: Any, crawls: Crawls):
    async def story() -> list[str]:
        clock.set(at("2026-11-01 04:00"))
        async with scheduled(desk, clock, crawls) as day:
            await day.is_set(DAY)
            await day.is_set(timedelta(minutes=2))  # and a little once more
            await day.passes(3 * HOUR)
            return day.runs()

    # The first at the start; then the one of 1 November that was jumped over; then that of the day.
    assert asyncio.run(story()) == ["11-01 04:00", "11-02 04:00", "11-02 05:15"]


def test_a_timer_that_ran_out_before_the_jump_was_noticed_does_not_make_it_two(
    desk: Any, clock: Any, crawls: Crawls
):
    async def story() -> list[str]:
        clock.set(at("2026-11-01 04:00"))
        async with scheduled(desk, clock, crawls) as day:
            clock.set(clock() + 3 * DAY)
            await day.wake()
            await day.schedule.clock_was_set(3 * DAY)
            await day.settle()
            return day.runs()

    assert asyncio.run(story()) == ["11-01 04:00", "11-04 04:00"]


def test_a_clock_set_back_by_an_hour_runs_no_crawl_twice_and_stops_no_mail(
    desk: Any, clock: Any, crawls: Crawls
):
    async def story() -> None:
        clock.set(at("2026-11-01 04:00"))
        async with scheduled(desk, clock, crawls) as day:
            await day.passes(timedelta(minutes=80))
            assert day.runs() == ["11-01 04:00", "11-01 05:15"]
            await day.is_set(-HOUR)  # 04:20 once more
            assert day.next("deliver") == at("2026-11-01 04:25")  # not in an hour
            await day.passes(3 * HOUR)
            assert day.runs() == ["11-01 04:00", "11-01 05:15"]
            assert day.runs("health") == ["11-01 04:00", "11-01 07:00"]
            await day.passes(DAY, 3 * HOUR / 4)
            assert day.runs()[2:] == ["11-02 05:15"]

    asyncio.run(story())


def test_a_restart_after_the_clock_was_set_back_runs_no_crawl_twice_either(
    desk: Any, clock: Any, crawls: Crawls
):
    async def story() -> None:
        clock.set(at("2026-11-01 05:10"))
        async with scheduled(desk, clock, crawls) as day:
            await day.passes(timedelta(minutes=10))
        clock.set(at("2026-11-01 04:20"))
        async with scheduled(desk, clock, crawls) as day:
            await day.passes(2 * HOUR)
            assert day.runs() == ["11-01 05:10", "11-01 05:15"]
            await day.passes(DAY, 3 * HOUR / 4)
            assert day.runs()[2:] == ["11-02 05:15"]

    asyncio.run(story())


def test_a_clock_that_was_years_ahead_and_is_put_right_holds_up_nothing(
    desk: Any, clock: Any, crawls: Crawls
):
    async def story() -> list[str]:
        clock.set(at("2031-11-01 04:00"))
        async with scheduled(desk, clock, crawls) as day:
            await day.is_set(at("2026-11-01 04:00") - clock())
            await day.passes(2 * HOUR)
            return day.runs()

    assert asyncio.run(story()) == ["11-01 04:00", "11-01 05:15"]


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        ("2026-10-24 20:00", ["10-25 00:30", "10-26 01:30"]),  # 02:30 comes twice
        ("2026-03-28 20:00", ["03-29 01:30", "03-30 00:30"]),  # 02:30 does not come
    ],
)
def test_in_the_nights_when_the_clocks_change_one_crawl_runs(
    desk: Any, clock: Any, crawls: Crawls, start: str, expected: list[str]
):
    desk.settings("schedule: {timezone: Europe/Berlin, crawl: '30 2 * * *', deliver: '0 12 * * *'}\n")

    async def story() -> list[str]:
        clock.set(at(start))
        async with scheduled(desk, clock, crawls) as day:
            await day.passes(30 * HOUR, HOUR / 2)
            return day.runs()[1:]

    assert asyncio.run(story()) == expected


def test_a_crawl_that_outlasts_the_next_time_leaves_that_one_out_and_is_told_once(
    desk: Any, clock: Any, crawls: Crawls, caplog: pytest.LogCaptureFixture
):
    async def story(mailbox: Mailbox) -> None:
        clock.set(at("2026-11-01 04:00"))
        async with scheduled(desk, clock, crawls) as day:
            crawls.go_on.clear()
            crawls.begun.clear()
            clock.set(at("2026-11-01 05:15"))
            await day.wake()
            await asyncio.to_thread(crawls.begun.wait, 60)
            for later in ("2026-11-02 05:15", "2026-11-02 07:00"):
                clock.set(at(later))
                await day.wake()
            assert day.runs() == ["11-01 04:00", "11-01 05:15"]
            mail = str(mailbox.to("operator@example.org")[-1])
            assert mail.count("is still running") == 2  # in the text, and the same in HTML
            crawls.go_on.set()
            await day.settle()
            await day.passes(DAY, 3 * HOUR / 4)
            assert day.runs()[2:] == ["11-03 05:15"]

    with Mailbox() as mailbox:
        desk.settings(
            f"smtp: {{host: 127.0.0.1, port: {mailbox.port}}}\nhealth: {{operator: operator@example.org}}\n"
        )
        asyncio.run(story(mailbox))
    assert "crawl: left out this time" in caplog.text


@pytest.mark.parametrize(
    ("clock_went_s", "time_went_s", "expected"),
    [
        (30, 30, None),
        (0, 59, None),  # steered, or late
        (89, 30, None),
        (90, 30, timedelta(minutes=1)),
        (86_430, 30, DAY),
        (-3570, 30, -HOUR),
        (28_800, 0, timedelta(hours=8)),  # the machine slept: its own time stood still
    ],
)
def test_a_clock_is_held_against_one_that_nobody_sets(
    clock_went_s: float, time_went_s: float, expected: timedelta | None
):
    now = at("2026-11-01 12:00")
    watch = ClockWatch(now, 1000.0)
    later = now + timedelta(seconds=clock_went_s)
    assert watch.jump(later, 1000.0 + time_went_s) == expected
    assert watch.jump(later + timedelta(seconds=5), 1005.0 + time_went_s) is None  # told once
