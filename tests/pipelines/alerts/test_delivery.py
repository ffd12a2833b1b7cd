"""Delivery on real databases to a real mail server: nothing lost, nothing twice, nobody kept waiting for another."""

from __future__ import annotations

import threading
from datetime import timedelta
from email.message import EmailMessage

import pytest
from support.mailbox import free_port
from support.post import AGAIN, ANA, BEN, COMPLIES, EVA, PAUSES, KilledAfterSending, KilledHere, subscriber

from pipelines.alerts import outbox as delivery
from pipelines.alerts.channels import DeliveryError


def test_each_subscriber_gets_each_alert_once(post, mailbox):
    one = post(ANA, BEN)
    one.story.reports("courier", PAUSES)
    assert one.deliver() == (2, 0, 0)
    assert one.deliver() == (0, 0, 0)
    assert sorted(m["To"] for m in mailbox.messages) == ["ana@desk.example", "ben@desk.example"]
    assert sorted(mailbox.recipients) == [("ana@desk.example",), ("ben@desk.example",)]


def test_a_refused_address_delays_nobody_and_is_given_up_with_the_reason(post, mailbox):
    one = post(ANA, BEN, EVA)
    one.story.reports("courier", PAUSES)
    mailbox.behaviour.rcpt["ben@desk.example"] = ["550 5.1.1 no such user"] * 9
    assert one.deliver() == (2, 0, 1)
    assert one.states() == {"ana": "sent", "ben": "dead", "eva": "sent"}
    assert "550 5.1.1 no such user" in one.alert(BEN).error
    one.clock.tick(days=1)
    assert one.deliver() == (0, 0, 0)


def test_a_recipient_who_is_put_off_gets_it_later_and_delays_nobody(post, mailbox, clock):
    one = post(ANA, BEN)
    one.story.reports("courier", PAUSES)
    mailbox.behaviour.rcpt["ana@desk.example"] = ["451 greylisted"] * 2
    assert one.deliver() == (1, 1, 0)
    assert one.deliver() == (0, 0, 0)  # not before its time
    clock.tick(minutes=1)
    assert one.deliver() == (0, 1, 0)
    clock.tick(minutes=1)
    assert one.deliver() == (0, 0, 0)  # the second wait is longer
    clock.tick(minutes=4)
    assert one.deliver() == (1, 0, 0)
    assert len(mailbox.to("ana@desk.example")) == 1


def test_who_is_put_off_for_three_days_is_given_up(post, mailbox, clock):
    one = post(ANA)
    one.story.reports("courier", PAUSES)
    mailbox.behaviour.rcpt["ana@desk.example"] = ["452 mailbox full"] * 99
    ends = []
    for _ in range(16):
        ends.append(one.deliver())
        clock.tick(hours=6)
    assert sum(dead for _, _, dead in ends) == 1
    assert "given up after 72 h" in one.alert(ANA).error
    assert "452 mailbox full" in one.alert(ANA).error


def test_a_server_that_is_down_for_days_costs_no_alert_and_no_attempt(post, mailbox, clock):
    one = post(ANA, BEN, EVA)
    one.story.reports("courier", PAUSES)
    there = one.config
    one.config = one.to(mailbox.settings(port=free_port()), ANA, BEN, EVA)
    for _ in range(16):
        assert one.deliver() == (0, 3, 0)
        clock.tick(hours=6)
    assert one.alert(ANA).attempts == 0
    assert "does not answer" in one.alert(ANA).error
    one.config = there
    assert one.deliver() == (3, 0, 0)


def test_a_server_that_closes_ends_the_round_at_the_first_alert(post, mailbox, clock):
    one = post(ANA, BEN)
    one.story.reports("courier", PAUSES)
    closing = ["421 closing"]
    mailbox.behaviour.rcpt |= {"ana@desk.example": closing, "ben@desk.example": closing}
    assert one.deliver() == (0, 2, 0)
    assert mailbox.attempts.total() == 1
    clock.tick(minutes=1)
    assert one.deliver() == (2, 0, 0)


def test_a_sender_that_is_refused_kills_no_alert(post, mailbox, clock):
    one = post(ANA, BEN)
    one.story.reports("courier", PAUSES)
    mailbox.behaviour.mail = "550 we do not relay for you"
    assert one.deliver() == (0, 2, 0)
    assert [w for who in (ANA, BEN) if (w := one.alert(who).error) and "alerts.sender" in w]
    mailbox.behaviour.mail = None
    clock.tick(minutes=1)
    assert one.deliver() == (2, 0, 0)


