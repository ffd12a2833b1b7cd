"""`health`, `metrics`, `doctor`: is the watch well, in words and in figures, and would it work on this machine."""

from __future__ import annotations

from typing import Annotated

import typer

from stancewatch.cli import show
from stancewatch.cli.setup import BAD_NEWS, Setup, command

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    command(app, "health", "stancewatch health\nstancewatch health --json | jq .level")(health)
    command(app, "metrics", "stancewatch metrics\nstancewatch metrics --json | jq .name")(metrics)
    command(app, "doctor", "stancewatch doctor\nstancewatch --config my-config doctor --json")(doctor)


def health(context: typer.Context, as_json: AsJson = False) -> None:
    """Whether the watch is well.

    Are runs made, do sources answer and bring something new, does mail leave? Exit code 0 if all is well, 1 if a person should look, 4 if the configuration or the database cannot be read.
    """
    from pipelines.clock import utc_now
    from pipelines.health import health as judge
    from stancewatch.triggers import last_due

    setup: Setup = context.obj
    config, now = setup.config(), utc_now()
    schedule = config.settings.schedule
    with setup.reading(config) as session:
        found = judge(session, config, now, last_due(schedule.crawl, schedule.timezone, now))
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


def metrics(context: typer.Context, as_json: AsJson = False) -> None:
    """The watch in figures, for Prometheus.

    Prints the text format; the scheduler also writes it to metrics.prom in data_dir after each job. With --json one object a figure. Exit code 4 if the configuration or the database cannot be read.
    """
    from pipelines import metrics as figures
    from pipelines.clock import utc_now
    from stancewatch.triggers import last_due

    setup: Setup = context.obj
    config, now = setup.config(), utc_now()
    schedule = config.settings.schedule
    due = last_due(schedule.crawl, schedule.timezone, now)
    with setup.reading(config) as session:
        if not as_json:
            show.say(figures.text(session, config, now, due).rstrip())
            return
        for sample in figures.samples(session, config, now, due):
            show.line(sample)


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
