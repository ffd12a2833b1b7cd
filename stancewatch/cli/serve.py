"""`serve`: the desk, and the page on which the links in mails land."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from stancewatch.cli import show
from stancewatch.cli.setup import Setup, command

if TYPE_CHECKING:
    from pipelines.store.session import Store


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    command(app, "serve", "stancewatch serve\nstancewatch serve --host 0.0.0.0 --port 8600")(serve)


def serve(
    context: typer.Context,
    host: Annotated[str, typer.Option("--host", help="Address of this machine to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port; 0: any free one.")] = 8600,
) -> None:
    """Serve the desk, where analysts review every record, and answer the links in mails.

    Until SIGTERM or Ctrl-C. Put a web server with TLS before it and tell its address: desk.url (and
    alerts.unsubscribe_url for the links in mails, which also need STANCEWATCH_SECRET). Makes the database if there is none. Who may
    use the desk: `stancewatch user add`.
    """
    from pipelines import ledger
    from pipelines.clock import utc_now
    from review.app import LOCAL_NAMES, create_app
    from review.server import Server

    setup: Setup = context.obj
    config = setup.config()
    if config.settings.secret is None:
        show.note(
            "STANCEWATCH_SECRET is not set: no link in a mail is valid (make one with `openssl rand -hex 32`)"
        )
    with setup.store(config, upgrade=True) as store:
        _note_who_may_come(store)
        ledger.weigh_audience(store, ledger.context_of(config))
        names = (*LOCAL_NAMES, host) if host not in ("0.0.0.0", "::") else ("*",)  # noqa: S104  # a name that is compared
        app = create_app(store, config, utc_now, names)
        proxies = config.settings.desk.proxies
        Server(app, host, port, lambda n: show.note(f"the desk is at http://{host}:{n}/"), proxies).run()


def _note_who_may_come(store: Store) -> None:
    from pipelines.store import people

    with store.reading() as session:
        nobody = not any(user.disabled is None for user in people.users(session))
    if nobody:
        show.note("nobody may sign in yet: `stancewatch user add NAME --role admin`")
