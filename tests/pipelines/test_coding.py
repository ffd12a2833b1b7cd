"""Two people code a sample blind, are measured, have the last word said, and rule by what they found."""

from __future__ import annotations

import pytest
from support.people import join
from support.store import Story

from extract.types import Analysis, Outcome
from pipelines import coded, coding, ledger
from pipelines.coding import CodingError
from pipelines.export import COLUMNS, Kind
from pipelines.goldfile import gold_of
from pipelines.store import coding as store_coding
from pipelines.store import queries, record
from pipelines.store.people import Role

STANCES = ("refuses", "pauses", "complies")


@pytest.fixture
def story(store, clock) -> Story:
    told = Story(store, clock)
    for n in range(12):
        told.reports("courier", f"zoom HK {STANCES[n % 3]}: Zoom said this, number {n}.", path=f"/{n}")
    for name in ("ana", "bo", "ada"):
        join(store, clock, Role.ANALYST, name)
    return told


def draw(story, name="first", size=6, seed=1, **more):
    return coding.draw(
        story.store, name, ("ana", "bo"), size, who="ada", seed=seed, now=story.clock(), **more
    )


def read(story, name="first"):
    with story.store.reading() as session:
        return coding.round_of(session, name)


def code(story, who, codes, name="first"):
    for n, stance in codes.items():
        coding.code_unit(story.store, name, n, stance, who=who, now=story.clock())


def last_word(story, n, stance, who="ada", name="first"):
    coding.adjudicate(story.store, name, n, stance, who=who, now=story.clock())


def plan(story, name="first"):
    with story.store.reading() as session:
        return coded.plan_of(session, name)


def stances(story, found):
    with story.store.reading() as session:
        return {u.n: str(queries.statement(session, u.statement).stance) for u in found.units}


def test_a_sample_is_spread_over_the_stances_and_drawn_again_by_its_seed(story):
    found = draw(story)
    assert sorted(stances(story, found).values()) == ["complies"] * 2 + ["pauses"] * 2 + ["refuses"] * 2
    again, other = draw(story, "second"), draw(story, "third", seed=2)
    assert [u.statement for u in again.units] == [u.statement for u in found.units]
    assert [u.statement for u in other.units] != [u.statement for u in found.units]
    assert len(draw(story, "all", size=500).units) == 12


def test_every_statement_is_drawn_about_as_often(story):
    times: dict[str, int] = {}
    for seed in range(40):
        for unit in draw(story, f"s{seed}", size=3, seed=seed).units:
            times[unit.statement] = times.get(unit.statement, 0) + 1
    assert len(times) == 12
    assert 3 <= min(times.values()) <= max(times.values()) <= 20  # ten each, by chance


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"size": 0}, "1 to 2000"), ({"name": " "}, "cannot be a sample's name"), ({"name": "a/b"}, "cannot be"),
        ({"company": "nobody"}, "no such statement"), ({"name": ".."}, "cannot be"), ({"name": "a\nb"}, "cannot be"),
        ({"seed": -1}, "a seed is"), ({"seed": 2**31}, "a seed is"),
    ],
)  # fmt: skip
def test_what_cannot_be_drawn_is_refused_in_words(story, change, words):
    with pytest.raises(CodingError, match=words):
        draw(story, **change)


@pytest.fixture
def lost(story, monkeypatch) -> list[str]:
    """What goes while it is drawn: `story.times` times the text of the first statement chosen is read again and says nothing."""
    gone: list[str] = []
    choose = coding._drawn

    def choose_and_lose(*arguments):
        chosen = choose(*arguments)
        if len(gone) < story.times:
            gone.append(chosen[0])
            with story.store.writing() as session:  # others write while statements are chosen
                document = queries.statement(session, chosen[0]).document
                record.replace_statements(session, document, (), (), knowledge="rules-2")
        return chosen

    monkeypatch.setattr(coding, "_drawn", choose_and_lose)
    return gone


def test_what_goes_while_it_is_drawn_is_in_no_sample(story, lost):
    story.times = 2
    drawn = {unit.statement for unit in draw(story, size=12).units}
    assert (len(drawn), len(lost), drawn & set(lost)) == (10, 2, set())


