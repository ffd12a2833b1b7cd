"""How a message leaves, and what a mail server's bad day is called."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime

import pytest
from support.mailbox import Mailbox, free_port
from support.views import view

from pipelines.alerts.channels import DeliveryError, SmtpChannel
from pipelines.alerts.message import message_of
from pipelines.alerts.render import render
from pipelines.config import AlertSettings, SmtpSettings

SECRET = "s3cret-canary"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with Mailbox() as box:
        yield box


def message():
    return message_of(
        render(view()), AlertSettings(sender="desk@news.example"), "ana@desk.example", "<1@desk>", NOON
    )


def refused(settings: SmtpSettings) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        SmtpChannel(settings).send(message())
    return caught.value


@contextmanager
def speaking(*conversation: Callable[[socket.socket], None]) -> Iterator[SmtpSettings]:
    """A server that does just this with whoever connects, and then hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with suppress(OSError):
                connection, _ = server.accept()
                with connection:
                    for step in conversation:
                        step(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield SmtpSettings(host="127.0.0.1", port=server.getsockname()[1], timeout_s=0.2)
        finally:
            with suppress(OSError):
                server.shutdown(socket.SHUT_RDWR)
            thread.join()


def says(line: bytes) -> Callable[[socket.socket], None]:
    return lambda connection: connection.sendall(line)


def drips(connection: socket.socket) -> None:
    """A greeting without end: a byte in less than the timeout, again and again."""
    gone = threading.Event()
    for _ in range(400):
        connection.sendall(b"2")
        gone.wait(0.05)


def is_silent(connection: socket.socket) -> None:
    connection.recv(1)


def test_a_message_arrives_as_it_was_written(mailbox):
    SmtpChannel(mailbox.settings()).send(message())
    (mail,) = mailbox.messages
    assert (mail["From"], mail["To"], mail["Message-ID"]) == (
        "desk@news.example",
        "ana@desk.example",
        "<1@desk>",
    )
    assert mail["Subject"] == "[stancewatch] Zoom → Hong Kong: complies → pauses (confirmed)"
    assert mail.get_body(("plain",)).get_content().splitlines() == render(view()).text.splitlines()


@pytest.mark.parametrize(
    ("reply", "permanent", "server"),
    [
        ("550 5.1.1 no such user", True, False),
        ("554 5.7.1 looks like spam", True, False),
        ("451 greylisted", False, False),
        ("452 mailbox full", False, False),
        ("421 closing", False, True),
        ("530 log in first", False, True),
    ],
)
def test_a_reply_tells_whose_fault_it_is(mailbox, reply, permanent, server):
    mailbox.behaviour.rcpt["ana@desk.example"] = [reply]
    error = refused(mailbox.settings())
    assert (error.permanent, error.server, error.code) == (permanent, server, int(reply[:3]))
    assert reply in str(error)


def test_a_message_that_is_refused_after_it_was_read_is_refused(mailbox):
    mailbox.behaviour.data = ["554 5.6.0 not like this"]
    error = refused(mailbox.settings())
    assert (error.permanent, error.server) == (True, False)


def test_a_refused_sender_is_our_fault_and_not_the_recipients(mailbox):
    mailbox.behaviour.mail = "550 we do not relay for you"
    error = refused(mailbox.settings())
    assert (error.permanent, error.server) == (False, True)
    assert "alerts.sender" in str(error)


def test_a_server_that_is_not_there_is_named_with_its_settings():
    error = refused(SmtpSettings(host="127.0.0.1", port=free_port(), timeout_s=1))
    assert (error.permanent, error.server) == (False, True)
    assert "smtp.host, smtp.port" in str(error)


def test_a_refused_login_is_told_without_the_password():
    with Mailbox(login=("ana", "right")) as box:
        error = refused(box.settings(username="ana", password=SECRET))
        assert error.server
        assert "STANCEWATCH_SMTP__PASSWORD" in str(error)
        assert SECRET not in f"{error} {error.__cause__} {error!r}"
        SmtpChannel(box.settings(username="ana", password="right")).send(message())
        assert len(box.messages) == 1


def test_a_server_that_offers_no_tls_gets_neither_login_nor_mail(mailbox):
    error = refused(mailbox.settings(security="starttls", username="ana", password=SECRET))
    assert error.server
    assert "smtp.security" in str(error)
    assert mailbox.messages == []


def test_a_server_that_speaks_no_tls_where_it_should_is_not_trusted():
    with speaking(says(b"220 hello\r\n"), is_silent) as settings:
        error = refused(settings.model_copy(update={"security": "tls"}))
    assert error.server
    assert "no trustworthy TLS" in str(error)


def test_a_server_that_drips_is_cut_off():
    began = time.monotonic()
    with speaking(drips) as settings:
        error = refused(settings)
    assert error.server
    assert time.monotonic() - began < 10


def test_a_server_that_is_silent_is_given_up():
    with speaking(is_silent) as settings:
        assert refused(settings).server


def test_a_server_that_turns_us_away_is_quoted():
    with speaking(says(b"554 no service for you\r\n")) as settings:
        error = refused(settings)
    assert (error.server, error.permanent, error.code) == (True, False, 554)
    assert "no service for you" in str(error)


def test_a_server_that_hangs_up_at_once_is_not_the_recipients_fault():
    with speaking(says(b"220 hello\r\n")) as settings:
        assert refused(settings).server


def test_a_hostile_reply_is_shown_in_one_visible_line(mailbox):
    with speaking(says(b"554 \x1b[2J\xff" + b"x" * 5000 + b"\r\n")) as settings:
        error = refused(settings)
    assert "\x1b" not in str(error)
    assert len(str(error)) < 500


def test_checking_sends_nothing(mailbox):
    SmtpChannel(mailbox.settings()).check()
    assert mailbox.messages == []
    assert mailbox.attempts.total() == 0
