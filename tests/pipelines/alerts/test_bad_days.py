"""Bad days of the mail server and of single addresses, hour by hour: nobody loses an alert, nobody gets one twice."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from support.mailbox import Mailbox, free_port
from support.post import ANA, BEN, Post, subscriber

DAN = subscriber("dan@desk.example", deliver="daily")
WIM = subscriber("wim@desk.example", deliver="weekly")
EVERYBODY = (ANA, BEN, DAN, WIM)
MONDAY = datetime(2026, 11, 2, tzinfo=UTC)
STEPS = (
    "zoom HK complies: Zoom hands data to Hong Kong's police.",
    "meta US refuses: Meta refuses all requests from the United States.",
    "whatsapp HK pauses: WhatsApp paused requests from Hong Kong.",
    "zoom US conditional: Zoom asks the United States for a warrant.",
)


def live(one: Post, *, days: int, news: tuple[str, ...] = ()) -> None:
    """So many days: with news every six hours, a round of delivery every hour; without, every six hours."""
    left = list(news)
    for n in range(days * (24 if news else 4)):
        if left and n % 6 == 0:
            one.story.reports("courier", left.pop(0), path=f"/{len(left)}")
        one.deliver()
        one.clock.tick(hours=1 if news else 6)
    assert not left


def tellings(mailbox: Mailbox) -> Counter[tuple[str, str]]:
    """(recipient, piece of news) → in how many mails it was told."""
    found: Counter[tuple[str, str]] = Counter()
    for mail, (recipient,) in zip(mailbox.messages, mailbox.recipients, strict=True):
        text = " ".join(mail.get_body(("plain",)).get_content().split())
        found.update((recipient, step) for step in STEPS if step.partition(": ")[2] in text)
    return found


EACH_ONCE = {(str(who.email), step): 1 for who in EVERYBODY for step in STEPS}


@pytest.fixture
def one(post, clock) -> Post:
    clock.set(MONDAY + timedelta(minutes=1))
    return post(*EVERYBODY)


def mails_to(mailbox: Mailbox, who) -> int:
    return len(mailbox.to(str(who.email)))


def test_a_server_that_is_down_for_a_day_and_up_again(one, mailbox):
    one.change(smtp=mailbox.settings(port=free_port()))
    live(one, days=1, news=STEPS)
    assert mailbox.messages == []
    assert set(one.states().values()) == {"queued"}
    one.change(smtp=mailbox.settings())
    live(one, days=8)
    assert tellings(mailbox) == EACH_ONCE
    # Half of the news came after Monday's hour of digests.
    assert [mails_to(mailbox, who) for who in EVERYBODY] == [4, 4, 2, 2]


def test_a_server_that_takes_nobody_for_a_day_and_then_does(one, mailbox):
    for who in EVERYBODY:
        mailbox.behaviour.rcpt[str(who.email)] = ["451 try later"] * 8
    live(one, days=1, news=STEPS)
    live(one, days=14)
    assert tellings(mailbox) == EACH_ONCE


def test_a_server_that_breaks_off_after_every_message_of_a_day_repeats_them_under_their_names(one, mailbox):
    mailbox.behaviour.close_after_data = True
    live(one, days=1, news=STEPS[:3])
    mailbox.behaviour.close_after_data = False
    live(one, days=8)
    told: dict[tuple[str, str], set[str]] = {}
    for mail, (recipient,) in zip(mailbox.messages, mailbox.recipients, strict=True):
        text = " ".join(mail.get_body(("plain",)).get_content().split())
        for step in STEPS:
            if step.partition(": ")[2] in text:
                told.setdefault((recipient, step), set()).add(mail["Message-ID"])
    assert {pair: len(names) for pair, names in told.items()} == {
        (str(who.email), step): 1 for who in EVERYBODY for step in STEPS[:3]
    }


@pytest.mark.parametrize("reply", ["550 5.1.1 no such user", "452 mailbox full"])
@pytest.mark.parametrize("bad", [ANA, DAN], ids=["instant", "digest"])
def test_one_bad_address_delays_nobody(one, mailbox, reply, bad):
    mailbox.behaviour.rcpt[str(bad.email)] = [reply] * 10_000
    live(one, days=1, news=STEPS)
    others = [who for who in (ANA, BEN) if who is not bad]
    told = tellings(mailbox)
    assert all(told[str(who.email), step] == 1 for who in others for step in STEPS)  # within the day
    live(one, days=8)
    expected = {pair: 1 for pair in EACH_ONCE if pair[0] != bad.email}
    assert tellings(mailbox) == expected
