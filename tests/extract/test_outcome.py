"""Outcomes told by status, headers and length, before a body is read; the rest stands in the golden pages."""

from __future__ import annotations

import pytest
from support.captures import capture
from support.small import small_knowledge

from extract.analyse import analyse
from extract.document.outcome import judge_response
from extract.types import Outcome

PAGE = b"<html lang=en><article><p>Lumora no longer answers the police of Valdoria, it said in a letter.</p></article></html>"


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (304, Outcome.NOT_MODIFIED),
        (301, Outcome.MOVED),
        (204, Outcome.ERROR),
        (206, Outcome.ERROR),
        (401, Outcome.WALL),
        (402, Outcome.PAYWALL_STUB),
        (403, Outcome.ERROR),
        (404, Outcome.ERROR),
        (410, Outcome.ERROR),
        (451, Outcome.ERROR),
        (500, Outcome.ERROR),
        (503, Outcome.ERROR),
    ],
)
def test_a_status_other_than_200_is_never_read_as_content(status: int, outcome: Outcome) -> None:
    found = analyse(capture(PAGE, status=status), small_knowledge())
    assert (found.outcome, found.document, found.statements) == (outcome, None, ())
    assert bool(found.note) == (outcome is not Outcome.NOT_MODIFIED)


@pytest.mark.parametrize("status", [403, 406, 429, 503])
@pytest.mark.parametrize(
    "mark",
    [
        b"<script>window._cf_chl_opt={}</script>",
        b"<div class='g-recaptcha'></div>",
        b"<title>Just a moment...</title>",
    ],
)
def test_a_refusal_with_a_challenge_is_a_bot_wall(status: int, mark: bytes) -> None:
    verdict = judge_response(capture(b"<html>" + mark + b"</html>", status=status))
    assert verdict is not None
    assert verdict[0] is Outcome.BOT_WALL


def test_a_challenge_header_counts_whatever_the_status() -> None:
    verdict = judge_response(capture(PAGE, headers={"cf-mitigated": "challenge"}))
    assert verdict is not None
    assert verdict[0] is Outcome.BOT_WALL


def test_a_body_shorter_than_announced_is_an_error() -> None:
    whole, cut = {"content-length": str(len(PAGE))}, {"content-length": str(len(PAGE) + 1)}
    assert judge_response(capture(PAGE, headers=whole)) is None
    verdict = judge_response(capture(PAGE, headers=cut))
    assert verdict is not None
    assert verdict[0] is Outcome.ERROR
    assert judge_response(capture(PAGE, headers={**cut, "content-encoding": "gzip"})) is None


def test_no_body_is_empty() -> None:
    verdict = judge_response(capture(b" \n"))
    assert verdict == (Outcome.EMPTY, "HTTP 200 without a body")
