"""The list of statements: by every filter, with who ruled and whether it counts; and lists by keyboard."""

from __future__ import annotations

import pytest
from support.people import Browser

from pipelines import ledger
from pipelines.store import queries
from pipelines.store.people import Role
from pipelines.store.queries import listing

PAUSES = "zoom HK pauses: Zoom stopped handling requests from Hong Kong."
REFUSES = "meta US refuses: Meta refused to hand over <b>the</b> data."
HISTORY = "zoom HK complies past: Zoom once gave everything."


@pytest.fixture
def told(story, clock):
    """Three statements, a day apart: Zoom's history, then its pause, then Meta's refusal on another outlet."""
    for n, (source, words) in enumerate((("courier", HISTORY), ("courier", PAUSES), ("herald", REFUSES))):
        story.reports(source, words, path=f"/{n}")
        clock.tick(days=1)
    return story


@pytest.fixture
def reader(told, as_role) -> Browser:
    return as_role(Role.READER, "rea")


def rule(story, clock, company: str, ruling: str, who: str, **more: object) -> None:
    with story.store.reading() as session:
        said = queries.statements(session, company)[0]
    ledger.post_verdict(
        story.store, said.id, ruling, who=who, now=clock(), context=story.context, **more
    )  # fmt: skip


def evidence(page) -> list[str]:
    return [row[3].split()[0] + " " + row[3].split()[1] for row in page.rows()]


def test_what_was_read_is_listed_the_newest_first_and_leads_to_its_page(reader):
    page = reader.look("/statements")
    assert [row[1:5] + row[6:] for row in page.rows()] == [
        ["Meta → United States", "refuses", "Meta refused to hand over <b>the</b> data.", "The Herald", "yes"],
        ["Zoom → Hong Kong", "pauses", "Zoom stopped handling requests from Hong Kong.", "The Courier", "yes"],
        ["Zoom → Hong Kong", "complies past", "Zoom once gave everything.", "The Courier", "no: told as history"],
    ]  # fmt: skip
    assert "Zoom stopped handling" in reader.look(page.link("Zoom stopped")).words
    assert "/exports/statements.csv" in page.links


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("?company=zoom", ["Zoom stopped", "Zoom once"]), ("?authority=us", ["Meta refused"]), ("?stance=pauses", ["Zoom stopped"]),
        ("?time=past", ["Zoom once"]), ("?source=herald", ["Meta refused"]), ("?source=courier&company=meta", []),
        ("?source=courier", ["Zoom stopped", "Zoom once"]), ("?company=zoom&stance=complies", ["Zoom once"]),
        ("?since=2026-11-02", ["Meta refused", "Zoom stopped"]), ("?until=2026-11-01", ["Zoom once"]), ("?unsure=yes", []),
        ("?ruled=accept", ["Zoom stopped"]), ("?ruled=none", ["Zoom once"]), ("?by=bo", ["Meta refused"]),
        ("?by=ana&ruled=reject", []), ("?by=ana&source=courier", ["Zoom stopped"]), ("?by=ana&source=herald", []),
    ],
)  # fmt: skip
def test_statements_by_every_filter(reader, told, clock, asked, found):
    rule(told, clock, "zoom", "accept", "ana")
    rule(told, clock, "meta", "reject", "bo")
    page = reader.look(f"/statements{asked}")
    assert evidence(page) == found
    file = page.link("JSON Lines")
    assert reader.get(file).text.count("\n") == len(found)  # a file by the same filter has the same rows


def test_who_ruled_is_said_and_leads_to_all_that_they_ruled(reader, told, clock):
    rule(told, clock, "zoom", "correct", "ana", after={"stance": "challenges"})
    rule(told, clock, "meta", "reject", "bo")
    page = reader.look("/statements")
    assert page.rows()[0][5:] == ["rejected by bo", "no: rejected by an analyst"]
    assert page.rows()[1][5] == "corrected by ana: stance challenges"
    assert evidence(reader.look(page.link("ana"))) == ["Zoom stopped"]


def test_a_ruling_that_was_taken_back_is_nobodys(reader, told, clock):
    rule(told, clock, "zoom", "accept", "ana")
    with told.store.reading() as session:
        verdict = queries.verdicts(session)[0]
    ledger.undo_verdict(told.store, verdict.id, who="ana", now=clock(), context=told.context)
    assert reader.look("/statements?by=ana").rows() == []
    assert reader.look("/statements").rows()[1][5] == ""


def test_an_analyst_finds_their_own_rulings_and_a_reader_has_none(reader, told, clock, ana):
    rule(told, clock, "zoom", "accept", "ana")
    assert evidence(ana.look(ana.look("/statements").link("my rulings"))) == ["Zoom stopped"]
    assert "my rulings" not in reader.look("/statements").words


def test_many_are_paged(reader, told):
    told.reports(
        "courier", "\n".join(f"zoom US refuses: Zoom refused the {n}th time." for n in range(60)), path="/x"
    )
    first = reader.look("/statements?company=zoom&authority=us")
    rest = reader.look(first.link("Next page"))
    told_ = [row[3] for row in (*first.rows(), *rest.rows())]
    assert sorted(told_) == sorted(f"Zoom refused the {n}th time." for n in range(60))
    assert reader.get("/statements?after=nonsense").status == 400
    assert reader.get("/statements?stance=maybe").status == 422


@pytest.mark.parametrize(("asked", "found"), [("time=past", "Zoom once"), ("by=ana", "Zoom stopped")])
def test_of_many_only_some_are_looked_through_for_a_page(reader, told, clock, monkeypatch, asked, found):
    rule(told, clock, "zoom", "accept", "ana")
    rule(told, clock, "zoom", "accept", "ana")
    monkeypatch.setattr(listing, "LOOKED_THROUGH", 1)  # so two rulings are many already
    page = reader.look(f"/statements?{asked}")
    assert "None from the newest on" in page.words
    seen = evidence(page)
    while following := [link for link in page.links if "after=" in link]:
        page = reader.look(following[0])
        seen += evidence(page)
    assert seen == [found]
    assert "No further statement is like this." in page.words
