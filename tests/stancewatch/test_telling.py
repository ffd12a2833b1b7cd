"""The operator's mail, sent to a real mail server and recorded in a real database: daily, at once, and once it can be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any

import pytest
from support.mailbox import Mailbox
from support.store import Story, config

from pipelines import ledger
from pipelines.config import Config
from pipelines.health import HEALTH, OPERATOR, health
from pipelines.store import queries
from pipelines.store.facts import RunFacts
from pipelines.store.session import Store
from stancewatch.telling import Telling, tell_operator

OPERATORS = "operator@example.org"


@dataclass
class Watch:
    """Days of a watch: what happens, and what its operator is told."""

    store: Store
    clock: Any
    mailbox: Mailbox
    operator: str | None = OPERATORS

    @property
    def config(self) -> Config:
        plain = config()
        settings = plain.settings.model_copy(
            update={
                "smtp": self.mailbox.settings(),
                "health": plain.settings.health.model_copy(update={"operator": self.operator}),
            }
        )
        return Config(settings=settings, sources=plain.sources, knowledge=plain.knowledge)

    def crawls(self, job: str = "crawl") -> None:
        ledger.finish_run(
            self.store, ledger.open_run(self.store, job, self.clock()), "ok", {}, None, self.clock()
        )

    def reports(self) -> Telling | None:
        """The daily health job, and the round after it."""
        self.crawls(HEALTH)
        return self.tells()

    def tells(self) -> Telling | None:
        return tell_operator(self.store, self.config, self.clock, None)

    def no_source_answers(self) -> None:
        story = Story(self.store, self.clock)
        for source in ("courier", "herald"):
            for _ in range(3):
                self.clock.tick(minutes=1)
                story.intake.failed(source, f"https://{source}.example/feed", "the name does not resolve")

    def mails(self) -> list[EmailMessage]:
        return self.mailbox.to(OPERATORS)

    def subjects(self) -> list[str]:
        return [str(mail["Subject"]) for mail in self.mails()]

    def rows(self) -> list[RunFacts]:
        with self.store.reading() as session:
            return queries.runs(session, OPERATOR)

    def finds(self) -> list[str]:
        with self.store.reading() as session:
            found = health(session, self.config, self.clock()).findings
        return [finding.code for finding in found if finding.level != "info"]


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return " ".join(str(body.get_content()).split())


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with Mailbox() as box:
        yield box


@pytest.fixture
def watch(store: Store, clock: Any, mailbox: Mailbox) -> Watch:
    """A watch that has crawled and reported once."""
    begun = Watch(store, clock, mailbox)
    begun.crawls()
    begun.reports()
    return begun


def test_one_mail_a_day_says_that_the_watch_is_alive(watch: Watch, clock: Any):
    assert watch.tells() is None  # the next round has nothing to add
    clock.tick(days=1)
    watch.crawls()
    watch.reports()
    assert watch.subjects() == ["[stancewatch] the watch: ok"] * 2
    said = text_of(watch.mails()[1])
    assert "The watch on 02 November 2026 at 12:00 UTC: ok." in said
    assert "last good crawl 2026-11-02 12:00 UTC, run 4" in said
    assert "sources ok 0 of 4" in said
    assert "alerts waiting 0" in said


def test_nothing_is_sent_where_nobody_is_named(watch: Watch, clock: Any):
    watch.operator = None
    clock.tick(days=3)
    assert watch.reports() is None
    assert len(watch.mails()) == 1


def test_something_critical_is_told_at_once_and_once_and_over_in_the_next_daily_mail(
    watch: Watch, clock: Any
):
    clock.tick(hours=27)
    assert watch.tells() == Telling("alarm")
    for _ in range(3):
        clock.tick(minutes=5)
        assert watch.tells() is None
    (_, alarm) = watch.mails()
    assert str(alarm["Subject"]).startswith("[stancewatch] the watch: critical: runs: the last good crawl")
    assert "is `stancewatch schedule` running?" in text_of(alarm)
    watch.crawls()
    watch.tells()
    clock.tick(hours=1)
    watch.reports()
    daily = text_of(watch.mails()[2])
    assert "Over since the last daily mail: over: runs it was: the last good crawl ended 27 h ago" in daily
    clock.tick(hours=1)
    watch.reports()
    assert "Over since" not in text_of(watch.mails()[3])


def test_what_comes_back_is_told_again_and_what_lasts_is_not(watch: Watch, clock: Any):
    clock.tick(hours=27)
    watch.tells()
    watch.no_source_answers()
    watch.tells()  # the second trouble alone is new
    watch.crawls()
    watch.tells()  # the first is over
    clock.tick(hours=27)
    watch.tells()  # and comes back
    about = [subject.split(": ")[2] for subject in watch.subjects()[1:]]
    assert about == ["runs", "sources", "runs"]
    assert len({mail["Message-ID"] for mail in watch.mails()}) == 4


def test_an_alarm_repeats_nothing_that_the_daily_mail_has_told(watch: Watch, clock: Any):
    clock.tick(hours=27)
    assert watch.reports() == Telling("daily")
    assert watch.subjects()[1] == "[stancewatch] the watch: 1 critical"
    clock.tick(minutes=5)
    assert watch.tells() is None


def test_a_watch_that_was_set_up_just_now_raises_no_alarm(store: Store, clock: Any, mailbox: Mailbox):
    begun = Watch(store, clock, mailbox)
    assert "no-crawl" in begun.finds()
    assert begun.tells() is None
    begun.reports()
    assert begun.subjects() == ["[stancewatch] the watch: 1 critical"]


def test_while_the_mail_server_is_down_one_mail_waits_and_it_is_the_newest(watch: Watch, clock: Any):
    watch.mailbox.behaviour.mail = "451 not now"
    for _ in range(3):
        clock.tick(days=1)
        watch.crawls()
        told = watch.reports()
        assert told is not None
        assert "451 not now" in str(told.fault)
        clock.tick(minutes=5)
        watch.tells()
    assert [row.state for row in watch.rows()] == ["failed", "ok"]
    assert watch.finds() == ["operator-mail-waiting"]
    watch.mailbox.behaviour.mail = None
    clock.tick(minutes=5)
    assert watch.tells() == Telling("daily")
    assert watch.tells() is None
    assert len(watch.mails()) == 2
    said = text_of(watch.mails()[1])
    assert "The watch on 04 November 2026 at 12:20 UTC" in said
    assert "has been waiting since 2026-11-02 12:00 UTC" in said
    assert watch.finds() == []


def test_an_alarm_that_is_over_before_it_got_out_is_not_sent(watch: Watch, clock: Any):
    watch.mailbox.behaviour.mail = "451 not now"
    clock.tick(hours=27)
    assert watch.tells() is not None
    watch.crawls()
    watch.tells()
    assert watch.finds() == []
    watch.mailbox.behaviour.mail = None
    clock.tick(minutes=5)
    assert watch.tells() is None
    assert len(watch.mails()) == 1


def test_an_address_that_is_refused_is_tried_ever_more_rarely(watch: Watch, clock: Any):
    watch.mailbox.behaviour.rcpt[OPERATORS] = ["550 nobody here"] * 100
    clock.tick(days=1)
    watch.crawls()
    watch.reports()
    before = watch.mailbox.attempts[OPERATORS]
    for _ in range(12 * 6):  # six hours of rounds
        clock.tick(minutes=5)
        watch.tells()
    assert watch.mailbox.attempts[OPERATORS] - before == 5  # after 5, 5, 15, 60 and 180 minutes
    assert watch.finds() == ["operator-mail-waiting"]


def test_an_address_that_cannot_be_written_waits_like_any_other_fault(watch: Watch, clock: Any):
    watch.operator = "a,b@example.org"
    clock.tick(days=1)
    watch.crawls()
    told = watch.reports()
    assert told is not None
    assert "no mail address" in str(told.fault)


def test_a_mail_that_is_sent_twice_can_be_told_by_its_id(watch: Watch, clock: Any):
    watch.mailbox.behaviour.close_after_data = True  # taken, and never said so
    clock.tick(days=1)
    watch.crawls()
    told = watch.reports()
    assert told is not None
    assert told.fault
    watch.mailbox.behaviour.close_after_data = False
    clock.tick(minutes=5)
    assert watch.tells() == Telling("daily")
    (_, first, again) = watch.mails()
    assert first["Message-ID"] == again["Message-ID"]
