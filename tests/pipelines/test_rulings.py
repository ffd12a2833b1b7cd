"""What analysts do at the desk: what waits for them and in which order, ruling, taking back, putting off, writing beside."""

from __future__ import annotations

from functools import partial

import pytest
from support.store import Story, config, dump

from extract.types import Analysis, Facets, Outcome, Stance, Statement, Support, Time
from pipelines import ledger, positions
from pipelines.config import Subscriber
from pipelines.ledger import UndoError
from pipelines.store import queries
from pipelines.thinning import spendable

PAUSE = "zoom HK pauses: Zoom stopped handling requests from Hong Kong."
REFUSAL = "meta US refuses: Meta refused to hand over the data."


def read(store, query, *args, **more):
    with store.reading() as session:
        return query(session, *args, **more)


def waiting(store, who="ana", **more):
    return [(p.company, p.authority) for p in read(store, queries.proposals, who, limit=50, **more)]


def only(store, company):
    (found,) = read(store, queries.statements, company)
    return found


def rule(story, statement, ruling, who="ana", **more):
    now = story.clock()
    return ledger.post_verdict(
        story.store, statement.id, ruling, who=who, now=now, context=story.context, **more
    )


def undo(story, who="ana"):
    last = read(story.store, queries.last_verdict_by, who)
    return ledger.undo_verdict(story.store, last.id, who=who, now=story.clock(), context=story.context)


def held(store, company="zoom", authority="HK"):
    position = read(store, queries.position, company, authority)
    return [str(h.stance) for h in position.held] if position else []


@pytest.fixture
def story(store, clock) -> Story:
    return Story(store, clock)


def test_what_moved_a_position_waits_and_what_only_repeats_it_does_not(story, clock):
    story.reports("courier", PAUSE)
    clock.tick(days=1)
    story.reports("herald", PAUSE, path="/b")
    assert waiting(story.store) == [("zoom", "HK")]


def test_the_weightiest_comes_first(store, clock):
    follower = Subscriber(email="one@example.org", companies=("meta",))
    story = Story(store, clock, configuration=config(follower))
    story.reports("courier", PAUSE)
    story.reports("herald", REFUSAL, path="/b")
    assert waiting(store) == [
        ("meta", "US"),
        ("zoom", "HK"),
    ]  # as grave and as sure, and somebody follows Meta
    first, second = read(store, queries.proposals, "ana", limit=2)
    assert first.rank == pytest.approx(2 * second.rank)
    assert (first.audience, second.audience) == (2, 1)
    assert first.why == "the first word on it: refuses (major, provisional)"


def test_an_audience_that_changed_ranks_what_waits_anew(story):
    story.reports("courier", PAUSE)
    story.reports("herald", REFUSAL, path="/b")
    with story.store.writing() as session:
        from pipelines.store import record

        assert record.weigh_audience(session, lambda company, _: 5 if company == "zoom" else 1) == 2
    assert waiting(story.store) == [("zoom", "HK"), ("meta", "US")]


@pytest.mark.parametrize("ruling", ["accept", "reject"])
def test_what_was_ruled_on_waits_no_more(story, ruling):
    story.reports("courier", PAUSE)
    rule(story, only(story.store, "zoom"), ruling)
    assert waiting(story.store) == []


def test_a_stance_that_somebody_vouched_for_asks_for_no_second_ruling(story, clock):
    story.reports("courier", PAUSE)
    clock.tick(days=1)
    story.reports("herald", PAUSE, path="/b")
    later = read(story.store, queries.statements, "zoom")[0]
    assert later.publisher == "The Herald"
    rule(story, later, "accept")
    assert waiting(story.store) == []


