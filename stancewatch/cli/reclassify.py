"""`reclassify`: reads the archive again by the rules of today, and tells what would change before it changes anything."""

from __future__ import annotations

from typing import Annotated

import typer

from stancewatch.cli import show
from stancewatch.cli.setup import BAD_NEWS, Setup, command


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    command(
        app, "reclassify", "stancewatch reclassify\nstancewatch reclassify zoom-guide apple-legal --apply"
    )(reclassify)


def reclassify(
    context: typer.Context,
    sources: Annotated[
        list[str] | None, typer.Argument(metavar="SOURCE", help="Ids from sources.yml; none: all.")
    ] = None,
    apply: Annotated[
        bool, typer.Option("--apply", help="Store what was read; without it nothing is changed.")
    ] = False,
    again: Annotated[
        bool,
        typer.Option("--again", help="Also what today's rules read already, as after a change of models."),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Read archived pages again by the rules of today.

    Tells for each document which statements and positions would change, each tried alone; --apply stores it. What moves
    by it is our doing: recorded as reclassified, mailed to nobody who was not waiting for it. What analysts ruled on
    stays. Exit code 1 if a page could not be read again.
    """
    from rich.console import Console
    from rich.progress import Progress

    from pipelines import reclassify as rereading
    from pipelines.clock import utc_now
    from pipelines.pool import AnalysePool

    setup: Setup = context.obj
    config = setup.config()
    for source_id in sources or ():
        config.source(source_id)
    console = Console(stderr=True)
    read, moved, failed = 0, 0, 0
    with (
        setup.store(config) as store,
        AnalysePool(config.knowledge, config.settings.analyse) as pool,
        Progress(console=console, transient=True, disable=not console.is_terminal) as progress,
    ):
        total = rereading.count(store, config, sources or (), again=again)
        task = progress.add_task("documents", total=total)
        for one in rereading.reclassify(
            store, config, pool, utc_now, sources=sources or (), again=again, apply=apply
        ):
            progress.advance(task)
            read, moved, failed = read + 1, moved + one.moved, failed + bool(one.note)
            if one.moved:
                _tell(one, as_json=as_json)
    done = "stored" if apply else "nothing was changed; `--apply` stores it"
    if as_json:
        show.line({"documents": read, "moved": moved, "failed": failed, "applied": apply})
    else:
        show.say(f"{read} documents read again, {moved} of them otherwise ({failed} not at all): {done}")
    if failed:
        raise typer.Exit(BAD_NEWS)


def _tell(one: object, *, as_json: bool) -> None:
    from pipelines.reclassify import Reread

    assert isinstance(one, Reread)
    if as_json:
        show.line(one)
        return
    what = one.note or f"{one.added} statements more, {one.gone} fewer, {len(one.changes)} changes"
    show.say(show.quote(f"{show.short(one.document)}  {one.source}  {what}  {one.url}"))
    for change in one.changes:
        before, after = (
            ", ".join(str(h.stance) for h in held) or "nothing" for held in (change.before, change.after)
        )
        show.say(
            f"    {change.company} {change.authority} {change.kind}, {change.status}: {before} → {after}"
        )
