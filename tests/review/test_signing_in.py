"""Signing in: passwords, sessions that end, waiting after wrong tries, and where a form may come from."""

from __future__ import annotations

import base64
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from threading import Event

import pytest
from playwright.sync_api import Browser as Chromium
from support.chromium import NAMED
from support.people import Browser, browser_of, join
from support.store import config
from support.visits import served

from pipelines.config import Config
from pipelines.settings import DeskSettings
from pipelines.store import audit, people
from pipelines.store.people import Role
from review.access.door import Door, TooManyTriesError
from review.access.passwords import WeakPasswordError, fits, hashed
from review.access.signin import own_path

PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def secret() -> str:
    return hashed(PASSWORD, "ana")


@pytest.fixture
def known(store, clock, secret) -> str:
    return join(store, clock, Role.ANALYST, "ana", secret)


def log(store) -> list[tuple[str, str, str | None]]:
    with store.reading() as session:
        return [(e.what, e.about, e.who) for e in reversed(audit.entries(session))]


def test_a_right_password_opens_the_page_that_was_asked_for(site, store, known):
    browser = Browser(site)
    asked = browser.get("/queue?company=zoom")
    assert asked.headers["location"] == "/signin?next=%2Fqueue%3Fcompany%3Dzoom"
    answer = browser.post("/signin", name=" Ana ", password=PASSWORD, next="/queue?company=zoom")
    assert answer.headers["location"] == "/queue?company=zoom"
    assert browser.follow(answer).status == 200
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert log(store) == [("signed in", "ana", "ana")]


def test_behind_https_the_cookie_is_for_that_host_only(store, clock, known):
    plain = config()
    settings = plain.settings.model_copy(update={"desk": DeskSettings(url="https://127.0.0.1")})
    with served(store, Config(settings, plain.sources, plain.knowledge), clock) as site:
        answer = Browser(site).post("/signin", name="ana", password=PASSWORD)
        assert answer.headers["set-cookie"].startswith("__Host-stancewatch=")
        assert "Secure" in answer.headers["set-cookie"]
        assert "max-age" in answer.headers["strict-transport-security"]
        assert Browser(site).ask("GET", "/signin", Host="evil.example").status == 400


@pytest.mark.parametrize(
    "tried", [("ana", "wrong horse battery"), ("nobody", PASSWORD), ("", ""), ("ana", "x" * 250)]
)
def test_a_wrong_name_and_a_wrong_password_are_told_alike(site, store, known, tried):
    answer = Browser(site).post("/signin", name=tried[0], password=tried[1])
    assert answer.status == 401
    assert "Name or password is wrong." in answer.text
    assert "set-cookie" not in answer.headers


def test_who_fails_too_often_waits_and_nobody_else_does(site, store, clock, known):
    join(store, clock, Role.READER, "bo", hashed("another good one", "bo"))
    for _ in range(5):
        assert Browser(site).post("/signin", name="ana", password="wrong wrong wrong").status == 401
    answer = Browser(site).post("/signin", name="ana", password=PASSWORD)
    assert (answer.status, answer.headers["retry-after"]) == (429, "900")
    assert "Try again after 12:15 UTC" in answer.text
    assert Browser(site).post("/signin", name="bo", password="another good one").status == 303
    clock.tick(minutes=16)
    assert Browser(site).post("/signin", name="ana", password=PASSWORD).status == 303


def test_a_name_with_blanks_behind_it_is_counted_as_the_one_it_finds(site, store, known):
    for n in range(5):
        Browser(site).post("/signin", name=f"ana{' ' * 97}{n}", password="wrong wrong wrong")
    assert Browser(site).post("/signin", name="ana" + " " * 98 + "x", password=PASSWORD).status == 429
    assert {about for _, about, _ in log(store)} == {"ana"}


def test_who_comes_in_is_written_down_by_the_name_that_is_stored(site, store, known):
    assert Browser(site).post("/signin", name="ANA" + " " * 97 + "x", password=PASSWORD).status == 303
    assert log(store) == [("signed in", "ana", "ana")]


