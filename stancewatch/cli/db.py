"""`db upgrade`, `db rebuild`: the tables brought up to date, and positions derived again from what was read."""

from __future__ import annotations

from typing import Annotated

import typer

from stancewatch.cli import show
from stancewatch.cli.setup import BAD_NEWS, Setup, command, group

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    db = group("db", "The database.")
    command(db, "upgrade", "stancewatch db upgrade")(upgrade)
    command(db, "rebuild", "stancewatch db rebuild\nstancewatch db rebuild --apply")(rebuild)
    app.add_typer(db)


def upgrade(context: typer.Context, as_json: AsJson = False) -> None:
    """Make the database, or bring its tables to this version, all or nothing. Back it up first (docs/operating.md)."""
    setup: Setup = context.obj
    config = setup.config()
    with setup.store(config, upgrade=True) as store:
        shown, state = store.shown, store.schema()
    if as_json:
        show.line({"database": shown, "schema": state})
    else:
        show.say(f"database {shown} is {state}")


def rebuild(
    context: typer.Context,
    apply: Annotated[
        bool, typer.Option("--apply", help="Store what was derived; without it nothing is changed.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Derive every position and change again and tell where the stored ones differ. Mails nobody but who waited for it."""
    from pipelines.clock import utc_now
    from pipelines.ledger import context_of
    from pipelines.ledger import rebuild as derive_again

    setup: Setup = context.obj
    config = setup.config()
    with setup.store(config) as store:
        found = derive_again(store, context=context_of(config), apply_at=utc_now() if apply else None)
    if as_json:
        for difference in found:
            show.line(difference)
    else:
        show.table(["company", "authority", "what"], [[d.company, d.authority, d.what] for d in found])
        done = "stored anew" if apply else "stored otherwise than derived; `--apply` stores what is derived"
        show.say(f"{len(found)} {done}" if found else "everything is stored as it is derived")
    if found and not apply:
        raise typer.Exit(BAD_NEWS)
