"""`demo`: the sample sites crawled in their states, and what came of it: statements, changes, the mail as received."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stancewatch.cli import show
from stancewatch.cli.positions import held_words, reason_words
from stancewatch.cli.setup import UsageError, command

if TYPE_CHECKING:
    from stancewatch.crawl import OnEvent
    from stancewatch.demo import Demo

FOLDER = Path(".demo")


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    command(
        app, "demo", "stancewatch demo\nstancewatch demo --desk\nstancewatch demo --folder /tmp/demo --json"
    )(demo)


def demo(
    folder: Annotated[
        Path,
        typer.Option(
            "--folder", metavar="FOLDER", help="Where it works; emptied if an earlier demo made it."
        ),
    ] = FOLDER,
    port: Annotated[
        int | None, typer.Option("--port", help="Port of the sample sites on this machine.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
    desk: Annotated[
        bool, typer.Option("--desk", help="Then serve the desk on what was found, until Ctrl-C.")
    ] = False,
    desk_port: Annotated[
        int, typer.Option("--desk-port", min=0, max=65535, help="Port of the desk; 0: any free one.")
    ] = 8600,
) -> None:
    """Two days on sample sites: statements, changes, mail.

    Everything is real but the world: the sites and the mail server run on this machine, on loopback only.
    """
    from stancewatch.demo import PORT, DemoError, run_demo
    from stancewatch.sample import PortTakenError

    try:
        with run_demo(folder, port or PORT, _announce) as done:
            _tell(done, as_json=as_json)
            if desk:
                _serve(done, desk_port)
                return
    except (DemoError, PortTakenError) as error:
        raise UsageError(str(error)) from error
    if not as_json:
        show.say(f"\nThe mails lie in {folder / 'mail'}. To look around in what was stored:")
        data = f"STANCEWATCH_DATA_DIR={folder / 'data'}"
        program = sys.argv[0] if sys.argv[0].endswith("stancewatch") else "stancewatch"
        show.say(f"  {data} {program} --config {folder / 'config'} statements")


def _serve(done: Demo, port: int) -> None:
    """The desk on what the demo found, for one person of each role; they have one password, made for this time.

    It is the evening of the last visit there, so that what was found is new.
    """
    from datetime import timedelta

    from pipelines.clock import going_on_from, utc_now
    from review.app import create_app
    from review.server import Server
    from stancewatch.demo import add_people

    clock = going_on_from(done.visits[-1].moment + timedelta(hours=1), utc_now)
    password = add_people(done.store, clock())
    show.say(f"\nSign in as analyst, reader or admin with the password {password}")
    app = create_app(done.store, done.config, clock)
    Server(app, "127.0.0.1", port, lambda n: show.note(f"the desk is at http://127.0.0.1:{n}/")).run()


def _announce(moment: datetime, state: str) -> OnEvent | None:
    show.note(f"crawling the sample sites as they are on {moment:%d %B %Y, %H:%M} UTC ({state})")
    return None


def _tell(done: Demo, *, as_json: bool) -> None:
    from pipelines.store import queries

    with done.store.reading() as session:
        statements = queries.statements(session, limit=None)
        # By day, not by arrival: the outlets of a crawl answer in any order, and the demo tells the same every time.
        changes = sorted(
            queries.changes(session, limit=None), key=lambda c: (f"{c.found:%F}", c.company, c.authority)
        )
        views = queries.change_views(session, changes, done.config.knowledge)
    if as_json:
        for visit in done.visits:
            mails = sorted(str(mail["subject"]) for mail in visit.mails)
            show.line(
                {"visit": visit.moment, "state": visit.state, "counts": visit.crawl.counts, "mails": mails}
            )
        for change in changes:
            show.line({"change": change})
        for statement in statements:
            show.line({"statement": statement})
        return
    _heading(f"{len(statements)} statements")
    for s in sorted(statements, key=lambda s: (s.company, s.authority, f"{s.first_seen:%F}", s.url)):
        show.say(f"{s.company} {s.authority} {s.stance} {s.time}: “{show.quote(s.evidence)}”")
        show.say(f"    {show.quote(s.publisher or s.site or '')} · {s.url} · capture {show.short(s.capture)}")
    moved = [(c, v) for c, v in zip(changes, views, strict=True) if not c.baseline]
    _heading(f"{len(moved)} changes")
    for change, view in moved:
        step = f"{held_words(change.before)} → {held_words(change.after)}"
        show.say(
            f"{change.found:%d %B}: {show.quote(view.company_name)} and {show.quote(view.authority_name)}: {step}"
        )
        show.say(f"    {change.kind}, {change.severity}, {reason_words(change)}")
    received = [m for visit in done.visits for m in sorted(visit.mails, key=lambda m: str(m["subject"]))]
    _heading(f"{len(received)} mails, as the mail server received them")
    _tell_mails(received)


def _tell_mails(mails: Iterable[EmailMessage]) -> None:
    for mail in mails:
        for name in ("To", "Subject", "Date", "Message-ID"):
            show.say(f"{name}: {show.quote(str(mail[name] or ''))}")
        body: Any = mail.get_body(("plain",))
        show.say()
        for line in body.get_content().splitlines() if body is not None else ():
            show.say("  " + line.rstrip())
        show.say()


def _heading(words: str) -> None:
    show.say(f"\n── {words} " + "─" * max(3, 70 - len(words)))
