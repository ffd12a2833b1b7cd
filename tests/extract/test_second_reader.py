"""Two readers side by side: what the encoder adds to what the rules read."""

import pytest
from support.reading import shipped

from extract.statements.demands import Demand
from extract.statements.examples import document_of
from extract.statements.pipeline import explain, read_statements

NO_RULE = "Zoom slammed the brakes on every request from the Hong Kong police this week."
A_RULE = "Zoom will not hand over any user data to the Hong Kong police."


def without_second_reader():
    knowledge = shipped()
    alone = knowledge.confidence.model_copy(update={"alone": 1.0})
    return knowledge.model_copy(update={"confidence": alone})


def test_what_no_rule_has_words_for_is_a_statement_of_the_second_reader():
    (statement,) = read_statements(document_of(NO_RULE), shipped())
    assert (statement.company, statement.authority, statement.stance) == ("zoom", "HK", "pauses")
    assert statement.rule == "pauses.second-reader"
    assert statement.evidence == NO_RULE


def test_the_trace_says_how_likely_the_stance_was():
    (sentence,) = explain(document_of(NO_RULE), shipped()).sentences
    (finding,) = (f for f in sentence.findings if f.act == "second reader")
    assert finding.steps[0].startswith("reads like pauses: ")


def test_its_own_statements_can_be_left_out():
    assert read_statements(document_of(NO_RULE), without_second_reader()) == ()


@pytest.mark.parametrize(
    "sentence",
    [
        "Lawmakers urged Zoom to pause data requests from Hong Kong authorities.",
        "Zoom could pause data requests from Hong Kong authorities.",
        "If Zoom paused data requests from Hong Kong authorities, it could be fined.",
        "Will Zoom pause data requests from Hong Kong authorities?",
    ],
)
def test_what_a_rule_sees_only_wished_or_supposed_is_no_statement_of_its_own(sentence):
    trace = explain(document_of(sentence), shipped())
    assert trace.statements == ()
    assert any(f.stopped == "scope" for s in trace.sentences for f in s.findings)


CARRIED_OVER = "The affair ended as such affairs do: with a commission, a report and a new start page."


def test_a_sentence_that_no_word_makes_one_about_the_company_is_none_of_it():
    handed = "Google handed over the search logs of eleven users to the Indian police."
    lax = shipped().confidence.model_copy(update={"alone": 0.05, "alone_unnamed": 0.05, "least": 0.0})
    trace = explain(document_of(f"{handed} {CARRIED_OVER}"), shipped().model_copy(update={"confidence": lax}))
    assert {s.evidence for s in trace.statements} == {handed}
    stops = {f.why for s in trace.sentences if s.sentence.text == CARRIED_OVER for f in s.findings}
    assert "no word of the sentence means the company" in stops


def test_how_likely_an_authority_is_by_itself_is_a_feature():
    (candidate,) = explain(document_of(A_RULE), shipped()).candidates
    assert "whose: likely from 3" in candidate.features


def test_a_rule_that_it_bears_out_is_surer_and_keeps_its_name():
    trace = explain(document_of(A_RULE), shipped())
    assert [s.rule for s in trace.statements] == ["refuses.does-not-give"]
    assert any(f.startswith("second reader: from") for f in trace.candidates[0].features)


def test_the_trace_tells_what_it_makes_of_each_authority():
    (sentence,) = explain(document_of(A_RULE), shipped()).sentences
    (finding,) = (f for f in sentence.findings if f.stopped is None)
    assert finding.demand.codes == ("HK",)
    assert finding.demand.odds.keys() == {"HK", "*"}
    assert finding.demand.ahead > 0


def test_a_text_with_one_authority_of_nobody_else_is_ahead_of_nobody():
    assert Demand(("*",), "general").ahead is None