def test_a_connection_lost_after_the_message_repeats_it_under_the_same_id(post, mailbox, clock):
    one = post(ANA)
    one.story.reports("courier", PAUSES)
    mailbox.behaviour.close_after_data = True
    assert one.deliver() == (0, 1, 0)
    mailbox.behaviour.close_after_data = False
    clock.tick(minutes=1)
    assert one.deliver() == (1, 0, 0)
    assert len(mailbox.messages) == 2
    assert len({m["Message-ID"] for m in mailbox.messages}) == 1


class KilledBeforeSending:
    def send(self, message: EmailMessage) -> None:
        raise KilledHere


@pytest.mark.parametrize(
    ("killed", "copies"), [(KilledAfterSending, 2), (lambda _: KilledBeforeSending(), 1)]
)
def test_what_a_killed_deliverer_had_claimed_is_sent_when_the_claim_runs_out(
    post, mailbox, clock, killed, copies
):
    one = post(ANA, BEN)
    one.story.reports("courier", PAUSES)
    with pytest.raises(KilledHere):
        one.deliver(channel=killed(mailbox))
    assert sorted(one.states().values()) == ["queued", "sending"]
    (claimed,) = [f"{name}@desk.example" for name, state in one.states().items() if state == "sending"]
    assert one.deliver() == (1, 0, 0)  # the other one; this one is still claimed
    clock.tick(hours=1)
    assert one.deliver() == (1, 0, 0)
    mails = mailbox.to(claimed)
    assert len(mails) == copies
    assert len({m["Message-ID"] for m in mails}) == 1


def test_two_deliverers_at_once_send_nothing_twice(post, mailbox, clock):
    people = [subscriber(f"p{n}@desk.example") for n in range(8)]
    one = post(*people)
    one.story.reports("courier", PAUSES)
    gate, done = threading.Barrier(2), []

    def work() -> None:
        gate.wait()
        done.append(one.deliver())

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(sent for sent, _, _ in done) == 8
    assert sorted(m["To"] for m in mailbox.messages) == [p.email for p in people]


def test_a_mail_that_cannot_be_written_keeps_back_nobody(post, mailbox, clock, monkeypatch, caplog):
    one = post(ANA, BEN)
    one.story.reports("courier", PAUSES)
    written = delivery.message_of

    def fails_for_ana(mail, settings, recipient, *rest):
        if recipient == ANA.email:
            raise KeyError("template")
        return written(mail, settings, recipient, *rest)

    monkeypatch.setattr(delivery, "message_of", fails_for_ana)
    assert one.deliver() == (1, 1, 0)
    assert "cannot be written" in one.alert(ANA).error
    assert "cannot be written" in caplog.text


def test_who_unsubscribed_gets_no_more_mail(post, mailbox):
    one = post(ANA, BEN)
    one.story.reports("courier", PAUSES)
    one.config = one.to(mailbox.settings(), BEN)
    assert one.deliver() == (1, 0, 1)
    assert "no longer a subscriber" in one.alert(ANA).error


def test_a_confirmation_and_a_retraction_thread_with_the_first_mail_of_the_pair(post, mailbox, clock):
    one = post(ANA)
    one.story.reports("courier", COMPLIES)
    one.deliver()
    clock.tick(days=1)
    one.story.reports("courier", PAUSES, path="/b")
    one.deliver()
    clock.tick(hours=1)
    one.story.reports("herald", AGAIN)
    one.deliver()
    first, *others = mailbox.messages
    assert first["In-Reply-To"] is None
    assert [m["In-Reply-To"] for m in others] == [first["Message-ID"]] * 2
    assert [m["Subject"].split(": ")[1] for m in others] == [
        "complies → pauses (provisional)",
        "complies → pauses (confirmed)",
    ]
    assert len({m["Message-ID"] for m in mailbox.messages}) == 3


WRONG = "Zoom has not stopped anything. We were wrong."


def test_a_retraction_goes_to_whom_may_have_been_told_though_the_server_broke_off(post, mailbox, clock):
    one = post(ANA)
    one.story.reports("courier", PAUSES)
    mailbox.behaviour.close_after_data = True
    one.deliver()
    mailbox.behaviour.close_after_data = False
    clock.tick(seconds=30)
    one.story.reports("courier", WRONG)
    assert one.deliver() == (1, 0, 0)
    assert [m["Subject"].rpartition("(")[2] for m in mailbox.messages] == ["provisional)", "retracted)"]


