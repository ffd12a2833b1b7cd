"""`captures list`, `captures show`: what was fetched, and the page as it was stored."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from extract.types import Outcome
from stancewatch.cli import show
from stancewatch.cli.setup import Setup, UsageError, command, group

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    captures = group("captures", "Fetched pages, as the archive keeps them.")
    command(
        captures,
        "list",
        "stancewatch captures list --source bbc\nstancewatch captures list --outcome wall --json",
    )(list_captures)
    command(
        captures,
        "show",
        "stancewatch captures show 3f9a01c2d4e5 > page.html\nstancewatch captures show 3f9a01c2d4e5 --headers",
    )(show_capture)
    app.add_typer(captures)


def list_captures(
    context: typer.Context,
    source: Annotated[str | None, typer.Option("--source", metavar="ID", help="Only of this source.")] = None,
    outcome: Annotated[Outcome | None, typer.Option("--outcome", help="Only what turned out so.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Most rows shown.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Fetched responses, last seen first."""
    from pipelines.store import queries

    setup: Setup = context.obj
    config = setup.config()
    with setup.reading(config) as session:
        found = queries.captures(session, source, outcome, limit)
    if as_json:
        for capture in found:
            show.line(capture)
        return
    show.table(
        ["capture", "last seen (UTC)", "source", "status", "outcome", "bytes", "url"],
        [[show.short(c.id), c.last_seen, c.source, c.status, c.outcome, c.length, c.url] for c in found],
        whole=["capture", "source"],
    )
    if not found:
        show.say("no capture is stored" + (f" of source {source}" if source else ""))


def show_capture(
    context: typer.Context,
    capture_id: Annotated[str, typer.Argument(metavar="ID", help="A capture's id, or its first digits.")],
    headers: Annotated[bool, typer.Option("--headers", help="Only the response's headers.")] = False,
    output: Annotated[
        Path | None, typer.Option("--output", metavar="FILE", help="Write the page to a file.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="The facts as a JSON object, without the page.")
    ] = False,
) -> None:
    """The stored page, byte for byte after content decoding; its facts go to standard error."""
    from pipelines.archive import read_response
    from pipelines.store import queries

    setup: Setup = context.obj
    config = setup.config()
    with setup.reading(config) as session:
        try:
            found = queries.capture(session, capture_id)
        except LookupError as error:
            raise UsageError(str(error)) from error
    if found is None:
        raise UsageError(f"no capture begins with {capture_id!r}; see `stancewatch captures list`")
    response = read_response(config.settings.archive_dir, found.warc_file, found.warc_offset)
    if as_json:
        show.line({**show.plain(found), "headers": response.headers, "record": response.record_id})
        return
    if headers:
        show.say(f"HTTP {response.status}")
        for name, value in response.headers.items():
            show.say(f"{name}: {show.quote(value)}")
        return
    show.note(
        f"{found.url} fetched {response.fetched:%Y-%m-%d %H:%M:%S} UTC, status {response.status}, {found.outcome}"
    )
    show.note(
        f"record {response.record_id} in {found.warc_file} at {found.warc_offset}, {len(response.body)} bytes"
    )
    if output is not None:
        try:
            output.write_bytes(response.body)
        except OSError as error:
            raise UsageError(f"cannot write {output}: {error.strerror or error}") from error
        show.note(f"written to {output}")
        return
    sys.stdout.buffer.write(response.body)
    sys.stdout.buffer.flush()
