"""Two desks on one database, killed while analysts rule: what was answered is stored, and all that is stored fits together."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from threading import Lock
from urllib.parse import urlencode

import pytest
from support.people import join
from support.store import Story

from extract.types import digest_of
from pipelines import ledger
from pipelines.clock import utc_now
from pipelines.config import load_config
from pipelines.store import people, queries
from pipelines.store.people import Role
from pipelines.store.session import Store, open_store

COOKIE = "stancewatch"
WHO = ("ana", "bo")
RULINGS = ("accept", "reject", "correct")


@dataclass
class Tally:
    """Rulings that were answered, over all desks; each desk is killed once so many were."""

    answered: int = 0
    lock: Lock = field(default_factory=Lock)

    def count(self) -> int:
        with self.lock:
            self.answered += 1
            return self.answered


@contextmanager
def serving(url: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """The real program, serving; killed at the end if it still lives."""
    command = (sys.executable, "-m", "stancewatch", "serve", "--port", "0")
    environ = {**os.environ, "STANCEWATCH_DATABASE": url, "STANCEWATCH_DATA_DIR": str(Path(url.removeprefix("sqlite:///")).parent)}  # fmt: skip
    desk = subprocess.Popen(
        command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    try:
        assert desk.stderr is not None
        said = next(found for line in desk.stderr if (found := re.search(r":(\d+)/", line)))
        yield desk, int(said[1])
    finally:
        desk.kill()
        desk.wait()
        assert desk.stderr is not None
        desk.stderr.close()


def rule(
    port: int, who: str, ids: list[str], seed: int, tally: Tally, kill: dict[int, subprocess.Popen[str]]
) -> None:
    """Rule on one statement after the other, whatever stands, until the desk is gone."""
    draw = random.Random(seed)
    headers = {"Cookie": f"{COOKIE}={who}", "Sec-Fetch-Site": "same-origin", "Content-Type": "application/x-www-form-urlencoded"}  # fmt: skip
    while True:
        ruling = draw.choice(RULINGS)
        fields = {"reason": "tried"}
        if ruling == "correct":
            fields |= {"company": draw.choice(["zoom", "meta"]), "authority": "US", "stance": draw.choice(["refuses", "unable"]), "time": "now"}  # fmt: skip
        desk = HTTPConnection("127.0.0.1", port, timeout=60)
        try:
            desk.request("POST", f"/statements/{draw.choice(ids)}/{ruling}", urlencode(fields), headers)
            answer = desk.getresponse()
            answer.read()
        except (OSError, HTTPException):
            return
        finally:
            desk.close()
        assert answer.status in (303, 422), answer.status  # 422: it was read so already
        if answer.status == 303 and (victim := kill.get(tally.count())):
            victim.send_signal(signal.SIGKILL)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'stancewatch.db'}"


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    opened = open_store(url, upgrade=True)
    yield opened
    opened.close()


def test_what_was_answered_is_stored_and_all_fits_together(store: Store, url: str, clock):
    clock.now = utc_now()
    story = Story(store, clock)
    for n in range(24):
        stance = ("refuses", "complies", "pauses")[n // 4 % 3]
        story.reports(("courier", "herald")[n % 2], f"{('zoom', 'meta')[n % 2]} HK {stance}: It said {n}.", path=f"/{n}")  # fmt: skip
    for who in WHO:
        join(store, clock, Role.ANALYST, who)
        with store.writing() as session:
            people.begin_session(session, who, digest_of(who), utc_now())
    context = ledger.context_of(load_config())
    ledger.rebuild(store, context=context, apply_at=utc_now())
    with store.reading() as session:
        ids = [said.id for said in queries.statements(session, limit=None)]
    tally = Tally()
    with ExitStack() as stack:
        (first, one), (second, two) = (stack.enter_context(serving(url)) for _ in range(2))
        kill = {12: first, 30: second}
        with ThreadPoolExecutor(4) as posting:
            at = [(port, who) for port in (one, two) for who in WHO]
            for done in [posting.submit(rule, *to, ids, n, tally, kill) for n, to in enumerate(at)]:
                done.result()
    with store.reading() as session:
        stored = len(queries.verdicts(session, limit=10_000))
    assert (
        30 <= tally.answered <= stored <= tally.answered + len(at)
    )  # one of each may have been stored unanswered
    assert ledger.rebuild(store, context=context) == []