def test_a_retraction_goes_to_whom_a_killed_deliverer_may_have_told_before_the_change_moved_on(
    post, mailbox, clock
):
    one = post(subscriber("ana@desk.example"))
    one.story.reports("courier", PAUSES)
    with pytest.raises(KilledHere):
        one.deliver(channel=KilledAfterSending(mailbox))
    clock.tick(hours=1)
    one.story.reports("herald", AGAIN)  # confirmed, but not told yet
    clock.tick(minutes=1)
    one.story.reports("courier", WRONG)
    one.story.reports("herald", WRONG)
    assert one.deliver() == (1, 0, 0)
    assert [m["Subject"].rpartition("(")[2] for m in mailbox.messages] == ["provisional)", "retracted)"]


@pytest.mark.parametrize("reply", ["451 greylisted", "421 closing"])
def test_who_was_surely_not_told_hears_of_no_retraction(post, mailbox, clock, reply):
    one = post(ANA)
    one.story.reports("courier", PAUSES)
    mailbox.behaviour.rcpt["ana@desk.example"] = [reply]
    one.deliver()
    clock.tick(hours=1)
    one.story.reports("courier", WRONG)
    assert one.deliver() == (0, 0, 0)
    assert mailbox.messages == []


def test_only_what_is_confirmed_goes_to_who_waits_for_that(post, mailbox, clock):
    one = post(ANA, subscriber("cy@desk.example", kinds=("stance",), when="confirmed"))
    one.story.reports("courier", COMPLIES)
    clock.tick(days=1)
    one.story.reports("courier", PAUSES, path="/b")
    one.deliver()
    assert mailbox.to("cy@desk.example") == []
    one.story.reports("herald", AGAIN)
    one.deliver()
    (mail,) = mailbox.to("cy@desk.example")
    assert "confirmed: reported by The Courier and The Herald independently" in " ".join(
        mail.get_body(("plain",)).get_content().split()
    )


def test_progress_is_told_alert_by_alert(post, mailbox):
    one = post(ANA, BEN)
    one.story.reports("courier", PAUSES)
    mailbox.behaviour.rcpt["ben@desk.example"] = ["550 gone"]
    told = []
    one.deliver(on_progress=lambda alert, ended, why: told.append((alert.recipient, ended, why)))
    assert [t[:2] for t in sorted(told)] == [("ana@desk.example", "sent"), ("ben@desk.example", "dead")]
    assert "550 gone" in sorted(told)[1][2]


def test_a_trial_mail_says_where_it_came_from(post, mailbox, clock):
    one = post(ANA)
    delivery.test_message(one.config, "new@desk.example", clock)
    (mail,) = mailbox.messages
    assert (mail["To"], mail["Subject"]) == ("new@desk.example", "[stancewatch] A trial mail")
    assert "It is no subscriber yet" in mail.get_body(("plain",)).get_content()
    with pytest.raises(DeliveryError, match="not a mail address"):
        delivery.test_message(one.config, "nobody at home", clock)


def test_a_claim_outlasts_any_conversation(post, mailbox, clock):
    one = post(ANA)
    one.config = one.to(mailbox.settings(timeout_s=3600), ANA)
    one.story.reports("courier", PAUSES)
    with pytest.raises(KilledHere):
        one.deliver(channel=KilledBeforeSending())
    assert one.alert(ANA).next_attempt - clock() > timedelta(hours=3)


def test_what_one_text_moves_of_one_company_is_one_mail(post, mailbox, clock):
    post = post(ANA)
    post.story.reports(
        "courier",
        f"{PAUSES}\nzoom US pauses: Nor does Zoom answer the United States.\nmeta HK refuses: Meta gives nothing.",
    )
    assert post.deliver() == (3, 0, 0)
    assert sorted(mail["Subject"] for mail in mailbox.messages) == [
        "[stancewatch] 2 changes at Zoom",
        "[stancewatch] Meta → Hong Kong: no stated position → refuses (provisional)",
    ]
    together = next(mail for mail in mailbox.messages if "2 changes" in mail["Subject"])
    told = together.get_body(("plain",)).get_content()
    assert "Zoom → Hong Kong" in told
    assert "Zoom → United States" in told