def test_a_draw_from_texts_that_go_on_being_read_again_is_given_up(story, lost):
    story.times = 3
    with pytest.raises(CodingError, match="being read again"):
        draw(story, size=12)
    with story.store.reading() as session:
        assert store_coding.samples(session) == []


def test_coders_are_two_analysts_and_a_name_is_taken_once(story, clock):
    join(story.store, clock, Role.READER, "rea")
    for coders, words in (
        (("ana", "Ana"), "not one twice"),
        (("ana", "rea"), "rea cannot code"),
        (("ana", "x"), "x cannot"),
    ):
        with pytest.raises(CodingError, match=words):
            coding.draw(story.store, "n", coders, 3, who="ada", seed=1, now=clock())
    draw(story)
    with pytest.raises(CodingError, match="already"):
        draw(story)


def test_nobody_has_the_last_word_before_both_have_coded_all(story, clock):
    found = draw(story)
    assert (found.state, found.agreement(), found.left_for("bo")) == ("coding", None, [1, 2, 3, 4, 5, 6])
    code(story, "ana", stances(story, found))
    code(story, "bo", {1: "none"})
    code(story, "bo", {1: "unable"})  # thinks again while it goes on
    assert (read(story).left_for("ana"), read(story).left_for("bo")) == ([], [2, 3, 4, 5, 6])
    with pytest.raises(CodingError, match="not both have coded"):
        coding.adjudicate(story.store, "first", 1, "none", who="ada", now=clock())


def test_codes_are_final_once_both_have_coded_all_and_what_differs_gets_a_last_word(story, clock):
    found = draw(story)
    machine = stances(story, found)
    code(story, "ana", machine)
    code(story, "bo", {n: s for n, s in machine.items() if n > 1})
    code(story, "bo", {2: "none"})
    code(story, "bo", {1: "unable"})
    found = read(story)
    assert (found.state, [u.n for u in found.units if u.differs]) == ("adjudicating", [1, 2])
    assert found.agreement().overall.observed == pytest.approx(4 / 6)
    with pytest.raises(CodingError, match="for adjudication now"):
        code(story, "bo", {1: "none"})
    with pytest.raises(CodingError, match="agree on unit 3"):
        coding.adjudicate(story.store, "first", 3, "none", who="ada", now=clock())
    with pytest.raises(CodingError, match="still adjudicating"):
        coded.apply(story.store, "first", who="ada", now=clock(), context=story.context)
    coding.adjudicate(story.store, "first", 1, "unable", who="ada", now=clock())
    coding.adjudicate(story.store, "first", 2, "none", who="ada", now=clock())
    assert read(story).state == "done"
    intended = {one.n: (one.now, one.after, one.ruling) for one in plan(story).intended}
    assert (intended[1], intended[2]) == ((machine[1], "unable", "correct"), (machine[2], "none", "reject"))
    assert intended[3] == (machine[3], machine[3], "accept")
    for times in (6, 0):
        assert coded.apply(story.store, "first", who="ada", now=clock(), context=story.context) == times
    with story.store.reading() as session:
        rulings = {u.n: queries.verdicts_of(session, u.statement)[-1] for u in read(story).units}
    assert [rulings[n].ruling for n in (1, 2, 3)] == ["correct", "reject", "accept"]
    assert rulings[1].after == {"stance": "unable"}
    assert rulings[1].reason == "sample first, coded by ana and bo"
    assert {(one.now, one.after, one.ruling) for one in plan(story).intended if one.n < 3} == {
        ("unable", "unable", None), ("none", "none", None),
    }  # fmt: skip


def test_the_newest_last_word_counts_whatever_the_clock_said(story, clock):
    machine = stances(story, draw(story))
    code(story, "ana", machine)
    code(story, "bo", machine | {1: "unable"})
    last_word(story, 1, "none")
    clock.tick(hours=-1)  # it had been ahead
    last_word(story, 1, "unable", who="bo")
    assert read(story).units[0].result == "unable"


