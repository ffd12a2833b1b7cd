"""`user …`: who may use the desk, by the command line."""

from __future__ import annotations

from typing import Any

import pytest

from pipelines.store import people
from pipelines.store.session import open_store

PASSWORD = "correct horse battery\n"


def add(desk: Any, name: str, *more: str, password: str = PASSWORD) -> Any:
    return desk("user", "add", name, "--password-stdin", *more, given=password)


def test_users_are_added_listed_and_shut_out(desk: Any):
    assert add(desk, "Ada", "--role", "admin").out == "ada may use the desk as admin\n"
    assert add(desk, "bo", "--json").objects == [{"name": "bo", "role": "analyst"}]
    assert desk("user", "disable", "bo").code == 0
    listed = {user["name"]: user for user in desk("user", "list", "--json").objects}
    assert (listed["ada"]["role"], listed["ada"]["disabled"]) == ("admin", None)
    assert listed["bo"]["disabled"]
    assert "$argon2" not in desk("user", "list").out + desk("user", "list", "--json").out
    assert desk("user", "enable", "bo").code == 0
    assert desk("user", "role", "bo", "--role", "reader").out == "bo may use the desk as reader\n"


@pytest.mark.parametrize(
    ("arguments", "password", "words"),
    [
        (("ada", "--role", "king"), PASSWORD, "'king' is none of reader, analyst, admin"),
        (("ada",), "short\n", "a password has 12 to 200 characters"),
        (("ada",), "aaaaaaaaaaaaaaaa\n", "too easy to guess"),
        (("two words",), PASSWORD, "cannot be a user's name"),
    ],
)
def test_what_cannot_be_is_refused_in_words(desk: Any, arguments: tuple[str, ...], password: str, words: str):
    answer = add(desk, *arguments, password=password)
    assert answer.code == 2
    assert words in answer.err


@pytest.mark.parametrize(
    "how", [("revoke-token", "1"), ("password", "ada", "--password-stdin"), ("disable", "ada")]
)
def test_tokens_are_listed_and_end(desk: Any, clock: Any, how: tuple[str, ...]):
    add(desk, "ada", "--role", "admin")
    add(desk, "bo", "--role", "admin")
    store = open_store(desk.url)
    with store.writing() as session:
        people.add_token(session, "ada", "notebook", people.Role.READER, "0" * 64, clock())
    store.close()
    (token,) = desk("user", "tokens", "--json").objects
    assert (token["number"], token["user"], token["name"], token["role"]) == (1, "ada", "notebook", "reader")
    assert desk("user", *how, given=PASSWORD).code == 0
    assert desk("user", "tokens").out.endswith("no program has a token\n")
    assert desk("user", "revoke-token", "7").err.endswith("there is no token 7\n")


def test_a_name_is_taken_once_and_the_last_admin_stays(desk: Any):
    add(desk, "ada", "--role", "admin")
    assert "there is a user ada already" in add(desk, "ADA").err
    assert "ada is the only admin" in desk("user", "disable", "ada").err
    assert "ada is the only admin" in desk("user", "role", "ada", "--role", "reader").err
    assert desk("user", "password", "nobody", "--password-stdin", given=PASSWORD).code == 2
