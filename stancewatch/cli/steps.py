"""`classify --explain` in words: each sentence with its cues, scope, authority, companies and what stopped it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from stancewatch.cli import show


def tell(sentences: Iterable[Mapping[str, Any]]) -> None:
    """Prints what `pipelines.steps.steps_of` gives."""
    one: Mapping[str, Any] | None = None
    for one in sentences:
        show.say()
        show.say(f"  [{one['start']}:{one['end']}] “{show.quote(one['sentence'])}”")
        for finding in one["findings"]:
            _finding(finding)
        for statement in one["statements"]:
            speaker = f", said by {show.quote(statement['speaker'])}" if statement["speaker"] else ""
            show.say(
                f"    gives {show.quote(statement['company'])} {statement['authority']} {statement['stance']}"
                f" {statement['time']}, rule {statement['rule']}, confidence {statement['confidence']:.2f}{speaker}"
            )
        if one["stopped"]:
            show.say(f"    gives nothing: {one['stopped']}: {show.quote(one['why'])}")
    if one is None:
        show.say("  no sentence with an act, nor beside a statement")


def _finding(finding: Mapping[str, Any]) -> None:
    show.say(f"    cue “{show.quote(finding['cue'])}”, {finding['act']}")
    show.say(f"      scope      {show.quote('; '.join(finding['scope'])) or show.NOTHING}")
    cell = f", stance {finding['stance']} by {finding['rule']}" if finding["stance"] else ""
    show.say(f"      reading    {finding['reading'] or 'nothing asserted'}, {finding['time']}{cell}")
    if finding["authority"]:
        show.say(
            f"      authority  {', '.join(finding['authority']['codes'])} ({finding['authority']['how']})"
        )
    for who in finding["who"]:
        show.say(f"      who        {', '.join(who['companies'])} ({who['how']})")
    if finding["features"]:
        show.say(f"      confidence from {'; '.join(finding['features'])}")
    if finding["stopped"]:
        show.say(f"      stopped    {finding['stopped']}: {show.quote(finding['why'])}")