def test_no_figure_tells_of_codes_before_both_have_coded_all(story):
    machine = stances(story, draw(story))
    code(story, "ana", machine)
    code(story, "bo", {1: machine[1]})
    found = read(story)
    assert (found.agreement(), found.left) == (None, {"ana": 0, "bo": 5})
    with story.store.reading() as session:
        for wanted in (
            lambda: coded.plan_of(session, "first"),
            lambda: list(coded.code_rows(session, found)),
        ):
            with pytest.raises(CodingError, match=r"not both .*: ana has 0 left, bo has 5 left"):
                wanted()


def test_what_is_ruled_is_what_was_looked_at(story, clock):
    machine = stances(story, draw(story))
    code(story, "ana", machine)
    code(story, "bo", machine | {1: "unable"})
    last_word(story, 1, "none")
    seen = plan(story).key
    last_word(story, 1, "unable")
    rule = {"who": "ada", "now": clock(), "context": story.context}
    with pytest.raises(CodingError, match="look again"):
        coded.apply(story.store, "first", seen=seen, **rule)
    assert coded.apply(story.store, "first", seen=plan(story).key, **rule) == 6


def test_a_sample_is_exported_unit_by_unit(story, clock):
    machine = stances(story, draw(story))
    code(story, "ana", machine)
    code(story, "bo", machine | {1: "unable"})
    last_word(story, 1, "none")
    with story.store.reading() as session:
        rows = list(coded.code_rows(session, read(story)))
    assert [tuple(row) for row in rows] == [tuple(column.name for column in COLUMNS[Kind.CODES])] * 6
    shown = [[row[name] for name in ("n", "first_by", "first", "second_by", "second", "differs", "last_word_by",
                                     "last_word", "result", "read", "ruling")] for row in rows[:2]]  # fmt: skip
    assert shown == [
        [1, "ana", machine[1], "bo", "unable", True, "ada", "none", "none", machine[1], None],
        [2, "ana", machine[2], "bo", machine[2], False, None, None, machine[2], machine[2], None],
    ]


def alone(store, clock, text) -> Story:
    """A store with one text, and a sample of all of it."""
    told = Story(store, clock)
    told.reports("courier", text)
    for name in ("ana", "bo", "ada"):
        join(store, clock, Role.ANALYST, name)
    draw(told)
    return told


def agree(told, stance) -> None:
    for who in ("ana", "bo"):
        code(told, who, {unit.n: stance for unit in read(told).units})
    coded.apply(told.store, "first", who="ada", now=told.clock(), context=told.context)


def test_a_stance_corrected_by_people_takes_no_conditions_along(store, clock):
    told = alone(store, clock, "meta US conditional process=warrant: Meta asks for a warrant.")
    agree(told, "complies")
    with store.reading() as session:
        (held,) = queries.position(session, "meta", "US").held
    assert (str(held.stance), bool(held.facets)) == ("complies", False)


def test_a_ruling_that_stands_is_kept(store, clock):
    from pipelines import ledger
    from pipelines.ledger.rulings import RuledError

    told = alone(store, clock, "zoom HK pauses: Zoom stopped.")
    with store.reading() as session:
        (said,) = queries.statements(session)
    ledger.post_verdict(
        store, said.id, "correct", after={"company": "meta"}, who="ada", now=clock(), context=told.context
    )
    agree(told, "pauses")
    with store.reading() as session:
        assert queries.position(session, "meta", "HK") is not None
    with pytest.raises(
        RuledError, match="ada ruled on this statement"
    ):  # as if she did while others were applied
        ledger.post_verdict(
            store, said.id, "reject", who="bo", now=clock(), context=told.context, only_if_open=True
        )


def test_nobody_is_asked_the_same_twice(store, clock):
    told = alone(store, clock, "zoom HK pauses: It waits.\nzoom HK reviewing: It looks.")
    assert len(read(told).units) == 1


def test_the_last_word_is_an_analyst_s(store, clock):
    told = alone(store, clock, "zoom HK pauses: It waits.")
    join(store, clock, Role.READER, "rea")
    code(told, "ana", {1: "none"})
    code(told, "bo", {1: "pauses"})
    with pytest.raises(CodingError, match="rea cannot"):
        coding.adjudicate(store, "first", 1, "none", who="rea", now=clock())


