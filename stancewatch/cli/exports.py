"""`export …`, `bundle`, `verify`: lists as files, and the evidence of one statement in a file that anybody can check."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn

from pipelines import asked
from stancewatch.cli import show
from stancewatch.cli.positions import company_of, dated
from stancewatch.cli.setup import BAD_NEWS, Setup, UsageError, command, group

if TYPE_CHECKING:
    from pipelines.config import Config
    from pipelines.export import Format, Kind, Row
    from pipelines.store.session import Session

Words = dict[str, str | bool]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
Form = Annotated[str, typer.Option("--format", metavar="FORMAT", help="csv, jsonl or parquet.")]
Output = Annotated[
    Path | None,
    typer.Option(
        "--output", metavar="FILE", help="Where it goes; appears once it is whole. Else standard output."
    ),
]
_AGES = frozenset({"since", "until"})


def _option(field: asked.Field) -> Parameter:
    """What a list can be asked for as an option of a command."""
    named = f" ({', '.join(field.choices)})" if field.choices else ""
    age = ", or an age: 36h, 7d, 4w" if field.name in _AGES else ""
    words = f"{field.meaning[0].upper()}{field.meaning[1:]}{named}{age}."
    name = f"--{field.name.replace('_', '-')}"
    option: Any = typer.Option(
        name, help=words, metavar=None if field.flag else "WORD" if field.choices else "WHEN"
    )
    if field.name in ("company", "authority"):
        option.metavar = {"company": "SLUG", "authority": "CODE"}[field.name]
    kind: Any = bool if field.flag else str
    default = False if field.flag else ""
    return Parameter(field.name, Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[kind, option])


def _asking(*fields: asked.Field) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Decorator: a command with an option for each of these, which come to it as its `words`."""

    def with_options(command: Callable[..., None]) -> Callable[..., None]:
        own = [p for p in signature(command, eval_str=True).parameters.values() if p.name != "words"]

        def run(**given: Any) -> None:
            words = {field.name: given.pop(field.name) for field in fields}
            command(words=words, **given)

        run.__doc__ = command.__doc__
        cast("Any", run).__signature__ = Signature([*own, *map(_option, fields)])
        return run

    return with_options


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    exports = group("export", "Lists as files: CSV, JSON Lines, Parquet.")
    command(
        exports, "statements",
        "stancewatch export statements --company apple > apple.csv\nstancewatch export statements --format parquet --output all.parquet",
    )(statements)  # fmt: skip
    command(exports, "changes", "stancewatch export changes --since 4w --format jsonl")(changes)
    command(
        exports, "positions",
        "stancewatch export positions\nstancewatch export positions --as-of 2020-07-09 --format jsonl",
    )(positions)  # fmt: skip
    app.add_typer(exports)
    command(app, "bundle", "stancewatch bundle 3f9a01c2d4e5 --output evidence.zip")(bundle)
    command(app, "verify", "stancewatch verify evidence.zip\nstancewatch verify evidence.zip --json")(verify)


@_asking(*asked.STATEMENTS)
def statements(context: typer.Context, words: Words, form: Form = "csv", output: Output = None) -> None:
    """What pages were read to say, newest first."""
    from pipelines.export import Kind, statement_rows
    from pipelines.store.queries import StatementFilter

    config = _config(context)
    wanted = StatementFilter(**_wanted(config, asked.STATEMENTS, words))
    _export(context, config, Kind.STATEMENTS, form, output, lambda session: statement_rows(session, wanted))


@_asking(*asked.CHANGES)
def changes(context: typer.Context, words: Words, form: Form = "csv", output: Output = None) -> None:
    """How positions moved, newest first."""
    from pipelines.export import Kind, change_rows
    from pipelines.store.queries import ChangeFilter

    config = _config(context)
    wanted = ChangeFilter(**_wanted(config, asked.CHANGES, words))
    _export(context, config, Kind.CHANGES, form, output, lambda session: change_rows(session, wanted))


@_asking(*asked.POSITIONS, asked.AS_OF, asked.KNOWN_AT)
def positions(context: typer.Context, words: Words, form: Form = "csv", output: Output = None) -> None:
    """What is in force, a row for each stance of a pair."""
    from pipelines.export import Kind, position_rows
    from pipelines.ledger import context_of
    from pipelines.store.queries import PositionFilter

    config = _config(context)
    wanted = PositionFilter(**_wanted(config, asked.POSITIONS, words))
    times = asked.read((asked.AS_OF, asked.KNOWN_AT), words)
    rules = context_of(config).rules
    _export(
        context, config, Kind.POSITIONS, form, output, lambda session: position_rows(session, wanted, rules, **times)
    )  # fmt: skip


