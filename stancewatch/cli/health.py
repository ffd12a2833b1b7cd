"""`health`, `doctor`: is the watch well, and would it work on this machine."""

from __future__ import annotations

from typing import Annotated

import typer

from stancewatch.cli import show
from stancewatch.cli.setup import BAD_NEWS, Setup, command

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    command(app, "health", "stancewatch health\nstancewatch health --json | jq .level")(health)
    command(app, "doctor", "stancewatch doctor\nstancewatch --config my-config doctor --json")(doctor)


def health(context: typer.Context, as_json: AsJson = False) -> None:
    """Whether the watch is well.

    Are runs made, do sources answer, does mail leave? Exit code 1 if a person should look.
    """
    from pipelines.clock import utc_now
    from pipelines.health import health as judge

    setup: Setup = context.obj
    config = setup.config()
    with setup.reading(config) as session:
        found = judge(session, config, utc_now())
    if as_json:
        show.line({"level": found.level, "alive": found.alive, "findings": found.findings})
    else:
        show.say(found.alive)
        for finding in found.findings:
            show.say(f"{finding.level}: {finding.about}: {show.quote(finding.words)}")
        if found.ok:
            show.say("nothing to worry about")
    if not found.ok:
        raise typer.Exit(BAD_NEWS)


def doctor(context: typer.Context, as_json: AsJson = False) -> None:
    """Whether a run would work on this machine.

    Tries everything that a run needs, and says what is wrong and what to do. Exit code 1 if anything is wrong.
    """
    from pipelines.clock import utc_now
    from stancewatch.doctor import examine

    setup: Setup = context.obj
    faults = 0
    for check in examine(setup.overlay, utc_now):
        faults += check.state == "fault"
        if as_json:
            show.line(check)
            continue
        show.say(f"{check.state:<6}{check.name:<13}{show.quote(check.found)}")
        if check.advice and check.state != "ok":
            show.say(f"{'':<19}→ {show.quote(check.advice)}")
    if not as_json:
        show.say("everything is in order" if not faults else f"{faults} fault{'' if faults == 1 else 's'}")
    if faults:
        raise typer.Exit(BAD_NEWS)
