"""Channels: a title and the text to a real web hook, tried again when it fails, and never a word of its address."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from pydantic import SecretStr
from support.mailbox import free_port
from support.post import AGAIN, ANA, COMPLIES, PAUSES

from pipelines.alerts import outbox as delivery
from pipelines.alerts.channels import DeliveryError
from pipelines.alerts.chat import BODY_LIMIT, ChatChannel
from pipelines.config import Subscriber
from pipelines.store import outbox

DESK = Subscriber(channel="desk", kinds=("new", "stance", "terms", "withdrawn"), when="provisional")


class Hook:
    """A web hook: keeps what it is given; `replies` are its next statuses, then 200."""

    def __init__(self) -> None:
        self.given: list[dict[str, str]] = []
        self.replies: list[int] = []
        self.port = 0

    def url(self, secret: str = "hunter2") -> SecretStr:
        return SecretStr(f"json://watch:{secret}@127.0.0.1:{self.port}/")


@pytest.fixture
def hook() -> Iterator[Hook]:
    with hooked() as one:
        yield one


@contextmanager
def hooked() -> Iterator[Hook]:
    hook = Hook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = hook.replies.pop(0) if hook.replies else 200
            if status == 200:
                hook.given.append(json.loads(body))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hook.port = server.server_address[1]
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield hook
    finally:
        server.shutdown()
        server.server_close()


def desk(post, hook, *others):
    one = post(DESK, *others)
    one.change(channels={"desk": hook.url()})
    return one


def of(one) -> outbox.Alert:
    with one.store.reading() as session:
        (found,) = [a for a in outbox.alerts(session) if a.recipient == "channel:desk"]
    return found


def test_a_channel_gets_a_title_and_the_mails_text(post, hook, mailbox):
    one = desk(post, hook, ANA)
    one.story.reports("courier", PAUSES)
    assert one.deliver() == (2, 0, 0)
    assert one.deliver() == (0, 0, 0)
    (given,) = hook.given
    assert given["title"] == "[stancewatch] Zoom → Hong Kong: no stated position → pauses (provisional)"
    assert "Zoom stopped handling requests from Hong Kong." in given["message"]
    assert [m["To"] for m in mailbox.messages] == ["ana@desk.example"]


def test_a_channel_may_have_digests(post, hook, clock):
    one = post(DESK.model_copy(update={"deliver": "daily"}))
    one.change(channels={"desk": hook.url()})
    one.story.reports("courier", COMPLIES)
    one.story.reports("courier", "meta US refuses: Meta refuses all requests.", path="/b")
    clock.tick(days=1)
    assert one.deliver() == (2, 0, 0)
    assert [given["title"] for given in hook.given] == [
        "[stancewatch] Daily digest: 2 changes at Meta and Zoom"
    ]


@pytest.mark.parametrize("status", [500, 503, 429, 401, 404])
def test_a_channel_that_fails_is_tried_again_with_the_same_waits(post, hook, clock, status):
    one = desk(post, hook, ANA)
    one.story.reports("courier", PAUSES)
    hook.replies = [status] * 2
    assert one.deliver() == (1, 1, 0)  # and keeps back nobody
    assert str(status) in of(one).error
    clock.tick(minutes=1)
    assert one.deliver() == (0, 1, 0)
    clock.tick(minutes=4)
    assert one.deliver() == (0, 0, 0)
    clock.tick(minutes=1)
    assert one.deliver() == (1, 0, 0)
    assert len(hook.given) == 1


def test_no_word_of_a_failure_holds_the_address(post, hook, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    one = desk(post, hook)
    hook.replies = [500]
    for url in (hook.url("hunter2"), SecretStr(f"json://watch:hunter2@127.0.0.1:{free_port()}/hunter2")):
        one.change(channels={"desk": url})
        one.story.reports("courier", PAUSES)
        assert one.deliver() == (0, 1, 0)
        one.clock.tick(minutes=1)
        shown = f"{of(one).error} {one.config.settings!r} {caplog.text} {capfd.readouterr()}"
        assert "channel desk (JSON)" in shown
        assert "hunter2" not in shown
        assert "127.0.0.1" not in of(one).error


@pytest.mark.parametrize(
    ("url", "words"),
    [
        (None, "channel desk has no address: set STANCEWATCH_CHANNELS__DESK"),
        ("hunter2", "STANCEWATCH_CHANNELS__DESK is no address that Apprise knows"),
        ("nosuch://hunter2", "STANCEWATCH_CHANNELS__DESK is no address that Apprise knows"),
        ("slack://hunter2", "STANCEWATCH_CHANNELS__DESK is no address that Apprise knows"),
    ],
)
def test_a_channel_without_a_usable_address_waits_and_says_what_to_set(post, hook, url, words, caplog, capfd):
    one = post(DESK)
    one.change(channels={"desk": SecretStr(url)} if url else {})
    one.story.reports("courier", PAUSES)
    assert one.deliver() == (0, 1, 0)
    assert words in of(one).error
    assert "hunter2" not in f"{of(one).error} {caplog.text} {capfd.readouterr()}"
    one.change(channels={"desk": hook.url()})
    one.clock.tick(minutes=1)
    assert one.deliver() == (1, 0, 0)


def test_a_long_text_is_cut_at_a_line(post, hook):
    one = desk(post, hook)
    one.story.reports("courier", "zoom HK pauses: " + "Zoom stopped handling requests from Hong Kong. " * 90)
    one.deliver()
    message = hook.given[0]["message"]
    assert len(message) <= BODY_LIMIT
    assert message.endswith("\n… (more: `stancewatch alerts list`)")


def test_a_service_that_takes_little_gets_little(post, hook, monkeypatch):
    monkeypatch.setattr("apprise.plugins.custom_json.NotifyJSON.body_maxlen", 160)
    monkeypatch.setattr("apprise.plugins.custom_json.NotifyJSON.title_maxlen", 0)
    one = desk(post, hook)
    one.story.reports("courier", PAUSES)
    assert one.deliver() == (1, 0, 0)
    (given,) = hook.given  # one message, in which the service puts the title before the text
    assert len(given["message"]) <= 160
    assert given["message"].startswith("[stancewatch] Zoom → Hong Kong")


def test_a_mail_server_that_is_down_keeps_back_no_channel(post, hook, mailbox, clock):
    one = desk(post, hook, ANA)
    one.change(smtp=mailbox.settings(port=free_port()))
    one.story.reports("courier", PAUSES)
    one.story.reports("courier", "meta US refuses: Meta refuses all requests.", path="/b")
    assert one.deliver() == (2, 2, 0)
    assert len(hook.given) == 2
    one.change(smtp=mailbox.settings())
    clock.tick(minutes=1)
    assert one.deliver() == (2, 0, 0)


def test_scraped_words_call_nobody_in_a_chat(post, hook):
    one = desk(post, hook)
    one.story.reports("courier", "zoom HK pauses: Zoom stopped. @everyone <!channel> <@U123> look")
    one.deliver()
    message = hook.given[0]["message"]
    assert "everyone" in message
    assert not [call for call in ("@everyone", "<!channel", "<@U") if call in message]


def test_a_confirmation_follows_on_the_channel(post, hook, clock):
    one = desk(post, hook)
    one.story.reports("courier", PAUSES)
    one.deliver()
    clock.tick(hours=1)
    one.story.reports("herald", AGAIN)
    assert one.deliver() == (1, 0, 0)
    assert [given["title"].rpartition("(")[2] for given in hook.given] == ["provisional)", "confirmed)"]


def test_a_chat_is_shown_no_link_that_would_end_it_for_all(post, hook):
    one = desk(post, hook)
    url = "https://watch.example/unsubscribe"
    one.change(secret=SecretStr("a secret of the test suite"), alerts={"unsubscribe_url": url})
    one.story.reports("courier", PAUSES)
    one.deliver()
    assert url not in str(hook.given)


def test_a_plugin_that_fails_in_its_own_way_keeps_back_nobody(post, hook, monkeypatch):
    one = desk(post, hook, ANA)
    one.story.reports("courier", PAUSES)

    def broken(*_: object, **__: object) -> bool:
        raise KeyError("json://watch:hunter2@127.0.0.1/")

    monkeypatch.setattr("apprise.Apprise.notify", broken)
    assert one.deliver() == (1, 1, 0)
    assert of(one).error == "channel desk broke off: KeyError"


def test_a_trial_goes_to_a_channel_too(post, hook, clock):
    one = desk(post, hook)
    assert delivery.test_message(one.config, "channel:desk", clock) == "channel:desk"
    assert hook.given[0]["title"] == "[stancewatch] A trial mail"
    with pytest.raises(DeliveryError, match="STANCEWATCH_CHANNELS__OTHER"):
        delivery.test_message(one.config, "channel:other", clock)


def test_a_channel_is_never_given_up_at_once():
    with pytest.raises(DeliveryError) as caught:
        ChatChannel("desk", SecretStr("nosuch://x")).target()
    assert (caught.value.permanent, caught.value.server) == (False, False)
