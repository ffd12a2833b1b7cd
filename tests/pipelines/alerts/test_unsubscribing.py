"""Unsubscribing: the headers of a mail, and that nobody who unsubscribed is told anything, queued or waiting."""

from __future__ import annotations

import re
from email import message_from_bytes, policy

import pytest
from pydantic import SecretStr
from support.post import AGAIN, ANA, BEN, COMPLIES, PAUSES, subscriber

from pipelines.alerts.tokens import recipient_of, token_of, unsubscribe_headers
from pipelines.config import AlertSettings
from pipelines.store import subscriptions

SECRET = SecretStr("a secret of the test suite")
URL = "https://watch.example/unsubscribe"


def gone(post, *recipients: str) -> None:
    with post.store.writing() as session:
        for recipient in recipients:
            subscriptions.unsubscribe(session, recipient, "command", post.clock())


def back(post, recipient: str) -> None:
    with post.store.writing() as session:
        subscriptions.resubscribe(session, recipient, "command", post.clock())


@pytest.mark.parametrize("recipient", ["ana@desk.example", "channel:desk", "Ünï+tag@desk.example"])
def test_a_token_names_its_recipient_and_fits_into_an_address(recipient):
    token = token_of(recipient, SECRET)
    assert recipient_of(token, SECRET) == recipient
    assert token == token_of(recipient, SECRET)
    assert re.fullmatch(r"[A-Za-z0-9_.-]+", token)


@pytest.mark.parametrize("token", ["", "x", "ana@desk.example", "ImFuYSI", "ImFuYSI.xxxx"])
def test_a_token_that_we_did_not_make_names_nobody(token):
    assert recipient_of(token, SECRET) is None
    assert recipient_of(token_of("ana@desk.example", SecretStr("another secret of ours")), SECRET) is None


@pytest.mark.parametrize(
    ("settings", "secret", "ways"),
    [
        ({}, SECRET, []),
        ({"unsubscribe_url": URL}, None, []),
        ({"unsubscribe_url": URL}, SECRET, ["https"]),
        ({"unsubscribe_mailto": "stop@desk.example"}, None, ["mailto"]),
        ({"unsubscribe_url": URL, "unsubscribe_mailto": "stop@desk.example"}, SECRET, ["https", "mailto"]),
        ({"unsubscribe_url": URL, "unsubscribe_mailto": "stop@desk.example"}, None, ["mailto"]),
    ],
)
def test_the_headers_name_the_ways_that_are_set(settings, secret, ways):
    headers = unsubscribe_headers(AlertSettings(**settings), secret, "ana@desk.example")
    assert re.findall(r"<(\w+):", headers.get("List-Unsubscribe", "")) == ways
    assert ("List-Unsubscribe-Post" in headers) == ("https" in ways)


def test_a_mail_says_how_to_stop_it_in_headers_that_stay_whole_and_at_its_end(post, mailbox):
    ana = subscriber("a-rather-long-name-of-somebody+and-a-tag@a-department.desk.example")
    one = post(ana)
    one.change(secret=SECRET, alerts={"unsubscribe_url": URL, "unsubscribe_mailto": "stop@desk.example"})
    one.story.reports("courier", PAUSES)
    one.deliver()
    (raw,) = mailbox.raw
    written = re.search(rb"^List-Unsubscribe: ((?:.+\r\n )*.+)\r\n", raw, re.MULTILINE)
    assert b"=?" not in written[1]
    assert max(map(len, raw.splitlines())) <= 998
    mail = message_from_bytes(raw, policy=policy.default)
    link, mailto = re.fullmatch(r"<(\S+)>,\s*<(\S+)>", mail["List-Unsubscribe"]).groups()
    assert recipient_of(link.removeprefix(URL + "/"), SECRET) == ana.email
    assert mailto.startswith("mailto:stop@desk.example?subject=unsubscribe%20")
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert link in mail.get_body(("plain",)).get_content().splitlines()
    assert f'href="{link}"' in mail.get_body(("html",)).get_content()


def test_who_unsubscribed_is_told_of_nothing_new(post, mailbox):
    one = post(ANA, BEN)
    gone(one, "ANA@desk.example")  # as mail programs write it
    one.story.reports("courier", PAUSES)
    assert one.states() == {"ben": "queued"}
    assert one.deliver() == (1, 0, 0)


def test_what_waited_for_them_is_not_sent(post, mailbox, clock):
    one = post(ANA, BEN, subscriber("dan@desk.example", deliver="daily"))
    one.story.reports("courier", PAUSES)
    gone(one, "ana@desk.example", "dan@desk.example")
    assert one.deliver() == (1, 0, 0)
    clock.tick(days=1)
    assert one.deliver() == (0, 0, 0)
    assert one.states() == {"ana": "unsubscribed", "ben": "sent", "dan": "unsubscribed"}


def test_a_retraction_is_not_sent_to_them_either(post, mailbox, clock):
    one = post(ANA)
    one.story.reports("courier", PAUSES)
    one.deliver()
    gone(one, "ana@desk.example")
    clock.tick(hours=1)
    one.story.reports("courier", "Zoom has not stopped anything. We were wrong.")
    assert one.deliver() == (0, 0, 0)


def test_who_comes_back_is_told_of_what_is_found_from_then_on(post, clock):
    one = post(ANA)
    gone(one, "ana@desk.example")
    one.story.reports("courier", COMPLIES)
    back(one, "Ana@desk.example")
    clock.tick(days=1)
    one.story.reports("courier", PAUSES, path="/b")
    one.story.reports("herald", AGAIN)
    assert one.deliver() == (1, 0, 0)
    assert "(provisional)" not in one.mailbox.messages[0]["Subject"]


def test_each_word_is_kept_and_the_newest_counts(post, clock):
    one = post(ANA)
    for _ in range(2):
        gone(one, "ana@desk.example")
        clock.tick(hours=1)
    back(one, "ana@desk.example")
    gone(one, "ana@desk.example")
    with one.store.reading() as session:
        rows = session.connection().exec_driver_sql("SELECT wanted FROM subscriptions ORDER BY id").fetchall()
        (now,) = subscriptions.unsubscribed(session)
    assert [bool(wanted) for (wanted,) in rows] == [False, True, False]
    assert now.at == clock()


def test_a_long_list_of_addresses_with_capitals_and_umlauts_is_compared_alike(post):
    one = post(subscriber("Ärzte@desk.example"))
    one.story.reports("courier", PAUSES)
    gone(one, "ärzte@desk.example")
    assert one.deliver() == (0, 0, 0)
