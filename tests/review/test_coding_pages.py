"""Two coders and an adjudicator at the desk: what each may see and when, and a sample from its first code to its rulings."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import expect
from support.addresses import addresses_of
from support.chromium import Watched
from support.people import Browser, browser_of
from support.store import Story, config
from support.visits import Site

from pipelines import coding, ledger
from pipelines.store import queries
from pipelines.store.people import Role
from review.app import create_app

pytestmark = pytest.mark.parametrize("database", ["sqlite"])
NOTE = "what only ana thinks"


@pytest.fixture
def people(story: Story, as_role: Callable[..., Browser]) -> dict[str, Browser]:
    """Browsers of two coders, of the analyst who has the last word, and of a reader; and three statements to be coded."""
    for n, stance in enumerate(("pauses", "refuses", "complies")):
        story.reports("courier", f"zoom HK {stance}: Zoom told us so, and that was number {n}.", path=f"/{n}")
    found = {name: as_role(Role.ANALYST, name) for name in ("ana", "bo", "ada")}
    found["rea"] = as_role(Role.READER, "rea")
    coding.draw(story.store, "first one", ("ana", "bo"), 3, who="ada", seed=1, now=story.clock())
    return found


def code(browser: Browser, n: int, stance: str, note: str = "") -> None:
    assert browser.post(f"/coding/first%20one/{n}", stance=stance, note=note).status == 303


def read(story: Story) -> dict[int, str]:
    """What the machine read in each unit."""
    with story.store.reading() as session:
        units = coding.round_of(session, "first one").units
        return {u.n: str(queries.statement(session, u.statement).stance) for u in units}


def all_that(browser: Browser, story: Story, clock) -> dict[str, tuple[int, str]]:
    """Everything that somebody can look at: address → what is answered, but for how many units a coder has left."""
    places = addresses_of(create_app(story.store, config(), clock), story.store)
    places += [f"/coding/first%20one/{n}" for n in (1, 2, 3)]
    assert {"/coding/first%20one/codes.jsonl", "/api/v1/statements"} <= set(places)
    answers = {place: browser.get(place) for place in places}
    return {
        place: (answer.status, re.sub(r"has \d left", "has some left", answer.text))
        for place, answer in answers.items()
    }


@pytest.mark.parametrize("name", ["bo", "ada", "rea"])
def test_nobody_sees_anything_of_a_coder_s_codes_before_both_are_done(people, story, clock, name):
    before = all_that(people[name], story, clock)
    for n in (1, 2, 3):
        code(people["ana"], n, "unable", NOTE)
    after = all_that(people[name], story, clock)
    assert after == before
    assert [place for place, (_, text) in after.items() if NOTE in text] == []
    code(people["bo"], 1, "unable")
    assert [place for place, (_, text) in all_that(people[name], story, clock).items() if NOTE in text] == []
    if name != "rea":  # and at once when both are done
        for n in (2, 3):
            code(people["bo"], n, "none")
        assert NOTE in people[name].look("/coding/first%20one").words


def test_a_coder_is_shown_the_sentence_and_nothing_that_the_machine_made_of_it(people):
    for n in (1, 2, 3):
        page = people["bo"].look(f"/coding/first%20one/{n}")
        assert "Zoom told us so" in page.words
        assert not [link for link in page.links if link.startswith("/statements")]
        assert ".script" not in page.text
    assert "only its two coders see a sample" in people["ada"].get("/coding/first%20one/1").text.lower()


def test_who_may_not_code_cannot(people, story):
    assert people["rea"].get("/coding").status == 403
    assert people["rea"].post("/coding/first%20one/1", stance="none").status == 403
    assert "does not code first one" in people["ada"].post("/coding/first%20one/1", stance="none").text
    for address in ("1/last-word", "rulings"):
        answer = people["bo"].post(f"/coding/first%20one/{address}", stance="none", seen="x")
        assert (answer.status, "Not both have coded" in answer.text) == (422, True)
    with story.store.reading() as session:
        assert [u.codes for u in coding.round_of(session, "first one").units] == [(None, None)] * 3


def finish(people, story) -> dict[int, str]:
    """Both code all; they differ on unit 1, on which nobody has had the last word yet."""
    machine = read(story)
    for n, stance in machine.items():
        code(people["ana"], n, stance)
        code(people["bo"], n, "none" if n == 1 else stance, "=1+1")
    return machine


def test_who_coded_what_is_a_table(people, story):
    machine = finish(people, story)
    table = [row for row in people["ada"].look("/coding/first%20one").rows() if len(row) == 6]
    given = [stance for stance in ("refuses", "pauses", "complies") if stance in machine.values()] + ["none"]
    rows = {name: [0, 0, 0, 0, 1] for name in given[:-1]} | {"none": [0] * 5, "all": [1, 1, 1, 1, 3]}
    for i, name in enumerate(given[:-1]):
        rows[name][3 if name == machine[1] else i] = 1
    rows["all"][given.index(machine[1])] = 0
    assert table == [[name, *map(str, counts)] for name, counts in rows.items()]


def test_codes_are_a_file_without_formulas(people, story):
    finish(people, story)
    answer = people["ada"].get("/coding/first%20one/codes.csv")
    rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    assert [(row["n"], row["second_note"], row["differs"]) for row in rows] == [
        ("1", "'=1+1", "true"), ("2", "'=1+1", "false"), ("3", "'=1+1", "false"),
    ]  # fmt: skip
    assert "first%20one.csv" in answer.headers["content-disposition"]


def test_what_would_be_ruled_is_seen_first_and_nothing_else_is_ruled(people, story, clock):
    machine = finish(people, story)
    ada = people["ada"]
    assert "open: 1" in ada.get("/coding/first%20one/rulings").text
    ada.post("/coding/first%20one/1/last-word", stance="unable")
    page = ada.look("/coding/first%20one/rulings")
    assert [row[:3] for row in page.rows()] == [
        ["1", "correct", f"{machine[1]} → unable"],
        *[[str(n), "accept", f"{machine[n]} → {machine[n]}"] for n in (2, 3)],
    ]
    (seen,) = page.main.xpath("//input[@name='seen']/@value")
    ada.post("/coding/first%20one/1/last-word", stance="none")
    answer = ada.post("/coding/first%20one/rulings", seen=seen)
    assert (answer.status, "look again" in answer.text) == (422, True)
    with story.store.reading() as session:
        assert queries.verdicts(session) == []
        second = coding.round_of(session, "first one").units[1].statement
    rule = {"who": "bo", "now": clock(), "context": story.context}
    ledger.post_verdict(story.store, second, "reject", **rule)
    page = ada.look("/coding/first%20one/rulings")
    assert [row[:3] for row in page.rows()] == [
        ["1", "reject", f"{machine[1]} → none"], ["3", "accept", f"{machine[3]} → {machine[3]}"],
        ["2", "none: one stands", "none → none"],
    ]  # fmt: skip
    (seen,) = page.main.xpath("//input[@name='seen']/@value")
    done = ada.follow(ada.post("/coding/first%20one/rulings", seen=seen))
    assert "Nothing is left to rule" in done.text
    with story.store.reading() as session:
        assert [(v.ruling, v.who) for v in queries.verdicts(session)] == [
            ("accept", "ada"), ("reject", "ada"), ("reject", "bo"),
        ]  # fmt: skip


@pytest.fixture
def window_of(
    chromium: Chromium, site: Site, people: dict[str, Browser], story: Story, clock
) -> Iterator[Callable[[str], Watched]]:
    """Opens somebody's browser window."""
    contexts = []

    def open_(name: str) -> Watched:
        address = f"http://127.0.0.1:{site.port}"
        contexts.append(chromium.new_context(base_url=address, viewport={"width": 360, "height": 740}))
        cookie = browser_of(site, story.store, clock, name).cookies["stancewatch"]
        contexts[-1].add_cookies([{"name": "stancewatch", "value": cookie, "url": address}])
        return Watched(contexts[-1])

    yield open_
    for context in contexts:
        context.close()