def test_a_verdict_keeps_what_stood_before_it(story):
    story.reports("courier", PAUSE)
    said = only(story.store, "zoom")
    rule(story, said, "accept")
    rule(story, said, "correct", after={"stance": "refuses", "authority": "US"}, reason="read the headline")
    first, second = read(story.store, queries.verdicts_of, said.id)
    assert first.before["ruling"] is None
    assert (second.before["ruling"], second.before["stance"], second.before["authority"]) == (
        "accept",
        "pauses",
        "HK",
    )
    assert second.before["evidence"] == {
        "start": said.start,
        "end": said.end,
        "text": "Zoom stopped handling requests from Hong Kong.",
    }
    assert held(story.store, "zoom", "US") == ["refuses"]


def test_corrected_evidence_stands_in_the_text(story):
    story.reports("courier", f"Some say so.\n{PAUSE}")
    said = only(story.store, "zoom")
    text = read(story.store, queries.document_text, said.document)
    place = {"start": 0, "end": 12, "text": text[:12]}
    rule(story, said, "correct", after={"evidence": place})
    assert read(story.store, queries.verdicts_of, said.id)[-1].after == {"evidence": place}
    assert held(story.store) == ["pauses"]


def test_taking_back_leaves_everything_as_if_it_had_never_been_ruled(story):
    story.reports("courier", PAUSE)
    before = dump(story.store, leave_out=("reason", "moved"))
    rule(story, only(story.store, "zoom"), "reject")
    assert held(story.store) == []
    undo(story)
    after = dump(story.store, leave_out=("reason", "moved"))
    assert held(story.store) == ["pauses"]
    assert {table for table in before if before[table] != after[table]} <= {"verdicts", "alerts"}
    assert read(story.store, queries.statement, only(story.store, "zoom").id).ruling is None


def test_taking_back_goes_one_ruling_at_a_time_and_both_stay_in_the_log(story):
    story.reports("courier", PAUSE)
    said = only(story.store, "zoom")
    rule(story, said, "correct", after={"stance": "refuses"})
    rule(story, said, "reject")
    undo(story)
    assert held(story.store) == ["refuses"]
    undo(story)
    assert held(story.store) == ["pauses"]
    assert [v.ruling for v in read(story.store, queries.verdicts_of, said.id)] == [
        "correct",
        "reject",
        "correct",
        "void",
    ]
    assert read(story.store, queries.last_verdict_by, "ana") is None
    assert ledger.rebuild(story.store, context=story.context) == []


def test_nobody_takes_back_what_another_ruled_nor_what_another_ruled_on_since(story):
    story.reports("courier", PAUSE)
    said = only(story.store, "zoom")
    rule(story, said, "accept")
    number = read(story.store, queries.last_verdict_by, "ana").id
    with pytest.raises(UndoError, match="ana's"):
        ledger.undo_verdict(story.store, number, who="bob", now=story.clock(), context=story.context)
    rule(story, said, "reject", who="bob")
    with pytest.raises(UndoError, match="bob ruled on this statement since"):
        undo(story)
    with pytest.raises(LookupError):
        ledger.undo_verdict(story.store, 999, who="ana", now=story.clock(), context=story.context)


def test_what_is_put_off_waits_behind_for_one_person_only(story):
    story.reports("courier", PAUSE)
    story.reports("herald", REFUSAL, path="/b")
    ledger.post_skip(story.store, only(story.store, "zoom").id, who="ana", now=story.clock())
    assert waiting(story.store) == [("meta", "US")]
    assert waiting(story.store, skipped=True) == [("zoom", "HK")]
    assert len(waiting(story.store, "bob")) == 2
    assert read(story.store, queries.queue_length, "ana") == (1, 1)
    ledger.take_up_skipped(story.store, "ana")
    assert len(waiting(story.store)) == 2


def test_a_statement_that_waits_for_nobody_cannot_be_put_off(story):
    story.reports("courier", PAUSE)
    said = only(story.store, "zoom")
    rule(story, said, "accept")
    with pytest.raises(LookupError, match="waits for no ruling"):
        ledger.post_skip(story.store, said.id, who="ana", now=story.clock())


