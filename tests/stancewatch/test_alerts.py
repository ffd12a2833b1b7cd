"""`alerts …` and `serve`: who unsubscribed, channels, the feed, and the web end as a program of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from http.client import HTTPConnection
from typing import Any

import pytest
from pydantic import SecretStr
from support.mailbox import Mailbox

from pipelines.alerts.tokens import token_of

SECRET = "a secret of the test suite"
TOKEN = token_of("desk@example.org", SecretStr(SECRET))


def gone(desk: Any) -> list[tuple[str, str]]:
    return [
        (one["recipient"], one["how"]) for one in desk("alerts", "list", "--unsubscribed", "--json").objects
    ]


@pytest.mark.parametrize("who", ["Desk@example.org", TOKEN, f"https://watch.example/unsubscribe/{TOKEN}"])
def test_an_address_is_unsubscribed_by_itself_or_by_its_token(desk: Any, told: Any, who: str):
    desk.environ["STANCEWATCH_SECRET"] = SECRET
    assert desk("alerts", "unsubscribe", who, "--json").objects[0]["changed"] is True
    assert "gets no more alerts (as before)" in desk("alerts", "unsubscribe", who).out
    assert gone(desk) == [("desk@example.org", "command")]
    assert "1 unsubscribed: desk@example.org" in desk("alerts", "list").out
    assert "desk@example.org" in desk("alerts", "list", "--unsubscribed").out


@pytest.mark.parametrize("who", [TOKEN, "nobody", ""])
def test_what_is_neither_address_nor_token_is_wrong_usage(desk: Any, told: Any, who: str):
    answer = desk("alerts", "unsubscribe", who)
    assert (answer.code, answer.out) == (2, "")
    assert "neither an address nor a token" in answer.err


def test_who_comes_back_is_said_to_be_in_the_settings_or_not(desk: Any, told: Any):
    assert "as before" in desk("alerts", "resubscribe", "desk@example.org").out
    desk("alerts", "unsubscribe", "desk@example.org")
    desk("alerts", "unsubscribe", "channel:desk")
    assert "once alerts.subscribers names it" in desk("alerts", "resubscribe", "desk@example.org").out
    desk.settings("alerts: {subscribers: [{channel: desk}]}\n")
    assert "channel:desk gets alerts again" in desk("alerts", "resubscribe", "Channel:desk".lower()).out
    assert desk("alerts", "resubscribe", "desk").code == 2
    assert gone(desk) == []
    assert "nobody unsubscribed" in desk("alerts", "list", "--unsubscribed").out


def test_the_feed_is_written_by_its_command_and_after_delivery(desk: Any, told: Any):
    answer = desk("alerts", "feed", "--json").objects
    file = desk.data / "feeds" / "changes.atom"
    assert answer == [{"file": str(file), "entries": 1, "changed": True}]
    assert f"{file}: 1 change" in desk("alerts", "feed").out
    file.unlink()
    with Mailbox() as box:
        desk.settings(
            f"smtp: {{host: 127.0.0.1, port: {box.port}}}\nalerts: {{subscribers: [{{email: desk@example.org}}]}}\n"
        )
        assert desk("alerts", "send").code == 0
    assert "Zoom" in file.read_text(encoding="utf-8")


def test_a_feed_that_cannot_be_written_stops_no_mail(desk: Any, told: Any, caplog: Any):
    (desk.data / "feeds").write_text("in the way", encoding="utf-8")
    with Mailbox() as box:
        desk.settings(
            f"smtp: {{host: 127.0.0.1, port: {box.port}}}\nalerts: {{subscribers: [{{email: desk@example.org}}]}}\n"
        )
        assert desk("alerts", "send").code == 0
        assert len(box.messages) == 1
    assert "the feed of changes cannot be written" in caplog.text


def test_a_digest_that_waits_for_its_hour_is_no_trouble(desk: Any, told: Any):
    desk.settings("alerts: {subscribers: [{email: desk@example.org, deliver: weekly}]}\n")
    with told.store.writing() as session:
        session.connection().exec_driver_sql(
            "UPDATE alerts SET deliver = 'weekly', due = '2999-01-01', next_attempt = '2999-01-01'"
        )
    findings = desk("health", "--json").objects[0]["findings"]
    assert [f for f in findings if f["about"] == "outbox"] == []


def test_a_trial_to_a_channel_without_an_address_says_what_to_set(desk: Any):
    answer = desk("alerts", "test", "channel:desk")
    assert answer.code == 1
    assert "STANCEWATCH_CHANNELS__DESK" in answer.err


def test_the_web_end_runs_as_a_program_of_its_own_and_logs_no_token(desk: Any, told: Any):
    command = [sys.executable, "-m", "stancewatch", "--config", str(desk.config), "serve", "--port", "0"]
    environ = os.environ | {"STANCEWATCH_SECRET": SECRET}
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environ
    ) as web:
        try:
            assert web.stderr is not None
            said = []
            while not said or "the desk is at" not in said[-1]:
                said.append(web.stderr.readline())
            assert said[0] == "nobody may sign in yet: `stancewatch user add NAME --role admin`\n"
            port = int(said[-1].rstrip("/\n").rpartition(":")[2])
            for method, path in (
                ("GET", "/healthz"),
                ("GET", "/unsubscribe/x"),
                ("POST", f"/unsubscribe/{TOKEN}"),
            ):
                connection = HTTPConnection("127.0.0.1", port, timeout=20)
                connection.request(method, path, "List-Unsubscribe=One-Click" if method == "POST" else None)
                answer = connection.getresponse()
                seen = answer.status, answer.read()
                connection.close()
                assert seen[0] == (404 if path.endswith("/x") else 200)
                if path == "/healthz":
                    assert json.loads(seen[1]) == {"ok": True}
        finally:
            web.send_signal(signal.SIGTERM)
            out, err = web.communicate(timeout=60)
    assert TOKEN not in out + err
    assert gone(desk) == [("desk@example.org", "one-click")]
