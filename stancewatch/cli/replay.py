"""`replay`: what recorded versions of pages would have made us tell."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer

from stancewatch.cli import show
from stancewatch.cli.setup import Setup, UsageError, command


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    command(
        app, "replay", "stancewatch replay versions/*.jsonl.gz\nstancewatch replay --json telegram.jsonl.gz"
    )(replay)


def replay(
    context: typer.Context,
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE", help="Recorded versions, one JSON object a line; .gz is unpacked."),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Run recorded versions of companies' pages through the whole flow, in a throw-away store.

    A line holds {"service", "terms", "date", "text"}, the text as Markdown; time is what the data says. Tells each
    change, and each alert that a subscriber with default filters would get, as it happens. The first version of a page
    is its baseline. Nothing of your own data is touched.
    """
    from rich.console import Console
    from rich.progress import Progress

    from pipelines.recorded import RecordedVersion, versions_in
    from pipelines.replay import replay as run_through

    setup: Setup = context.obj
    config = setup.config()
    versions = [version for file in files for version in versions_in(file, show.complain)]
    if not versions:
        raise UsageError("no recorded version in " + ", ".join(map(str, files)))
    console = Console(stderr=True)
    with (
        tempfile.TemporaryDirectory(prefix="stancewatch-replay-") as folder,
        Progress(console=console, transient=True, disable=not console.is_terminal) as progress,
    ):
        task = progress.add_task("versions", total=len(versions))

        def seen(_: RecordedVersion) -> None:
            progress.advance(task)

        for line in run_through(versions, config, Path(folder), seen):
            if as_json:
                show.line(line)
            else:
                _tell(line)
            sys.stdout.flush()


def _tell(line: dict[str, Any]) -> None:
    if line["type"] == "summary":
        show.say(f"{line['versions']} versions, {line['changes']} changes, {line['alerts']} alerts")
        show.table(
            ["document", "versions", "not ok", "distinct", "changes", "alerts"],
            [[name, *counts.values()] for name, counts in line["documents"].items()],
            whole=["document"],
        )
        return
    show.say(
        show.quote(
            f"{line['date']} {line['type']:<6} {line['company']} {line['authority']} {line['kind']}, {line['severity']}, "
            f"{line['status']}: {line['from']} → {line['to']}"
        )
    )
    show.say(f"    {show.quote(line['reason'])}")
