"""`run`, `alerts` and `classify URL` on real sites and a real mail server, all on this machine."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from support import web as webs
from support.web import Web, article, feed

from pipelines.lock import held_lock
from pipelines.store import queries
from stancewatch.sample import MailSink


@pytest.fixture
def web() -> Iterator[Web]:
    with Web() as served:
        yield served


@pytest.fixture
def mailbox() -> Iterator[MailSink]:
    with MailSink() as sink:
        yield sink


def watch(desk: Any, web: Web, *more: str) -> None:
    """One source that answers, and further lines of sources.yml."""
    web.site("good")["/feed.xml"] = feed(web, "good", "one")
    web.site("good")["/one"] = article("One")
    line = f"- {{id: good, kind: feed, url: '{web.url('good', '/feed.xml')}', publisher: Good}}\n"
    webs.overlay(desk.config, line + "".join(more))


def mail_to(desk: Any, port: int, more: str = "") -> None:
    desk.settings(
        f"smtp: {{host: 127.0.0.1, port: {port}{more}}}\n"
        "alerts: {subscribers: [{email: desk@example.org, kinds: [new, stance], when: provisional}]}\n"
    )


def test_a_cycle_makes_the_database_reads_the_sources_and_says_how_each_went(desk: Any, web: Web):
    watch(desk, web, f"- {{id: gone, kind: page, url: '{web.url('gone', '/page')}', publisher: Gone}}\n")
    answer = desk("run", "--json")
    assert answer.code == 0, answer.err
    *sources, last = answer.objects
    assert {s["source"]: s["state"] for s in sources} == {"good": "done", "gone": "failed"}
    assert (last["state"], last["alerts"]["sent"]) == ("ok", 0)
    assert answer.err == ""
    runs = desk("runs", "--json").objects
    assert [(r["job"], r["state"], {s["source"] for s in r["sources"]}) for r in runs] == [
        ("crawl", "ok", {"good", "gone"})
    ]
    assert "crawl" in desk("runs").out
    health = desk("health")
    assert (health.code, "1 of 2 sources ok, 1 failing" in health.out) == (0, True)
    assert desk("sources", "list", "--json").objects[1]["health"]["failures"] == 1
    page = next(c for c in desk("captures", "list", "--json").objects if c["url"].endswith("/one"))
    assert "One" in desk("captures", "show", page["id"]).out


def test_a_source_that_is_not_there_is_named_with_those_that_are_like_it(desk: Any):
    answer = desk("run", "couriers")
    assert (answer.code, answer.out) == (2, "")
    assert "did you mean courier?" in answer.err
    assert desk("sources", "check", "couriers").code == 2
    assert not desk.data.exists()


def test_a_second_crawl_is_told_who_is_first(desk: Any, web: Web):
    watch(desk, web)
    desk.data.mkdir()
    with held_lock(desk.data / "crawl.lock", "a crawl by hand"):
        answer = desk("run")
    assert answer.code == 3
    assert "a crawl by hand is running already" in answer.err


def test_stopped_by_a_signal_a_run_ends_cleanly_and_says_so(desk: Any, web: Web):
    watch(desk, web)
    web.site("good")["/one"] = webs.drip
    command = [sys.executable, "-m", "stancewatch", "--config", str(desk.config), "run"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ
    ) as run:
        web.wait_for("good", "/one")
        run.send_signal(signal.SIGTERM)
        out, err = run.communicate(timeout=90)
    assert run.returncode == 143, err
    assert "aborted" in out
    assert "Traceback" not in err
    assert [r["state"] for r in desk("runs", "--json").objects] == ["aborted"]


def test_sources_are_tried_without_storing_anything(desk: Any, web: Web):
    watch(desk, web, f"- {{id: gone, kind: page, url: '{web.url('gone', '/page')}', publisher: Gone}}\n")
    answer = desk("sources", "check")
    assert answer.code == 1
    rows = {line.split()[0]: line for line in answer.out.splitlines()}
    assert "ok" in rows["good"]
    assert "404" in rows["gone"]
    assert "2 checked, 1 failed" in answer.out
    assert not desk.data.exists()


def test_what_is_due_is_sent_once_and_recorded(desk: Any, told: Any, mailbox: MailSink):
    mail_to(desk, mailbox.port)
    waiting = len(desk("alerts", "list", "--state", "queued", "--json").objects)
    answer = desk("alerts", "send")
    assert answer.code == 0, answer.err
    assert f"{waiting} alert" in answer.out
    assert "sent: zoom HK to desk@example.org" in answer.err
    assert len(mailbox.messages) == waiting
    assert desk("alerts", "send").out == "no alert was due\n"
    assert [(r["job"], r["state"], r["counts"]["sent"]) for r in desk("runs", "--json").objects] == [
        ("deliver", "ok", waiting)
    ]


def test_a_mail_server_that_is_away_is_told_and_nothing_is_lost(desk: Any, told: Any):
    mail_to(desk, 1)
    answer = desk("alerts", "send")
    assert answer.code == 1
    assert "does not answer" in answer.out
    assert desk("alerts", "list", "--state", "queued", "--json").objects
    assert not desk("alerts", "list", "--state", "dead", "--json").objects
    with told.store.reading() as session:
        run = queries.last_run(session, "deliver")
    assert run is not None
    assert (run.state, "does not answer" in (run.error or "")) == ("failed", True)


def test_a_trial_mail_arrives_or_its_failure_is_told(desk: Any, mailbox: MailSink):
    mail_to(desk, mailbox.port)
    answer = desk("alerts", "test", "you@example.org")
    assert (answer.code, "took a trial mail for you@example.org" in answer.out) == (0, True)
    assert len(mailbox.messages) == 1
    mail_to_nobody = desk
    mail_to_nobody.config.joinpath("stancewatch.yml").write_text("smtp: {host: 127.0.0.1, port: 1}\n")
    answer = desk("alerts", "test", "you@example.org")
    assert (answer.code, "does not answer" in answer.err) == (1, True)


def test_an_address_is_fetched_as_a_source_would_be_and_nothing_is_kept(desk: Any, web: Web):
    web.site("news")["/story"] = article("Story", "Zoom will pause data requests from Hong Kong authorities.")
    own = [desk.folder / "own.db", desk.folder / "own too.db"]
    desk.settings(f"database: sqlite:///{own[0]}\n")
    desk.environ["STANCEWATCH_DATABASE"] = f"sqlite:///{own[1]}"
    answer = desk("classify", "--json", web.url("news", "/story"))
    assert answer.code == 0, answer.err
    assert answer.objects[0]["outcome"] == "ok"
    assert "/robots.txt" in [asked.path for asked in web.log]
    del desk.environ["STANCEWATCH_DATABASE"]
    answer = desk("classify", web.url("news", "/nothing"))
    assert (answer.code, "404" in answer.err) == (1, True)
    assert not any(path.exists() for path in [desk.data, *own])
