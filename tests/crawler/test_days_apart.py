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


def test_links_left_over_come_in_the_next_run_and_then_only_what_changed_is_asked_for(
    web: Web, crawls: Crawls
):
    names = [f"a{n}" for n in range(4)]
    news(web, crawls, *names)
    web.site("news")["/a0"] = in_turn(text("oops", 500), article("a0"))
    crawls.settings = {"links_per_source": 3}
    for _ in range(2):
        assert crawls.run().code == 0
    assert sorted(web.paths("news")) == ["/a0", "/a0", "/a1", "/a2", "/a3", "/f", "/f", "/page", "/page"]
    before, asked = crawls.captures(), len(web.asked("news"))
    result = crawls.run()
    again = [a for a in web.asked("news")[asked:] if a.path != "/robots.txt"]
    assert {a.path: a.headers.get("If-None-Match") for a in again} == {"/f": '"v1"', "/page": '"v1"'}
    assert crawls.captures() == before
    assert {result.of(source)["state"] for source in ("news", "page")} == {"done"}


def test_neither_a_kill_after_the_feed_nor_a_stop_amid_the_articles_loses_one(web: Web, crawls: Crawls):
    names = ("one", "two", "three")
    news(web, crawls, *names)
    site, never = web.site("news"), Event()
    archive = crawls.folder / "data" / "archive"

    site["/one"] = hold(never, article("one"))
    process = crawls.start("crawl")
    web.wait_for("news", "/one")
    process.kill()
    process.communicate()
    assert list(archive.glob("*.open"))

    site["/one"], site["/two"] = article("one"), hold(never, article("two"))
    process = crawls.start("crawl", "--progress")
    web.wait_for("news", "/two")
    process.send_signal(signal.SIGTERM)
    result = ended(process)
    never.set()
    assert result.code == 143, result.log
    assert result.events[-1]["state"] == last_run(crawls).state == "aborted"
    assert (web.url("news", "/one"), "ok") in crawls.captures()
    assert web.url("news", "/two") not in crawls.states("news")
    assert not list(archive.glob("*.open"))

    site["/two"] = article("two")
    assert crawls.run().code == 0
    read = {url for url, outcome in crawls.captures() if outcome == "ok"}
    assert {web.url("news", f"/{name}") for name in names} <= read


def test_a_second_crawl_is_told_who_holds_the_lock(web: Web, crawls: Crawls):
    hold_on = Event()
    crawls.settings = {"timeout_s": 100}
    web.site("slow")["/p"] = hold(hold_on, article("x"))
    crawls.source("slow", "page", web.url("slow", "/p"))
    first = crawls.start("crawl", "--now", "2027-03-04T05:06:07Z")
    web.wait_for("slow", "/p")
    second = crawls.run()
    hold_on.set()
    assert second.code == 3
    assert f"process {first.pid}" in second.log
    assert ended(first).code == 0
    assert f"{last_run(crawls).started:%Y-%m-%d}" == "2027-03-04"


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
    assert result.code == 1
    assert web.log == []
    for number in range(4):
        assert "which a source may not reach" in result.of(f"s{number}")["note"]


def test_a_run_to_which_nobody_answered_has_failed(web: Web, crawls: Crawls):
    for number in range(2):
        crawls.source(f"s{number}", "page", f"http://nobody{number}.localhost:1/page")
    result = crawls.run()
    assert result.code == 1
    assert result.events[-1]["state"] == "failed"
    crawls.source("page", "page", web.url("news", "/page"))
    assert crawls.run().code == 0


def test_an_archive_that_cannot_be_written_ends_the_run(web: Web, crawls: Crawls):
    news(web, crawls, "one")
    archive = crawls.folder / "data" / "archive"
    archive.parent.mkdir()
    archive.write_text("not a folder")
    result = crawls.run()
    assert result.code == 4, result.log
    assert "make it a folder that this user may write to" in result.log
    assert web.log == []


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


BROKEN = """
import sys
from crawler.__main__ import main
from crawler.spiders.page import PageSpider

def parse(self, response):
    if "broken" in response.url:
        raise ValueError("no such thing")
    yield self.read(response)

PageSpider.parse = parse
sys.exit(main(["crawl", "--progress"]))
"""


def test_a_fault_of_ours_over_one_page_is_told_of_its_source_and_the_others_go_on(web: Web, crawls: Crawls):
    for name in ("broken", "fine"):
        web.site("news")[f"/{name}"] = article(name)
        crawls.source(name, "page", web.url("news", f"/{name}"))
    script = crawls.folder / "broken.py"  # in a file: Scrapy reads the source of callbacks
    script.write_text(BROKEN, encoding="utf-8")
    result = ended(crawls.process([sys.executable, str(script)]))
    assert result.code == 0
    assert result.of("broken")["state"] == "failed"
    assert "no such thing" in result.of("broken")["note"]
    assert result.of("fine")["captures"] == 1
