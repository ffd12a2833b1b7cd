"""What no form or link of the desk sends, and somebody does: it is refused in words, and is no fault of ours."""

from __future__ import annotations

import base64
import json

import pytest

from pipelines.store.people import Role

HUGE = 10**30
NOBODYS = "%00" * 8


def cursor(*parts: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


@pytest.fixture
def ada(story, as_role):
    story.reports("courier", "zoom HK pauses: Zoom stopped handling requests from Hong Kong.")
    return as_role(Role.ADMIN, "ada")


def test_numbers_that_no_row_has_are_refused(ada):
    asked = [
        f"/runs/{HUGE}",
        f"/runs?before={HUGE}",
        f"/audit?before={HUGE}",
        f"/runs/{2**31}",
        "/audit?before=-1",
    ]
    assert {path: ada.get(path).status for path in asked} == dict.fromkeys(asked, 422)
    assert ada.post("/queue/undo", verdict=HUGE).status == 422
    assert ada.post(f"/account/tokens/{HUGE}/revoke").status == 422
    assert ada.post(f"/users/ada/tokens/{HUGE}/revoke").status == 422


def test_ids_with_what_no_database_takes_are_of_nothing(ada):
    asked = [f"/{of}/{NOBODYS}" for of in ("documents", "captures", "statements", "changes", "holds")]
    asked += [f"/api/v1/{of}/{NOBODYS}" for of in ("documents", "statements", "changes")]
    assert {path: ada.get(path).status for path in asked} == dict.fromkeys(asked, 404)
    for what, form in (("skip", {}), ("comment", {"text": "x"}), ("accept", {})):
        assert ada.post(f"/statements/{NOBODYS}/{what}", **form).status == 404


@pytest.mark.parametrize("odd", ["\0", "\ud800"])
def test_cursors_with_what_no_database_takes_are_of_no_list(ada, odd):
    asked = [
        f"/changes?after={cursor('2026-01-01', odd)}", f"/api/v1/statements?after={cursor('2026-01-01', odd)}",
        f"/api/v1/positions?after={cursor(odd, 'x')}",
    ]  # fmt: skip
    assert {path: ada.get(path).status for path in asked} == dict.fromkeys(asked, 400)


@pytest.mark.parametrize("name", ["a\0b", b"\xed\xa0\x80", b"\xff\xfe"])
def test_names_with_what_no_database_takes_are_nobodys(ada, name):
    assert ada.post("/signin", name=name, password="a guess").status == 401
    assert ada.post("/users", name=name, role="reader").status in (303, 422)