def test_comments_stand_beside_a_statement_in_order(story):
    story.reports("courier", PAUSE)
    said = only(story.store, "zoom")
    for words in ("Is this the same as in July?", "Yes."):
        ledger.post_comment(story.store, said.id, words, who="ana", now=story.clock())
    assert [c.text for c in read(story.store, queries.comments_of, said.id)] == [
        "Is this the same as in July?",
        "Yes.",
    ]
    with pytest.raises(ValueError, match="says nothing"):
        ledger.post_comment(story.store, said.id, "  ", who="ana", now=story.clock())
    with pytest.raises(LookupError):
        ledger.post_comment(story.store, "f" * 64, "?", who="ana", now=story.clock())


# --- what a ruling means for the same words elsewhere ---


def reread(story, document, *statements):
    """Better rules read a document again."""
    return ledger.post_reading(
        story.store, document, Analysis(Outcome.OK, "", None, statements), knowledge="rules-2",
        now=story.clock(), context=story.context, apply=True,
    )  # fmt: skip


def test_what_was_rejected_stays_so_in_the_edited_article(story, clock):
    story.reports("courier", PAUSE)
    rule(story, only(story.store, "zoom"), "reject", reason="a satire")
    clock.tick(days=1)
    story.reports("courier", f"{PAUSE}\nA typo was corrected elsewhere.")
    assert held(story.store) == []
    assert waiting(story.store) == []
    newest, _ = read(story.store, queries.statements, "zoom")
    (carried,) = read(story.store, queries.verdicts_of, newest.id)
    assert (carried.who, carried.ruling, carried.reason) == ("ana", "reject", "a satire")
    assert carried.carries == read(story.store, queries.verdicts)[-1].id
    assert (
        read(story.store, queries.last_verdict_by, "ana").id == carried.carries
    )  # `u` takes back what she did
    rule(story, newest, "accept", who="bo")
    assert held(story.store) == ["pauses"]


def test_what_was_corrected_goes_on_where_it_belongs_in_the_edited_article(story, clock):
    story.reports("courier", PAUSE)
    rule(story, only(story.store, "zoom"), "correct", after={"company": "meta"})
    clock.tick(days=1)
    story.reports("courier", f"{PAUSE}\nA typo was corrected elsewhere.")
    assert (held(story.store), held(story.store, "meta")) == ([], ["pauses"])
    assert ledger.rebuild(story.store, context=story.context) == []


def test_another_sentence_of_the_edited_article_is_ruled_on_anew(story, clock):
    story.reports("courier", PAUSE)
    rule(story, only(story.store, "zoom"), "reject")
    clock.tick(days=1)
    story.reports("courier", "zoom HK pauses: Hong Kong gets nothing from Zoom for now.")
    assert held(story.store) == ["pauses"]


def test_a_ruling_survives_rules_that_quote_more_of_the_same_place(story):
    story.reports("courier", "zoom HK pauses: Zoom stopped handling requests.\nMore text.")
    said = only(story.store, "zoom")
    rule(story, said, "reject")
    text = read(story.store, queries.document_text, said.document)
    better = Statement(
        company="zoom", authority="HK", stance=Stance.PAUSES, time=Time.NOW, evidence=text, start=0, end=len(text),
        rule="pauses.better", confidence=0.9, supports=(Support(text, Facets()),),
    )  # fmt: skip
    reread(story, said.document, better)
    assert held(story.store) == []
    assert waiting(story.store) == []


def test_what_rules_read_no_longer_is_in_force_by_no_undoing_and_waits_for_nobody(story):
    story.reports("courier", PAUSE)
    said = only(story.store, "zoom")
    rule(story, said, "reject")
    assert reread(story, said.document).gone == 0
    undo(story)
    assert held(story.store) == []
    assert waiting(story.store) == []
    assert read(story.store, queries.statement, said.id).ignored == "the rules of today do not read it"
    ledger.post_comment(story.store, said.id, "odd", who="ana", now=story.clock())
    assert [reread(story, said.document).gone for _ in range(2)] == [0, 0]


