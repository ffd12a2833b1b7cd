"""The doctor finds each thing that would stop a run, and says what to do; real servers refuse, real files are in the way."""

from __future__ import annotations

import socket
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink
from aiosmtpd.smtp import AuthResult

from pipelines.config import load_config
from pipelines.lock import held_lock
from stancewatch import doctor


def checks(desk: Any) -> dict[str, dict[str, str]]:
    """Check name → what the command told of it (its last word, should there be several)."""
    answer = desk("doctor", "--json")
    found = {check["name"]: check for check in answer.objects}
    assert answer.code == (1 if any(c["state"] == "fault" for c in answer.objects) else 0)
    assert answer.err == ""
    return found


@contextmanager
def mail_server(**options: Any) -> Iterator[int]:
    """A real SMTP server on a free port; gives the port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(Sink(), hostname="127.0.0.1", port=port, **options)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


def test_all_is_well_in_a_new_place(desk: Any):
    answer = desk("doctor")
    assert answer.code == 0
    assert "everything is in order" in answer.out
    assert "none at" in checks(desk)["database"]["found"]
    assert not desk.data.exists()


def test_faults_of_the_configuration_are_listed_and_stop_the_rest(desk: Any):
    (desk.config / "sources.yml").write_text("- {id: x}\n- {id: y, kind: feeed}\n", encoding="utf-8")
    answer = desk("doctor", "--json")
    faults = [c["found"] for c in answer.objects if c["state"] == "fault"]
    assert any("sources.yml:1:" in fault for fault in faults)
    assert any("sources.yml:2:" in fault for fault in faults)
    assert answer.code == 1
    assert "database" not in {c["name"] for c in answer.objects}


def test_a_configuration_folder_that_is_missing_is_named(tmp_path: Path, desk: Any):
    desk.config = tmp_path / "nowhere"
    answer = desk("doctor")
    assert answer.code == 1
    assert "nowhere: no such folder" in answer.out


@pytest.mark.parametrize("part", ["data", "data/archive"])
def test_a_file_where_a_folder_should_be(desk: Any, part: str):
    place = desk.folder / part
    place.parent.mkdir(exist_ok=True)
    place.write_text("in the way")
    found = checks(desk)["archive"]
    assert (found["state"], "is a file, not a folder" in found["found"]) == ("fault", True)


def test_an_archive_folder_that_cannot_be_written(desk: Any):
    # /proc/self refuses new files even to root, as a read-only disk does.
    (desk.data).mkdir()
    (desk.data / "archive").symlink_to("/proc/self")
    found = checks(desk)["archive"]
    assert found["state"] == "fault"
    assert "cannot be written to" in found["found"]
    assert "user that runs stancewatch" in found["advice"]


def test_a_full_disk(desk: Any):
    text = (
        (desk.config / "stancewatch.yml")
        .read_text()
        .replace("min_free_bytes: 0", "min_free_bytes: 999999999999999")
    )
    (desk.config / "stancewatch.yml").write_text(text)
    found = checks(desk)["disk"]
    assert (found["state"], "crawl.min_free_bytes" in found["advice"]) == ("fault", True)


def test_a_database_that_does_not_answer(desk: Any):
    desk.environ["STANCEWATCH_DATABASE"] = "postgresql://watch:hunter3@127.0.0.1:1/watch"
    found = checks(desk)["database"]
    assert (found["state"], "127.0.0.1:1" in found["found"]) == ("fault", True)
    assert "hunter3" not in str(found)


def test_a_file_that_is_no_database(desk: Any):
    desk.data.mkdir()
    (desk.data / "stancewatch.db").write_bytes(b"Dear diary, " * 500)
    found = checks(desk)["database"]
    assert (found["state"], "no SQLite database" in found["found"]) == ("fault", True)


def test_a_database_without_our_tables(desk: Any):
    desk.data.mkdir()
    connection = sqlite3.connect(desk.data / "stancewatch.db")
    connection.execute("CREATE TABLE other (x)")
    connection.commit()
    connection.close()
    found = checks(desk)["database"]
    assert (found["state"], "db upgrade" in found["advice"]) == ("fault", True)


def test_a_mail_server_that_does_not_answer(desk: Any):
    desk.settings("smtp: {host: 127.0.0.1, port: 1}\n")
    found = checks(desk)["mail"]
    assert (found["state"], "does not answer" in found["found"]) == ("fault", True)


def test_a_mail_server_that_refuses_the_login(desk: Any):
    def refuse(*_: object) -> AuthResult:
        return AuthResult(success=False, handled=False)

    with mail_server(authenticator=refuse, auth_require_tls=False) as port:
        desk.settings(f"smtp: {{host: 127.0.0.1, port: {port}, username: watch}}\n")
        desk.environ["STANCEWATCH_SMTP__PASSWORD"] = "hunter2"
        found = checks(desk)["mail"]
    assert found["state"] == "fault"
    assert "refused the login of 'watch'" in found["found"]
    assert "hunter2" not in str(found)


def test_a_mail_server_without_the_tls_that_is_asked_for(desk: Any):
    with mail_server() as port:
        desk.settings(f"smtp: {{host: 127.0.0.1, port: {port}, security: starttls}}\n")
        assert checks(desk)["mail"]["state"] == "fault"


def test_a_mail_server_that_lets_us_in(desk: Any):
    with mail_server() as port:
        desk.settings(f"smtp: {{host: 127.0.0.1, port: {port}}}\n")
        found = checks(desk)["mail"]
    assert (found["state"], "lets us in without a login" in found["found"]) == ("ok", True)


def test_who_else_is_at_work(desk: Any):
    desk.data.mkdir()
    with held_lock(desk.data / "schedule.lock", "the scheduler"):
        assert "the scheduler is running already" in checks(desk)["running"]["found"]
    assert checks(desk)["running"]["found"] == "nothing is running"


def test_a_clock_that_went_back(desk: Any, story: Any):
    from pipelines import ledger

    ledger.open_run(story.store, "crawl", datetime(2035, 1, 1, tzinfo=UTC))
    found = checks(desk)["clock"]
    assert (found["state"], "timedatectl" in found["advice"]) == ("fault", True)


def test_a_clock_before_this_program_was_written(desk: Any):
    config = load_config(desk.config)
    assert doctor.clock_is_sane(config, datetime(1970, 1, 1, tzinfo=UTC)).state == "fault"


def test_old_versions_of_what_is_beneath(desk: Any):
    config = load_config(desk.config)
    assert doctor.python((3, 10, 9)).state == "fault"
    old = doctor.sqlite(config, (3, 40, 1))
    assert (old.state, "3.51.3" in old.advice) == ("note", True)
    assert doctor.sqlite(config, (3, 51, 3)).state == "ok"


def test_a_database_elsewhere_makes_the_local_sqlite_no_matter(desk: Any):
    config = load_config(desk.config, {"STANCEWATCH_DATABASE": "postgresql://watch@db.example/watch"})
    assert doctor.sqlite(config, (3, 40, 1)).state == "ok"


@pytest.mark.parametrize(
    ("variables", "state", "words"),
    [
        ({}, "fault", "channel desk has no address: set STANCEWATCH_CHANNELS__DESK"),
        ({"STANCEWATCH_CHANNELS__DESK": "nosuch://hunter2"}, "fault", "is no address that Apprise knows"),
        ({"STANCEWATCH_CHANNELS__DESK": "json://hunter2@127.0.0.1/"}, "ok", "desk (JSON)"),
    ],
)
def test_channels_that_subscribers_name_must_have_an_address(
    desk: Any, variables: dict[str, str], state: str, words: str
):
    desk.settings("alerts: {subscribers: [{channel: desk}]}\n")
    desk.environ.update(variables)
    check = checks(desk)["channels"]
    assert check["state"] == state
    assert words in check["found"]
    assert "hunter2" not in str(check)


@pytest.mark.parametrize(
    ("settings", "secret", "state", "words"),
    [
        ("", None, "ok", "mails carry no link"),
        ("unsubscribe_url: 'https://watch.example/unsubscribe'", None, "note", "STANCEWATCH_SECRET is not"),
        ("unsubscribe_url: 'https://watch.example/unsubscribe'", "x" * 16, "ok", "by one click"),
        ("unsubscribe_mailto: stop@desk.example", None, "ok", "by a mail to stop@desk.example"),
    ],
)
def test_whether_mails_can_be_unsubscribed_from_is_said(
    desk: Any, settings: str, secret: str | None, state: str, words: str
):
    desk.settings(f"alerts: {{{settings}}}\n")
    if secret:
        desk.environ["STANCEWATCH_SECRET"] = secret
    check = checks(desk)["unsubscribe"]
    assert check["state"] == state
    assert words in check["found"]
