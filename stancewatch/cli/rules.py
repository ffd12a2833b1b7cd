"""`rules test`: the examples that stand beside every rule in config/stances/, and where the rules fire."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stancewatch.cli import show
from stancewatch.cli.setup import BAD_NEWS, Setup, command, group

if TYPE_CHECKING:
    from pipelines.coverage import Fired


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    rules = group("rules", "The rules that find statements (config/stances/).")
    command(
        rules,
        "test",
        "stancewatch rules test\n"
        "stancewatch --config my-config rules test\n"
        "stancewatch rules test --coverage gold.jsonl",
    )(run_examples)
    app.add_typer(rules)


def run_examples(
    context: typer.Context,
    gold: Annotated[
        Path | None,
        typer.Option(
            "--coverage", metavar="GOLD.jsonl", help="Count where rules and words fire in labelled documents."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Run every rule's examples: those that must fire and those that must stay silent.

    With --coverage also, of each rule and each word of the lexicon that fires: in how many documents, and how many
    of its statements are right. What fires in one document only is suspect: it may fit that text and not English.
    """
    from extract.statements.examples import failures
    from pipelines.coverage import coverage
    from pipelines.evaluate import read_gold, strangers_in

    setup: Setup = context.obj
    knowledge = setup.config().knowledge
    documents = read_gold(gold) if gold else []
    for stranger in strangers_in(documents, knowledge):
        show.note(stranger.words(str(gold)))
    fired = coverage(documents, knowledge)
    faults = failures(knowledge)
    rules = [rule for stance in knowledge.stances for rule in stance.rules]
    examples = sum(len(rule.fires) + len(rule.silent) for rule in rules)
    if as_json:
        for fault in faults:
            show.line({"rule": fault.partition(":")[0], "fault": fault})
        for one in fired:
            show.line(one)
        show.line({"rules": len(rules), "examples": examples, "failed": len(faults)})
    else:
        _coverage(fired)
        for fault in faults:
            show.say(show.quote(fault))
        show.say(f"{len(rules)} rules, {examples} examples, {len(faults)} failed")
    if faults:
        raise typer.Exit(BAD_NEWS)


def _coverage(fired: list[Fired]) -> None:
    if not fired:
        return
    show.table(
        ["of", "which", "documents", "right", "wrong", "note"],
        [
            [
                f.kind,
                f.name,
                len(f.documents),
                f.right,
                f.wrong,
                f"suspect: {min(f.documents)}" if f.suspect else "",
            ]
            for f in fired
        ],
        whole=["which"],
    )
