"""`serve`: the web end, on which the links in mails land."""

from __future__ import annotations

from typing import Annotated

import typer

from stancewatch.cli import show
from stancewatch.cli.setup import Setup, command


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    command(app, "serve", "stancewatch serve\nstancewatch serve --host 0.0.0.0 --port 8600")(serve)


def serve(
    context: typer.Context,
    host: Annotated[str, typer.Option("--host", help="Address of this machine to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port; 0: any free one.")] = 8600,
) -> None:
    """Answer the links in mails: /unsubscribe/… and /healthz.

    Until SIGTERM or Ctrl-C. Put a web server with TLS before it; alerts.unsubscribe_url is its address from outside. Makes the database if there is none.
    """
    from pipelines.clock import utc_now
    from pipelines.config import ConfigError
    from pipelines.yamlfile import Fault
    from review.app import create_app
    from review.server import Server

    setup: Setup = context.obj
    config = setup.config()
    if config.settings.secret is None:
        words = "is not set, so no link would be valid: make one with `openssl rand -hex 32`, the same for every command"
        raise ConfigError([Fault("STANCEWATCH_SECRET", None, words)])
    with setup.store(config, upgrade=True) as store:
        app = create_app(store, config, utc_now)
        Server(app, host, port, lambda n: show.note(f"serving at http://{host}:{n}/")).run()
