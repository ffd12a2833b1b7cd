"""A crawl, a delivery and an analyst at the same time, each a process of its own: nothing lost, nothing doubled."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from support.mailbox import Mailbox
from support.store import Story, config, dump

from pipelines import ledger
from pipelines.alerts import outbox as delivery
from pipelines.clock import standing
from pipelines.config import Config
from pipelines.store import outbox, queries
from pipelines.store.session import open_store

FORK = multiprocessing.get_context("fork")
START = datetime(2026, 11, 1, 6, tzinfo=UTC)
STANCES = ("complies", "pauses", "refuses")
ARTICLES = 15


def crawl(url: str, configuration: Config, gate, outlet: str) -> None:
    store = open_store(url)
    gate.wait()
    for n in range(ARTICLES):
        story = Story(store, standing(START + timedelta(days=n)), configuration)
        for company in ("zoom", "meta"):
            body = f"{company} HK {STANCES[n % 3]}: {outlet} tells for the {n}th time what {company} does."
            story.reports(outlet, body, path=f"/{company}/{n}")
    store.close()


def deliver(url: str, configuration: Config, gate, done) -> None:
    store = open_store(url)
    clock = standing(START + timedelta(days=ARTICLES))
    gate.wait()
    while not done.is_set():
        delivery.deliver(store, configuration, clock)
    store.close()


def rule(url: str, configuration: Config, gate, done, ruled) -> None:
    """Accept or reject, in turn, whatever turns up, each statement once."""
    store = open_store(url)
    context = Story(store, standing(START), configuration).context
    seen: set[str] = set()
    gate.wait()
    while not done.is_set():
        with store.reading() as session:
            new = [s.id for s in queries.statements(session, limit=None) if s.id not in seen]
        for statement in new:
            seen.add(statement)
            at = START + timedelta(days=ARTICLES, seconds=len(seen))
            ruling = "reject" if len(seen) % 4 == 0 else "accept"
            ledger.post_verdict(store, statement, ruling, who="ana", now=at, context=context)
    ruled.value = len(seen)
    store.close()


@pytest.fixture
def mailbox():
    with Mailbox() as box:
        yield box


def test_nothing_is_lost_or_doubled(new_url, mailbox):
    plain, url = config(), new_url()
    settings = plain.settings.model_copy(update={"smtp": mailbox.settings()})
    configuration = Config(settings, plain.sources, plain.knowledge)
    gate, done, ruled = FORK.Barrier(5), FORK.Event(), FORK.Value("i", 0)
    crawlers = [FORK.Process(target=crawl, args=(url, configuration, gate, o)) for o in ("courier", "herald")]
    others = [
        *(FORK.Process(target=deliver, args=(url, configuration, gate, done)) for _ in range(2)),
        FORK.Process(target=rule, args=(url, configuration, gate, done, ruled)),
    ]
    for process in (*crawlers, *others):
        process.start()
    for process in crawlers:
        process.join()
    done.set()
    for process in others:
        process.join()
    assert [process.exitcode for process in (*crawlers, *others)] == [0] * 5

    store = open_store(url)
    delivery.deliver(store, configuration, standing(START + timedelta(days=ARTICLES + 1)))  # what came last
    rows = dump(store)
    assert (len(rows["statements"]), len(rows["captures"])) == (4 * ARTICLES, 4 * ARTICLES)
    assert len(rows["verdicts"]) == ruled.value
    # Positions and changes are what one process alone would have made of the same statements and verdicts.
    assert ledger.rebuild(store, context=Story(store, standing(START), configuration).context) == []
    # Each alert was mailed once, or its change moved on before anybody was told.
    with store.reading() as session:
        alerts = outbox.alerts(session, limit=None)
    assert {alert.state for alert in alerts} <= {"sent", "superseded"}
    sent = {alert.digest or alert.message_id for alert in alerts if alert.state == "sent"}
    assert Counter(mail["Message-ID"] for mail in mailbox.messages) == dict.fromkeys(sent, 1)
    assert len(sent) >= 2
    # Whoever was told of a change was told of its last status too.
    with store.reading() as session:
        status = {change.id: change.status for change in queries.changes(session, limit=None)}
    for change in {alert.change_id for alert in alerts if alert.state == "sent"}:
        assert status[change] in {a.change_status for a in alerts if a.change_id == change}
    store.close()
