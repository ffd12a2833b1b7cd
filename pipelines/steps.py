"""How a text was read, as JSON-ready values: the sentences worth showing, each with its steps and what they gave."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from extract.knowledge import Knowledge
from extract.statements.pipeline import explain
from extract.statements.trace import Finding, SentenceTrace, Trace
from extract.types import Analysis, Outcome, Statement
from pipelines.evaluate import GoldDocument, document_to_read, statement_as_dict

NO_ACT = "act"
GATE = "gate"


def explained(documents: Iterable[GoldDocument], knowledge: Knowledge) -> Iterator[dict[str, Any]]:
    """As `pipelines.evaluate.classify`, with the steps as `sentences`."""
    for document in documents:
        trace = explain(document_to_read(document), knowledge)
        statements = [statement_as_dict(s) for s in trace.statements]
        yield {"id": document.id, "statements": statements, "sentences": steps_of(trace)}


def steps_in(found: Analysis, knowledge: Knowledge) -> list[dict[str, Any]]:
    """The steps of a page that was analysed; none if nothing of it was read (trouble, another language)."""
    document = found.document
    if found.outcome is not Outcome.OK or document is None or document.language not in (None, "en"):
        return []
    return steps_of(explain(document, knowledge))


def steps_of(trace: Trace) -> list[dict[str, Any]]:
    """Each sentence that has a finding, gave a statement, or stands beside one that gave one, in text order."""
    given = [_given(sentence, trace) for sentence in trace.sentences]
    return [
        _sentence(sentence, given[place])
        for place, sentence in enumerate(trace.sentences)
        if sentence.findings or any(given[max(0, place - 1) : place + 2])
    ]


def _given(sentence: SentenceTrace, trace: Trace) -> list[Statement]:
    """The statements whose evidence is this sentence, or holds it."""
    start, end = sentence.sentence.start, sentence.sentence.end
    return [s for s in trace.statements if s.start < end and s.end > start]


def _sentence(trace: SentenceTrace, given: list[Statement]) -> dict[str, Any]:
    stopped, why = _stopped(trace, given)
    return {
        "sentence": trace.sentence.text,
        "start": trace.sentence.start,
        "end": trace.sentence.end,
        "stopped": stopped,
        "why": why,
        "findings": [_finding(f) for f in trace.findings],
        "statements": [statement_as_dict(s) for s in given],
    }


def _stopped(trace: SentenceTrace, given: list[Statement]) -> tuple[str | None, str]:
    """The step at which a sentence that gave nothing ended: that of the finding that came furthest."""
    if given:
        return None, ""
    if trace.passed:
        return GATE, trace.passed
    if not trace.findings:
        return NO_ACT, "parsed, but no act or idiom was found in it"
    if any(f.stopped is None for f in trace.findings):
        return (
            "kept",
            "another sentence says the same with more certainty, or the statement was too unsure to keep",
        )
    furthest = max(trace.findings, key=_how_far)
    return furthest.stopped, furthest.why


def _how_far(finding: Finding) -> tuple[bool, bool]:
    return finding.stance is not None, finding.demand is not None


def _finding(finding: Finding) -> dict[str, Any]:
    demand = finding.demand
    return {
        "cue": finding.cue,
        "act": finding.act,
        "scope": list(finding.steps),
        "reading": finding.reading,
        "time": str(finding.time),
        "stance": str(finding.stance) if finding.stance else None,
        "rule": finding.rule,
        "authority": {"codes": list(demand.codes), "how": demand.how} if demand else None,
        "who": list(_who(finding)),
        "features": list(finding.features),
        "stopped": finding.stopped,
        "why": finding.why,
    }


def _who(finding: Finding) -> Iterator[dict[str, Any]]:
    for who in finding.who:
        yield {"companies": list(who.slugs), "how": who.how}
        if who.sharing:
            yield {"companies": list(who.sharing), "how": "sharing"}
