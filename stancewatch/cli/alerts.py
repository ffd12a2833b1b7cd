"""`alerts list|send|retry|test`: the outbox, sending what is due, what was given up once more, and a trial mail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from stancewatch.cli import show
from stancewatch.cli.setup import BAD_NEWS, Setup, command, group

if TYPE_CHECKING:
    from pipelines.store.outbox import Alert

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
STATES = ("queued", "sending", "sent", "dead", "superseded")


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    alerts = group("alerts", "Mail about changes.")
    command(alerts, "list", "stancewatch alerts list\nstancewatch alerts list --state dead --json")(
        list_alerts
    )
    command(alerts, "send", "stancewatch alerts send")(send_alerts)
    command(alerts, "retry", "stancewatch alerts retry\nstancewatch alerts retry --to analyst@example.org")(
        retry_alerts
    )
    command(alerts, "test", "stancewatch alerts test analyst@example.org")(send_trial)
    app.add_typer(alerts)


def _known_state(state: str | None) -> str | None:
    if state is not None and state not in STATES:
        raise typer.BadParameter(f"{state!r} is none of {', '.join(STATES)}")
    return state


def list_alerts(
    context: typer.Context,
    state: Annotated[
        str | None,
        typer.Option("--state", callback=_known_state, help=f"Only these: {', '.join(STATES)}."),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Most rows shown, the newest first.")] = 100,
    as_json: AsJson = False,
) -> None:
    """The outbox: to whom about what, and how far each alert got."""
    from pipelines.store import outbox

    setup: Setup = context.obj
    config = setup.config()
    with setup.reading(config) as session:
        found = outbox.alerts(session, state, limit)
        counts = outbox.counts(session)
    if as_json:
        for alert in found:
            show.line(alert)
        return
    show.table(
        ["alert", "queued (UTC)", "state", "to", "about", "change", "tries", "next or sent (UTC)", "error"],
        [
            [
                show.short(a.id), a.queued, a.state, a.recipient, f"{a.company} {a.authority} {a.kind}, {a.change_status}",
                show.short(a.change_id), a.attempts, a.sent or (a.next_attempt if a.state in ("queued", "sending") else None),
                a.error,
            ]
            for a in found
        ],
        whole=["alert", "change"],
    )  # fmt: skip
    show.say(", ".join(f"{n} {name}" for name, n in sorted(counts.items())) or "no alert was ever queued")


def send_alerts(context: typer.Context, as_json: AsJson = False) -> None:
    """Send every alert that is due. Exit code 1 if one could not be sent."""
    from pipelines.clock import utc_now
    from stancewatch.delivery import deliver_due, delivered_words

    setup: Setup = context.obj
    config = setup.config()
    with setup.store(config) as store:
        done = deliver_due(store, config, utc_now, _tell_alert)
    if as_json:
        show.line(show.plain(done) or {"sent": 0, "deferred": 0, "dead": 0, "fault": None})
    else:
        show.say(show.quote(delivered_words(done)))
    if done is not None and (done.deferred or done.dead):
        raise typer.Exit(BAD_NEWS)


def _tell_alert(alert: Alert, ended: str, words: str) -> None:
    what = {"sent": "sent", "deferred": "put off", "dead": "given up"}[ended]
    show.note(
        f"{what}: {alert.company} {alert.authority} to {alert.recipient}" + (f": {words}" if words else "")
    )


def retry_alerts(
    context: typer.Context,
    to: Annotated[
        str | None, typer.Option("--to", metavar="ADDRESS", help="Only those to this address.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Queue alerts that were given up once more: after an address or the mail server was mended."""
    from pipelines.clock import utc_now
    from pipelines.store import outbox

    setup: Setup = context.obj
    config = setup.config()
    with setup.store(config) as store, store.writing() as session:
        dead = [a.id for a in outbox.alerts(session, "dead", limit=None) if to in (None, a.recipient)]
        outbox.revive(session, dead, utc_now())
    if as_json:
        show.line({"queued": len(dead)})
    else:
        show.say(
            f"{len(dead)} alert{'' if len(dead) == 1 else 's'} queued again; `stancewatch alerts send` sends them"
        )


def send_trial(
    context: typer.Context,
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="Where the trial mail goes.")],
    as_json: AsJson = False,
) -> None:
    """Send a trial mail, to see that the mail server takes it. Exit code 1 if not."""
    from pipelines.alerts.outbox import test_message
    from pipelines.clock import utc_now

    setup: Setup = context.obj
    config = setup.config()
    test_message(config, address, utc_now)
    server = f"{config.settings.smtp.host}:{config.settings.smtp.port}"
    if as_json:
        show.line({"address": address, "server": server, "taken": True})
    else:
        show.say(f"the mail server {server} took a trial mail for {show.quote(address)}")