def test_only_its_two_coders_code_and_only_what_is_there(story, clock):
    draw(story)
    for who, n, stance, error in (
        ("ada", 1, "none", CodingError),
        ("ana", 99, "none", LookupError),
        ("ana", 1, "maybe", CodingError),
    ):
        with pytest.raises(error):
            coding.code_unit(story.store, "first", n, stance, who=who, now=clock())


def test_rulings_make_labelled_documents(story, clock):
    from pipelines import ledger

    story.reports(
        "herald",
        "zoom US refuses: Zoom refused.\nmeta US pauses: Meta stopped.\nmeta HK pauses: Meta too.",
        path="/x",
    )
    with story.store.reading() as session:
        said = {
            (s.company, s.authority): s
            for s in queries.statements(session, limit=None)
            if s.publisher == "The Herald"
        }
    for pair, ruling, after in (
        (("zoom", "US"), "correct", {"stance": "challenges"}), (("meta", "US"), "reject", {}),
    ):  # fmt: skip
        ledger.post_verdict(
            story.store, said[pair].id, ruling, who="ana", after=after, now=clock(), context=story.context
        )
    with story.store.reading() as session:
        (line,) = gold_of(session)
        assert list(gold_of(session, whole=True)) == []
    assert (line.whole, line.corrections) == (False, 2)
    assert [(s["company"], s["stance"], s["evidence"]) for s in line.line["statements"]] == [
        ("zoom", "challenges", "Zoom refused."),
        ("meta", "pauses", "Meta too."),
    ]
    assert line.line["unreviewed"] == [["meta", "HK", "pauses", "now"]]


def test_of_two_that_say_the_same_the_one_that_was_ruled_on_is_given(store, clock):
    from pipelines import ledger

    told = Story(store, clock)
    told.reports("courier", "zoom HK refuses: It said no.\nzoom HK pauses: It stopped, for good.")
    with store.reading() as session:
        said = next(s for s in queries.statements(session) if s.stance == "pauses")
    ledger.post_verdict(
        store, said.id, "correct", after={"stance": "refuses"}, who="ana", now=clock(), context=told.context
    )
    with store.reading() as session:
        (line,) = gold_of(session)
    assert [(s["stance"], s["evidence"]) for s in line.line["statements"]] == [
        ("refuses", "It stopped, for good.")
    ]
    assert (line.line["unreviewed"], line.whole, line.corrections) == ([], True, 1)


@pytest.mark.parametrize("after", [{"company": "Big Tech"}, {"company": "big--tech"}, {"authority": "USA"}])
def test_nothing_is_corrected_to_what_no_labelled_document_may_say(store, clock, after):
    from pipelines import ledger

    told = alone(store, clock, "zoom HK pauses: Zoom stopped.")
    with store.reading() as session:
        (said,) = queries.statements(session)
    with pytest.raises(ValueError, match="is no"):
        ledger.post_verdict(
            store, said.id, "correct", after=after, who="ada", now=clock(), context=told.context
        )


def test_evaluate_reads_what_is_exported(story, clock, tmp_path):
    from pipelines import ledger
    from pipelines.evaluate import read_gold

    with story.store.reading() as session:
        said = queries.statements(session, limit=1)[0]
    ledger.post_verdict(story.store, said.id, "accept", who="ana", now=clock(), context=story.context)
    with story.store.reading() as session:
        (tmp_path / "gold.jsonl").write_text("".join(one.text + "\n" for one in gold_of(session)))
    (document,) = read_gold(tmp_path / "gold.jsonl")
    assert document.statements[0].stance == said.stance


def test_what_rules_read_no_longer_is_not_drawn(story):
    with story.store.reading() as session:
        gone = queries.statements(session, limit=None)[0]
    now, context = story.clock(), story.context
    ledger.post_comment(story.store, gone.id, "odd", who="ana", now=now)
    nothing = Analysis(Outcome.OK, "", None, ())
    ledger.post_reading(
        story.store, gone.document, nothing, knowledge="rules-2", now=now, context=context, apply=True
    )
    assert gone.id not in {unit.statement for unit in draw(story, size=500).units}
    assert len(read(story).units) == 11
