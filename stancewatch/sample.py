"""The sample world on loopback: web sites in states (day 1, day 2 …) and a mail server. For the demo and the tests.

Real HTTP and real SMTP; only what is served is made up. Knows nothing of crawling or of stances.
"""

from __future__ import annotations

import hashlib
import re
import socket
import sys
from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import Any, ClassVar, Self, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

# A state shows its own files over those of the states it follows: a page that did not change is stored once.
STATES: dict[str, tuple[str, ...]] = {
    "day1": ("day1",),
    "day2": ("day2", "day1"),
    "day2-evening": ("day2-evening", "day2", "day1"),
}
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".xml": "application/xml; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".pdf": "application/pdf",
}
_ORIGIN = re.compile(rb"\{origin:([a-z]+)\}")
_PLAIN_PATH = re.compile(r"/(?:[A-Za-z0-9_-]+(?:\.[a-z]+)?/?)*")


class PortTakenError(OSError):
    """The port for the sample sites is in use; str() says what to do."""


class SampleWeb:
    """Serves `NAME.localhost` from config/demo/sites/STATE/NAME on 127.0.0.1. A context manager.

    Raises PortTakenError if the port is in use; port 0 takes any free one. `requests` lists what was asked
    for: (host, path, status), oldest first; `on_request`, if given, is called before each answer.
    """

    def __init__(self, port: int = 0, on_request: Callable[[], None] | None = None) -> None:
        self.requests: list[tuple[str, str, int]] = []
        self.on_request = on_request
        self._folder = Path(str(files("config"))) / "demo" / "sites"
        self._state = "day1"
        try:
            self._server = _Server(("127.0.0.1", port), _Handler)
        except OSError as error:
            raise PortTakenError(
                f"port {port} on this machine cannot be used ({error.strerror}): give --port another one"
            ) from error
        self._server.web = self
        self.port: int = self._server.server_address[1]

    def __enter__(self) -> Self:
        Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def show(self, state: str) -> None:
        """Serve another state from now on. Raises KeyError for one that does not exist."""
        STATES[state]
        self._state = state

    def page(self, host: str, path: str) -> tuple[bytes, str] | None:
        """Body and content type at a place in the present state; None if nothing is there."""
        name = host.partition(":")[0].removesuffix(".localhost")
        if not name.isalpha() or not _PLAIN_PATH.fullmatch(path):
            return None
        inner = f"{path}index.html" if path.endswith("/") else path
        for state in STATES[self._state]:
            file = self._folder / state / name / inner.lstrip("/")
            if file.is_file():
                body = file.read_bytes()
                if file.suffix != ".pdf":
                    body = _ORIGIN.sub(rb"http://\1.localhost:%d" % self.port, body)
                return body, _TYPES[file.suffix]
        return None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    web: SampleWeb

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Whoever hangs up, or is killed, in the middle is no error of ours."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """One page, with an ETag, or 304 if the asker has it."""
        web = cast("_Server", self.server).web
        host, path = self.headers.get("Host", ""), self.path.partition("?")[0]
        found = web.page(host, path)
        body, media = found or (
            b"<!DOCTYPE html><title>Not found</title><p>There is no such page.</p>",
            _TYPES[".html"],
        )
        tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        status = 404 if found is None else 304 if self.headers.get("If-None-Match") == tag else 200
        web.requests.append((host, path, status))
        if web.on_request is not None:
            web.on_request()
        self.send_response(status)
        if status != 304:
            self.send_header("Content-Type", media)
            self.send_header("Content-Length", str(len(body)))
        if found is not None:
            self.send_header("ETag", tag)
        self.end_headers()
        if status != 304:
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Quiet: the requests are kept in `SampleWeb.requests`."""


class MailSink:
    """A mail server on a free port of 127.0.0.1 that keeps what it gets, in `messages`. A context manager."""

    HOST: ClassVar[str] = "127.0.0.1"

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        with socket.create_server((self.HOST, 0)) as free:  # the controller cannot choose a port itself
            self.port: int = free.getsockname()[1]
        self._controller = Controller(self, hostname=self.HOST, port=self.port)

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._controller.stop()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: ARG002, N802
        """aiosmtpd's hook: one whole message arrived."""
        content = envelope.content
        raw = content if isinstance(content, bytes) else (content or "").encode()
        self.messages.append(message_from_bytes(raw, policy=policy.default))
        return "250 kept"
