"""People at the desk: one's own account, users, subscriptions, the log, and the help."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.resources import files

import pytest
from support.people import Browser, patient, visitor
from support.shown import links, shown
from support.store import Story, config
from support.visits import Site, served

from extract.types import Outcome, Stance, digest_of
from pipelines import ledger
from pipelines.config import Config, Subscriber
from pipelines.store import audit, outbox, people, subscriptions
from pipelines.store.people import Role
from review.access import passwords
from review.meanings import STANCES
from review.pages import masked, without_addresses
from review.views.help import KEYS, OUTCOMES

OLD, NEW = "correct horse battery", "staple wire fence nine"
ANA = Subscriber(email="Ana.Berg@desk.example", name="Ana B.", companies=("zoom",), authorities=("HK",))
ROOM = Subscriber(channel="desk_room", deliver="daily", when="provisional")


@pytest.fixture(scope="module")
def digest() -> str:
    """Of the old password; made once, because it takes its time."""
    return passwords.hashed(OLD, "ana")


@pytest.fixture
def site(store, clock) -> Iterator[Site]:
    with served(store, patient(config(ANA, ROOM)), clock) as open_site:
        yield open_site


@pytest.fixture
def ana(site, store, clock, digest) -> Browser:
    return visitor(site, store, clock, Role.ANALYST, password=digest)


@pytest.fixture
def ada(site, store, clock) -> Browser:
    return visitor(site, store, clock, Role.ADMIN)


def log(store) -> list[tuple[str | None, str, str]]:
    """What was written down, newest first."""
    with store.reading() as session:
        return [(one.who, one.what, one.about) for one in audit.entries(session)]


def user(store, name: str) -> people.User:
    with store.reading() as session:
        return people.user(session, name)


# --- one's own account ---


def test_a_new_password_needs_the_old_one_and_signs_out_every_other_browser(ana, site, store, clock):
    elsewhere = visitor(site, store, clock, Role.ANALYST)
    done = ana.post("/account/password", old=OLD, new=NEW, again=NEW)
    assert (done.status, done.headers["location"]) == (303, "/account?done=password")
    assert "Your password is changed" in shown(ana.get("/account?done=password"))
    assert elsewhere.get("/account").status == 303
    assert passwords.fits(NEW, user(store, "ana").password)
    assert log(store) == [("ana", "changed the password", "ana")]


@pytest.mark.parametrize(
    ("old", "new", "again", "says"),
    [
        ("a wrong password", NEW, NEW, "the old password is wrong"),
        (OLD, NEW, NEW + "x", "the two new passwords are not the same"),
        (OLD, "short", "short", "a password has 12 to 200 characters"),
        (OLD, "my name is ana now", "my name is ana now", "too easy to guess"),
    ],
)
def test_a_password_that_cannot_be_changed_says_why_and_stays(ana, store, digest, old, new, again, says):
    page = ana.post("/account/password", old=old, new=new, again=again)
    assert (page.status, 'role="alert"' in page.text, says in shown(page)) == (422, True, True)
    assert new not in page.text
    assert user(store, "ana").password == digest


def test_whoever_guesses_the_old_password_too_often_waits(ana, store):
    for _ in range(5):
        assert ana.post("/account/password", old="a wrong guess", new=NEW, again=NEW).status == 422
    page = ana.post("/account/password", old=OLD, new=NEW, again=NEW)
    assert (page.status, "Too many wrong passwords" in shown(page)) == (429, True)


def test_signing_out_everywhere_ends_every_browser(ana, site, store, clock):
    elsewhere = visitor(site, store, clock, Role.ANALYST)
    done = ana.post("/account/signout")
    assert (done.status, done.headers["location"]) == (303, "/signin")
    assert {ana.get("/account").status, elsewhere.get("/account").status} == {303}
    assert log(store)[0] == ("ana", "signed out everywhere", "ana")


def test_a_token_is_shown_once_works_and_is_revoked(ana, site, store):
    made = ana.post("/account/tokens", name="notebook", role="reader")
    (value,) = re.findall(r"<output>(sw_[\w-]+)</output>", made.text)
    assert site.ask("GET", "/runs", Authorization=f"Bearer {value}").status == 200
    page = ana.get("/account")
    assert value not in page.text
    assert "notebook reader" in shown(page)
    (path,) = re.findall(r'action="(/account/tokens/\d+/revoke)"', page.text)
    assert ana.post(path).status == 303
    assert site.ask("GET", "/runs", Authorization=f"Bearer {value}").status == 401
    assert [what for _, what, _ in log(store)[:2]] == ["revoked a token", "made a token"]


@pytest.mark.parametrize(
    ("name", "role", "says"),
    [
        ("", "reader", "a token has a name"),
        ("x" * 101, "reader", "a token has a name"),
        ("mine", "admin", "a token may do no more than you"),
        ("mine", "king", "is none of"),
    ],
)
def test_a_token_that_cannot_be_made_says_why(ana, store, name, role, says):
    page = ana.post("/account/tokens", name=name, role=role)
    assert (page.status, says in shown(page)) == (422, True)
    with store.reading() as session:
        assert people.tokens(session) == []


def test_nobody_revokes_somebody_elses_token(ana, ada, store):
    ada.post("/account/tokens", name="hers", role="reader")
    with store.reading() as session:
        (token,) = people.tokens(session)
    assert ana.post(f"/account/tokens/{token.id}/revoke").status == 404
    with store.reading() as session:
        assert people.tokens(session)[0].revoked is None


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/account"), ("POST", "/account/tokens"), ("GET", "/users"), ("POST", "/users"), ("POST", "/subscriptions/unsubscribe")],
)  # fmt: skip
def test_a_token_manages_nobody_not_even_its_owner(site, store, ada, clock, method, path):
    with store.writing() as session:
        people.add_token(session, "ada", "leaked", Role.ADMIN, digest_of("sw_leaked"), clock())
    seen = site.ask(method, path, "name=x&role=admin&recipient=x", Authorization="Bearer sw_leaked",
                    Content_Type="application/x-www-form-urlencoded")  # fmt: skip
    assert (seen.status, "not for a token" in shown(seen)) == (403, True)


# --- users ---


def test_an_admin_adds_somebody_who_can_sign_in(ada, site, store):
    assert ada.post("/users", name="Bo", role="analyst", password=NEW).status == 303
    signed_in = site.ask("POST", "/signin", f"name=bo&password={NEW.replace(' ', '+')}", Sec_Fetch_Site="same-origin",
                         Content_Type="application/x-www-form-urlencoded")  # fmt: skip
    assert (signed_in.status, "set-cookie" in signed_in.headers) == (303, True)
    assert ("ada", "added a user", "bo") in log(store)
    assert "bo" in shown(ada.get("/users"))


def test_somebody_without_a_password_signs_in_at_the_provider_only(ada, store):
    ada.post("/users", name="bo", role="reader", password="")
    assert user(store, "bo").password is None


@pytest.mark.parametrize(
    ("name", "role", "password", "says"),
    [
        ("ada", "reader", "", "there is a user ada already"),
        ("two words", "reader", "", "cannot be a user's name"),
        ("..", "reader", "", "cannot be a user's name"),
        (".", "reader", "", "cannot be a user's name"),
        ("bo", "king", "", "is none of reader, analyst, admin"),
        ("bo", "", "", "choose a role"),
        ("bo", "reader", "short", "a password has 12 to 200 characters"),
    ],
)
def test_somebody_who_cannot_be_added_is_said_why_and_what_was_typed_stays(
    ada, store, name, role, password, says
):
    page = ada.post("/users", name=name, role=role, password=password)
    assert (page.status, 'role="alert"' in page.text, says in shown(page)) == (422, True, True)
    assert f'name="name" value="{name}"' in page.text
    with store.reading() as session:
        assert len(people.users(session)) == 1
    assert log(store) == []


def test_an_admin_gives_roles_sets_passwords_shuts_out_and_lets_in(ada, ana, store):
    assert ada.post("/users/ana/role", role="reader").status == 303
    assert user(store, "ana").role is Role.READER
    assert ada.post("/users/ana/password", password=NEW).status == 303
    assert ana.get("/account").status == 303  # signed out
    assert ada.post("/users/ana/disable").status == 303
    assert user(store, "ana").disabled is not None
    assert "shut out" in shown(ada.get("/users"))
    assert ada.post("/users/ana/enable").status == 303
    assert user(store, "ana").disabled is None
    assert [what for _, what, _ in log(store)] == [
        "let in again",
        "shut out",
        "set a password",
        "gave a role",
    ]


@pytest.mark.parametrize("how", ["password", "disable", "revoke", "own password"])
def test_what_ends_a_token(ana, ada, site, store, clock, how):
    made = ana.post("/account/tokens", name="notebook", role="reader")
    (value,) = re.findall(r"<output>(sw_[\w-]+)</output>", made.text)

    def opens() -> bool:
        return site.ask("GET", "/runs", Authorization=f"Bearer {value}").status == 200

    assert opens()
    if how == "password":
        ada.post("/users/ana/password", password=NEW)
    if how == "disable":
        ada.post("/users/ana/disable")
        ada.post("/users/ana/enable")
    if how == "revoke":
        (path,) = re.findall(r'action="(/users/ana/tokens/\d+/revoke)"', ada.get("/users").text)
        assert ada.post(path.replace("/ana/", "/ada/")).status == 404  # it is not hers
        assert ada.post(path).status == 303
        assert log(store)[0] == ("ada", "revoked a token", "notebook")
    if how == "own password":
        ana.post("/account/password", old=OLD, new=NEW, again=NEW)
        assert "Tokens stay" in shown(ana.get("/account?done=password"))
    assert opens() is (how == "own password")


def test_whoever_sets_the_own_password_stays_signed_in(ada):
    ada.post("/users/ada/password", password=NEW)
    assert ada.get("/users").status == 200


@pytest.mark.parametrize(
    ("path", "fields"), [("/users/ada/disable", {}), ("/users/ada/role", {"role": "reader"})]
)
def test_the_last_admin_cannot_be_taken_away(ada, store, path, fields):
    page = ada.post(path, **fields)
    assert (page.status, "ada is the only admin" in shown(page)) == (422, True)
    assert (user(store, "ada").role, user(store, "ada").disabled) == (Role.ADMIN, None)


def test_a_user_that_is_none_is_not_found(ada):
    assert ada.post("/users/nobody/disable").status == 404


@pytest.mark.parametrize("path", ["/users", "/audit"])
def test_users_and_the_log_are_for_admins(ana, path):
    page = ana.get(path)
    assert (page.status, "for the role admin" in shown(page)) == (403, True)
    assert path not in links(ana.get("/help"))


# --- subscriptions ---


def test_an_admin_sees_who_is_told_about_what(ada):
    words = shown(ada.get("/subscriptions"))
    assert "Ana B. Ana.Berg@desk.example Zoom; Hong Kong" in words
    assert "channel:desk_room all companies; all authorities" in words
    assert "as soon as reported in a daily mail" in words


@pytest.mark.parametrize("role", [Role.READER, Role.ANALYST])
def test_nobody_else_sees_addresses_or_unsubscribes_anybody(site, store, clock, role):
    somebody = visitor(site, store, clock, role, "rea")
    with store.writing() as session:
        subscriptions.unsubscribe(session, "gone@secret.example", "command", clock())
    page = somebody.get("/subscriptions")
    assert (
        "desk.example" in page.text,
        "secret" in page.text,
        '<form class="inline" method="post" action="/sub' in page.text,
    ) == (False, False, False)
    assert "A…@d…" in shown(page)
    assert somebody.post("/subscriptions/unsubscribe", recipient="Ana.Berg@desk.example").status == 403


def test_whoever_is_named_by_an_address_sees_this_one(site, store, clock):
    page = visitor(site, store, clock, Role.READER, "ana.berg@desk.example").get("/subscriptions")
    assert "Ana.Berg@desk.example" in shown(page)


def test_what_is_masked_tells_no_address():
    assert [masked(one) for one in ("ana@desk.example", "channel:room", "odd")] == [
        "a…@d…",
        "channel:room",
        "…@o…",
    ]


def test_addresses_in_a_text_are_masked():
    said = "550 <Ana.Berg@desk.example>: no mailbox of o'neil+x@mail.example. At 12:00 @ noon."
    assert without_addresses(said) == "550 <A…@d…>: no mailbox of o…@m…. At 12:00 @ noon."


@pytest.mark.parametrize("role", Role)
def test_the_operators_address_is_an_admins_to_see(store, clock, role):
    plain = config()
    health = plain.settings.health.model_copy(update={"operator": "olga@private.example"})
    settings = plain.settings.model_copy(update={"health": health})
    run = ledger.open_run(store, "operator", clock())
    ledger.finish_run(store, run, "failed", {}, "refused <olga@private.example>: 550 no such user", clock())
    with served(store, Config(settings, plain.sources, plain.knowledge), clock) as site:
        browser = visitor(site, store, clock, role)
        for path in ("/", "/runs?job=operator", f"/runs/{run}", "/api/v1/runs"):
            page = browser.get(path)
            assert "550 no such user" in page.text, path
            assert ("private.example" in page.text) is (role is Role.ADMIN), path


def test_an_admin_unsubscribes_somebody_and_back_and_it_is_written_down(ada, store):
    assert ada.post("/subscriptions/unsubscribe", recipient="Ana.Berg@desk.example").status == 303
    with store.reading() as session:
        (one,) = subscriptions.unsubscribed(session)
    assert (one.recipient, one.how) == ("ana.berg@desk.example", "desk")
    assert "unsubscribed 2026-11-01 , at the desk" in shown(ada.get("/subscriptions"))
    ada.post("/subscriptions/unsubscribe", recipient="ana.berg@desk.example")
    assert ada.post("/subscriptions/resubscribe", recipient="ana.berg@desk.example").status == 303
    with store.reading() as session:
        assert subscriptions.unsubscribed(session) == []
    assert log(store) == [
        ("ada", "resubscribed", "ana.berg@desk.example"),
        ("ada", "unsubscribed", "ana.berg@desk.example"),
    ]


def test_an_address_that_nobody_has_is_refused(ada, store):
    assert ada.post("/subscriptions/unsubscribe", recipient="x@y.example").status == 422
    assert log(store) == []


def test_alerts_are_counted_by_recipient_and_errors_told_to_admins_only(site, store, clock, ada, ana):
    story = Story(
        store,
        clock,
        config(Subscriber(email="ana.berg@desk.example", when="provisional", kinds=("new", "stance"))),
    )
    story.reports("courier", "zoom HK complies: Zoom hands data over.")
    clock.tick(days=3)
    story.reports("courier", "zoom HK pauses: Zoom stopped.", path="/b", published=clock())
    with store.writing() as session:
        waiting = outbox.due(session, clock())
        assert waiting
        for alert in waiting:
            outbox.claim(session, alert, clock(), clock.tick(minutes=1))
            outbox.mark_dead(session, alert.id, "550 no mailbox <ana.berg@desk.example>")
    assert "550 no mailbox" in shown(ada.get("/subscriptions"))
    page = ana.get("/subscriptions")
    assert f"{len(waiting)} given up" in shown(page)
    assert ("550" in page.text, "berg" in page.text.lower()) == (False, False)


# --- the log and the help ---


def test_the_log_is_read_a_page_at_a_time_and_by_who(ada, store, clock):
    assert "Nothing is written down." in shown(ada.get("/audit"))
    with store.writing() as session:
        for n in range(101):
            audit.note(
                session,
                "did",
                f"thing {n}",
                who="ana",
                at=clock(),
                address="10.0.0.9",
                detail={"role": "<b>"},
            )
        audit.note(session, "did", "another", who="bo", at=clock())
    first = ada.get("/audit?who=ana")
    assert ("thing 100" in shown(first), "another" in shown(first), "<b>" in first.text) == (
        True,
        False,
        False,
    )
    (further,) = {href for href in links(first) if "before=" in href}
    assert "thing 0" in shown(ada.get(further))
    assert "Nothing by eve is written down here." in shown(ada.get("/audit?who=eve"))


def test_the_help_says_what_every_stance_and_outcome_means(ana):
    assert set(STANCES) == set(Stance)
    assert set(OUTCOMES) == set(Outcome)
    words = shown(ana.get("/help"))
    assert all(meaning in words for meaning in [*STANCES.values(), *OUTCOMES.values()])


def test_every_key_that_stands_in_a_page_is_in_the_help():
    known = {key for keys in KEYS.values() for key in keys}
    pages = [one.read_text(encoding="utf-8") for one in files("review").joinpath("templates").iterdir()]
    used = {key for page in pages for key in re.findall(r'data-key="([^"{]+)"', page)}
    assert used - known == set()
