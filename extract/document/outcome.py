"""What a capture turned out to be. Only `ok` may create or end a statement, so doubt goes the other way.

Judged from the status, from where it was redirected, and from the text together with the page's structure: how
much of a *short* text is wall talk. No word condemns a page by itself: an article about captchas is an article.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

from extract.document import walls
from extract.document.address import is_root, registered_host
from extract.document.html import WHOLE
from extract.document.page import Page
from extract.types import Capture, Outcome, SourceKind

Verdict = tuple[Outcome, str]

_BLOCKING = (403, 405, 406, 429, 503)
_LEAST_WORDS = 8  # "We have received no secret orders as of today": a canary is short, a page is not shorter
_REASONS = {
    404: "not found",
    410: "gone",
    451: "unavailable for legal reasons",
    500: "server error",
    502: "bad gateway",
}


def judge_response(capture: Capture) -> Verdict | None:
    """What status, headers and length alone say; None if the body must be read."""
    status = capture.status
    if status == 304:
        return Outcome.NOT_MODIFIED, ""
    mark = walls.challenge_header(capture.headers)
    if mark:
        return Outcome.BOT_WALL, f"the server asks for a proof that a person reads it ({mark})"
    if status >= 400:
        return _judge_refusal(capture)
    if 300 <= status < 400:
        return Outcome.MOVED, f"HTTP {status} to {capture.headers.get('location', 'nowhere')}, not followed"
    if status == 206 or _cut_short(capture):
        return Outcome.ERROR, f"only a part of the page arrived ({len(capture.body)} bytes)"
    if not capture.body.strip():
        return Outcome.EMPTY, f"HTTP {status} without a body"
    if status != 200 and status != 203:
        return Outcome.ERROR, f"HTTP {status}"
    return None


def _judge_refusal(capture: Capture) -> Verdict:
    status = capture.status
    if status in (401, 407):
        return Outcome.WALL, f"asks for a login (HTTP {status})"
    if status == 402:
        return Outcome.PAYWALL_STUB, "asks for payment (HTTP 402)"
    if status in _BLOCKING:
        mark = walls.challenge_body(capture.body)
        if mark:
            return Outcome.BOT_WALL, f"the server takes us for a robot (HTTP {status}, {mark})"
    reason = _REASONS.get(status, "refused" if status in _BLOCKING else "failed")
    return Outcome.ERROR, f"HTTP {status}: {reason}"


def _cut_short(capture: Capture) -> bool:
    """Whether fewer bytes arrived than announced. Says nothing of compressed bodies, whose length is another."""
    coded = capture.headers.get("content-encoding", "identity").strip().lower() not in ("", "identity")
    announced = capture.headers.get("content-length", "").strip()
    return not coded and announced.isdigit() and len(capture.body) < int(announced)


def judge_page(capture: Capture, page: Page) -> Verdict:
    """What a page is that was read. The first judge with an opinion rules; the order is from structure to words."""
    judges: Iterable[Callable[[Capture, Page], Verdict | None]] = (
        _moved, _bot_wall, _soft_404, _wall, _script_shell, _paywall, _empty, _language_flipped,
    )  # fmt: skip
    for judge in judges:
        verdict = judge(capture, page)
        if verdict is not None:
            return verdict
    return Outcome.OK, ""


def _moved(capture: Capture, page: Page) -> Verdict | None:
    leads = page.signs.refresh
    if leads and page.words < walls.SHORT and leads.partition("#")[0] != capture.final_url:
        return Outcome.MOVED, f"the page only sends on to {leads}"
    if capture.kind is not SourceKind.PAGE or capture.final_url == capture.url:
        return None
    if registered_host(capture.final_url) != registered_host(capture.url):
        return Outcome.MOVED, f"redirected to another site: {capture.final_url}"
    if is_root(capture.final_url) and not is_root(capture.url):
        return Outcome.MOVED, f"redirected to the front page: {capture.final_url}"
    return None


def _bot_wall(capture: Capture, page: Page) -> Verdict | None:
    short = page.words < walls.SHORT
    if not short:
        return None
    if walls.bot_title(page.signs.title) and not page.signs.article:
        return Outcome.BOT_WALL, f"a check for robots: “{page.signs.title}”"
    share = walls.share(page, walls.BOT)
    if share >= walls.MOSTLY:
        return Outcome.BOT_WALL, "a check for robots instead of the page"
    if page.words < walls.TINY and not page.signs.article:
        mark = walls.challenge_body(capture.body)
        if mark:
            return Outcome.BOT_WALL, f"a check for robots ({mark}) and nearly no text"
    return None


def _soft_404(capture: Capture, page: Page) -> Verdict | None:
    if page.words >= walls.SHORT:
        return None
    for head in (page.signs.title, page.signs.heading):
        if walls.not_found_title(head, capture.publisher) and not page.signs.article:
            return Outcome.SOFT_404, f"says that there is no such page: “{head}”"
    if walls.share(page, walls.NOT_FOUND) >= walls.MOSTLY:
        return Outcome.SOFT_404, "says that there is no such page"
    if capture.final_url != capture.url and re.search(
        r"/(?:404|not-?found|error)(?:[./?]|$)", urlsplit(capture.final_url).path, re.IGNORECASE
    ):
        return Outcome.SOFT_404, f"redirected to an error page: {capture.final_url}"
    return None


def _wall(capture: Capture, page: Page) -> Verdict | None:
    words = page.words
    redirected = capture.final_url != capture.url
    place = urlsplit(capture.final_url)
    if redirected and (
        walls.CONSENT_PLACE.search(place.hostname or "") or walls.CONSENT_PLACE.search(place.path)
    ):
        return Outcome.WALL, f"redirected to a consent page: {capture.final_url}"
    if redirected and walls.LOGIN_PLACE.search(place.path) and words < walls.LONG:
        return Outcome.WALL, f"redirected to a login: {capture.final_url}"
    if words >= walls.LONG:
        return None
    if (
        page.signs.password
        and words < walls.SHORT
        and (walls.login_title(page) or walls.share(page, walls.LOGIN) >= walls.MOSTLY)
    ):
        return Outcome.WALL, "a login instead of the page"
    if walls.share(page, walls.LOGIN) >= walls.MOSTLY and words < walls.SHORT:
        return Outcome.WALL, "asks the reader to log in"
    if walls.share(page, walls.CONSENT) >= walls.MOSTLY and walls.consent_buttons(page.signs.buttons):
        return Outcome.WALL, "asks for consent instead of showing the page"
    return None


def _script_shell(capture: Capture, page: Page) -> Verdict | None:  # noqa: ARG001
    words = page.words
    if words >= walls.SHORT:
        return None
    if walls.share(page, walls.SCRIPT) >= walls.MOSTLY:
        return Outcome.SCRIPT_SHELL, "can only be read with JavaScript"
    asks = bool(walls.SCRIPT.search(page.signs.noscript))
    if words < walls.TINY and page.signs.scripts and (page.signs.mount or asks):
        return Outcome.SCRIPT_SHELL, "holds nearly no text without JavaScript"
    return None


def _paywall(capture: Capture, page: Page) -> Verdict | None:
    words = page.words
    if capture.kind is SourceKind.PAGE or words >= walls.STUB:
        return None
    if page.signs.metered:
        return Outcome.PAYWALL_STUB, "the publisher says that the text is for subscribers, and it is short"
    if walls.PAYWALL.search(page.body[-600:]) or walls.PAYWALL.search(_after_the_text(page)):
        return Outcome.PAYWALL_STUB, "breaks off with an offer to subscribe"
    return None


def _after_the_text(page: Page) -> str:
    """What a reader sees right below the last words of the text: an offer there breaks it off, one in a footer does not."""
    last = page.body[-60:].rpartition("\n")[2]
    _, found, rest = page.signs.visible.rpartition(last) if last else ("", "", "")
    return rest[:300] if found else ""


def _empty(capture: Capture, page: Page) -> Verdict | None:  # noqa: ARG001
    if page.document is None:
        return Outcome.EMPTY, page.nothing
    words = walls.words_of(page.body.replace(page.document.title or "\n", " "))
    return (
        (Outcome.EMPTY, f"only {words} words of text besides the headline") if words < _LEAST_WORDS else None
    )


def _language_flipped(capture: Capture, page: Page) -> Verdict | None:
    """Another language than declared, which is not read: a watched page that shows one, however short, ends nothing."""
    declared, found = capture.language, page.content_language
    if capture.kind in WHOLE and page.document is not None:
        found = page.document.language
    elif page.words < walls.ENOUGH:
        return None
    if declared and found and found != declared:
        return Outcome.LANGUAGE_FLIPPED, f"reads like {found}, expected {declared}"
    return None
