"""The scheduler as a process: what it runs at the start, that there is one, and how it stops."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from support import web as webs
from support.mailbox import Mailbox
from support.web import Web, article, feed

from pipelines import ledger
from pipelines.clock import utc_now
from pipelines.lock import held_lock
from pipelines.store import outbox, queries
from pipelines.store.facts import RunFacts
from pipelines.store.session import open_store

# Never within a test: a day long past in the year, seen from whenever the tests run.
RARELY = "0 0 1 jan *" if utc_now().month > 6 else "0 0 1 jul *"
RARE_DELIVERY = f"schedule: {{deliver: '{RARELY}', crawl: '{RARELY}', health: '{RARELY}'}}\n"


def runs_of(desk: Any) -> list[RunFacts]:
    """All runs, oldest first."""
    store = open_store(desk.url)
    with store.reading() as session:
        found = queries.runs(session, limit=100)
    store.close()
    return found[::-1]


@contextmanager
def scheduler(desk: Any) -> Iterator[subprocess.Popen[str]]:
    """A scheduler under way; its log on standard error."""
    command = [sys.executable, "-m", "stancewatch", "--config", str(desk.config), "schedule"]
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, env=os.environ | desk.environ
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def lines_until(process: subprocess.Popen[str], words: str) -> list[str]:
    """The log up to the first line with these words."""
    assert process.stderr is not None
    seen = []
    for line in process.stderr:
        seen.append(line.rstrip())
        if words in line:
            return seen
    raise AssertionError(f"{words!r} was never logged:\n" + "\n".join(seen))


def stopped(process: subprocess.Popen[str], number: int = signal.SIGTERM) -> str:
    """What it logs from the signal to its end."""
    process.send_signal(number)
    assert process.stderr is not None
    rest = process.stderr.read()
    process.wait(60)
    return rest


@pytest.fixture
def web() -> Iterator[Web]:
    with Web() as served:
        yield served


def watch(desk: Any, web: Web) -> None:
    """One source that answers."""
    web.site("good")["/feed.xml"] = feed(web, "good", "one")
    web.site("good")["/one"] = article("One")
    source = f"- {{id: good, kind: feed, url: '{web.url('good', '/feed.xml')}', publisher: Good}}\n"
    webs.overlay(desk.config, source)
    desk.settings(RARE_DELIVERY)


def test_a_missed_day_is_made_up_once_and_the_record_says_so(desk: Any, web: Web):
    watch(desk, web)
    with scheduler(desk) as process:
        log = lines_until(process, " ok: ") + lines_until(process, "crawl: next")
        assert any("crawl: next now, made up" in line for line in log)
        assert any("deliver: next" in line and "made up" not in line for line in log)
        rest = stopped(process)
        assert process.returncode == 0, rest
    jobs = [(run.job, run.state) for run in runs_of(desk)]
    assert sorted(jobs) == [("crawl", "ok"), ("health", "ok")]
    assert "/one" in web.paths("good")
    with scheduler(desk) as process:
        log = lines_until(process, "health: next")
        assert not any("made up" in line for line in log)
        stopped(process)
    assert len(runs_of(desk)) == 2


def test_stopped_in_the_middle_of_a_crawl_everything_ends_and_says_aborted(desk: Any, web: Web):
    watch(desk, web)
    web.site("good")["/one"] = webs.drip
    with scheduler(desk) as process:
        lines_until(process, "crawl: next now")
        web.wait_for("good", "/one")
        rest = stopped(process)
        assert process.returncode == 0, rest
        assert "crawl: run" in rest
        assert "aborted" in rest
        assert rest.rstrip().endswith("stopped")
    crawl = next(run for run in runs_of(desk) if run.job == "crawl")
    assert crawl.state == "aborted"
    assert crawl.finished is not None
    with held_lock(desk.data / "crawl.lock", "the test"):
        pass
    assert not list((desk.data / "archive").glob("*.open"))


def test_stopped_in_the_middle_of_delivery_the_mail_under_way_is_sent_and_noted_and_the_rest_waits(
    desk: Any, story: Any, web: Web, clock: Any
):
    watch(desk, web)
    clock.set(utc_now() - timedelta(hours=1))
    for path, company in (("/a", "zoom"), ("/b", "meta"), ("/c", "zoom")):  # two companies: two mails
        story.reports("courier", f"{company} HK pauses: It stopped.", path=path)
    with Mailbox() as mailbox:
        desk.settings(
            f"smtp: {{host: 127.0.0.1, port: {mailbox.port}}}\n"
            "alerts: {subscribers: [{email: desk@example.org, kinds: [new], when: provisional}]}\n"
        )
        mailbox.behaviour.hold = threading.Event()
        with scheduler(desk) as process:
            assert mailbox.behaviour.asked.wait(60)  # after the crawl that is made up
            process.send_signal(signal.SIGTERM)
            lines_until(process, "stopping")
            mailbox.behaviour.hold.set()
            process.wait(60)
        assert process.returncode == 0
        assert len(mailbox.messages) == 1
    with story.store.reading() as session:
        assert outbox.counts(session) == {"sent": 1, "queued": 1}
    deliver = next(run for run in runs_of(desk) if run.job == "deliver")
    assert (deliver.state, deliver.finished is not None) == ("aborted", True)


def until_its_crawl_is_gone(desk: Any) -> None:
    """A child ends by itself when its scheduler is killed; the kernel tells when, by its lock."""
    with (desk.data / "crawl.lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)


def test_killed_at_any_moment_it_starts_again_as_if_it_had_only_been_away(desk: Any, web: Web):
    watch(desk, web)
    web.site("good")["/one"] = webs.drip
    with scheduler(desk) as process:
        lines_until(process, "crawl: next now")
        process.kill()  # before its crawl has said a word
    until_its_crawl_is_gone(desk)
    with scheduler(desk) as process:
        web.wait_for("good", "/one")
        process.kill()  # in the middle of its crawl
    until_its_crawl_is_gone(desk)
    web.site("good")["/one"] = article("One")
    with scheduler(desk) as process:
        log = lines_until(process, "health: next")
        assert sum("crawl: next now, made up" in line for line in log) == 1
        lines_until(process, "crawl: next")
        stopped(process)
        assert process.returncode == 0
    states = [run.state for run in runs_of(desk) if run.job == "crawl"]
    assert states[-1] == "ok"
    assert set(states[:-1]) == {"aborted"}
    assert not list((desk.data / "archive").glob("*.open"))
    with scheduler(desk) as process:  # and what was made up is not owed again
        assert not any("made up" in line for line in lines_until(process, "health: next"))
        stopped(process)


def test_after_each_job_the_metrics_are_there_for_node_exporter(desk: Any, web: Web):
    watch(desk, web)
    with scheduler(desk) as process:
        lines_until(process, " ok: ")
        lines_until(process, "crawl: next")
        stopped(process)
    written = (desk.data / "metrics.prom").read_text(encoding="utf-8")
    assert 'stancewatch_sources{state="ok"} 1.0' in written
    assert 'stancewatch_last_run_success{job="crawl"} 1.0' in written
    assert desk("metrics").out.startswith("# HELP stancewatch_")
    assert {"name": "stancewatch_sources", "labels": {"state": "ok"}, "value": 1.0} in desk(
        "metrics", "--json"
    ).objects


def test_a_second_scheduler_says_who_is_first_and_leaves_and_ctrl_c_ends_the_first(desk: Any, web: Web):
    watch(desk, web)
    store = open_store(desk.url, upgrade=True)
    for job in ("crawl", "deliver", "health"):  # as a killed scheduler leaves them
        ledger.open_run(store, job, utc_now() - timedelta(hours=1))
    store.close()
    with scheduler(desk) as first:
        lines_until(first, "health: next")  # the child of the crawl is in its first second
        answer = desk("schedule")
        assert answer.code == 3
        assert f"process {first.pid}" in answer.err
        assert "the scheduler is running already" in answer.err
        rest = stopped(first, signal.SIGINT)
        assert first.returncode == 0, rest
        assert "Traceback" not in rest
    assert [(run.job, run.state) for run in runs_of(desk)[:3]] == [
        ("crawl", "aborted"), ("deliver", "aborted"), ("health", "aborted"),
    ]  # fmt: skip


def test_a_crawl_by_hand_at_the_same_time_is_no_failure_of_the_scheduler(desk: Any, web: Web):
    watch(desk, web)
    desk.data.mkdir()
    with held_lock(desk.data / "crawl.lock", "a crawl by hand"), scheduler(desk) as process:
        log = lines_until(process, "crawl: not begun")
        assert "a crawl by hand is running already" in log[-1]
        stopped(process)
        assert process.returncode == 0


def test_a_broken_configuration_is_told_at_the_start(desk: Any):
    desk.settings("schedule: {crawl: '0 25 * * *'}\n")
    answer = desk("schedule")
    assert answer.code == 4
    assert "schedule.crawl" in answer.err


def test_a_time_that_never_comes_is_refused(desk: Any):
    desk.settings("schedule: {crawl: '0 5 30 feb *'}\n")
    answer = desk("schedule")
    assert (answer.code, "never comes" in answer.err) == (2, True)