def bundle(
    context: typer.Context,
    statement: Annotated[str, typer.Argument(metavar="STATEMENT", help="Its id, or the beginning of it.")],
    output: Output = None,
) -> None:
    """The evidence of one statement in one file: the archived page, its text, hashes, the rules' version, and verdicts."""
    from pipelines.bundle import bundle_of

    config = _config(context)
    setup: Setup = context.obj
    with setup.reading(config) as session:
        try:
            packed = bundle_of(session, config.settings.archive_dir, statement)
        except LookupError as error:
            raise UsageError(str(error.args[0])) from error
    write([packed], output)


def verify(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A bundle of evidence.")],
    as_json: AsJson = False,
) -> None:
    """Check a bundle of evidence from its own bytes alone, without a database or network.

    Exit code 1 if it is not sound, with the check that failed.
    """
    from pipelines.bundle import BundleError, read_bundle
    from pipelines.bundle import verify as check

    try:
        found = check(read_bundle(file))
    except OSError as error:
        why = "a folder, not a bundle" if file.is_dir() else error.strerror
        raise UsageError(f"{file}: {why}") from error
    except BundleError as error:
        if as_json:
            show.line({"sound": False, "why": str(error)})
        else:
            show.complain(f"{file}: {error}")
        raise typer.Exit(BAD_NEWS) from error
    if as_json:
        show.line({"sound": True} | show.plain(found))
        return
    said = found.statement
    show.say(f"{file}: sound")
    for words in found.checks:
        show.say(f"  {words}")
    show.say(
        f"{show.quote(said['company'])} {said['stance']} ({said['time']}) towards {show.quote(said['authority'])}:"
    )
    show.say(f"  “{show.quote(said['evidence'])}”")
    show.say(
        f"  {show.quote(found.document['url'])}, fetched {said['first_seen']}, rule {show.quote(said['rule'])}"
    )
    show.say(f"{found.verdicts} rulings; SHA-256 of this file {found.sha256}")


def _config(context: typer.Context) -> Config:
    setup: Setup = context.obj
    return setup.config()


def _wanted(config: Config, fields: Iterable[asked.Field], words: Words) -> dict[str, Any]:
    """The values of a filter. A company may be called by its name, a time by its age. Raises AskedError."""
    from pipelines.clock import utc_now

    company = company_of(config.knowledge, str(words["company"]) or None)
    times = {name: dated(str(words[name]), utc_now()) for name in _AGES & words.keys()}
    return asked.read(fields, words | times | {"company": company or ""})


def _export(
    context: typer.Context,
    config: Config,
    kind: Kind,
    form: str,
    output: Path | None,
    rows: Callable[[Session], Iterator[Row]],
) -> None:
    from pipelines.export import encoded

    chosen = format_of(form, output)
    setup: Setup = context.obj
    with setup.reading(config) as session:
        write(encoded(kind, chosen, _counted(rows(session))), output)


def format_of(words: str, output: Path | None) -> Format:
    """The format of a name, if it can go where it shall. Raises UsageError."""
    from pipelines.export import Format

    try:
        chosen = Format(words)
    except ValueError:
        raise UsageError(f"--format {words!r} is none of {', '.join(Format)}") from None
    if chosen is Format.PARQUET and output is None and sys.stdout.isatty():
        raise UsageError("Parquet is nothing to read at a terminal: give --output FILE")
    return chosen


def _counted(rows: Iterable[Row]) -> Iterator[Row]:
    """The rows, while a line on standard error says how many came so far, if that is a terminal."""
    columns = (SpinnerColumn(), TextColumn("{task.completed:,.0f} rows"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=None)
        for row in rows:
            progress.advance(task)
            yield row


def write(pieces: Iterable[bytes], output: Path | None) -> None:
    """To standard output, or to a file that appears once it is whole. Raises UsageError."""
    from pipelines.files import write_whole

    if output is None:
        for piece in pieces:
            sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()
        return
    try:
        write_whole(output, pieces)
    except OSError as error:
        raise UsageError(f"{output}: {error.strerror}") from error
