"""An analyst's morning in a real browser, by keyboard alone; and the same work where scripts are off."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import expect
from support.chromium import Watched
from support.people import join
from support.store import Story
from support.visits import Site

from pipelines import ledger
from pipelines.store import queries
from pipelines.store.people import Role
from review.access.passwords import hashed

pytestmark = pytest.mark.parametrize("database", ["sqlite"])  # the queries run on both in tests of their own
PASSWORD = "correct horse battery"


@pytest.fixture
def told(story: Story, clock) -> Story:
    """Three statements that wait for a ruling, one of them of a watched page with a past."""
    story.reports(
        "courier", "zoom HK pauses: Zoom stopped handling requests from Hong Kong.", title="Zoom stops"
    )
    story.reports("herald", "meta US refuses: Meta refused to hand over the data.", path="/b")
    story.shows(
        "zoom-guide", "zoom * conditional process=warrant: We disclose data on a warrant.\nOther words."
    )
    clock.tick(days=2)
    story.shows(
        "zoom-guide", "zoom * conditional process=subpoena: We disclose data on a subpoena.\nOther words."
    )
    return story


@pytest.fixture
def desk(chromium: Chromium, site: Site, told: Story, clock) -> Iterator[Callable[..., Watched]]:
    """Opens the desk in a browser window."""
    join(told.store, clock, Role.ANALYST, "ana", hashed(PASSWORD, "ana"))
    contexts = []

    def open_(**options: object) -> Watched:
        contexts.append(chromium.new_context(base_url=f"http://127.0.0.1:{site.port}", **options))
        return Watched(contexts[-1])

    yield open_
    for context in contexts:
        context.close()


def sign_in(window: Watched, path: str = "/") -> None:
    window.page.goto(path)
    expect(window.page.locator("input[name=name]")).to_be_focused()
    window.page.keyboard.type("ana")
    window.press("Tab")
    window.page.keyboard.type(PASSWORD)
    window.press("Enter")
    expect(window.page.get_by_text("Sign out")).to_be_visible()


def rulings(told: Story) -> list[tuple[str, str]]:
    with told.store.reading() as session:
        return [(v.ruling, v.who) for v in reversed(queries.verdicts(session))]


def test_a_morning_by_keyboard_alone(desk, told, site):
    window = desk()
    sign_in(window, "/queue")
    page = window.page
    page.evaluate("document.body.dataset.loaded = 'once'")
    heading = page.locator("h1")
    expect(heading).to_contain_text("Queue 4 wait")
    first = page.locator(".claim").inner_text()

    window.press("a")
    expect(heading).to_contain_text("3 wait")
    second = page.locator(".claim").inner_text()
    assert second != first
    assert rulings(told) == [("accept", "ana")]

    window.press("u")
    expect(page.locator(".claim")).to_have_text(first)
    assert rulings(told) == [("accept", "ana"), ("void", "ana")]

    window.press("g", "q")
    expect(heading).to_contain_text("4 wait")
    window.press("s")
    expect(heading).to_contain_text("3 wait · 1 skipped")

    window.press("c")
    expect(page.locator("select[name=stance]")).to_be_focused()
    window.press("Tab")
    expect(page.locator("input[name=company]")).to_be_focused()
    expect(page.locator("datalist#companies option")).to_have_count(
        3
    )  # asked for now, not with every proposal
    window.press("Shift+Tab")
    window.page.keyboard.type("chall")
    window.press("Control+Enter")
    expect(heading).to_contain_text("2 wait · 1 skipped")
    assert rulings(told)[-1] == ("correct", "ana")

    window.press("m")
    window.page.keyboard.type("Looks like July again.")
    window.press("Control+Enter")
    expect(
        page.get_by_text("Looks like July again.")
    ).to_be_in_viewport()  # so are the comments, by their address
    expect(page.locator("#status")).to_have_text("comment added")
    assert page.url.endswith("#comments")
    window.press("r")
    expect(heading).to_contain_text("1 waits · 1 skipped")
    window.press("r")
    expect(heading).to_have_text("Queue")
    expect(page.get_by_text("Nothing waits for you.")).to_be_visible()
    assert rulings(told)[-1] == ("reject", "ana")
    assert page.evaluate("document.body.dataset.loaded") == "once"  # nothing was reloaded since the beginning

    assert window.said == []
    assert {address.split("/")[2] for address in window.asked} == {f"127.0.0.1:{site.port}"}


def test_the_ways_to_look_at_a_page_s_statement(desk, told):
    window = desk()
    sign_in(window, "/queue?company=zoom&authority=*")
    page = window.page
    expect(page.locator("mark#evidence")).to_have_text("We disclose data on a subpoena.")
    expect(page.locator("dd", has_text="conditional.script")).to_contain_text("90 % sure")
    window.press("3")
    expect(page.locator(".wording del")).to_have_text("warrant")
    expect(page.locator(".wording ins")).to_have_text("subpoena")
    window.press("2")
    expect(page.locator("iframe.archived")).to_be_visible()
    window.press("1")
    expect(page.locator("mark#evidence")).to_be_visible()
    page.go_back()
    expect(page.locator("iframe.archived")).to_be_visible()


def test_evidence_is_chosen_by_selecting_it(desk, told):
    window = desk()
    sign_in(window, "/queue?company=zoom&authority=*")
    window.press("c")
    window.page.evaluate(
        """() => {
          const last = [...document.querySelectorAll('[data-start]')].find((p) => p.textContent === 'Other words.');
          getSelection().selectAllChildren(last);
        }"""
    )
    field = window.page.locator("textarea[name=evidence]")
    expect(field).to_have_value("Other words.")
    field.focus()
    window.press("Control+Enter")
    expect(window.page.locator("h1")).to_contain_text("1 waits of Zoom")
    with told.store.reading() as session:
        after = queries.verdicts(session, limit=1)[0].after
    assert after == {"evidence": {"start": 33, "end": 45, "text": "Other words."}}


def test_what_was_typed_stays_when_it_is_refused(desk, told):
    window = desk()
    sign_in(window, "/queue?company=zoom&authority=*")
    page = window.page
    window.press("c")
    page.fill("input[name=authority]", "Atlantis")
    page.fill("details[open] input[name=reason]", "Read again.")
    window.press("Control+Enter")
    expect(page.locator("#refusal")).to_contain_text("'Atlantis' is no authority")
    expect(page.locator("#refusal")).to_be_focused()
    assert page.input_value("details[open] input[name=reason]") == "Read again."
    page.fill("input[name=authority]", "HK")
    window.press("Control+Enter")
    expect(page.locator("h1")).to_contain_text("1 waits of Zoom")
    assert rulings(told) == [("correct", "ana")]


def test_who_was_overtaken_by_a_colleague_looks_again_before_ruling(desk, told, clock):
    window = desk()
    sign_in(window, "/queue?company=zoom&authority=*")
    page = window.page
    with told.store.reading() as session:
        waiting = queries.proposals(session, "ana", company="zoom", authority="*")[0]
    ledger.post_verdict(told.store, waiting.statement, "reject", who="bo", now=clock(), context=told.context)
    window.press("a")
    expect(page.locator("#refusal")).to_contain_text("Bo ruled on it since you opened it.")
    assert rulings(told) == [("reject", "bo")]
    page.reload()
    expect(page.locator("h1")).to_contain_text("1 waits of Zoom")


def test_a_key_that_is_hit_twice_rules_once(desk, told):
    window = desk()
    sign_in(window, "/queue")
    window.page.evaluate(
        """() => ["a", "a"].forEach((key) =>
          document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true })))"""
    )
    expect(window.page.locator("h1")).to_contain_text("3 wait")
    assert rulings(told) == [("accept", "ana")]


def test_what_did_not_arrive_is_said(desk, told):
    window = desk()
    sign_in(window, "/queue")
    page = window.page
    page.context.set_offline(True)
    window.press("a")
    expect(page.locator("#trouble")).to_contain_text("The desk does not answer")
    page.context.set_offline(False)
    window.press("a")
    expect(page.locator("h1")).to_contain_text("3 wait")
    expect(page.locator("#trouble")).to_be_hidden()
    assert rulings(told) == [("accept", "ana")]


def test_who_copies_a_word_corrects_nothing(desk, told):
    window = desk()
    sign_in(window, "/queue?company=zoom&authority=*")
    evidence = window.page.input_value("textarea[name=evidence]")
    window.page.evaluate("getSelection().selectAllChildren(document.querySelector('[data-start]'))")
    assert window.page.input_value("textarea[name=evidence]") == evidence


def test_help_lists_the_keys_of_the_page_and_turns_them_off(desk):
    window = desk()
    sign_in(window, "/queue")
    window.press("?")
    dialog = window.page.locator("dialog#keys")
    expect(dialog).to_contain_text("accept")
    expect(dialog).to_contain_text("go to: Matrix")
    dialog.locator("input").uncheck()
    window.press("Escape")
    expect(dialog).not_to_be_visible()
    window.press("a")
    expect(window.page.locator("h1")).to_contain_text("4 wait")


def test_without_scripts_every_ruling_works(desk, told):
    window = desk(java_script_enabled=False)
    sign_in(window, "/queue")
    page = window.page
    page.get_by_role("button", name="Accept").click()
    page.get_by_text("Correct c", exact=True).click()
    page.select_option("select[name=stance]", "challenges")
    page.get_by_role("button", name="Correct", exact=True).click()
    page.get_by_role("button", name="Undo").click()
    page.get_by_role("button", name="Reject").click()
    assert [ruling for ruling, _ in rulings(told)] == ["accept", "correct", "void", "reject"]


def go_to(window: Watched, words: str) -> None:
    """Press Tab until a link or button of these words has the focus, then Enter."""
    for _ in range(80):
        window.press("Tab")
        if window.page.evaluate("document.activeElement.innerText?.trim()") == words:
            window.press("Enter")
            return
    raise AssertionError(f"no Tab leads to {words!r}")


def test_from_the_matrix_to_a_timeline_and_out_by_keyboard_alone(desk, told):
    window = desk(accept_downloads=True)
    sign_in(window, "/queue")
    page = window.page
    window.press("a")
    expect(page.locator("h1")).to_contain_text("3 wait")
    window.press("g", "m")
    expect(page.locator("h1")).to_contain_text("Matrix")
    expect(page.locator("table.matrix")).to_contain_text("pauses")
    page.locator("h1").focus()
    go_to(window, "Zoom")
    expect(page.locator("h1")).to_contain_text("Zoom")
    expect(page.get_by_role("heading", name="Changes")).to_be_visible()
    window.press("g", "e")
    expect(page.locator("h1")).to_have_text("Exports")
    page.locator("h1").focus()
    with page.expect_download() as taken:
        go_to(window, "csv")
    rows = taken.value.path().read_text(encoding="utf-8-sig").splitlines()
    assert rows[0].startswith("id,company,authority,stance")
    assert len(rows) == 5
    assert window.said == []


def test_rows_of_a_list_are_gone_through_and_opened(desk):
    window = desk()
    sign_in(window, "/statements")
    page = window.page
    rows = page.locator("a[data-row]")
    expect(rows).to_have_count(4)
    window.press("k")
    expect(rows.last).to_be_focused()
    window.press("j")
    expect(rows.last).to_be_focused()  # there is none behind it
    window.press("k", "k", "j")
    expect(rows.nth(2)).to_be_focused()
    words = rows.nth(2).inner_text()
    window.press("?")
    expect(page.locator("dialog#keys")).to_contain_text("the next row, the row before")
    window.press("Escape", "Enter")
    expect(page.locator("h1")).to_have_text("Statement")
    expect(page.locator("mark#evidence")).to_have_text(words)


def test_a_comparison_that_is_asked_for_is_seen(desk, told):
    with told.store.reading() as session:
        change = next(one for one in queries.changes(session) if one.kind == "terms")
    window = desk(viewport={"width": 900, "height": 500})
    sign_in(window, f"/changes/{change.id}")
    heading = window.page.get_by_role("heading", name="Old and new wording")
    window.page.evaluate("scrollTo(0, 0)")
    window.press("3")
    expect(window.page.locator(".wording del")).to_have_text("warrant")
    expect(heading).to_be_in_viewport()
    expect(heading).to_be_focused()
    window.page.go_back()
    expect(window.page.get_by_role("link", name="Compare the page")).to_be_visible()