# --- what waits ---


def test_what_is_too_unsure_to_count_is_listed_once_somebody_lets_it_count(story):
    story.reports("courier", "zoom HK pauses perhaps: Zoom may have stopped.")
    assert held(story.store) == []
    assert waiting(story.store) == [("zoom", "HK")]
    (said,) = read(story.store, queries.statements, unsure=True)
    listed = queries.StatementFilter("zoom")
    assert read(story.store, queries.statements_page, listed).rows == ()
    rule(story, said, "accept")
    assert held(story.store) == ["pauses"]
    assert [s.id for s in read(story.store, queries.statements_page, listed).rows] == [said.id]


def test_an_unsure_statement_waits_on_when_it_is_left_out_of_the_fold(story, clock, monkeypatch):
    monkeypatch.setattr(ledger.concluding, "spendable", partial(spendable, worth=5))
    monkeypatch.setattr(positions, "STATEMENTS_NAMED", 2)
    story.reports("courier", "zoom HK refuses: Zoom refuses.", path="/first")
    story.reports("herald", "zoom HK complies perhaps: Perhaps Zoom complies.", path="/unsure")
    for n in range(16):
        clock.tick(hours=9)
        story.reports(["courier", "herald"][n % 2], f"zoom HK refuses: It refuses, {n}.", path=f"/{n}")
    clock.tick(days=60)
    for n in range(2):
        story.reports("courier", f"zoom HK refuses: Still, {n}.", path=f"/later{n}")
    (said,) = [s for s in read(story.store, queries.statements, unsure=True, limit=None) if s.unsure]
    assert read(story.store, queries.proposal, said.id).why.startswith(
        "too unsure to count; complies would turn"
    )
    clock.tick(days=1)
    story.reports("courier", "zoom HK complies: Zoom complies now.", path="/end")
    assert (
        read(story.store, queries.proposal, said.id).why
        == "too unsure to count; complies is in force already"
    )
    assert ledger.rebuild(story.store, context=story.context) == []


def test_of_two_spells_of_a_stance_the_former_weighs_less(story, clock):
    for n, stance in enumerate(["refuses", "complies", "refuses"]):
        story.reports("courier", f"zoom HK {stance}: Number {n}.", path=f"/{n}")
        clock.tick(days=30)
    waits = read(story.store, queries.proposals, "ana", limit=9)
    assert read(story.store, queries.statement, waits[0].statement).evidence == "Number 2."
    assert sorted(p.severity for p in waits) == [1.5, 1.5, 3.0]


def test_nothing_waits_of_what_somebody_ruled_for_however_late_it_was_told(story, clock):
    for n in range(25):
        story.reports(["courier", "herald"][n % 2], f"zoom HK refuses: Told {n}.", path=f"/{n}")
        clock.tick(hours=1)
    rule(story, read(story.store, queries.statements, "zoom")[0], "accept")
    assert waiting(story.store) == []


def test_what_was_put_off_is_asked_again_when_it_comes_to_move_something(story):
    story.reports("courier", "zoom HK pauses perhaps: Zoom may have stopped.")
    (said,) = read(story.store, queries.statements, unsure=True)
    ledger.post_skip(story.store, said.id, who="ana", now=story.clock())
    assert waiting(story.store) == []
    sure = Statement(
        company="zoom", authority="HK", stance=Stance.PAUSES, time=Time.NOW, evidence=said.evidence, start=said.start,
        end=said.end, rule="pauses.better", confidence=0.9, supports=(Support(said.evidence, Facets()),),
    )  # fmt: skip
    reread(story, said.document, sure)
    assert waiting(story.store) == [("zoom", "HK")]


def test_what_was_corrected_into_another_pair_vouches_for_nothing_where_it_stood(story, clock):
    story.shows("zoom-guide", "zoom * conditional process=warrant: We ask for a warrant.")
    clock.tick(days=2)
    story.shows("zoom-guide", "zoom * conditional process=subpoena: We ask for a subpoena.")
    (newest, _) = read(story.store, queries.statements, "zoom")
    rule(story, newest, "correct", after={"authority": "HK"})
    assert waiting(story.store) == [("zoom", "*")]


