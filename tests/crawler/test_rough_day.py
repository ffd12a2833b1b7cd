"""One crawl over many sites, each with a trouble of its own. The crawl runs once; each test looks at one site."""

from __future__ import annotations

import datetime as dt
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from support import web as sites
from support.crawls import Crawls, Result
from support.web import Web, article, feed, redirect, refuses_in_robots, text


@dataclass
class Day:
    """The crawl that was."""

    web: Web
    unsafe: Web
    crawls: Crawls
    result: Result


def certificate(folder: Path, name: str, host: str) -> Path:
    """A self-signed certificate with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    start = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start.replace(year=2090))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / f"{name}.pem"
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + private)
    return path


def context(path: Path) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(path)
    return made


def sources_of(web: Web, safe: Web, unsafe: Web) -> list[dict]:
    """Fills the sites and gives their sources, each named as its site."""
    sources: list[dict] = []

    def source(name: str, kind: str, url: str, **more: object) -> None:
        sources.append({"id": name, "kind": kind, "url": url, "publisher": "Test", **more})

    def page(name: str, answer: sites.Answer, **others: sites.Answer) -> None:
        """A watched page /p, a robots.txt, and more pages."""
        web.site(name)["/p"] = answer
        for path, other in others.items():
            web.site(name)["/robots.txt" if path == "robots" else f"/{path}"] = other
        source(name, "page", web.url(name, "/p"))

    def news(name: str, answer: sites.Answer, **others: sites.Answer) -> None:
        """A feed /f, a robots.txt, and more pages."""
        page(name, answer, f=answer, **others)
        sources[-1].update(kind="feed", url=web.url(name, "/f"))

    x = article("x")
    news("good", feed(web, "good", "one", "two"), one=article("One"), two=article("Two"), three=x)
    web.site("good")["/f2"] = feed(web, "good", "one", "three")
    source("twin", "feed", web.url("good", "/f2"))
    rules = refuses_in_robots("/", more="Allow: /f$\nAllow: /a0\n")
    names = [f"a{n}" for n in range(6)]
    news("robots", feed(web, "robots", *names), robots=rules, **dict.fromkeys(names, x))
    web.site("waiters")["/robots.txt"] = refuses_in_robots("/")
    for number in range(4):
        source(f"waiter{number}", "page", web.url("waiters", f"/{number}"))
    page("robots503", x, robots=text("busy", 503))
    page("robots429", x, robots=text("busy", 429))
    page("robotsdrop", x, robots=sites.drop)
    page("robots403", x, robots=text("no", 403))
    page("robotsbom", x, robots=text("\ufeffUser-agent: stancewatch\r\nDisallow: /p\r\n"))
    page("robotsmoved", x, robots=redirect("/r"), r=refuses_in_robots("/p"))
    page("gone", text("not here", 410))
    page("moved", redirect(web.url("elsewhere", "/p"), 301))
    page("tofile", redirect("file:///etc/passwd"))
    page("toprivate", redirect("http://10.255.255.1/admin"))
    page("loop", redirect("/p"))
    page("hop", redirect("/q"), q=article("Hopped"))
    page("drop", sites.drop)
    page("partial", sites.partial)
    page("drip", sites.drip)
    page("endless", sites.endless)
    page("bomb", sites.gzip_bomb)
    page("large", text("x" * 300_000))
    page("pdf", text("%PDF-1.4" + " " * 300_000, kind="application/pdf"))
    page("coded", text("noise", Content_Encoding="compress"))
    page("zipped", sites.x_gzip)
    page("nowhere", text("", 300, Location="http://["))
    web.site("odd")["/caf%C3%A9"] = article("Odd")
    source("odd", "page", web.url("Odd", "/café"))
    page("identity", text("<p>plain</p>", Content_Encoding="identity"))
    source("private", "page", "http://10.255.255.1/")
    safe.site("known")["/p"] = article("Safe")
    source("safe", "page", safe.url("known", "/p"))
    source("wronghost", "page", safe.url("other", "/p"))
    source("selfsigned", "page", unsafe.url("unknown", "/p"))
    news("html", text("<html><title>Just a moment…</title></html>"))
    news("entities", text('<!DOCTYPE r [<!ENTITY a "b">]><rss version="2.0"></rss>', kind="text/xml"))
    names = [f"b{n}" for n in range(9)]
    news("budget", feed(web, "budget", *names), **dict.fromkeys(names, sites.drop))
    later = text("later", 429, Retry_After="86400")
    news("later", feed(web, "later", "c0", "c1", "c2"), c0=later, c1=later, c2=later)
    page("patient", sites.in_turn(text("wait", 503, Retry_After="1"), article("At last")))
    bad = "".join(f"<item><link>{u}</link></item>" for u in (web.url("evil", "/x"), "javascript:alert(1)"))
    news("off", feed(web, "off", entries=bad))
    index = f"<sitemapindex><sitemap><loc>{web.url('maps', '/m1')}</loc></sitemap></sitemapindex>"
    urls = f"<urlset><url><loc>{web.url('maps', '/s1')}</loc></url></urlset>"
    news("maps", text(index, kind="text/xml"), m1=text(urls, kind="text/xml"), s1=x)
    sources[-1].update(kind="sitemap")
    news("list", text('<html><a href="/s1?utm_source=x">1</a><a href="/about">a</a></html>'), s1=x)
    sources[-1].update(kind="listing", follow=["/s[0-9]"])
    return sources


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Day]:
    """The crawl of all of it."""
    folder = tmp_path_factory.mktemp("rough")
    known, unknown = (certificate(folder, name, f"{name}.localhost") for name in ("known", "unknown"))
    with Web() as web, Web(tls=context(known)) as safe, Web(tls=context(unknown)) as unsafe:
        settings = {
            "timeout_s": 3,
            "page_bytes": 200_000,
            "retries": 1,
            "error_budget": 3,
            "retry_after_cap_s": 5,
        }
        crawls = Crawls(
            folder, sources_of(web, safe, unsafe), settings, environ={"SSL_CERT_FILE": str(known)}
        )
        yield Day(web, unsafe, crawls, crawls.run())


def test_the_run_is_a_success_whatever_its_sources_do(day: Day):
    assert day.result.code == 0, day.result.log
    assert day.result.events[0] | {"run": 1} == {
        "event": "start",
        "run": 1,
        "sources": len(day.crawls.sources),
    }
    assert (day.result.events[-1]["event"], day.result.events[-1]["state"]) == ("end", "ok")
    assert "Traceback" not in day.result.log


def test_every_source_comes_to_an_end(day: Day):
    states = {source["id"]: day.result.of(source["id"])["state"] for source in day.crawls.sources}
    assert set(states.values()) <= {"done", "failed", "skipped"}
    assert states["good"] == "done"


def test_a_good_source_is_read_whole_beside_the_broken_ones(day: Day):
    assert sorted(day.web.paths("good")) == ["/f", "/f2", "/one", "/three", "/two"]
    read = {url for url, outcome in day.crawls.captures() if outcome == "ok"}
    assert {day.web.url("good", path) for path in ("/one", "/two", "/three")} <= read


def test_we_say_who_we_are_and_carry_no_cookie_or_referer(day: Day):
    for asked in day.web.asked("good"):
        assert asked.headers["User-Agent"].startswith("stancewatch/")
        assert "+http" in asked.headers["User-Agent"]
        assert not asked.headers.keys() & {"Cookie", "Referer", "Authorization"}


def test_of_many_links_waiting_for_one_robots_txt_only_the_allowed_is_fetched(day: Day):
    assert day.web.paths("robots") == ["/f", "/a0"]
    assert day.crawls.states("robots")[day.web.url("robots", "/a1")].note == "robots.txt forbids it"


def test_sources_that_wait_for_one_robots_txt_obey_it_all(day: Day):
    assert [asked.path for asked in day.web.asked("waiters")] == ["/robots.txt"]
    assert {day.result.of(f"waiter{n}")["note"] for n in range(4)} == {"robots.txt forbids it"}


@pytest.mark.parametrize("site", ["robots503", "robots429", "robotsdrop"])
def test_a_robots_txt_that_cannot_be_had_is_no_permission(day: Day, site: str):
    assert day.web.paths(site) == []
    assert "robots.txt cannot be had" in day.result.of(site)["note"]
    assert day.crawls.states(site)[day.web.url(site, "/p")].failures == 1


def test_a_robots_txt_that_is_forbidden_or_missing_allows(day: Day):
    assert day.web.paths("robots403") == day.web.paths("hop")[:1] == ["/p"]


@pytest.mark.parametrize("site", ["robotsbom", "robotsmoved"])
def test_a_robots_txt_with_a_bom_or_behind_a_redirect_is_obeyed(day: Day, site: str):
    assert "/p" not in day.web.paths(site)


def test_each_robots_txt_is_asked_for_once(day: Day):
    for site in ("good", "robots", "waiters", "budget"):
        assert [asked.path for asked in day.web.asked(site)].count("/robots.txt") == 1


@pytest.mark.parametrize("site", ["moved", "tofile", "toprivate"])
def test_a_redirect_that_is_not_followed_is_an_outcome_and_says_where_to(day: Day, site: str):
    target = {
        "moved": day.web.url("elsewhere", "/p"),
        "tofile": "file:///etc/passwd",
        "toprivate": "http://10.255.255.1/admin",
    }[site]
    assert (day.web.url(site, "/p"), "moved") in day.crawls.captures()
    assert target in day.crawls.states(site)[day.web.url(site, "/p")].note
    assert day.web.asked("elsewhere") == []


def test_a_redirect_inside_a_site_is_followed_and_kept_under_the_first_address(day: Day):
    assert (day.web.url("hop", "/p"), "ok") in day.crawls.captures()


def test_an_address_that_goes_out_escaped_is_known_as_its_source_has_it(day: Day):
    assert day.web.paths("odd") == ["/caf%C3%A9"]
    assert list(day.crawls.states("odd")) == [day.web.url("Odd", "/café")]


def test_a_redirect_to_what_is_no_address_is_told(day: Day):
    assert (day.web.url("nowhere", "/p"), "moved") in day.crawls.captures()


def test_a_redirect_loop_ends(day: Day):
    assert len(day.web.paths("loop")) == 6
    assert day.result.of("loop")["note"] == "redirects too often"


@pytest.mark.parametrize(
    ("site", "note"),
    [
        ("drop", "the connection was lost"),
        ("partial", "the answer broke off before its end"),
        ("drip", "no whole answer within the time limit"),
        ("endless", "larger than the size limit"),
        ("bomb", "larger than the size limit once decompressed"),
        ("large", "larger than the size limit"),
        ("coded", "its answer came in a coding nobody asked for (compress)"),
        ("zipped", "its answer came in a coding nobody asked for (x-gzip)"),
        ("selfsigned", "its TLS certificate is not valid for this host"),
        ("wronghost", "its TLS certificate is not valid for this host"),
        ("private", "its name leads to 10.255.255.1, which a source may not reach"),
    ],
)
def test_a_page_without_a_whole_answer_is_a_failure_in_plain_words(day: Day, site: str, note: str):
    (state,) = day.crawls.states(site).values()
    assert state.outcome == "error"
    assert note in state.note


def test_no_request_reaches_a_server_whose_certificate_is_not_valid(day: Day):
    assert day.unsafe.log == []
    assert day.result.of("safe")["state"] == "done"


def test_a_pdf_may_be_larger_than_a_page(day: Day):
    assert [url for url, _ in day.crawls.captures() if "//pdf." in url]


def test_a_coding_that_is_none_is_no_trouble(day: Day):
    assert [url for url, _ in day.crawls.captures() if "//identity." in url]


@pytest.mark.parametrize("site", ["html", "entities"])
def test_what_is_no_feed_is_an_error_and_not_a_quiet_day(day: Day, site: str):
    assert day.crawls.states(site)[day.web.url(site, "/f")].outcome == "error"


def test_a_source_that_fails_and_fails_is_left_alone_for_this_run(day: Day):
    asked = day.web.paths("budget")
    assert len(set(asked)) < 9
    assert "left alone for this run after 3 failures in a row" in day.result.of("budget")["note"]


def test_a_host_that_asks_for_a_day_is_not_asked_again_in_this_run(day: Day):
    assert len(day.web.paths("later")) == 2


def test_a_host_that_asks_for_a_second_is_asked_again_after_it(day: Day):
    first, second = [asked.at for asked in day.web.asked("patient") if asked.path == "/p"]
    assert second - first >= 1
    assert (day.web.url("patient", "/p"), "ok") in day.crawls.captures()


def test_links_to_strangers_and_scripts_are_not_followed(day: Day):
    assert day.web.paths("off") == ["/f"]
    assert day.web.asked("evil") == []


def test_a_sitemap_index_and_a_listing_lead_to_their_articles(day: Day):
    assert day.web.paths("maps") == ["/f", "/m1", "/s1"]
    assert day.web.paths("list") == ["/f", "/s1"]


def test_no_validators_are_kept_of_an_index_page_that_left_something_over(day: Day):
    assert day.crawls.states("budget")[day.web.url("budget", "/f")].etag is None
