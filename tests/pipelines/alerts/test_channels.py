"""How a conversation with a mail server can go wrong, told in words an operator can act on, and whose fault it is."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage

import pytest
from support.mailbox import Mailbox, free_port

from pipelines.alerts.channels import DeliveryError, SmtpChannel
from pipelines.settings import SmtpSettings


def message() -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "watch@desk.example", "ana@desk.example", "Zoom"
    mail.set_content("Zoom pauses.")
    return mail


def sent(settings: SmtpSettings) -> None:
    SmtpChannel(settings).send(message())


@contextmanager
def server(*says: bytes, pause_s: float = 0.0, then_listen: bool = True) -> Iterator[int]:
    """A server that says these things one after the other, and then listens without a word or hangs up; gives its port."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        ended = threading.Event()

        def talk() -> None:
            connection, _ = listening.accept()
            with connection:
                for words in says:
                    try:
                        connection.sendall(words)
                    except OSError:
                        return
                    if ended.wait(pause_s):
                        return
                if then_listen:
                    ended.wait(10)

        thread = threading.Thread(target=talk)
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            ended.set()
            thread.join()


def test_a_message_arrives_as_it_was_sent():
    with Mailbox() as box:
        sent(box.settings())
        SmtpChannel(box.settings()).check()
    (mail,) = box.messages
    assert (mail["Subject"], mail.get_content().strip()) == ("Zoom", "Zoom pauses.")


def test_a_login_that_the_server_asks_for_is_given():
    with Mailbox(login=("watch", "secret")) as box:
        sent(box.settings(username="watch", password="secret"))
        assert len(box.messages) == 1


def test_a_refused_login_is_the_settings_fault_and_tells_no_secret():
    with Mailbox(login=("watch", "secret")) as box:
        for trial in (sent, lambda settings: SmtpChannel(settings).check()):
            with pytest.raises(DeliveryError, match="refused the login of 'watch': 535") as caught:
                trial(box.settings(username="watch", password="wrong horse"))
            assert caught.value.server
            assert "STANCEWATCH_SMTP__PASSWORD" in str(caught.value)
            assert "horse" not in str(caught.value)


def test_a_missing_login_is_the_settings_fault():
    with Mailbox(login=("watch", "secret")) as box, pytest.raises(DeliveryError, match="530") as caught:
        sent(box.settings())
    assert (caught.value.server, caught.value.permanent) == (True, False)


@pytest.mark.parametrize("password", ["", "pässword"])
def test_a_password_that_cannot_be_sent_is_no_crash(password):
    with Mailbox(login=("watch", "secret")) as box, pytest.raises(DeliveryError) as caught:
        sent(box.settings(username="watch", password=password or None))
    assert caught.value.server


def test_a_server_that_nobody_runs_is_named_with_its_settings():
    port = free_port()
    with pytest.raises(DeliveryError, match=f"127.0.0.1:{port} does not answer.*smtp.host") as caught:
        sent(SmtpSettings(host="127.0.0.1", port=port))
    assert caught.value.server


def test_a_server_that_turns_us_away_at_the_door_is_the_servers_fault():
    with server(b"421 too many connections\r\n") as port, pytest.raises(DeliveryError, match="421") as caught:
        sent(SmtpSettings(host="127.0.0.1", port=port, timeout_s=2))
    assert (caught.value.server, caught.value.code) == (True, 421)


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_server_without_the_tls_that_is_asked_for_gets_no_mail(security):
    with Mailbox() as box:
        with pytest.raises(DeliveryError) as caught:
            sent(box.settings(security=security))
        assert caught.value.server
        assert "smtp.security" in str(caught.value)
        assert box.messages == []


def test_a_server_that_drips_is_cut_off():
    drops = [b"220-welcome\r\n"] * 200
    began = time.monotonic()
    with server(*drops, pause_s=0.02) as port, pytest.raises(DeliveryError) as caught:
        sent(SmtpSettings(host="127.0.0.1", port=port, timeout_s=0.2))
    assert time.monotonic() - began < 3
    assert caught.value.server


def test_a_silent_server_is_left():
    with server() as port, pytest.raises(DeliveryError, match="does not answer") as caught:
        sent(SmtpSettings(host="127.0.0.1", port=port, timeout_s=0.2))
    assert caught.value.server


@pytest.mark.parametrize(
    ("reply", "permanent", "by_server"),
    [
        ("450 try later", False, False),
        ("452 mailbox full", False, False),
        ("550 5.1.1 no such user", True, False),
        ("552 too big", True, False),
        ("421 closing", False, True),
        ("530 log in first", False, True),
        ("454 4.7.0 login is down", False, True),
    ],
)
def test_whose_fault_a_reply_is(reply, permanent, by_server):
    with Mailbox() as box:
        for place in ("rcpt", "data"):
            box.behaviour.rcpt = {"ana@desk.example": [reply]} if place == "rcpt" else {}
            box.behaviour.data = [reply] if place == "data" else []
            with pytest.raises(DeliveryError) as caught:
                sent(box.settings())
            assert (caught.value.permanent, caught.value.server) == (permanent, by_server)
            assert reply in str(caught.value)
        assert box.messages == []


def test_what_a_server_says_is_shown_on_one_clean_line():
    with Mailbox() as box:
        box.behaviour.data = ["550 no\x1b[31m " + "x" * 400]
        with pytest.raises(DeliveryError) as caught:
            sent(box.settings())
    assert "\x1b" not in str(caught.value)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("greeting", [b"220 hello\r\n", b""])
def test_a_server_that_hangs_up_before_any_message_is_at_fault_itself(greeting):
    """Told of the recipient instead, every alert would be given up after three days of it."""
    with server(greeting, then_listen=False) as port, pytest.raises(DeliveryError) as caught:
        sent(SmtpSettings(host="127.0.0.1", port=port, timeout_s=2))
    assert (caught.value.server, caught.value.permanent) == (True, False)


def test_a_refused_sender_is_our_fault_and_not_the_recipients():
    with Mailbox() as box:
        box.behaviour.mail = "550 we do not relay for you"
        with pytest.raises(DeliveryError, match=r"alerts\.sender") as caught:
            sent(box.settings())
    assert (caught.value.server, caught.value.permanent) == (True, False)


def test_checking_a_server_sends_nothing():
    with Mailbox() as box:
        SmtpChannel(box.settings()).check()
    assert box.messages == []
    assert box.attempts.total() == 0
