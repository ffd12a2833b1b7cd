"""Runs the application at a port of this machine until it is told to stop (SIGTERM, Ctrl-C). Keeps no log of requests."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence

import uvicorn
from fastapi import FastAPI


class Server(uvicorn.Server):
    """A server that says at which port it answers, once it does."""

    def __init__(
        self,
        app: FastAPI,
        host: str,
        port: int,
        on_ready: Callable[[int], None],
        proxies: Sequence[str] = (),
    ) -> None:
        # No access log, because addresses hold tokens; no name and version of ours for whoever looks for old ones.
        super().__init__(
            uvicorn.Config(
                app,
                host=host,
                port=port,
                access_log=False,
                server_header=False,
                # Who sends a request is believed of the web server before us, and of nobody else.
                proxy_headers=bool(proxies),
                forwarded_allow_ips=list(proxies),
                log_level="warning",
                ws="none",
                timeout_graceful_shutdown=10,
            )
        )
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then say so."""
        await super().startup(sockets)
        if self.started:
            self._on_ready(self.servers[0].sockets[0].getsockname()[1])
