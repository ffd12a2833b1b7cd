"""`config show`, `config schemas`: what is in force after all overlays, and the schemas for editors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any
from urllib.parse import urlsplit, urlunsplit

import typer

from stancewatch.cli import show
from stancewatch.cli.setup import BAD_NEWS, Setup, UsageError, command, group

AsJson = Annotated[bool, typer.Option("--json", help="As one JSON object.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    config = group("config", "The configuration in force.")
    command(config, "show", "stancewatch config show\nstancewatch --config my-config config show --json")(
        show_config
    )
    command(config, "schemas", "stancewatch config schemas\nstancewatch config schemas --check")(schemas)
    app.add_typer(config)


def show_config(context: typer.Context, as_json: AsJson = False) -> None:
    """Every setting as it is in force, secrets hidden, and how much the other files hold."""
    setup: Setup = context.obj
    config = setup.config()
    settings = config.settings.model_dump(mode="json")  # pydantic hides the SMTP password by itself
    settings["database"] = _without_password(config.settings.database_url)
    counts = {
        "sources": len(config.sources),
        "companies": len(config.knowledge.companies),
        "authorities": len(config.knowledge.authorities),
        "rules": sum(len(stance.rules) for stance in config.knowledge.stances),
    }
    if as_json:
        show.line({"settings": settings, "counts": counts, "version": config.knowledge.version})
        return
    show.table(["setting", "value"], list(_flat(settings)), whole=["setting"])
    show.say()
    show.say(", ".join(f"{n} {what}" for what, n in counts.items()))
    show.say(f"digest of companies, authorities and rules: {config.knowledge.version[:12]}")


def schemas(
    check: Annotated[
        bool, typer.Option("--check", help="Only tell whether they are fresh; exit code 1 if not.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Write config/schemas/*.json, with which editors complete and check the YAML files."""
    from pipelines.config import shipped_folder, stale_schemas, write_schemas

    folder = shipped_folder() / "schemas"
    try:
        stale = stale_schemas(folder) if check else write_schemas(folder)
    except OSError as error:
        raise UsageError(f"cannot write {error.filename or folder}: {error.strerror or error}") from error
    done = "stale" if check else "written"
    if as_json:
        show.line({done: stale})
    else:
        show.say(f"{done}: {', '.join(stale)}" if stale else "the schemas are fresh")
    if check and stale:
        show.complain(f"{folder} is not fresh: run `stancewatch config schemas`")
        raise typer.Exit(BAD_NEWS)


def _flat(value: Mapping[str, Any], prefix: str = "") -> Iterator[list[object]]:
    for key, inner in value.items():
        if isinstance(inner, Mapping):
            yield from _flat(inner, f"{prefix}{key}.")
        elif isinstance(inner, list):
            yield [prefix + key, "; ".join(_words(item) for item in inner)]
        else:
            yield [prefix + key, inner]


def _words(item: object) -> str:
    if isinstance(item, Mapping):
        return ", ".join(f"{key} {value}" for key, value in item.items() if value not in (None, [], ()))
    return str(item)


def _without_password(url: str) -> str:
    """A database's URL without what must not be shown; query parts may hold a password too."""
    if url.startswith("sqlite:"):
        return url
    parts = urlsplit(url)
    user, at, host = parts.netloc.rpartition("@")
    hidden = f"{user.partition(':')[0]}{':***' if ':' in user else ''}{at}{host}"
    return urlunsplit((parts.scheme, hidden, parts.path, "…" if parts.query else "", ""))
