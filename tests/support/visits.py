"""The web end served for real at a port of loopback, and plain HTTP requests to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from queue import SimpleQueue
from threading import Thread

from fastapi import FastAPI

from pipelines.clock import Clock
from pipelines.config import Config
from pipelines.store.session import Store
from review.app import create_app
from review.server import Server


@dataclass(frozen=True)
class Seen:
    """A response."""

    status: int
    headers: Mapping[str, str]
    text: str


@dataclass(frozen=True)
class Site:
    """The web end, by its port."""

    port: int

    def ask(self, method: str, path: str, body: str | None = None, **headers: str) -> Seen:
        """One request."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, path, body, {k.replace("_", "-"): v for k, v in headers.items()})
            answer = connection.getresponse()
            return Seen(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read().decode())
        finally:
            connection.close()

    def get(self, path: str) -> Seen:
        return self.ask("GET", path)

    def post(self, path: str, body: str) -> Seen:
        return self.ask("POST", path, body, Content_Type="application/x-www-form-urlencoded")


@contextmanager
def served(store: Store, config: Config, clock: Clock) -> Iterator[Site]:
    """The web end on this store."""
    with running(create_app(store, config, clock)) as site:
        yield site


@contextmanager
def running(app: FastAPI) -> Iterator[Site]:
    """An application at a port."""
    ready: SimpleQueue[int] = SimpleQueue()
    server = Server(app, "127.0.0.1", 0, ready.put)
    thread = Thread(target=server.run)
    thread.start()
    try:
        yield Site(ready.get(timeout=60))
    finally:
        server.should_exit = True
        thread.join()
