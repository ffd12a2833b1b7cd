"""`holds list|release|discard`: texts that are held back because they would move too much, and what becomes of them."""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING, Annotated

import typer

from stancewatch.cli import show
from stancewatch.cli.setup import Setup, UsageError, command, group

if TYPE_CHECKING:
    from pipelines.store.record import Decision

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
Text = Annotated[
    str, typer.Argument(metavar="TEXT", help="The text's id, or its first digits (`holds list`).")
]
Who = Annotated[str | None, typer.Option("--who", metavar="NAME", help="Who decides; else the user's name.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    holds = group("holds", "Texts that are held back until somebody looked at them.")
    command(holds, "list", "stancewatch holds list\nstancewatch holds list --all --json")(list_holds)
    command(holds, "release", "stancewatch holds release 4f2a9c01be77")(release)
    command(holds, "discard", "stancewatch holds discard 4f2a9c01be77 --who ana")(discard)
    app.add_typer(holds)


def list_holds(
    context: typer.Context,
    all_: Annotated[bool, typer.Option("--all", help="Also those that were decided on.")] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Most rows shown, the newest first.")] = 100,
    as_json: AsJson = False,
) -> None:
    """What is held back, and why: it would have moved many positions at once, or its page shrank."""
    from pipelines.store import queries

    setup: Setup = context.obj
    with setup.reading(setup.config()) as session:
        found = queries.holds(session, None if all_ else "held", limit)
    if as_json:
        for one in found:
            show.line(one)
        return
    show.table(
        ["text", "held (UTC)", "source", "state", "why", "page"],
        [[show.short(h.document), h.at, h.source, h.state, h.reason, h.url] for h in found],
        whole=["text"],
    )
    if not found:
        show.say("nothing is held back")


def release(context: typer.Context, text: Text, who: Who = None, as_json: AsJson = False) -> None:
    """Believe a held text: what it says counts from when it was seen, and is told to subscribers."""
    _decide(context, text, "released", who, as_json=as_json)


def discard(context: typer.Context, text: Text, who: Who = None, as_json: AsJson = False) -> None:
    """Never believe a held text: it moves nothing, also when it is seen again."""
    _decide(context, text, "discarded", who, as_json=as_json)


def _decide(context: typer.Context, text: str, decision: Decision, who: str | None, *, as_json: bool) -> None:
    from pipelines.clock import utc_now
    from pipelines.ledger import context_of, post_decision

    setup: Setup = context.obj
    config = setup.config()
    with setup.store(config) as store:
        try:
            posted = post_decision(
                store, text, decision, who=who or getpass.getuser(), now=utc_now(), context=context_of(config)
            )
        except LookupError as error:
            raise UsageError(f"{error}: `stancewatch holds list --all` lists them") from error
    if as_json:
        show.line({"text": text, "decision": decision, "changes": len(posted.changes)})
    else:
        moved = len(posted.changes)
        show.say(f"{decision}; {moved} change{'' if moved == 1 else 's'} follow{'s' if moved == 1 else ''}")
