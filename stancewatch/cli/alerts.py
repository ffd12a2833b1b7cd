"""`alerts …`: the outbox, sending what is due, who unsubscribed, a trial mail, and the feed of changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from stancewatch.cli import show
from stancewatch.cli.setup import BAD_NEWS, Setup, UsageError, command, group

if TYPE_CHECKING:
    from pipelines.store.outbox import Alert
    from pipelines.store.subscriptions import Unsubscribed

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
STATES = ("queued", "sending", "sent", "dead", "superseded", "unsubscribed")


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    alerts = group("alerts", "Mail about changes.")
    command(
        alerts,
        "list",
        "stancewatch alerts list\nstancewatch alerts list --state dead --json\nstancewatch alerts list --unsubscribed",
    )(list_alerts)
    command(alerts, "send", "stancewatch alerts send")(send_alerts)
    command(alerts, "retry", "stancewatch alerts retry\nstancewatch alerts retry --to analyst@example.org")(
        retry_alerts
    )
    command(
        alerts, "test", "stancewatch alerts test analyst@example.org\nstancewatch alerts test channel:desk"
    )(send_trial)
    command(
        alerts,
        "unsubscribe",
        "stancewatch alerts unsubscribe analyst@example.org\nstancewatch alerts unsubscribe channel:desk",
    )(unsubscribe)
    command(alerts, "resubscribe", "stancewatch alerts resubscribe analyst@example.org")(resubscribe)
    command(alerts, "feed", "stancewatch alerts feed")(write_feed)
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
    who: Annotated[
        bool, typer.Option("--unsubscribed", help="Instead: who unsubscribed, when and how.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """The outbox: to whom about what, and how far each alert got."""
    from pipelines.store import outbox, subscriptions

    setup: Setup = context.obj
    config = setup.config()
    with setup.reading(config) as session:
        found = outbox.alerts(session, state, limit)
        counts = outbox.counts(session)
        gone = subscriptions.unsubscribed(session)
    if who:
        _tell_unsubscribed(gone, as_json=as_json)
        return
    if as_json:
        for alert in found:
            show.line(alert)
        return
    show.table(
        ["alert", "queued (UTC)", "state", "to", "how", "about", "change", "tries", "next or sent (UTC)", "error"],
        [
            [
                show.short(a.id), a.queued, a.state, a.recipient, a.deliver, f"{a.company} {a.authority} {a.kind}, {a.change_status}",
                show.short(a.change_id), a.attempts, a.next_attempt if a.state in ("queued", "sending") else a.sent,
                a.error,
            ]
            for a in found
        ],
        whole=["alert", "change"],
    )  # fmt: skip
    show.say(", ".join(f"{n} {name}" for name, n in sorted(counts.items())) or "no alert was ever queued")
    if gone:
        show.say(
            f"{len(gone)} unsubscribed: {', '.join(show.quote(one.recipient, 100) for one in gone[:20])}"
        )


def _tell_unsubscribed(gone: list[Unsubscribed], *, as_json: bool) -> None:
    if as_json:
        for one in gone:
            show.line(one)
        return
    show.table(["unsubscribed", "since (UTC)", "how"], [[one.recipient, one.at, one.how] for one in gone])
    if not gone:
        show.say("nobody unsubscribed")


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


def unsubscribe(
    context: typer.Context,
    who: Annotated[
        str,
        typer.Argument(
            metavar="ADDRESS|TOKEN", help="A mail address, channel:NAME, or the end of a mail's link."
        ),
    ],
    as_json: AsJson = False,
) -> None:
    """Send no more alerts to an address, whatever alerts.subscribers says."""
    from pipelines.alerts.tokens import recipient_of
    from pipelines.clock import utc_now
    from pipelines.store import subscriptions

    setup: Setup = context.obj
    config = setup.config()
    secret = config.settings.secret
    recipient: str | None = who
    if not _is_recipient(who):
        recipient = recipient_of(who.rpartition("/")[2], secret) if secret else None
    if recipient is None:
        raise UsageError(f"neither an address nor a token of this stancewatch: {show.quote(who, 200)}")
    with setup.store(config) as store, store.writing() as session:
        changed = subscriptions.unsubscribe(session, recipient, "command", utc_now())
    _tell_subscription(recipient, "gets no more alerts", changed=changed, as_json=as_json)


def resubscribe(
    context: typer.Context,
    who: Annotated[str, typer.Argument(metavar="ADDRESS", help="A mail address, or channel:NAME.")],
    as_json: AsJson = False,
) -> None:
    """Send alerts again to an address that unsubscribed: what is found from now on."""
    from pipelines.clock import utc_now
    from pipelines.store import subscriptions

    setup: Setup = context.obj
    config = setup.config()
    if not _is_recipient(who):
        raise UsageError(f"not an address: {show.quote(who, 200)}")
    with setup.store(config) as store, store.writing() as session:
        changed = subscriptions.resubscribe(session, who, "command", utc_now())
    named = any(who.strip().lower() == s.recipient.lower() for s in config.settings.alerts.subscribers)
    words = "gets alerts again" if named else "may get alerts again, once alerts.subscribers names it"
    _tell_subscription(who, words, changed=changed, as_json=as_json)


def _is_recipient(words: str) -> bool:
    from pipelines.settings import CHANNEL

    return "@" in words or words.startswith(CHANNEL)


def _tell_subscription(recipient: str, words: str, *, changed: bool, as_json: bool) -> None:
    if as_json:
        show.line({"recipient": recipient, "changed": changed})
    else:
        show.say(f"{show.quote(recipient, 200)} {words}" + ("" if changed else " (as before)"))


def write_feed(context: typer.Context, as_json: AsJson = False) -> None:
    """Write the Atom feed of the newest changes, data_dir/feeds/changes.atom. Delivery does it as well."""
    from pipelines.alerts.feed import write_feed as write

    setup: Setup = context.obj
    config = setup.config()
    with setup.store(config) as store:
        written = write(store, config)
    if as_json:
        show.line({"file": written.file, "entries": written.entries, "changed": written.changed})
    else:
        show.say(f"{written.file}: {written.entries} change{'' if written.entries == 1 else 's'}")


def send_trial(
    context: typer.Context,
    address: Annotated[
        str, typer.Argument(metavar="ADDRESS", help="Where the trial mail goes, or channel:NAME.")
    ],
    as_json: AsJson = False,
) -> None:
    """Send a trial mail, to see that the mail server or channel takes it. Exit code 1 if not."""
    from pipelines.alerts.outbox import test_message
    from pipelines.clock import utc_now

    setup: Setup = context.obj
    config = setup.config()
    server = test_message(config, address, utc_now)
    if as_json:
        show.line({"address": address, "server": server, "taken": True})
    else:
        show.say(f"{server} took a trial mail for {show.quote(address)}")