@pytest.fixture
def quick(monkeypatch) -> None:
    """Passwords that take no time to check, for tests of many."""
    monkeypatch.setattr(
        "review.access.door.fits", lambda given, stored: (given, stored) == ("right", "right")
    )


@pytest.fixture
def tried(store, clock, quick):
    """What a try tells: whether it opened, or that somebody has to wait."""
    door = Door(store, DeskSettings(), clock)
    join(store, clock, Role.ANALYST, "ana", "right")

    def come(password: str, address: str, name: str = "ana") -> bool | str:
        try:
            return door.sign_in(name, password, address) is not None
        except TooManyTriesError:
            return "waits"

    return come


def test_a_network_of_ipv6_counts_as_one_address(tried):
    assert {tried("wrong", f"2001:db8:0:1:{n}::{n}") for n in range(1, 6)} == {False}
    assert tried("right", "2001:db8:0:1::ffff") == "waits"
    assert tried("right", "2001:DB8::1:0:0:0:7") == "waits"  # the same /64, written in another way
    assert tried("right", "2001:db8:0:2::1") is True
    assert tried("right", "192.0.2.1") is True


def test_a_name_waits_after_very_many_guesses_from_anywhere_but_not_where_its_user_is(tried, store):
    assert tried("right", "192.0.2.1") is True
    assert {tried("wrong", f"198.51.100.{n % 25}") for n in range(100)} == {False}
    assert tried("right", "203.0.113.9") == "waits"
    assert tried("right", "192.0.2.1") is True
    assert tried("right", "203.0.113.9", "bo") is False
    assert ("must wait after wrong passwords", "ana", None) in log(store)


def test_an_address_waits_after_many_names(tried):
    for n in range(50):
        assert tried("wrong", "192.0.2.1", f"somebody{n}") is False
    assert tried("right", "192.0.2.1") == "waits"
    assert tried("right", "192.0.2.2") is True


def test_that_somebody_waits_is_written_down_once(tried, store, clock):
    for _ in range(9):
        tried("wrong", "2001:db8::1")
    tried("wrong", "2001:db8::2")
    assert [what for what, *_ in log(store)] == ["failed to sign in"] * 5 + [
        "must wait after wrong passwords"
    ]
    clock.tick(minutes=16)
    assert tried("right", "2001:db8::1") is True


def test_guesses_at_once_are_counted_as_those_one_after_the_other(site, store, known):
    with ThreadPoolExecutor(12) as many:
        told = list(
            many.map(
                lambda n: Browser(site).post("/signin", name="ana", password=f"guess {n}").status, range(12)
            )
        )
    assert (told.count(401), told.count(429)) == (5, 7)
    assert [what for what, *_ in log(store)].count("failed to sign in") == 5


@pytest.mark.parametrize("database", ["sqlite"])
def test_a_crowd_waits_before_the_door_not_in_it(store, clock, monkeypatch):
    checked, goes_on, told = [], Event(), SimpleQueue()

    def slow(password: str, stored: str | None) -> bool:
        checked.append(password)
        goes_on.wait(60)
        return False

    monkeypatch.setattr("review.access.door.fits", slow)
    door = Door(store, DeskSettings(), clock)

    def come(n: int) -> None:
        try:
            told.put(door.sign_in(f"somebody {n}", "a guess", None))
        except TooManyTriesError as error:
            told.put(error)

    with ThreadPoolExecutor(9) as many:
        for n in range(9):
            many.submit(come, n)
        refused = told.get(timeout=60)  # all others stand in line behind one that is checked
        assert len(checked) == 1
        goes_on.set()
    assert "Try again in a few seconds" in str(refused)
    assert (refused.until - clock()).total_seconds() == 10
    assert [told.get() for _ in range(8)] == [None] * 8


@pytest.mark.parametrize("meanwhile", ["another password", "shut out"])
def test_a_password_is_worth_nothing_if_it_was_changed_while_it_was_checked(
    store, clock, known, monkeypatch, meanwhile
):
    def slow(password: str, stored: str | None) -> bool:
        with store.writing() as session:
            if meanwhile == "shut out":
                people.disable(session, "ana", clock())
            else:
                people.set_password(session, "ana", "another hash")
        return fits(password, stored)

    monkeypatch.setattr("review.access.door.fits", slow)
    assert Door(store, DeskSettings(), clock).sign_in("ana", PASSWORD, None) is None
    with store.reading() as session:
        assert people.sessions(session, "ana") == []


