"""What every command begins with: the configuration, the database, and one line with an exit code when they fail."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperCommand, TyperGroup

from stancewatch.cli import show

if TYPE_CHECKING:
    from pipelines.config import Config
    from pipelines.store.session import Session, Store

OK, BAD_NEWS, USAGE, BUSY, UNUSABLE = 0, 1, 2, 3, 4


# Expected trouble by its full name, so that to tell of it nothing slow has to be imported.
EXPECTED = {
    "stancewatch.cli.setup.UsageError": USAGE,
    "stancewatch.reading.InputError": USAGE,
    "pipelines.asked.AskedError": USAGE,
    "pipelines.config.UnknownSourceError": USAGE,
    "pipelines.evaluate.GoldError": USAGE,
    "pipelines.recorded.ReplayError": USAGE,
    "pipelines.coding.CodingError": USAGE,
    "review.access.passwords.WeakPasswordError": USAGE,
    "pipelines.lock.LockedError": BUSY,
    "pipelines.yamlfile.ConfigError": UNUSABLE,
    "pipelines.store.session.StoreError": UNUSABLE,
    "pipelines.pool.PoolError": UNUSABLE,
    "extract.statements.pipeline.ModelMissingError": UNUSABLE,
    "pipelines.archive.ArchiveError": BAD_NEWS,
    "pipelines.bundle.BundleError": BAD_NEWS,
    "pipelines.alerts.channels.DeliveryError": BAD_NEWS,
}


class UsageError(Exception):
    """The command was asked for something that is not there; str() says what, and what to do."""


@dataclass(frozen=True, slots=True)
class Setup:
    """What the global options said. `overlay` None leaves it to STANCEWATCH_CONFIG."""

    overlay: Path | None = None

    def config(self) -> Config:
        """The whole configuration. Raises ConfigError."""
        from pipelines.config import load_config

        return load_config(self.overlay)

    @contextmanager
    def store(self, config: Config, *, upgrade: bool = False) -> Iterator[Store]:
        """The database, closed again at the end. With `upgrade` it is made or brought up to date. Raises StoreError."""
        from pipelines.store.session import open_store

        store = open_store(config.settings.database_url, upgrade=upgrade)
        try:
            yield store
        finally:
            store.close()

    @contextmanager
    def reading(self, config: Config) -> Iterator[Session]:
        """One reading transaction of the database as it is. Raises StoreError."""
        with self.store(config) as store, store.reading() as session:
            yield session


class GuardedGroup(TyperGroup):
    """The root command: trouble that is to be expected becomes one line on standard error and an exit code."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was chosen."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            # Whoever read our output has seen enough (`… | head`); Python must not complain again when it ends.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(OK) from None
        except Exception as error:
            code = _exit_code_of(error)
            if code is None:
                raise
            for line in str(error).splitlines():
                show.complain(line)
            raise typer.Exit(code) from error


class ExampleCommand(TyperCommand):
    """A command whose help keeps the lines of its examples as they are written."""

    def format_epilog(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002
        """The examples, one a line, never wrapped: they are there to be copied."""
        if self.epilog:
            formatter.write_paragraph()
            formatter.write("Examples:\n" if "\n" in self.epilog else "Example:\n")
            for line in self.epilog.splitlines():
                formatter.write(f"  {line}\n")


def command(app: typer.Typer, name: str, example: str, **options: Any) -> Any:
    """Decorator: a command of this name with examples (one a line) under its help."""
    return app.command(name, cls=ExampleCommand, epilog=example, **options)


def group(name: str, words: str) -> typer.Typer:
    """A group of commands."""
    return typer.Typer(name=name, help=words, no_args_is_help=True, rich_markup_mode=None)


def _exit_code_of(error: Exception) -> int | None:
    """The exit code of expected trouble; None for what is a fault of ours."""
    names = (f"{kind.__module__}.{kind.__qualname__}" for kind in type(error).__mro__)
    return next((EXPECTED[name] for name in names if name in EXPECTED), None)
