"""What has to be seen without looking for it, in a real browser: the evidence, the decision, the heads of a long table."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, expect
from support.people import Browser
from support.store import Story
from support.visits import Site

pytestmark = pytest.mark.parametrize("database", ["sqlite"])
TELEPHONE = {"width": 360, "height": 740}

# The contrast of two colours of a page as WCAG counts it, 1 to 21.
CONTRAST = """([one, other]) => {
  const of = (selector, what) => getComputedStyle(document.querySelector(selector))[what].match(/[\\d.]+/g).slice(0, 3);
  const light = (rgb) => rgb.map((c) => c / 255).map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, n) => sum + c * [0.2126, 0.7152, 0.0722][n], 0.05);
  const [a, b] = [of(...one), of(...other)].map(light);
  return Math.max(a, b) / Math.min(a, b);
}"""


@pytest.fixture
def told(story: Story) -> Story:
    """A sentence far down in a long text."""
    before, after = (
        "\n".join(f"{words} line {n} of the news." for n in range(30)) for words in ("A", "Another")
    )
    story.reports(
        "courier", f"{before}\nzoom HK pauses: Zoom stopped handling requests.\n{after}", title="Zoom stops"
    )
    return story


@pytest.fixture
def window(chromium: Chromium, site: Site, told: Story, ana: Browser) -> Iterator[Callable[..., Page]]:
    """Opens a page in a browser where Ana is signed in."""
    contexts = []

    def open_(path: str, **options: object) -> Page:
        base = f"http://127.0.0.1:{site.port}"
        contexts.append(chromium.new_context(base_url=base, **options))
        contexts[-1].add_cookies([{"name": "stancewatch", "value": ana.cookies["stancewatch"], "url": base}])
        page: Page = contexts[-1].new_page()
        page.goto(path)
        return page

    yield open_
    for context in contexts:
        context.close()


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_the_evidence_stands_out_and_can_be_read(window, colours):
    page = window("/queue", color_scheme=colours)
    expect(page.locator("mark#evidence")).to_be_in_viewport()
    ground, mark = ("body", "backgroundColor"), ("mark.evidence", "backgroundColor")
    bar = (".text p:has(mark.evidence)", "borderLeftColor")
    assert page.evaluate(CONTRAST, [("mark.evidence", "color"), mark]) >= 7
    assert page.evaluate(CONTRAST, [bar, ground]) >= 3
    assert page.evaluate(CONTRAST, [mark, ground]) >= 1.12


def test_the_legend_names_what_is_marked_and_nothing_else(window):
    page = window("/queue")
    expect(page.locator(".legend")).to_have_text("the evidence")


def test_on_a_telephone_the_decision_is_at_hand_and_the_views_take_one_row(window):
    page = window("/queue", viewport=TELEPHONE)
    accept = page.get_by_role("button", name="Accept")
    for place in (0, 300, 5000):
        page.evaluate(f"scrollTo(0, {place})")
        expect(accept).to_be_in_viewport(ratio=1)
    page.evaluate("scrollTo(0, 0)")
    tops = page.locator("header.top nav a").evaluate_all(
        "all => all.map((a) => a.getBoundingClientRect().top)"
    )
    assert len(set(tops)) == 1
    expect(page.locator("header.top nav a[aria-current]")).to_be_in_viewport(ratio=1)
    accept.click()
    expect(page.get_by_text("Nothing waits for you.")).to_be_visible()


def test_nothing_stays_under_the_decision_at_the_end_of_a_page(window):
    page = window("/queue", viewport=TELEPHONE)
    page.evaluate("document.documentElement.style.scrollBehavior = 'auto'; scrollTo(0, 1e6)")
    bar = page.locator(".decide.bar").bounding_box()
    last = page.locator("footer").bounding_box()
    assert last["y"] + last["height"] <= bar["y"]


def test_the_heads_of_the_matrix_stay(window, told):
    for n in range(40):
        told.reports("herald", f"company{n} HK refuses: Company {n} refused.", path=f"/{n}")
    page = window("/matrix", viewport={"width": 1000, "height": 500})
    box = page.locator(".scroll.whole")
    box.evaluate("one => one.scrollTo(0, one.scrollHeight)")
    box.scroll_into_view_if_needed()
    expect(page.get_by_role("columnheader", name="Hong Kong")).to_be_in_viewport()
    expect(page.get_by_role("rowheader", name="company9", exact=True)).to_be_in_viewport()


def test_no_frame_stands_around_a_heading_after_a_step_in_place(window):
    page = window("/queue")
    page.keyboard.press("2")
    expect(page.locator("iframe.archived")).to_be_visible()
    heading = page.locator("h1")
    expect(heading).to_be_focused()
    expect(heading).to_have_css("outline-style", "none")


@pytest.mark.parametrize("width", [1300, 1440, 1900])
def test_a_wide_window_is_used(window, width):
    """What stands beside the text begins where the text ends."""
    page = window("/queue", viewport={"width": width, "height": 900})
    text, aside = page.locator(".text").first.bounding_box(), page.locator(".aside").bounding_box()
    paragraph = page.locator(".text p").first.bounding_box()
    assert aside["x"] - (paragraph["x"] + paragraph["width"]) < 30
    assert text["width"] > 600
    assert aside["width"] > 480
