"""Digests: everything due in one mail, once, whatever the clock, the server and the night of the changed hour do."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from support.mailbox import Mailbox, free_port
from support.post import AGAIN, ANA, BEN, COMPLIES, PAUSES, KilledAfterSending, KilledHere, subscriber
from support.views import OLD, evidence, held, view

from extract.types import Stance
from pipelines.alerts.digests import DigestTimes
from pipelines.alerts.render import render_digest

DAN = subscriber("dan@desk.example", deliver="daily")
WIM = subscriber("wim@desk.example", deliver="weekly")
META = "meta US refuses: Meta refuses all requests from the United States."
SEVEN = datetime(2026, 11, 2, 7, tzinfo=UTC)  # a Monday; stories begin at noon of the Sunday before
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("deliver", "queued", "due"),
    [
        ("instant", "2026-11-01T12:00", "2026-11-01T12:00"),
        ("daily", "2026-11-01T12:00", "2026-11-02T07:00"),
        ("daily", "2026-11-02T06:59", "2026-11-02T07:00"),
        ("daily", "2026-11-02T07:00", "2026-11-02T07:00"),
        ("daily", "2026-11-02T07:01", "2026-11-03T07:00"),
        ("weekly", "2026-11-02T07:01", "2026-11-09T07:00"),
        ("weekly", "2026-12-31T12:00", "2027-01-04T07:00"),
    ],
)
def test_an_alert_waits_for_the_next_digest(deliver, queued, due):
    at = datetime.fromisoformat(queued).replace(tzinfo=UTC)
    assert DigestTimes().due(deliver, at).isoformat() == f"{due}:00+00:00"


def digests(times: DigestTimes, start: datetime, hours: int) -> list[str]:
    """The moments at which alerts queued every half hour go out, each once, by the clock on the wall."""
    queued = (start + timedelta(minutes=30 * n) for n in range(2 * hours))
    moments = dict.fromkeys(times.due("daily", at) for at in queued)
    return [f"{moment.astimezone(times.zone):%d %H:%M %Z}" for moment in moments]


@pytest.mark.parametrize(
    ("hour", "first", "night"),
    [
        (2, datetime(2026, 3, 27, 12, tzinfo=UTC), ["28 02:00 CET", "29 03:00 CEST", "30 02:00 CEST"]),
        (2, datetime(2026, 10, 23, 12, tzinfo=UTC), ["24 02:00 CEST", "25 02:00 CEST", "26 02:00 CET"]),
    ],
)
def test_a_day_has_one_digest_also_when_the_clocks_change(hour, first, night):
    assert digests(DigestTimes(hour, 0, BERLIN), first, 60) == night


def test_one_mail_tells_all_of_the_day(post, mailbox, clock):
    one = post(DAN, ANA)
    one.story.reports("courier", COMPLIES)
    clock.tick(hours=2)
    one.story.reports("courier", META, path="/b")
    assert one.deliver() == (2, 0, 0)  # who wants it at once has it
    assert mailbox.to("dan@desk.example") == []
    clock.set(SEVEN)
    assert one.deliver() == (2, 0, 0)
    (text,) = one.told(DAN)
    assert "Daily digest: 2 changes at Meta and Zoom" in text
    for words in ("From: no stated position To: complies", "Status: provisional: ", META.split(": ")[1]):
        assert words in text
    assert "https://courier.example/b" in text
    clock.tick(days=1)
    assert one.deliver() == (0, 0, 0)  # nothing to tell, no mail


def test_a_weekly_digest_comes_on_its_day(post, mailbox, clock):
    one = post(WIM)
    clock.set(SEVEN + timedelta(minutes=5))
    one.story.reports("courier", PAUSES)
    for _ in range(6):
        assert one.deliver() == (0, 0, 0)
        clock.tick(days=1)
    clock.tick(days=1)
    assert one.deliver() == (1, 0, 0)
    assert mailbox.messages[0]["Subject"] == "[stancewatch] Weekly digest: 1 change at Zoom"


def test_the_hour_is_that_of_the_settings_time_zone(post, clock):
    one = post(DAN)
    one.change(alerts={"digest_hour": 8}, schedule={"timezone": "Europe/Berlin"})
    one.story.reports("courier", PAUSES)
    clock.set(SEVEN - timedelta(seconds=1))
    assert one.deliver() == (0, 0, 0)
    clock.set(SEVEN)  # eight o'clock in Berlin
    assert one.deliver() == (1, 0, 0)


def test_what_was_confirmed_before_the_digest_is_told_once_and_confirmed(post, clock):
    one = post(DAN)
    one.story.reports("courier", PAUSES)
    clock.tick(hours=3)
    one.story.reports("herald", AGAIN)
    clock.set(SEVEN)
    assert one.deliver() == (1, 0, 0)
    (text,) = one.told(DAN)
    assert "1 change at Zoom" in text
    assert "Status: confirmed: reported by The Courier and The Herald independently" in text


def test_what_was_taken_back_before_the_digest_is_not_told(post, clock):
    one = post(DAN)
    one.story.reports("courier", PAUSES)
    clock.tick(hours=3)
    one.story.reports("courier", "Zoom has not stopped anything. We were wrong.")
    clock.set(SEVEN)
    assert one.deliver() == (0, 0, 0)


def test_a_retraction_of_what_a_digest_told_comes_with_the_next(post, clock):
    one = post(DAN)
    one.story.reports("courier", PAUSES)
    clock.set(SEVEN)
    one.deliver()
    clock.tick(minutes=1)
    one.story.reports("courier", "Zoom has not stopped anything. We were wrong.")
    assert one.deliver() == (0, 0, 0)
    clock.tick(days=1)
    assert one.deliver() == (1, 0, 0)
    assert "Retracted: we told you that Zoom has paused" in one.told(DAN)[1]


def test_who_asks_twice_gets_each_change_by_the_quicker_way(post, mailbox, clock):
    one = post(
        subscriber("dan@desk.example", companies=("meta",)), subscriber("dan@desk.example", deliver="weekly")
    )
    one.story.reports("courier", COMPLIES)
    one.story.reports("courier", META, path="/b")
    assert one.deliver() == (1, 0, 0)
    clock.tick(days=7)
    assert one.deliver() == (1, 0, 0)
    first, second = one.told(DAN)
    assert ("Meta" in first, "Zoom" in first) == (True, False)
    assert ("Meta" in second, "Zoom" in second) == (False, True)


def test_a_crash_after_the_server_took_it_repeats_the_same_digest_whatever_came_in_between(
    post, mailbox, clock
):
    one = post(DAN)
    one.story.reports("courier", COMPLIES)
    clock.set(SEVEN)
    with pytest.raises(KilledHere):
        one.deliver(channel=KilledAfterSending(mailbox))
    clock.tick(minutes=1)
    one.story.reports("courier", META, path="/b")
    clock.tick(days=1)
    assert one.deliver() == (2, 0, 0)
    first, again, other = mailbox.messages
    assert first["Message-ID"] == again["Message-ID"] != other["Message-ID"]
    texts = one.told(DAN)
    assert ["Meta" in text for text in texts] == [False, False, True]
    assert one.deliver() == (0, 0, 0)


def test_a_connection_lost_after_the_message_repeats_it_under_the_same_id(post, mailbox, clock):
    one = post(DAN)
    one.story.reports("courier", COMPLIES)
    one.story.reports("courier", META, path="/b")
    clock.set(SEVEN)
    mailbox.behaviour.close_after_data = True
    assert one.deliver() == (0, 2, 0)
    mailbox.behaviour.close_after_data = False
    clock.tick(minutes=1)
    assert one.deliver() == (2, 0, 0)
    assert len(mailbox.messages) == 2
    assert len({m["Message-ID"] for m in mailbox.messages}) == 1


def test_a_digest_that_is_put_off_comes_later_and_a_refused_one_is_given_up_whole(post, mailbox, clock):
    one = post(DAN, subscriber("eva@desk.example", deliver="daily"))
    one.story.reports("courier", COMPLIES)
    one.story.reports("courier", META, path="/b")
    mailbox.behaviour.rcpt["dan@desk.example"] = ["451 greylisted"]
    mailbox.behaviour.rcpt["eva@desk.example"] = ["550 no such user"]
    clock.set(SEVEN)
    assert one.deliver() == (0, 2, 2)
    clock.tick(minutes=1)
    assert one.deliver() == (2, 0, 0)
    assert len(mailbox.messages) == 1


def test_a_weekly_digest_is_not_given_up_for_the_days_it_waited(post, mailbox, clock):
    one = post(WIM)
    clock.set(SEVEN + timedelta(minutes=5))
    one.story.reports("courier", PAUSES)
    mailbox.behaviour.rcpt["wim@desk.example"] = ["451 greylisted"] * 8
    clock.tick(days=7)
    assert one.deliver() == (0, 1, 0)
    for _ in range(8):
        clock.tick(hours=6)
        last = one.deliver()
    assert last == (1, 0, 0)


def test_a_day_of_a_dead_server_makes_one_digest_of_two(post, mailbox, clock):
    one = post(DAN)
    one.change(smtp=mailbox.settings(port=free_port()))
    one.story.reports("courier", COMPLIES)
    clock.set(SEVEN)
    assert one.deliver() == (0, 1, 0)
    one.story.reports("courier", META, path="/b")
    clock.tick(days=1)
    one.change(smtp=mailbox.settings())
    assert one.deliver() == (2, 0, 0)
    (text,) = one.told(DAN)
    assert "2 changes at Meta and Zoom" in text


def test_two_deliverers_at_once_send_each_digest_once(post, mailbox, clock):
    people = [subscriber(f"p{n}@desk.example", deliver="daily") for n in range(6)]
    one = post(*people)
    one.story.reports("courier", COMPLIES)
    one.story.reports("courier", META, path="/b")
    clock.set(SEVEN)
    gate, done = threading.Barrier(2), []

    def work() -> None:
        gate.wait()
        done.append(one.deliver())

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(sent for sent, _, _ in done) == 12
    assert sorted(m["To"] for m in mailbox.messages) == [p.email for p in people]


def test_a_clock_that_was_ahead_keeps_no_alert_back(post, clock):
    one = post(DAN, ANA)
    clock.tick(days=400)
    one.story.reports("courier", PAUSES)
    clock.tick(days=-400)
    assert one.deliver() == (1, 0, 0)  # at once
    clock.set(SEVEN)
    assert one.deliver() == (1, 0, 0)  # with the next digest


def test_a_clock_that_was_ahead_at_an_attempt_delays_no_further_one(post, mailbox, clock):
    one = post(DAN)
    one.story.reports("courier", PAUSES)
    mailbox.behaviour.rcpt["dan@desk.example"] = ["451 greylisted"]
    clock.tick(days=400)
    assert one.deliver() == (0, 1, 0)
    clock.set(SEVEN)
    assert one.deliver() == (1, 0, 0)


def test_a_clock_that_was_ahead_at_a_claim_does_not_hold_it_for_ever(post, mailbox, clock):
    one = post(ANA, DAN)
    clock.tick(days=400)
    one.story.reports("courier", PAUSES)
    clock.tick(days=1)
    for _ in range(2):
        with pytest.raises(KilledHere):
            one.deliver(channel=KilledAfterSending(mailbox))
    clock.tick(days=-401)
    assert one.deliver() == (2, 0, 0)
    for who in (ANA, DAN):
        assert len({m["Message-ID"] for m in mailbox.to(str(who.email))}) == 1


def test_what_a_deliverer_whose_clock_is_ahead_is_sending_is_left_to_it(post, mailbox, clock):
    one = post(ANA)
    clock.tick(seconds=5)
    one.story.reports("courier", PAUSES)
    with pytest.raises(KilledHere):  # in the middle of it, for all that others can see
        one.deliver(channel=KilledAfterSending(mailbox))
    clock.tick(seconds=-5)
    assert one.deliver() == (0, 0, 0)


def test_a_clock_that_goes_back_over_the_hour_doubles_nothing(post, clock):
    one = post(DAN)
    one.story.reports("courier", PAUSES)
    clock.set(SEVEN)
    assert one.deliver() == (1, 0, 0)
    for step in (-2, 1, 1, 24):
        clock.tick(hours=step)
        assert one.deliver() == (0, 0, 0)


def test_a_digest_is_ordered_by_severity_then_company():
    some = [
        view(id="1", company_name="Zoom", severity="minor"),
        view(id="2", company_name="Meta", severity="minor"),
        view(id="3", company_name="Zoom", severity="major"),
        view(id="4", company_name="apple", severity="major"),
    ]
    mail = render_digest(some, "daily")
    heads = [
        line for line in mail.text.splitlines() if "→ Hong Kong" in line or "MAJOR" in line or line == "MINOR"
    ]
    assert heads == [
        "MAJOR: CHANGES OF SIDE", "apple → Hong Kong", "Zoom → Hong Kong", "MINOR", "Meta → Hong Kong", "Zoom → Hong Kong",
    ]  # fmt: skip


def test_a_digest_says_so_where_its_words_are_those_of_before():
    gone = view(kind="withdrawn", after=(), before=(held(Stance.COMPLIES, evidence(OLD)),))
    assert 'Its words before: > "' in " ".join(render_digest([gone], "daily").text.split())


def test_a_digest_of_many_companies_names_some_in_its_subject_and_stays_narrow():
    many = [view(id=str(n), company_name=f"Company {n:02}") for n in range(30)]
    mail = render_digest(many, "weekly")
    assert mail.subject == (
        "[stancewatch] Weekly digest: 30 changes at Company 00, Company 01, Company 02 and 27 more"
    )
    assert all(len(line) <= 78 for line in mail.text.splitlines())
    assert 'name="viewport"' in mail.html


def test_hostile_words_stay_words_in_a_digest():
    words = "<script>alert(1)</script> {{ 7 * 7 }} \x1b[31m"
    source = evidence(words, title=words, publisher=words, author=words)
    mail = render_digest(
        [view(company_name=words, reason=words, after=(held(Stance.PAUSES, source),))], "daily"
    )
    assert "<script" not in mail.html
    assert "7 * 7" in mail.text
    assert "\x1b" not in mail.text


def test_a_mailbox_that_takes_no_more_delays_nobody_elses_digest(post, mailbox: Mailbox, clock):
    one = post(DAN, subscriber("eva@desk.example", deliver="daily"), BEN)
    one.story.reports("courier", PAUSES)
    mailbox.behaviour.rcpt["dan@desk.example"] = ["452 mailbox full"] * 99
    assert one.deliver() == (1, 0, 0)
    clock.set(SEVEN)
    assert one.deliver() == (1, 1, 0)
    assert len(mailbox.to("eva@desk.example")) == 1
