"""The steps of a reading: which sentences are worth showing, and what stopped each."""

from datetime import UTC, datetime

from support.reading import shipped

from extract.statements.examples import document_of
from extract.statements.pipeline import explain, read_statements
from extract.types import Analysis, Outcome
from pipelines.steps import steps_in, steps_of

REFUSAL = "Telegram has refused to hand over encryption keys to the FSB."
WRITTEN = datetime(2026, 1, 1, tzinfo=UTC)


def steps(text: str) -> list[dict]:
    return steps_of(explain(document_of(text, published=WRITTEN), shipped()))


def test_a_sentence_that_states_something_tells_cue_rule_authority_and_company():
    (one,) = steps(REFUSAL)
    assert (one["sentence"], one["start"], one["stopped"]) == (REFUSAL, 0, None)
    (finding,) = [f for f in one["findings"] if f["stopped"] is None]
    assert (finding["act"], finding["rule"]) == ("give: hand over", "refuses.does-not-give")
    assert finding["authority"] == {"codes": ["RU"], "how": "named"}
    assert finding["who"] == [{"companies": ["telegram"], "how": "named"}]
    assert [s["stance"] for s in one["statements"]] == ["refuses"]


def test_a_sentence_that_gave_nothing_tells_which_step_stopped_it():
    (one,) = steps("Lawmakers want Apple to hand over the data to the FBI.")
    assert one["stopped"] == "scope"
    assert one["why"]
    assert one["statements"] == []


def test_a_neighbour_of_a_statement_is_shown_with_why_it_was_passed_over():
    _, second = steps(f"{REFUSAL} It rained. Nobody came.")
    assert second["sentence"] == "It rained."
    assert (second["stopped"], second["findings"], bool(second["why"])) == ("gate", [], True)


def test_a_page_that_was_not_read_has_no_steps():
    document = document_of(REFUSAL)
    read = Analysis(Outcome.OK, "", document, read_statements(document, shipped()))
    assert len(steps_in(read, shipped())) == 1
    assert steps_in(Analysis(Outcome.PAYWALL_STUB, "", document), shipped()) == []
    assert steps_in(Analysis(Outcome.ERROR), shipped()) == []
