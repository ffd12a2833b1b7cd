"""The page behind a mail's link: looking changes nothing, the button or one click ends the subscription, once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from pydantic import SecretStr
from support.store import config
from support.visits import Site, served

from pipelines.alerts.tokens import token_of
from pipelines.config import Config
from pipelines.store import audit, subscriptions
from pipelines.store.session import Store

SECRET = SecretStr("a secret of the test suite")
LINK = f"/unsubscribe/{token_of('Ana@desk.example', SECRET)}"
ONE_CLICK = "List-Unsubscribe=One-Click"


def with_secret(secret: SecretStr | None) -> Config:
    plain = config()
    return Config(plain.settings.model_copy(update={"secret": secret}), plain.sources, plain.knowledge)


@pytest.fixture
def visit(store: Store, clock) -> Iterator[Callable[..., Site]]:
    with ExitStack() as stack:
        yield lambda secret=SECRET: stack.enter_context(served(store, with_secret(secret), clock))


def gone(store: Store) -> list[tuple[str, str]]:
    with store.reading() as session:
        return [(one.recipient, one.how) for one in subscriptions.unsubscribed(session)]


def test_looking_at_the_page_changes_nothing(visit, store):
    site = visit()
    page = site.get(LINK)
    assert page.status == 200
    assert page.text.count("<button") == 1
    assert '<form method="post">' in page.text
    assert site.ask("HEAD", LINK).status == 200
    assert gone(store) == []


@pytest.mark.parametrize(("body", "how"), [("by=page", "page"), (ONE_CLICK, "one-click")])
def test_the_button_and_one_click_end_it_and_may_be_repeated(visit, store, body, how):
    site = visit()
    for _ in range(2):
        done = site.post(LINK, body)
        assert (done.status, "Unsubscribed" in done.text) == (200, True)
        assert "location" not in done.headers  # a mail program follows no redirect
    assert gone(store) == [("ana@desk.example", how)]
    with store.reading() as session:
        (said,) = audit.entries(session)
    assert (said.what, said.about, said.who) == ("unsubscribed", "ana@desk.example", None)
    assert (said.address, said.detail) == ("127.0.0.1", {"how": how})
    assert "<button" not in site.get(LINK).text


def test_a_form_in_parts_is_one_click_too(visit, store):
    parts = '--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n'
    done = visit().ask("POST", LINK, parts, Content_Type="multipart/form-data; boundary=x")
    assert done.status == 200
    assert gone(store) == [("ana@desk.example", "one-click")]


@pytest.mark.parametrize(
    "path",
    [
        LINK[:-1],
        LINK + "x",
        "/unsubscribe/" + token_of("ana@desk.example", SecretStr("another secret of theirs")),
        "/unsubscribe/<script>",
    ],
)
def test_a_link_that_is_not_ours_changes_nothing(visit, store, path):
    site = visit()
    for seen in (site.get(path.replace("<", "%3C")), site.post(path.replace("<", "%3C"), ONE_CLICK)):
        assert seen.status == 404
        assert "<script" not in seen.text
    assert gone(store) == []


def test_without_a_secret_no_link_is_ours(visit, store):
    assert visit(None).post(LINK, ONE_CLICK).status == 404
    assert gone(store) == []


def test_a_large_body_is_refused_unread(visit, store):
    assert visit().post(LINK, "x" * 100_000).status == 413
    assert gone(store) == []


@pytest.mark.parametrize("path", [LINK, "/unsubscribe/none", "/healthz", "/style.css", "/nothing"])
def test_every_answer_has_strict_headers_and_no_cookie(visit, path):
    headers = visit().get(path).headers
    assert headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'; ")
    assert "form-action 'self'" in headers["content-security-policy"]
    assert headers["referrer-policy"] == (
        "no-referrer" if path.startswith("/unsubscribe/") else "same-origin"
    )
    assert headers["cache-control"] == "no-store"
    assert not {"set-cookie", "server"} & headers.keys()


def test_the_page_needs_nothing_but_its_style(visit):
    page = visit().get(LINK).text
    assert 'href="../style.css"' in page
    assert not [word for word in ("<script", "<img", "style=", "http:", "https:") if word in page]


def test_health_is_told_to_monitoring(visit):
    answer = visit().get("/healthz")
    assert (answer.status, answer.text) == (200, '{"ok":true}')


def test_a_database_that_does_not_answer_is_never_told_as_done(visit, store, caplog):

    site = visit()
    with store.writing() as session:
        session.connection().exec_driver_sql("DROP TABLE subscriptions")
    for seen in (site.get(LINK), site.post(LINK, ONE_CLICK)):
        assert seen.status == 503
        assert "Nothing was changed" in seen.text
        assert "strict" not in seen.text
    assert "subscriptions" in caplog.text
    with store.writing() as session:  # others use this database after us
        subscriptions.SubscriptionRow.__table__.create(session.connection())
