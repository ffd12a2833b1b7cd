"""docs/cli.md, made of every command's own --help: `python -m stancewatch.cli.reference > docs/cli.md`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

from typer.main import get_command

from stancewatch.cli import app

_WIDTH = 100
_OPENING = """\
# Command line

Made of each command's `--help` by `python -m stancewatch.cli.reference > docs/cli.md`; a test sees to it that it is fresh.

Where a command answers, `--json` gives one JSON object a line on standard output, and nothing else is written there;
progress and warnings go to standard error.

| exit code | meaning |
| --- | --- |
| 0 | done |
| 1 | done, and the answer is bad news: a run or a source failed, a rule's example does not hold, something is wrong |
| 2 | wrong usage: a file, source or id that is not there |
| 3 | another crawl or scheduler is running on the same data |
| 4 | configuration or database cannot be used |
| 143 | `run` was stopped by SIGTERM or Ctrl-C; what was fetched is stored |
"""


def commands(command: Any = None, names: tuple[str, ...] = ("stancewatch",)) -> Iterator[tuple[str, Any]]:
    """Every command under its full name, groups left out, in the order of --help."""
    command = command or get_command(app)
    inner = getattr(command, "commands", None)
    if inner is None:
        yield " ".join(names), command
        return
    for name, child in inner.items():
        yield from commands(child, (*names, name))


def help_of(name: str, command: Any) -> str:
    """A command's --help, as wide everywhere."""
    context: Any = None
    *outer, last = name.split()
    for word in outer:
        context = command.context_class(get_command(app), info_name=word, parent=context)
    context = command.context_class(
        command, info_name=last, parent=context, terminal_width=_WIDTH, help_option_names=["-h", "--help"]
    )
    return str(command.get_help(context))


def reference() -> str:
    """The whole page."""
    parts = [_OPENING]
    parts += [f"## {name}\n\n```\n{help_of(name, command).strip()}\n```\n" for name, command in commands()]
    return "\n".join(parts)


if __name__ == "__main__":
    sys.stdout.write(reference())
