"""What one run leaves for the next: nothing twice, nothing lost, whenever the first one ends."""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path
from threading import Event

import pytest
from support.crawls import Crawls, ended
from support.web import Web, article, feed, hold, in_turn, text, with_etag

from pipelines.store import queries
from pipelines.store.session import open_store


def last_run(crawls: Crawls):
    store = open_store(f"sqlite:///{crawls.folder}/data/stancewatch.db")
    with store.reading() as session:
        run = queries.last_run(session, "crawl")
    store.close()
    return run


def news(web: Web, crawls: Crawls, *names: str) -> None:
    """A feed of these articles and a company page, all with ETags."""
    site = web.site("news")
    site["/f"] = with_etag(feed(web, "news", *names))
    for name in names:
        site[f"/{name}"] = article(name)
    site["/page"] = with_etag(article("A page"))
    crawls.source("news", "feed", web.url("news", "/f"))
    crawls.source("page", "page", web.url("news", "/page"))


def test_a_second_run_adds_nothing_and_asks_only_what_changed(web: Web, crawls: Crawls):
    news(web, crawls, "one", "two")
    assert crawls.run().code == 0
    before, asked = crawls.captures(), len(web.asked("news"))
    result = crawls.run()
    again = web.asked("news")[asked:]
    assert crawls.captures() == before
    assert {a.path: a.headers.get("If-None-Match") for a in again if a.path != "/robots.txt"} == {
        "/f": '"v1"',
        "/page": '"v1"',
    }
    assert {result.of(source)["state"] for source in ("news", "page")} == {"done"}


def test_a_kill_between_the_feed_and_its_articles_loses_none_of_them(web: Web, crawls: Crawls):
    news(web, crawls, "one", "two", "three")
    never = Event()
    for name in ("one", "two", "three"):
        web.site("news")[f"/{name}"] = hold(never, article(name))
    process = crawls.start("crawl")
    web.wait_for("news", "/one")
    process.kill()
    process.communicate()
    never.set()
    assert crawls.run().code == 0
    read = {url for url, outcome in crawls.captures() if outcome == "ok"}
    assert {web.url("news", f"/{name}") for name in ("one", "two", "three")} <= read
    assert not list((crawls.folder / "data" / "archive").glob("*.open"))


def test_links_over_the_cap_and_links_that_failed_come_in_the_next_run(web: Web, crawls: Crawls):
    site = web.site("news")
    names = [f"a{n}" for n in range(4)]
    site["/f"] = with_etag(feed(web, "news", *names))
    site.update({f"/{name}": article(name) for name in names})
    site["/a0"] = in_turn(text("oops", 500), article("a0"))
    crawls.source("news", "feed", web.url("news", "/f"))
    crawls.settings = {"links_per_source": 3}
    for _ in range(2):
        assert crawls.run().code == 0
    assert sorted(web.paths("news")) == ["/a0", "/a0", "/a1", "/a2", "/a3", "/f", "/f"]
    crawls.run()
    assert web.asked("news")[-1].headers["If-None-Match"] == '"v1"'


def test_sigterm_stores_what_was_fetched_seals_the_archive_and_says_so(web: Web, crawls: Crawls):
    news(web, crawls, "one", "two")
    never = Event()
    web.site("news")["/two"] = hold(never, article("two"))
    process = crawls.start("crawl", "--progress")
    web.wait_for("news", "/two")
    process.send_signal(signal.SIGTERM)
    result = ended(process)
    never.set()
    assert result.code == 143, result.log
    assert result.events[-1]["state"] == last_run(crawls).state == "aborted"
    assert (web.url("news", "/one"), "ok") in crawls.captures()
    assert not list((crawls.folder / "data" / "archive").glob("*.open"))
    assert web.url("news", "/two") not in crawls.states("news")
    assert crawls.run().code == 0
    assert (web.url("news", "/two"), "ok") in crawls.captures()


