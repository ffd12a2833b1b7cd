"""SIGKILL at 200 random moments of reading, storing and mailing: nothing lost, nothing doubled, and nobody could tell.

Below the crawler, so that 200 kills take seconds: real archive, real database, real mail server, pages that say in
their own text what is to be read in them. `bench/kills.py` does the same to whole crawls by HTTP.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from support.mailbox import Mailbox
from support.store import Story, capture, config, dump

from extract.types import Capture
from pipelines import ledger
from pipelines.alerts import outbox as delivery
from pipelines.archive import ArchiveWriter, Exchange, read_response, recover
from pipelines.clock import standing
from pipelines.config import Config, Subscriber
from pipelines.store import queries
from pipelines.store.session import Store, open_store

FORK = multiprocessing.get_context("fork")
START = datetime(2026, 11, 1, 6, tzinfo=UTC)
# Longer than a killed deliverer's claim, so that the next attempt may take up what it left.
LATER = timedelta(hours=1)
ALL = ("new", "stance", "terms", "withdrawn")
SUBSCRIBERS = [
    Subscriber(email="ana@desk.example", kinds=ALL, when="provisional"),
    Subscriber(email="eva@desk.example", kinds=ALL),
]

# Three looks at the world: (source, path or "" for a watched page, text).
LOOKS = (
    (
        ("zoom-guide", "", "zoom HK complies process=court_order: We answer Hong Kong's court orders."),
        ("meta-guide", "", "meta * conditional process=warrant: We disclose content only on a warrant."),
        ("courier", "/a", "zoom US complies: Zoom gives the United States what it asks for."),
        ("herald", "/a", "The harbour was closed for three days after the storm."),
        ("herald", "/b", "! wall: consent"),
        ("courier", "/b", "whatsapp US refuses: WhatsApp hands nothing to the police of the United States."),
    ),
    (
        ("zoom-guide", "", "zoom HK pauses: We do not answer requests from Hong Kong for now."),
        ("meta-guide", "", "meta * conditional process=subpoena: We disclose content on a subpoena."),
        ("courier", "/c", "zoom US pauses: Zoom has stopped answering the United States.\nIt did not say why."),
        ("herald", "/c", "zoom US pauses: No data goes from Zoom to American police any more, it told us."),
        ("herald", "/b", "whatsapp US refuses: No message leaves WhatsApp for American police."),
        ("courier", "/a", "zoom US complies: Zoom gives the United States what it asks for."),
    ),
    (
        ("zoom-guide", "", "zoom HK reviewing: We are reviewing how we answer Hong Kong."),
        ("meta-guide", "", "! wall: consent"),
        ("courier", "/d", "meta HK refuses: Meta gives Hong Kong nothing.\nmeta US complies: It answers the US."),
        ("courier", "/b", "WhatsApp has not decided yet what it tells the police of the United States."),
    ),
)  # fmt: skip

# What any two lives may differ in: when an attempt was made, and where its bytes lie.
VARYING = (
    "queued", "due", "next_attempt", "sent", "attempts", "warc_file", "warc_offset", "run_id", "recorded", "moved",
)  # fmt: skip


class World:
    """A database, an archive, a mailbox, and the work of three days, done by children that may be killed."""

    def __init__(self, url: str, folder: Path, mailbox: Mailbox) -> None:
        self.url, self.archive, self.mailbox = url, folder / "archive", mailbox
        self.archive.mkdir(parents=True)
        plain = config(*SUBSCRIBERS)
        self.config = Config(
            plain.settings.model_copy(update={"smtp": mailbox.settings()}), plain.sources, plain.knowledge
        )
        self.attempts = 0
        self.before = len(mailbox.messages)

    def work(self) -> None:
        """What a child does: mend the archive, take each look at the world, and send after each what is due."""
        recover(self.archive)
        store = open_store(self.url)
        ledger.abort_dead_runs(store, "crawl", START)
        with store.reading() as session:
            runs = queries.runs(session, "crawl", 1000)
        # Yesterday's look is not taken again; mail that it left goes out before today's begins, as it would have.
        done = sum(run.state == "ok" for run in runs)
        if done and runs[0].state == "ok":
            self._deliver(store, done - 1)
        for n, pages in list(enumerate(LOOKS))[done:]:
            run_id = ledger.open_run(store, "crawl", START)
            # All pages are as they are on that day, whenever it is that a look is taken again.
            day = START + timedelta(days=n)
            story = Story(store, standing(day), self.config, run_id=run_id)
            with ArchiveWriter(self.archive, standing(day)) as writer:
                for minute, (source, path, text) in enumerate(pages):
                    host = capture(source, "", day).url.removesuffix("/feed")
                    page = capture(source, text, day + timedelta(minutes=minute), url=host + path)
                    story.intake.take(self._archived(writer, page))
            ledger.finish_run(store, run_id, "ok", {}, None, day)
            self._deliver(store, n)
        store.close()

    def _deliver(self, store: Store, look: int) -> None:
        at = START + timedelta(days=look) + self.attempts * LATER
        delivery.deliver(store, self.config, standing(at))

    @staticmethod
    def _archived(writer: ArchiveWriter, page: Capture) -> Capture:
        headers = tuple(page.headers.items())
        ref = writer.write(Exchange(page.url, "GET", (), page.status, "OK", headers, page.body, page.fetched))
        return replace(page, warc_file=ref.file, warc_offset=ref.offset)

    def attempt(self, at_step: int | None = None) -> int:
        """Do the work in a child of its own; it gets SIGKILL at a step if one is given. Returns how many steps it took.

        A step is any call, in Python or into C, and its return: so there is one before and after each write, sync,
        commit and word to the mail server, and the same number gives the same moment on any machine.
        """
        self.attempts += 1
        steps = FORK.Value("q", 0, lock=False)
        child = FORK.Process(target=_counted, args=(self.work, steps, at_step))
        child.start()
        child.join()
        assert child.exitcode == (-signal.SIGKILL if steps.value == at_step else 0)
        return steps.value

    def mails(self) -> Counter[str]:
        """Message-ID → how often it came."""
        return Counter(mail["Message-ID"] for mail in self.mailbox.messages[self.before :])

    def contents(self) -> dict[str, list[str]]:
        store = open_store(self.url)
        try:
            return dump(store, last_seen=False, runs=False, leave_out=VARYING)
        finally:
            store.close()

    def check_archive_and_fold(self) -> None:
        """Each stored capture is whole in a sealed file, and positions are what their statements say."""
        store = open_store(self.url)
        try:
            with store.reading() as session:
                stored = queries.captures(session, limit=1000)
            for row in stored:
                assert read_response(self.archive, row.warc_file, row.warc_offset).url == row.url
            assert ledger.rebuild(store, context=Story(store, standing(START), self.config).context) == []
        finally:
            store.close()
        assert not list(self.archive.glob("*.open"))


def _counted(work: Callable[[], None], steps: Any, at_step: int | None) -> None:
    done = 0

    def step(_frame: FrameType, _event: str, _argument: object) -> None:
        nonlocal done
        done += 1
        if done == at_step:
            steps.value = done
            os.kill(os.getpid(), signal.SIGKILL)

    sys.setprofile(step)
    work()
    sys.setprofile(None)
    steps.value = done


@pytest.mark.parametrize("seed", [1, 2, 3, 4])  # of 50 kills each, so that both processors are put to work
def test_killed_at_random_moments_it_ends_as_if_undisturbed(new_url, tmp_path, database, seed):
    draw = random.Random(seed)
    # A new database takes PostgreSQL most of the time; what differs there is the commit, not the way to it.
    left = 50 if database == "sqlite" else 10
    with Mailbox() as mailbox:
        calm = World(new_url(), tmp_path / "calm", mailbox)
        length = calm.attempt()
        expected, mails = calm.contents(), calm.mails()
        assert len(expected["changes"]) > 8
        assert set(mails.values()) == {1}
        assert len(mails) > 12

        for life in count(1):
            world = World(new_url(), tmp_path / str(life), mailbox)
            killed = 0
            while killed < min(left, 10):
                # A third of the way at most, so that one life is killed often, and early as well as late.
                moment = draw.randint(1, length // 3)
                if world.attempt(moment) != moment:
                    break
                killed += 1
            else:
                world.attempt()
            left -= killed
            # Nobody could tell.
            assert world.contents() == expected
            # None lost and none made up: a repeated mail has its old Message-ID.
            assert world.mails().keys() == mails.keys()
            assert world.mails().total() - len(mails) <= killed
            world.check_archive_and_fold()
            if not left:
                break