def test_a_sample_is_coded_adjudicated_and_ruled_by_keyboard_on_a_telephone(window_of, story):
    keys = dict(zip(coding.CATEGORIES, "123456780", strict=True))
    machine = read(story)
    for name in ("ana", "bo"):
        window = window_of(name)
        window.page.goto("/coding/first%20one")
        window.press("o")
        expect(window.page.locator("h1")).to_contain_text("Unit 1")
        window.press(keys["unable"])
        expect(window.page.locator("h1")).to_contain_text("Unit 2")
        window.press("p")  # thinks again
        expect(window.page.get_by_text("You coded: unable")).to_be_visible()
        window.press(keys["none" if name == "bo" else machine[1]])
        for n in (2, 3):
            expect(window.page.locator("h1")).to_contain_text(f"Unit {n}")
            window.press(keys[machine[n]])
        expect(window.page.locator("h1")).to_contain_text("Sample first one")
        assert window.said == []
    window = window_of("ada")
    page = window.page
    page.goto("/coding/first%20one")
    table = page.get_by_role("table", name="Rows are what ana coded, columns what bo coded")
    expect(table.locator("tbody tr", has_text=machine[1])).to_have_text(f"{machine[1]}00011")
    assert table.evaluate("one => one.parentElement.scrollWidth <= one.parentElement.clientWidth")
    page.get_by_role("link", name="Unit 1").click()
    window.press(keys["unable"])
    expect(page.locator("h1")).to_contain_text("3 statements, done")
    window.press("v")
    expect(page.locator("tbody tr").first).to_contain_text(f"{machine[1]} → unable")
    with story.store.reading() as session:
        assert queries.verdicts(session) == []
    page.get_by_role("button", name="Rule as people found").press("Enter")
    expect(page.get_by_text("Nothing is left to rule")).to_be_visible()
    with story.store.reading() as session:
        assert sorted(v.ruling for v in queries.verdicts(session)) == ["accept", "accept", "correct"]
    assert window.said == []
