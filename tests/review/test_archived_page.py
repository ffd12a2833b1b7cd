"""An archived page is shown without life: no script, form, frame or redirect of it runs, and it asks nobody for anything."""

from __future__ import annotations

import socket
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser as Chromium
from support.chromium import Watched
from support.people import Browser
from support.store import capture

from extract.types import Analysis, Outcome
from pipelines import ledger
from pipelines.archive import ArchiveWriter, Exchange
from pipelines.config import Config
from pipelines.store.people import Role
from review.views.captures import without_life

once = pytest.mark.parametrize("database", ["sqlite"])  # no query of it differs


HOSTILE = b"""<!doctype html><html><head><title>Guide</title>
<meta http-equiv="refresh" content="0;url=/api/v1/verdicts?stolen">
<base href="/users/">
<link rel="stylesheet" href="/runs?style"><link rel="prefetch" href="/runs?prefetch">
<style>@import "/runs?import"; body { background: url(/runs?background); color: green }</style>
<script>fetch('/runs?script'); alert(1)</script></head>
<body onload="fetch('/runs?onload')">
<p>We disclose data on a warrant.</p>
<img src="/runs?image" onerror="fetch('/runs?onerror')"><img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">
<svg onload="fetch('/runs?svg')"><script>fetch('/runs?svgscript')</script></svg>
<iframe src="/runs?frame"></iframe><object data="/runs?object"></object><embed src="/runs?embed">
<form action="/queue/skipped" method="post"><button id="send" autofocus>Send</button></form>
<script>document.forms[0]?.submit(); window.open('/runs?popup'); top.location = '/runs?top'</script>
<a href="javascript:fetch('/runs?href')">x</a><math><mtext><table><mglyph><style><img src=x onerror=fetch('/runs?mxss')>
<template><img src="/runs?template" onerror="fetch('/runs?t2')"></template><noscript><img src="/runs?noscript"></noscript>
<video poster="/runs?poster" src="/runs?video"></video><input onfocus="fetch('/runs?focus')" autofocus>
</body></html>"""


@pytest.fixture
def archived(story, clock, tmp_path) -> Callable[..., str]:
    """Puts a response into an archive and the store; gives the capture's id."""
    plain = story.configuration
    settings = plain.settings.model_copy(update={"data_dir": tmp_path})
    story.configuration = Config(settings, plain.sources, plain.knowledge)

    def store_(body: bytes, content_type: str = "text/html; charset=utf-8") -> str:
        with ArchiveWriter(settings.archive_dir, clock) as archive:
            ref = archive.write(
                Exchange(
                    url="https://zoom.example/guide", method="GET", request_headers=(), status=200, reason="OK",
                    response_headers=(("Content-Type", content_type),), body=body, sent=clock(),
                )
            )  # fmt: skip
        made = capture("zoom-guide", "", clock(), headers={"content-type": content_type})
        from dataclasses import replace

        made = replace(made, body=body, warc_file=ref.file, warc_offset=ref.offset)
        ledger.post_capture(
            story.store, made, Analysis(Outcome.EMPTY, "nothing"), knowledge="x", entry=True, run_id=1, now=clock(),
            context=story.context,
        )  # fmt: skip
        return made.id

    return store_


@once
@pytest.mark.parametrize("path", ["/captures/{}", "/captures/{}/page"])
def test_a_hostile_page_asks_nobody_for_anything(chromium: Chromium, archived, as_role, site, path):
    capture_id = archived(HOSTILE)
    reader = as_role(Role.READER)
    context = chromium.new_context(base_url=f"http://127.0.0.1:{site.port}")
    context.add_cookies(
        [
            {
                "name": "stancewatch",
                "value": reader.cookies["stancewatch"],
                "url": f"http://127.0.0.1:{site.port}",
            }
        ]
    )
    window = Watched(context)
    alarms: list[str] = []
    window.page.on("dialog", lambda dialog: alarms.append(dialog.message))
    context.on("page", lambda page: alarms.append(page.url) if page is not window.page else None)
    window.page.goto(path.format(capture_id))
    window.settled()
    window.page.wait_for_timeout(300)
    shown = window.page.frames[-1]
    assert shown.locator("p").first.inner_text() == "We disclose data on a warrant."
    asked = {
        address.split(str(site.port))[1] for address in window.answered if not address.startswith("data:")
    }
    allowed = {path.format(capture_id), f"/captures/{capture_id}/page"}
    assert {address for address in asked if not address.startswith("/static/")} <= allowed
    assert alarms == []
    assert window.page.url.endswith(path.format(capture_id))
    context.close()