def test_a_forged_address_does_not_begin_the_count_anew(site, known):
    for n in range(5):
        Browser(site).ask(
            "POST", "/signin", {"name": "ana", "password": "no"}, X_Forwarded_For=f"203.0.113.{n}"
        )
    answer = Browser(site).ask(
        "POST", "/signin", {"name": "ana", "password": PASSWORD}, X_Forwarded_For="203.0.113.9"
    )
    assert answer.status == 429


def test_each_signing_in_gives_another_cookie_and_signing_out_ends_it(site, known):
    one, other = Browser(site), Browser(site)
    for browser in (one, other):
        browser.post("/signin", name="ana", password=PASSWORD)
    kept = dict(one.cookies)
    assert kept != other.cookies
    assert one.post("/signout").headers["location"] == "/signin"
    assert Browser(site, kept).get("/queue").headers["location"].startswith("/signin")
    assert other.get("/queue").status == 200


@pytest.mark.parametrize("database", ["sqlite"])
@pytest.mark.parametrize(
    ("came_from", "leads_to"),
    [
        ("http://127.0.0.1:{port}/queue?company=zoom", "/signin?next=%2Fqueue%3Fcompany%3Dzoom"),
        ("http://127.0.0.1:{port}", "/signin?next=%2F"),
        ("http://127.0.0.1:{port}//evil.example", "/signin?next=%2F"),
        ("http://evil.example/queue", "/signin"),
        ("http://[bad", "/signin"),
        ("", "/signin"),
    ],
)
def test_whoever_is_signed_out_amid_work_is_led_back_to_it(site, came_from, leads_to):
    refused = Browser(site).ask("POST", "/queue/skipped", {}, Referer=came_from.format(port=site.port))
    assert refused.status == 401
    assert "You are signed out." in refused.text
    assert f'href="{leads_to}"' in refused.text


@pytest.mark.parametrize("end", ["password", "disable", "idle", "old"])
def test_a_cookie_is_worth_nothing_after(site, store, clock, known, end):
    browser = browser_of(site, store, clock, "ana")
    assert browser.get("/queue").status == 200
    join(store, clock, Role.ADMIN, "ada")
    with store.writing() as session:
        if end == "password":
            people.set_password(session, "ana", None)
        if end == "disable":
            people.disable(session, "ana", clock())
    if end == "idle":
        clock.tick(hours=13)
    for _ in range(8 * 24 if end == "old" else 0):
        clock.tick(hours=1)
        last = browser.get("/queue").status
        if last != 200:
            break
    assert browser.get("/queue").headers["location"].startswith("/signin")
    if end == "old":
        assert (clock.now - clock.now.replace(month=11, day=1, hour=12)).days == 7


SENT_FROM = [
    ({"Sec-Fetch-Site": "same-origin"}, True),
    ({"Sec-Fetch-Site": "cross-site"}, False),
    ({"Sec-Fetch-Site": "same-site"}, False),
    ({"Sec-Fetch-Site": "none"}, False),
    ({"Origin": "http://127.0.0.1:{port}"}, True),
    ({"Origin": "https://127.0.0.1:{port}"}, True),  # TLS ends before us
    ({"Origin": "http://127.0.0.1:1"}, False),
    ({"Origin": "http://evil.example"}, False),
    ({"Origin": "http://127.0.0.1:{port}.evil.example"}, False),
    ({"Origin": "null"}, False),
    ({"Origin": "http://[bad"}, False),
    ({"Sec-Fetch-Site": "cross-site", "Origin": "http://127.0.0.1:{port}"}, False),
    ({"Authorization": "Bearer sw_none"}, False),  # with a cookie it is a browser
    ({}, False),
]


@pytest.mark.parametrize(("headers", "taken"), SENT_FROM)
@pytest.mark.parametrize("database", ["sqlite"])
def test_only_our_own_pages_may_send_a_form(site, store, clock, headers, taken):
    browser = browser_of(site, store, clock, join(store, clock, Role.ANALYST))
    browser.headers = {k: v.format(port=site.port) for k, v in headers.items()}
    answer = browser.post("/queue/skipped")
    assert (answer.status == 303) is taken
    if not taken:
        assert answer.status in (401, 403)