def test_a_second_crawl_is_told_who_holds_the_lock(web: Web, crawls: Crawls):
    hold_on = Event()
    web.site("slow")["/p"] = hold(hold_on, article("x"))
    crawls.source("slow", "page", web.url("slow", "/p"))
    first = crawls.start("crawl")
    web.wait_for("slow", "/p")
    second = crawls.run()
    hold_on.set()
    assert second.code == 3
    assert f"process {first.pid}" in second.log
    assert ended(first).code == 0


@pytest.mark.parametrize(
    ("settings", "words"), [({"min_free_bytes": 2**60}, "are free in"), ({"delay_s": -1}, "delay_s")]
)
def test_a_run_that_cannot_begin_says_why_and_leaves_nothing(
    web: Web, crawls: Crawls, settings: dict, words: str
):
    crawls.source("page", "page", web.url("news", "/page"))
    crawls.settings = settings
    result = crawls.run()
    assert result.code == 4
    assert words in result.log
    assert "Traceback" not in result.log
    assert web.log == []


def test_an_unknown_source_is_named(crawls: Crawls, web: Web):
    crawls.source("page", "page", web.url("news", "/page"))
    result = crawls.run("--source", "pages")
    assert result.code == 4
    assert "did you mean page?" in result.log


def test_a_source_on_this_machine_is_never_asked_without_the_setting_for_it(web: Web, crawls: Crawls):
    crawls.settings = {"allow_loopback": False, "timeout_s": 3}
    for number, host in enumerate(("news.localhost", "127.0.0.1", "[::ffff:127.0.0.1]", "0x7f.1")):
        crawls.source(f"s{number}", "page", f"http://{host}:{web.port}/page")
    result = crawls.run()
    assert result.code == 0
    assert web.log == []
    for number in range(4):
        assert "which a source may not reach" in result.of(f"s{number}")["note"]


def test_an_archive_that_cannot_be_written_ends_the_run(web: Web, crawls: Crawls):
    news(web, crawls, "one")
    archive = crawls.folder / "data" / "archive"
    archive.parent.mkdir()
    archive.write_text("not a folder")
    result = crawls.run()
    assert result.code == 1, result.log
    assert last_run(crawls).state == "failed"
    assert crawls.captures() == []


def test_now_shifts_the_clock(web: Web, crawls: Crawls):
    news(web, crawls, "one")
    assert crawls.run("--now", "2027-03-04T05:06:07Z").code == 0
    assert f"{last_run(crawls).started:%Y-%m-%d}" == "2027-03-04"


SCRAPY = str(Path(sys.executable).parent / "scrapy")


def test_scrapy_knows_the_five_spiders(crawls: Crawls, web: Web):
    crawls.source("page", "page", web.url("news", "/page"))
    out, _ = crawls.process([SCRAPY, "list"]).communicate(timeout=180)
    assert out.split() == ["feed", "listing", "page", "report", "sitemap"]


def test_plain_scrapy_crawls_and_stores_as_the_product_does(web: Web, crawls: Crawls):
    news(web, crawls, "one")
    process = crawls.process([SCRAPY, "crawl", "feed", "-a", "source=news"])
    _, log = process.communicate(timeout=180)
    assert process.returncode == 0, log
    assert (web.url("news", "/one"), "ok") in crawls.captures()
    assert last_run(crawls).state == "ok"
    assert "/page" not in web.paths("news")


def test_a_check_tells_of_every_source_and_stores_nothing(web: Web, crawls: Crawls):
    news(web, crawls, "one", "two")
    web.site("shy")["/robots.txt"] = text("User-agent: *\nDisallow: /")
    crawls.source("shy", "page", web.url("shy", "/p"))
    process = crawls.start("check", "--json")
    out, log = process.communicate(timeout=180)
    assert process.returncode == 0, log
    told = {line["source"]: line for line in map(json.loads, out.splitlines())}
    assert told["news"] | {"status": 200, "robots": "allows", "outcome": "ok", "items": 2} == told["news"]
    assert told["news"]["words"] > 100
    assert told["page"]["outcome"] == "ok"
    assert (told["shy"]["robots"], told["shy"]["outcome"]) == ("forbids", "error")
    assert len(web.paths("news")) == 3
    assert not (crawls.folder / "data").exists()