def test_what_is_taken_back_is_so_in_the_edited_article_too_and_goes_on_no_further(story, clock):
    story.reports("courier", PAUSE)
    rule(story, only(story.store, "zoom"), "reject")
    clock.tick(days=1)
    story.reports("courier", f"{PAUSE}\nA typo was corrected elsewhere.")
    undo(story)
    assert held(story.store) == ["pauses"]
    clock.tick(days=1)
    story.reports("courier", f"{PAUSE}\nAnother typo was corrected.")
    assert held(story.store) == ["pauses"]
    assert waiting(story.store) == [("zoom", "HK")]


def test_taking_a_correction_back_brings_the_edited_article_home(story, clock):
    story.reports("courier", PAUSE)
    rule(story, only(story.store, "zoom"), "correct", after={"company": "meta"})
    clock.tick(days=1)
    story.reports("courier", f"{PAUSE}\nA typo was corrected elsewhere.")
    undo(story)
    assert (held(story.store), held(story.store, "meta")) == (["pauses"], [])
    assert ledger.rebuild(story.store, context=story.context) == []


def test_a_text_that_is_back_is_ruled_on_as_the_one_between(story, clock):
    story.reports("courier", PAUSE)
    clock.tick(days=1)
    story.reports("courier", f"{PAUSE}\nA typo was corrected elsewhere.")
    newest, _ = read(story.store, queries.statements, "zoom")
    rule(story, newest, "reject")
    clock.tick(days=1)
    story.reports("courier", PAUSE)
    assert held(story.store) == []


def test_a_ruling_that_better_rules_carry_is_no_newer_word_than_those_since(story, clock):
    story.shows("zoom-guide", f"Hello.\n{PAUSE}")
    first = only(story.store, "zoom")
    rule(story, first, "reject")
    clock.tick(days=4)
    story.shows("zoom-guide", f"Hello again.\n{PAUSE}")
    newest = next(s for s in read(story.store, queries.statements, "zoom") if s.id != first.id)
    rule(story, newest, "accept", who="bo")
    assert held(story.store) == ["pauses"]
    clock.tick(days=1)
    text = read(story.store, queries.document_text, first.document)
    better = Statement(
        company="zoom", authority="HK", stance=Stance.PAUSES, time=Time.NOW, evidence=text[first.start - 2 :],
        start=first.start - 2, end=len(text), rule="pauses.better", confidence=0.9,
        supports=(Support(first.evidence, Facets()),),
    )  # fmt: skip
    reread(story, first.document, better)
    assert held(story.store) == ["pauses"]


def test_what_somebody_put_off_stays_so_when_others_are_told(story, clock):
    story.reports("courier", "zoom HK pauses perhaps: Zoom may have stopped.")
    (said,) = read(story.store, queries.statements, unsure=True)
    ledger.post_skip(story.store, said.id, who="ana", now=story.clock())
    clock.tick(days=1)
    story.reports("herald", "zoom HK refuses perhaps: Zoom may refuse.", path="/b")
    assert len(waiting(story.store)) == 1


def test_a_withdrawal_is_asked_about_also_when_the_stance_is_back(story, clock):
    """The page stops saying it, and later says it again; somebody accepts the return."""
    says = "zoom HK refuses: Zoom refuses."
    for text in (f"Hello.\n{says}", "Hello.\nNothing.", f"Hello again.\n{says}"):
        for _ in range(3):
            story.shows("zoom-guide", text)
            clock.tick(days=2)
    waits = {p.why.split(" (")[0]: p.severity for p in read(story.store, queries.proposals, "ana", limit=9)}
    assert waits["refuses is no longer said"] == 1.5
    assert ledger.rebuild(story.store, context=story.context) == []