@pytest.mark.parametrize("database", ["sqlite"])
@pytest.mark.parametrize("host", ["127.0.0.1", NAMED])
def test_a_browser_signs_in_by_plain_http_at_whatever_name_the_desk_has(
    chromium: Chromium, site, known, host
):
    page = chromium.new_page()
    page.goto(f"http://{host}:{site.port}/signin")
    page.get_by_label("Name").fill("ana")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"http://{host}:{site.port}/")
    page.close()


def basic(password: str) -> str:
    return "Basic " + base64.b64encode(f"anybody:{password}".encode()).decode()


@pytest.mark.parametrize("database", ["sqlite"])
@pytest.mark.parametrize("sent", [basic("of the web server before us"), "Basic !!", "Negotiate abc"])
def test_what_a_web_server_before_us_asks_for_shuts_nobody_out(site, store, clock, known, sent):
    browser = browser_of(site, store, clock, known)
    assert browser.ask("GET", "/queue", Authorization=sent).status == 200
    lost = Browser(site).ask("GET", "/queue", Authorization=sent)
    assert lost.headers["location"] == "/signin?next=%2Fqueue"
    assert browser.ask("GET", "/queue", Authorization=basic("sw_of-nobody")).status == 401


@pytest.mark.parametrize("database", ["sqlite"])
@pytest.mark.parametrize("path", ["/feeds/changes.atom", "/exports/changes.csv"])
@pytest.mark.parametrize(
    "sent", [{}, {"Authorization": basic("guessed")}, {"Authorization": basic("sw_revoked")}]
)
def test_a_feed_reader_is_asked_for_a_password_and_a_browser_to_sign_in(site, path, sent):
    asked = site.ask("GET", path, Accept="application/atom+xml, */*", **sent)
    assert (asked.status, asked.headers["www-authenticate"]) == (401, 'Basic realm="stancewatch"')
    if not sent:
        page = site.ask("GET", path, Accept="text/html,application/xhtml+xml,*/*;q=0.8")
        assert (page.status, page.headers["location"].startswith("/signin?next=")) == (303, True)


def test_signing_in_is_no_exception(site, known):
    browser = Browser(site, headers={"Sec-Fetch-Site": "cross-site"})
    assert browser.post("/signin", name="ana", password=PASSWORD).status == 403


@pytest.mark.parametrize(
    "target",
    ["//evil.example", "/\\evil.example", "https://evil.example", "\\\\evil.example", "javascript:alert(1)", "/a\nb", "/\tx",
     "", "evil", "http:/evil", "/a\\b", "///evil", "/ /evil\x00"],
)  # fmt: skip
def test_signing_in_leads_to_no_other_site(target):
    assert own_path(target) == "/"


def test_a_path_of_ours_is_kept():
    assert own_path("/pairs/zoom/HK?x=1#a") == "/pairs/zoom/HK?x=1#a"


@pytest.mark.parametrize("weak", ["short", "x" * 300, "aaaaaaaaaaaaaaaa", "i am ana, let me in"])
def test_weak_passwords_are_refused(weak):
    with pytest.raises(WeakPasswordError):
        hashed(weak, "ana")


def test_a_password_fits_its_hash_only(secret):
    assert fits(PASSWORD, secret)
    assert not fits(PASSWORD + " ", secret)
    assert not fits(PASSWORD, None)
    assert not fits(PASSWORD, "no hash")


def test_large_bodies_are_refused(site, known):
    browser = Browser(site)
    assert browser.post("/signin", name="ana", password="x" * 2_000_000).status == 413


@pytest.mark.parametrize("path", ["/signin", "/nowhere", "/static/x/none.css", "/queue", "/healthz"])
def test_every_answer_closes_its_doors(site, path):
    headers = Browser(site).get(path).headers
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert (headers["x-content-type-options"], headers["x-frame-options"]) == ("nosniff", "DENY")
    assert headers["referrer-policy"] == "same-origin"
