"""`rules test`: the examples that stand beside every rule in config/stances/."""

from __future__ import annotations

from typing import Annotated

import typer

from stancewatch.cli import show
from stancewatch.cli.setup import BAD_NEWS, Setup, command, group


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    rules = group("rules", "The rules that find statements (config/stances/).")
    command(rules, "test", "stancewatch rules test\nstancewatch --config my-config rules test")(run_examples)
    app.add_typer(rules)


def run_examples(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Run every rule's examples: those that must fire and those that must stay silent."""
    from extract.statements.examples import failures

    setup: Setup = context.obj
    knowledge = setup.config().knowledge
    faults = failures(knowledge)
    rules = [rule for stance in knowledge.stances for rule in stance.rules]
    examples = sum(len(rule.fires) + len(rule.silent) for rule in rules)
    if as_json:
        for fault in faults:
            show.line({"rule": fault.partition(":")[0], "fault": fault})
        show.line({"rules": len(rules), "examples": examples, "failed": len(faults)})
    else:
        for fault in faults:
            show.say(show.quote(fault))
        show.say(f"{len(rules)} rules, {examples} examples, {len(faults)} failed")
    if faults:
        raise typer.Exit(BAD_NEWS)
