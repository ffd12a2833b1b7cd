"""Signing in at an OpenID provider: who is let in, and what of its word is not believed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from joserfc.jwk import RSAKey
from pydantic import SecretStr
from support.identity import CLIENT, identity_provider
from support.people import Browser, join
from support.store import config
from support.visits import served

from pipelines.config import Config
from pipelines.settings import DeskSettings, OidcSettings
from pipelines.store import audit, people
from pipelines.store.people import Role
from review.access.passwords import hashed

pytestmark = pytest.mark.parametrize("database", ["sqlite"])


PASSWORD = "correct horse battery"


def log(store) -> list[tuple[str, str, str | None, dict[str, str]]]:
    with store.reading() as session:
        return [(e.what, e.about, e.address, dict(e.detail)) for e in audit.entries(session, limit=200)]


@pytest.fixture
def provider(clock):
    with identity_provider(clock) as answering:
        yield answering


@pytest.fixture
def visit(store, clock, provider):
    """A browser at the desk with this provider, as config has it."""
    opened = []

    def come(url: str = "http://localhost:8600", **oidc: object) -> Browser:
        plain = config()
        desk = DeskSettings(url=url, oidc=OidcSettings(issuer=provider.issuer, client_id=CLIENT, **oidc))
        settings = plain.settings.model_copy(
            update={"desk": desk, "secret": SecretStr("a secret of the tests")}
        )
        serving = served(store, Config(settings, plain.sources, plain.knowledge), clock)
        opened.append(serving)
        return Browser(serving.__enter__())

    yield come
    for serving in opened:
        serving.__exit__(None, None, None)


def come_in(browser, provider, **more):
    leaving = browser.get("/signin/provider?next=/changes")
    return browser.get(provider.sends_back(leaving.headers["location"], **more))


def test_whom_an_admin_added_comes_in_and_is_known_by_the_provider_from_then_on(
    visit, store, clock, provider
):
    join(store, clock, Role.ANALYST, "ana@desk.example")
    browser = visit()
    assert 'href="/signin/provider?next=%2F"' in browser.get("/signin").text
    answer = come_in(browser, provider)
    assert (answer.status, answer.headers["location"]) == (303, "/changes")
    assert browser.get("/queue").status == 200
    assert provider.asked[0]["code_verifier"]
    with store.reading() as session:
        assert people.user(session, "ana@desk.example").subject == f"{provider.issuer}|4711"
    provider.claims["email"] = "another@desk.example"  # the person is the same
    assert come_in(Browser(browser.site), provider).status == 303


def test_who_is_new_is_let_in_only_where_config_says_so(visit, store, provider):
    stranger = visit()
    answer = come_in(stranger, provider)
    assert (answer.status, "ask an admin to add you" in answer.text) == (401, True)
    newcomer = visit(new_users="reader")
    assert come_in(newcomer, provider).status == 303
    with store.reading() as session:
        assert people.user(session, "ana@desk.example").role is Role.READER


def test_who_was_shut_out_stays_out(visit, store, clock, provider):
    join(store, clock, Role.ANALYST, "ana@desk.example")
    browser = visit()
    come_in(browser, provider)
    with store.writing() as session:
        people.disable(session, "ana@desk.example", clock())
    assert come_in(Browser(browser.site), provider).status == 401
    assert browser.get("/queue").headers["location"].startswith("/signin")


@pytest.mark.parametrize(
    "lie",
    [
        {"nonce": "another"}, {"aud": "another-client"}, {"iss": "https://evil.example"}, {"exp": 1}, {"email": ""},
        {"email_verified": False}, {"email_verified": "true"},
    ],
)  # fmt: skip
def test_a_word_that_does_not_hold_is_not_believed(visit, store, clock, provider, lie):
    join(store, clock, Role.ANALYST, "ana@desk.example")
    provider.lies = lie
    answer = come_in(visit(), provider)
    assert answer.status == 401
    assert "stancewatch=" not in answer.headers.get("set-cookie", "")


def test_another_s_signature_is_not_believed(visit, store, clock, provider):
    join(store, clock, Role.ANALYST, "ana@desk.example")
    provider.signs_with = RSAKey.generate_key(2048, {"kid": "one"})
    assert come_in(visit(), provider).status == 401


def test_a_wrong_code_a_foreign_state_and_an_old_beginning_are_refused(visit, store, clock, provider):
    join(store, clock, Role.ANALYST, "ana@desk.example")
    browser = visit()
    assert come_in(browser, provider, code="stolen").status == 401
    leaving = browser.get("/signin/provider").headers["location"]
    assert Browser(browser.site).get(provider.sends_back(leaving)).status == 401  # another browser's
    assert browser.get("/signin/provider/back?code=a-code&state=guessed").status == 401
    clock.tick(minutes=11)
    assert browser.get(provider.sends_back(leaving)).status == 401


def test_nobody_is_locked_out_by_sending_browsers_to_the_address_of_coming_back(visit, store, clock):
    join(store, clock, Role.ANALYST, "ana", hashed(PASSWORD, "ana"))
    browser = visit()
    for _ in range(51):
        assert browser.get("/signin/provider/back?code=a&state=b").status == 401
    assert log(store) == []
    assert browser.post("/signin", name="ana", password=PASSWORD).status == 303


def test_failures_at_the_provider_are_written_down_and_are_no_wrong_passwords(visit, store, clock, provider):
    join(store, clock, Role.ANALYST, "ana", hashed(PASSWORD, "ana"))
    browser = visit()
    for _ in range(51):
        assert come_in(browser, provider, code="stolen").status == 401
    assert {what for what, *_ in log(store)} == {"failed to sign in at the provider"}
    assert browser.post("/signin", name="ana", password=PASSWORD).status == 303


def test_whoever_calls_themselves_by_another_s_name_does_not_become_them(visit, store, clock, provider):
    join(store, clock, Role.ADMIN, "ada", hashed(PASSWORD, "ada"))
    provider.claims["preferred_username"] = "ADA"
    browser = visit(claim="preferred_username", new_users="reader")
    answer = come_in(browser, provider)
    assert (answer.status, "signs in by a password here" in answer.text) == (401, True)
    with store.reading() as session:
        assert people.user(session, "ada").subject is None


def test_a_verified_address_is_linked_even_beside_a_password_and_it_is_written_down(
    visit, store, clock, provider
):
    join(store, clock, Role.ANALYST, "ana@desk.example", hashed(PASSWORD, "ana"))
    assert come_in(visit(), provider).status == 303
    subject = f"{provider.issuer}|4711"
    assert ("linked to the provider", "ana@desk.example", "127.0.0.1", {"subject": subject}) in log(store)


def test_whoever_is_added_by_the_provider_is_written_down_with_where_from(visit, store, provider):
    come_in(visit(new_users="reader"), provider)
    subject = f"{provider.issuer}|4711"
    assert ("added a user", "ana@desk.example", "127.0.0.1", {"subject": subject}) in log(store)


@pytest.mark.parametrize("code", ["", "%00"])
def test_coming_back_without_a_code_is_told_in_words(visit, provider, code):
    answer = come_in(visit(), provider, code=code)
    assert (answer.status, "did not confirm who you are" in answer.text) == (401, True)


def test_behind_https_what_is_remembered_is_for_that_host_only(visit):
    cookie = visit("https://127.0.0.1").get("/signin/provider").headers["set-cookie"]
    assert cookie.startswith("__Host-stancewatch-provider=")
    assert {"Path=/", "Secure"} <= set(cookie.split("; "))


def test_one_at_a_time_waits_for_a_provider_that_does_not_answer(visit, provider):
    browser = visit()
    provider.answers.clear()
    with ThreadPoolExecutor(1) as first:
        waiting = first.submit(Browser(browser.site).get, "/signin/provider")
        provider.asked_what_it_is.get(timeout=60)
        answer = browser.get("/signin/provider")
        assert (answer.status, "is being asked at this moment" in answer.text) == (502, True)
        provider.answers.set()
        assert waiting.result().status == 303
    assert provider.asked_what_it_is.empty()


def test_a_provider_that_failed_is_left_alone_for_half_a_minute(visit, provider, clock):
    browser = visit()
    provider.ill = True
    assert browser.get("/signin/provider").status == 502
    provider.ill = False
    assert browser.get("/signin/provider").status == 502
    assert provider.asked_what_it_is.qsize() == 1
    clock.tick(seconds=31)
    assert browser.get("/signin/provider").status == 303


def test_a_provider_that_does_not_answer_is_told_in_words(visit, provider):
    browser = visit()
    provider.issuer = "https://evil.example"  # says that it is another one
    answer = browser.get("/signin/provider")
    assert (answer.status, "is another provider" in answer.text) == (502, True)
