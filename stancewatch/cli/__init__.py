"""The command line: each command parses, makes one call, and prints, for people or with `--json` for programs.

Decides nothing itself. One module a group of commands; what is slow to import is imported by the command that needs it.
"""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from stancewatch.cli import (
    alerts,
    captures,
    classify,
    coding,
    config,
    db,
    demo,
    exports,
    gold,
    health,
    holds,
    jobs,
    positions,
    reclassify,
    replay,
    rules,
    serve,
    sources,
    users,
)
from stancewatch.cli.setup import GuardedGroup, Setup

app = typer.Typer(
    name="stancewatch",
    cls=GuardedGroup,
    help="Watches how companies answer authorities' requests for user data, and proves every change.\n\n"
    "Exit codes: 0 done, 1 the answer is bad news, 2 wrong usage, 3 another one is running, "
    "4 configuration or database cannot be used.",
    epilog="Example: stancewatch demo",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"stancewatch {version('stancewatch')}")
        raise typer.Exit


@app.callback()
def _global_options(
    context: typer.Context,
    config_folder: Annotated[
        Path | None,
        typer.Option(
            "--config",
            metavar="FOLDER",
            help="A folder whose files replace those of config/ (same as STANCEWATCH_CONFIG).",
        ),
    ] = None,
    _show_version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and leave.")
    ] = False,
) -> None:
    context.obj = Setup(config_folder)


for module in (
    demo,
    jobs,
    classify,
    replay,
    reclassify,
    positions,
    exports,
    captures,
    sources,
    rules,
    holds,
    alerts,
    coding,
    gold,
    serve,
    users,
    db,
    health,
    config,
):
    module.add_to(app)
