"""What holds for every page of the desk, taken from the route table: nobody is shut out by it, nothing scraped lives in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import BrowserContext
from support.addresses import pages_of
from support.chromium import AXE, NO_AXE, Watched, barriers, need
from support.people import browser_of, join
from support.store import Story, config
from support.visits import Site

from pipelines import coding, ledger
from pipelines.store import queries
from pipelines.store.people import Role
from review.app import create_app

pytestmark = pytest.mark.parametrize("database", ["sqlite"])

# Each of them would do something if it were ever taken for markup, an attribute, a script or an address.
PAYLOADS = (
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "\"><svg onload=alert(1)>", "'><b id=x>", "</title><script>alert(1)</script>",
    "</textarea><script>alert(1)</script>", "</option></select><img src=x onerror=alert(1)>", "javascript:alert(1)",
    "{{7*7}}", "{% raw %}", "${7*7}", "<!--", "--><script>alert(1)</script>", "]]><script>alert(1)</script>", "&lt;script&gt;",
    "<iframe srcdoc='<script>alert(1)</script>'>", "<math><mtext></table><img src onerror=alert(1)>", "<a href='javascript:alert(1)'>x</a>",
    "<style>*{background:url(/x)}</style>", "<link rel=stylesheet href=/x>", "<meta http-equiv=refresh content='0;url=/x'>",
    "<base href=/x/>", "<form action=/x><button>", "<object data=/x>", "<details open ontoggle=alert(1)>", "\u202egnp.exe",
    "<video src onerror=alert(1)>", "` onmouseover=alert(1) `", "\" autofocus onfocus=alert(1) x=\"", "<input autofocus onfocus=alert(1)>",
)  # fmt: skip


@pytest.fixture
def told(story: Story, clock) -> Story:
    """A little of everything, with something hostile wherever text may come from outside or from people."""
    many = iter(PAYLOADS * 5)
    story.reports(
        "courier",
        f"zoom HK pauses: Zoom stopped {next(many)} handling requests {next(many)}.",
        title=next(many),
    )
    story.reports(
        "herald", f"meta US refuses: Meta refused {next(many)}.\n{next(many)}", path="/b", title=next(many)
    )
    story.reports("herald", f"{'oddco'} US refuses unlisted: Oddco refused {next(many)}.", path="/c")
    for n in range(3):
        story.shows(
            "zoom-guide",
            f"zoom * conditional process={('warrant', 'subpoena', 'mlat')[n]}: We ask {next(many)} {n}.\nMore {next(many)}.",
        )
        clock.tick(days=2)
    story.shows("meta-guide", "! wall: <script>alert(1)</script>")
    run = ledger.open_run(story.store, "crawl <script>alert(1)</script>", clock())
    ledger.finish_run(story.store, run, "failed", {"<b>": 1}, "<script>alert(1)</script>", clock())
    for name in ("ana", "bo"):
        join(story.store, clock, Role.ANALYST, name)
    coding.draw(
        story.store, PAYLOADS[1].replace("/", "")[:50], ("ana", "bo"), 2, who="ada", seed=1, now=clock()
    )
    for coder in ("ana", "bo"):
        for n in (1, 2):
            stance = "none" if coder == "bo" and n == 1 else "pauses"
            name = PAYLOADS[1].replace("/", "")[:50]
            coding.code_unit(story.store, name, n, stance, who=coder, note=PAYLOADS[0], now=clock())
    coding.adjudicate(story.store, name, 1, "unable", who="bo", note=PAYLOADS[0], now=clock())
    with story.store.reading() as session:
        first, second, *_ = queries.proposals(session, "ana", limit=9)
    for n, payload in enumerate(PAYLOADS):
        ledger.post_comment(story.store, first.statement, payload, who="ana", now=clock())
        ruling = ("accept", "reject")[n % 2]
        ledger.post_verdict(
            story.store,
            second.statement,
            ruling,
            who="ana",
            reason=payload,
            now=clock(),
            context=story.context,
        )
    return story


@pytest.fixture
def window(chromium: Chromium, site: Site, told: Story, clock) -> Iterator[Watched]:
    """An admin's browser."""
    context: BrowserContext = chromium.new_context(base_url=f"http://127.0.0.1:{site.port}")
    admin = browser_of(site, told.store, clock, join(told.store, clock, Role.ADMIN, "ada"))
    context.add_cookies(
        [
            {
                "name": "stancewatch",
                "value": admin.cookies["stancewatch"],
                "url": f"http://127.0.0.1:{site.port}",
            }
        ]
    )
    yield Watched(context)
    context.close()


@pytest.fixture
def pages(told: Story, clock) -> list[str]:
    found = pages_of(create_app(told.store, config(), clock), told.store)
    found += [
        "/signin",
        *(f"/statements/{s}?show={view}" for s in _statements(told) for view in ("page", "wording")),
    ]
    assert len(found) > 8
    return found


def _statements(told: Story) -> list[str]:
    with told.store.reading() as session:
        return [s.id for s in queries.statements(session, limit=None)]


def test_nothing_that_was_scraped_or_typed_comes_alive(window, pages, site):
    alarms: list[str] = []
    window.page.on("dialog", lambda dialog: (alarms.append(dialog.message), dialog.dismiss()))
    for path in pages:
        answer = window.page.goto(path)
        assert answer is not None
        assert answer.status in (200, 404), path
        window.settled()
        assert window.page.url.endswith(path), path
        assert (
            window.page.evaluate(
                "document.querySelectorAll('#x, main script, main style, main base, main meta').length"
            )
            == 0
        ), path
    assert alarms == []
    assert [words for words in window.said if "Security Policy" in words or "alert" in words] == []
    assert {address.split("/")[2] for address in window.answered} == {f"127.0.0.1:{site.port}"}


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_no_page_shuts_anybody_out(window, pages, colours):
    need(AXE.exists(), NO_AXE)
    window.page.emulate_media(color_scheme=colours)
    found = {}
    for path in pages:
        window.page.goto(path)
        for box in window.page.locator("details").all():
            box.evaluate("one => { one.open = true; }")
        if serious := barriers(window.page):
            found[path] = serious
    assert found == {}


def test_no_page_is_wider_than_a_telephone(window, pages):
    window.page.set_viewport_size({"width": 360, "height": 740})
    wide = {}
    for path in pages:
        window.page.goto(path)
        width = window.page.evaluate("document.documentElement.scrollWidth")
        if width > 360:
            wide[path] = width
    assert wide == {}


def test_every_key_is_pressed_by_one_thing_only(window, pages):
    for path in pages:
        window.page.goto(path)
        keys = window.page.evaluate(
            "[...document.querySelectorAll('[data-key]')].filter(e => e.checkVisibility()).map(e => e.dataset.key)"
        )
        assert sorted(keys) == sorted(set(keys)), path
        first = {key.split()[0] for key in keys if " " in key}
        assert first.isdisjoint(keys), path