@once
def test_pressing_anywhere_on_an_archived_page_opens_no_connection(
    chromium: Chromium, archived, as_role, site
):
    with socket.create_server(("127.0.0.1", 0)) as outside:
        address = f"http://127.0.0.1:{outside.getsockname()[1]}/"
        link = f'<a id="link" href="{address}" ping="{address}" target="_top" style="position:fixed;inset:0">x</a>'
        drawn = f'<svg><a xlink:href="{address}"><text y="9">x</text></a></svg>'
        capture_id = archived(f"<html><body><p>We disclose data.</p>{link}{drawn}</body></html>".encode())
        cookie = {"Cookie": f"stancewatch={as_role(Role.READER).cookies['stancewatch']}"}
        page = chromium.new_page(extra_http_headers=cookie)
        page.goto(f"http://127.0.0.1:{site.port}/captures/{capture_id}/page")
        page.locator("#link").click(no_wait_after=True)
        page.wait_for_timeout(300)
        outside.setblocking(False)
        with pytest.raises(BlockingIOError):
            outside.accept()
        assert address not in page.content()
        page.close()


@once
def test_the_archived_page_has_no_cookie_and_no_origin(archived, as_role):
    capture_id = archived(HOSTILE)
    answer = as_role(Role.READER).get(f"/captures/{capture_id}/page")
    policy = answer.headers["content-security-policy"]
    assert "sandbox" in policy.split("; ")
    assert "allow" not in policy
    assert "default-src 'none'" in policy
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-dns-prefetch-control"] == "off"
    for gone in (
        "script",
        "onload",
        "onerror",
        "refresh",
        "<form",
        "<iframe",
        "<base",
        "javascript:",
        "<noscript",
        "/runs?image-",
    ):
        assert gone not in answer.text


@once
def test_other_charsets_are_read_as_the_server_said(archived, as_role):
    capture_id = archived(
        "<p>Anfragen der Behörden: geprüft</p>".encode("iso-8859-1"), "text/html; charset=iso-8859-1"
    )
    assert "Behörden: geprüft" in as_role(Role.READER).get(f"/captures/{capture_id}/page").text


@pytest.mark.parametrize(
    "body", [b"", b"\x00\x01\x02", b"<", b"<!--", "<p>ü</p>".encode("utf-16"), b"<" * 100_000]
)
def test_rubbish_is_shown_as_something(body):
    assert b"<" in without_life(body, "text/html; charset=none-such")


@once
def test_what_is_no_page_is_offered_to_be_downloaded(archived, as_role):
    capture_id = archived(b"%PDF-1.7 ...", "application/pdf")
    reader: Browser = as_role(Role.READER)
    assert "download it to look at it" in reader.get(f"/captures/{capture_id}/page").text
    raw = reader.get(f"/captures/{capture_id}/raw")
    assert raw.text == "%PDF-1.7 ..."
    assert raw.headers["content-type"] == "application/octet-stream"
    assert raw.headers["content-disposition"].startswith("attachment")


@once
def test_an_archive_that_is_gone_is_told_in_words(archived, as_role, story):
    capture_id = archived(HOSTILE)
    for file in story.configuration.settings.archive_dir.iterdir():
        file.unlink()
    reader = as_role(Role.READER)
    answer = reader.get(f"/captures/{capture_id}/page")
    assert answer.status == 404
    assert "restore it from a backup" in answer.text
    assert reader.get(f"/captures/{capture_id}/raw").status == 404


@pytest.mark.parametrize(
    "place", ["..%2f..%2fetc", "%2e%2e", "a%00b", "F" * 64, "0" * 65, "zz", "%2Fetc%2Fpasswd"]
)
@once
def test_a_capture_is_named_by_its_digest_and_by_nothing_else(as_role, place):
    reader = as_role(Role.READER)
    for view in ("", "/page", "/raw"):
        assert reader.get(f"/captures/{place}{view}").status == 404
