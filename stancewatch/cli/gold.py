"""`gold export`: rulings as labelled documents, which `evaluate` measures the rules against."""

from __future__ import annotations

from typing import Annotated

import typer

from stancewatch.cli import show
from stancewatch.cli.exports import AsJson, Output, write
from stancewatch.cli.setup import Setup, command, group


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    gold = group("gold", "Rulings as labelled documents.")
    command(
        gold, "export",
        "stancewatch gold export --output ruled.jsonl\nstancewatch gold export --whole --json > whole.jsonl",
    )(export)  # fmt: skip
    app.add_typer(gold)


def export(
    context: typer.Context,
    whole: Annotated[
        bool, typer.Option("--whole", help="Only documents of which every statement was ruled on.")
    ] = False,
    output: Output = None,
    as_json: AsJson = False,
) -> None:
    """The documents that analysts ruled on, as `stancewatch evaluate` reads them; one JSON object a line either way.

    Companies in it that companies.yml does not list are told, with the first line that names each.
    """
    from pipelines.goldfile import gold_of, slugs_in
    from pipelines.strangers import strangers_among

    del as_json  # they are JSON lines already
    setup: Setup = context.obj
    config = setup.config()
    with setup.reading(config) as session:
        found = list(gold_of(session, whole=whole))
    write((f"{one.text}\n".encode() for one in found), output)
    corrected = sum(one.corrections for one in found)
    show.note(
        f"{len(found)} documents, {sum(one.whole for one in found)} reviewed whole, {corrected} corrections"
    )
    named = ((number, slugs_in(one)) for number, one in enumerate(found, start=1))
    for stranger in strangers_among(named, config.knowledge):
        show.note(stranger.words(str(output or "standard output")))
