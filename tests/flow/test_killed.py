"""A crawl killed anywhere and run again ends in the same database as one that nobody disturbed."""

import json
import subprocess
import sys
from datetime import timedelta
from operator import itemgetter
from pathlib import Path

import pytest
from support.store import dump

from pipelines.archive import read_response
from pipelines.config import load_config
from pipelines.store import queries
from pipelines.store.session import open_store
from stancewatch.crawl import child_environ, crawl_command
from stancewatch.demo import MOMENTS, write_config
from stancewatch.sample import SampleWeb

# What two undisturbed runs differ in as well: times to the microsecond, and the ids of changes and alerts, which name
# the text that a change was first learned of (two outlets' articles arrive in either order).
VARYING = [
    "id", "change_id", "message_id", "first_seen", "fetched", "found", "since", "queued", "next_attempt", "due",
    "held", "before", "after", "occurred", "recorded", "moved",
]  # fmt: skip


def ended(child: subprocess.Popen[str]) -> int:
    """Follow a crawl to its end, its standard input held open: it ends with whoever started it."""
    child.stdout.read()
    child.wait()
    child.stdin.close()
    child.stdout.close()
    return child.returncode


class Place:
    """A data folder of its own, crawled with the sample sites as they are on day 1 or 2."""

    def __init__(self, folder: Path, web: SampleWeb) -> None:
        folder.mkdir()
        self.web = web
        self.crawls = 0
        self.overlay = write_config(folder, web.port, 9)
        self.environ = {"STANCEWATCH_DATA_DIR": str(folder / "data")}
        self.config = load_config(self.overlay, self.environ)

    def start(self, day: int) -> subprocess.Popen[str]:
        moment, state = MOMENTS[day - 1]
        self.web.show(state)
        self.crawls += 1
        moment += timedelta(minutes=self.crawls)
        command = (*crawl_command(now=moment), "--progress")
        return subprocess.Popen(
            command,
            env=child_environ(self.overlay, self.environ),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            process_group=0,
        )

    def crawl(self, day: int) -> None:
        assert ended(self.start(day)) == 0

    def crawl_and_kill(self, day: int, *, at_request: int | None = None, at_event: int | None = None) -> None:
        """Kill the crawl when it makes its n-th request, or tells its n-th step."""
        child = self.start(day)
        asked = 0

        def count() -> None:
            nonlocal asked
            asked += 1
            if asked == at_request:
                child.kill()

        self.web.on_request = count
        try:
            for n, line in enumerate(child.stdout, start=1):
                json.loads(line)
                if n == at_event:
                    child.kill()
        finally:
            self.web.on_request = None
        assert ended(child) == -9

    def contents(self) -> dict[str, list[str]]:
        store = open_store(self.config.settings.database_url)
        try:
            found = dump(store, last_seen=False, places=False, runs=False, leave_out=VARYING)
        finally:
            store.close()
        # How the last request of an address ended is another's business: a second look is answered "not modified".
        found["fetches"] = [
            str(itemgetter("source", "url", "etag")(json.loads(row))) for row in found["fetches"]
        ]
        return found

    def every_capture_is_in_the_archive(self) -> bool:
        store = open_store(self.config.settings.database_url)
        try:
            with store.reading() as session:
                stored = queries.captures(session, limit=1000)
        finally:
            store.close()
        for capture in stored:
            read_response(self.config.settings.archive_dir, capture.warc_file, capture.warc_offset)
        return bool(stored) and not list(self.config.settings.archive_dir.glob("*.open"))


@pytest.fixture(scope="module")
def web():
    with SampleWeb() as serving:
        yield serving


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory, web):
    place = Place(tmp_path_factory.mktemp("calm") / "place", web)
    place.crawl(1)
    place.crawl(2)
    return place.contents()


@pytest.mark.parametrize(
    ("first_day", "second_day"),
    [
        ({"at_request": 2}, {"at_request": 15}),
        ({"at_request": 9}, {"at_event": 12}),
        ({"at_event": 12}, {"at_event": 3}),
    ],
    ids=str,
)
def test_a_killed_crawl_run_again_ends_as_if_undisturbed(tmp_path, web, undisturbed, first_day, second_day):
    place = Place(tmp_path / "place", web)
    place.crawl_and_kill(1, **first_day)
    place.crawl(1)
    place.crawl_and_kill(2, **second_day)
    place.crawl(2)
    assert place.contents() == undisturbed
    assert place.every_capture_is_in_the_archive()


def test_the_same_crawl_twice_adds_no_row(tmp_path, web):
    place = Place(tmp_path / "place", web)
    place.crawl(1)
    once = place.contents()
    place.crawl(1)
    assert place.contents() == once


def test_a_second_crawl_at_once_is_turned_away(tmp_path, web):
    place = Place(tmp_path / "place", web)
    first = place.start(1)
    assert json.loads(first.stdout.readline())["event"] == "start"
    second = subprocess.run(
        [sys.executable, "-m", "crawler", "crawl"],
        env=child_environ(place.overlay, place.environ), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (ended(first), second.returncode) == (0, 3)
    assert "running already" in second.stderr


def test_a_crawl_ends_with_the_command_that_is_killed_over_it_and_the_next_one_works(tmp_path, web):
    place = Place(tmp_path / "place", web)
    command = [sys.executable, "-m", "stancewatch", "run", "--json"]
    environ = child_environ(place.overlay, place.environ)
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, env=environ, **pipes) as killed:
        web.on_request = killed.kill
        killed.communicate()
    web.on_request = None
    assert killed.returncode == -9
    again = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert again.returncode == 0, again.stderr
    store = open_store(place.config.settings.database_url)
    with store.reading() as session:
        assert [run.state for run in queries.runs(session, "crawl", 5)] == ["ok", "aborted"]
    store.close()
