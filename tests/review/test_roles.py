"""Who may do what, from the route table itself: a new route is tested unasked, and one without a rule does not start."""

from __future__ import annotations

import re

import pytest
from fastapi import FastAPI
from support.people import Browser, browser_of, join
from support.store import config, dump
from support.visits import running, served

from pipelines.store.people import Role
from review.access.roles import needs, rules_of
from review.app import create_app

UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}
# What everybody may send: it signs in, or ends a subscription by a link that only its owner has.
OPEN = {"/signin", "/unsubscribe/{token}"}
# What every user may send: it is about nobody but themselves.
OWN = {"/signout", "/account"}
# What only admins may even see.
ABOUT_PEOPLE = ("/users", "/audit", "/api/v1/users", "/api/v1/audit")
PLACES = {"statement_id": "f" * 64, "document_id": "f" * 64, "capture_id": "f" * 64, "change_id": "f" * 64}


@pytest.fixture
def rules(store, clock):
    return rules_of(create_app(store, config(), clock))


def address_of(path: str) -> str:
    """A path with something in its places that is not there."""
    return re.sub(r"\{(\w+)(:\w+)?\}", lambda m: PLACES.get(m[1], "1"), path)


def test_a_route_that_does_not_say_who_may_use_it_is_refused():
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.get("/open", dependencies=[needs(None)])(lambda: None)
    assert rules_of(app) == {("GET", "/open"): None}
    app.get("/forgotten")(lambda: None)
    with pytest.raises(RuntimeError, match="/forgotten does not say who may use it"):
        rules_of(app)


@pytest.mark.parametrize("database", ["sqlite"])
def test_only_what_must_be_is_open_to_everybody(rules):
    assert {path for (_, path), role in rules.items() if role is None} <= {
        "/healthz", "/style.css", "/static/{version}/{name}", "/signin", "/signin/provider", "/signin/provider/back",
        "/unsubscribe/{token}",
    }  # fmt: skip


@pytest.mark.parametrize("database", ["sqlite"])
def test_a_reader_writes_nothing_and_an_analyst_manages_nobody(rules):
    writing = {path: role for (method, path), role in rules.items() if method in UNSAFE}
    own = {path for path in writing if path in OWN or path.startswith("/account/")}
    below = {path for path, role in writing.items() if role is None or not role.covers(Role.ANALYST)}
    assert below == (OPEN & writing.keys()) | own
    about_people = {(m, path): role for (m, path), role in rules.items() if path.startswith(ABOUT_PEOPLE)}
    assert set(about_people.values()) <= {Role.ADMIN}


@pytest.mark.parametrize("database", ["sqlite"])
def test_every_route_lets_in_whom_its_rule_names_and_nobody_else(store, clock, rules):
    with served(store, config(), clock) as site:
        visitors = {None: Browser(site)} | {
            role: browser_of(site, store, clock, join(store, clock, role)) for role in Role
        }
        before = dump(store, leave_out=("seen",))
        wrong = []
        for (method, path), needed in sorted(rules.items(), key=str):
            if path.startswith(("/signin", "/signout", "/unsubscribe")):
                continue  # tried in tests of their own
            for role, browser in visitors.items():
                if needed is None or (role is not None and role.covers(needed)):
                    continue
                answer = browser.ask(method, address_of(path), {} if method in UNSAFE else None)
                shut = {401, 403} if role is None else {403}
                to_sign_in = role is None and answer.headers.get("location", "").startswith("/signin")
                if answer.status not in shut and not to_sign_in:
                    wrong.append((method, path, role, answer.status))
        assert wrong == []
        assert dump(store, leave_out=("seen",)) == before
        for (method, path), needed in sorted(rules.items(), key=str):
            for role, browser in visitors.items():
                if method != "GET" or (needed is not None and (role is None or not role.covers(needed))):
                    continue
                answer = browser.get(address_of(path))
                if answer.status in (401, 403) or answer.status >= 500:
                    wrong.append((method, path, role, answer.status))
        assert wrong == []


@pytest.mark.parametrize("database", ["sqlite"])
def test_every_route_that_is_looked_at_answers_head_as_get_without_the_body(store, clock, rules):
    with served(store, config(), clock) as site:
        admin = browser_of(site, store, clock, join(store, clock, Role.ADMIN))
        for browser in (Browser(site), admin):
            for method, path in sorted(rules):
                if method == "GET":
                    asked, head = (browser.ask(m, address_of(path)) for m in ("GET", "HEAD"))
                    assert (head.status, head.text) == (asked.status, ""), path
                    assert head.headers.get("content-type") == asked.headers.get("content-type"), path
        assert Browser(site).ask("HEAD", "/signout").status == 405


@pytest.mark.parametrize(
    "error", [KeyError("a"), UnicodeDecodeError("utf-8", b"x", 0, 1, "y"), RuntimeError("secret")]
)
@pytest.mark.parametrize("database", ["sqlite"])
def test_a_fault_of_ours_is_told_as_one_and_says_nothing_of_itself(store, clock, error):
    app = create_app(store, config(), clock)

    def fail() -> None:
        raise error

    app.get("/fails", dependencies=[needs(None)])(fail)
    with running(app) as site:
        answer = site.get("/fails")
    assert answer.status == 500
    assert "Something went wrong here." in answer.text
    assert "secret" not in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]
