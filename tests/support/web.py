"""A web of misbehaving sites on loopback: real HTTP, one small function a fault, and a log of what was asked.

with Web() as web:
    web.site("good")["/feed.xml"] = feed(web, "good", "one", "two")
    web.site("slow")["/page"] = drip
    …  # http://good.localhost:PORT/feed.xml
    web.paths("good")  # what was asked, in order
"""

from __future__ import annotations

import gzip
import shutil
import ssl
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Self

Answer = Callable[["Handler"], None]


@dataclass(frozen=True)
class Asked:
    """One request as it came."""

    host: str
    path: str
    headers: Mapping[str, str]
    at: float


@dataclass
class Web:
    """All sites. `NAME.localhost:PORT` is served from `site(NAME)`: path → answer. Unknown paths are 404."""

    sites: dict[str, dict[str, Answer]] = field(default_factory=lambda: defaultdict(dict))
    log: list[Asked] = field(default_factory=list)
    tls: ssl.SSLContext | None = None

    def __post_init__(self) -> None:
        self.lock = Lock()
        self.closing = Event()
        self.arrived: dict[str, Event] = defaultdict(Event)
        self._server = _Server(("127.0.0.1", 0), Handler)
        self._server.web = self
        self.port = self._server.server_address[1]
        if self.tls:
            self._server.socket = self.tls.wrap_socket(self._server.socket, server_side=True)

    def __enter__(self) -> Self:
        Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()

    def site(self, name: str) -> dict[str, Answer]:
        """The pages of one site, to be filled."""
        return self.sites[name]

    def url(self, name: str, path: str = "/") -> str:
        """The address of a page."""
        return f"http{'s' if self.tls else ''}://{name}.localhost:{self.port}{path}"

    def asked(self, name: str) -> list[Asked]:
        """The requests that one site saw."""
        with self.lock:
            return [one for one in self.log if one.host == f"{name}.localhost"]

    def paths(self, name: str) -> list[str]:
        """Their paths, robots.txt left out."""
        return [one.path for one in self.asked(name) if one.path != "/robots.txt"]

    def wait_for(self, name: str, path: str, seconds: float = 90) -> None:
        """Returns when the page has been asked for."""
        assert self.arrived[f"{name}.localhost{path}"].wait(seconds), f"nobody asked {name} for {path}"


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    web: Web

    def handle_error(self, *_: object) -> None:
        """A client that goes away is no news here."""


class Handler(BaseHTTPRequestHandler):
    """One request. Answers use `send` for anything decent, and the socket for anything else."""

    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        """Log, then answer."""
        host = self.headers.get("Host", "").partition(":")[0]
        web = self.server.web
        with web.lock:
            web.log.append(Asked(host, self.path, dict(self.headers), time.monotonic()))
            web.arrived[host + self.path].set()
        web.sites[host.removesuffix(".localhost")].get(self.path, text("", 404))(self)

    def log_message(self, *_: object) -> None:
        """Quiet."""

    def send(self, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        """A whole and honest response."""
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


# --- decent answers ---


def text(body: str, status: int = 200, kind: str = "text/html; charset=utf-8", **headers: str) -> Answer:
    """A text; header names with _ for -."""
    named = {"Content-Type": kind} | {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda handler: handler.send(status, body.encode(), named)


def article(title: str, words: str = "") -> Answer:
    """A page with enough text to be read as one."""
    filler = (
        "The committee met on Tuesday and heard several speakers on unrelated matters of the harbour. " * 12
    )
    return text(
        f"<!doctype html><html lang=en><head><title>{title}</title></head><body><article><h1>{title}</h1>"
        f"<p>{words}</p><p>{filler}</p><p>{filler}</p></article></body></html>"
    )


def feed(web: Web, site: str, *names: str, entries: str = "", **headers: str) -> Answer:
    """An RSS feed whose entries lead to /NAME of the site, without dates."""
    items = "".join(f"<item><title>{n}</title><link>{web.url(site, f'/{n}')}</link></item>" for n in names)
    body = f'<?xml version="1.0"?><rss version="2.0"><channel><title>{site}</title>{items}{entries}</channel></rss>'
    return text(body, kind="application/rss+xml", **headers)


def with_etag(answer: Answer, etag: str = '"v1"') -> Answer:
    """304 to whoever knows the ETag already."""

    def reply(handler: Handler) -> None:
        if handler.headers.get("If-None-Match") == etag:
            handler.send_response(304)
            handler.send_header("ETag", etag)
            handler.end_headers()
            return
        send = handler.send
        handler.send = lambda status, body, headers=None: send(
            status, body, {**(headers or {}), "ETag": etag}
        )  # type: ignore[method-assign]
        answer(handler)

    return reply


def in_turn(*answers: Answer) -> Answer:
    """One after the other; the last stays."""
    left = list(answers)

    def reply(handler: Handler) -> None:
        with handler.server.web.lock:
            answer = left.pop(0) if len(left) > 1 else left[0]
        answer(handler)

    return reply


def redirect(target: str, status: int = 302) -> Answer:
    """To another address, as written."""
    return lambda handler: handler.send(status, b"", {"Location": target})


def refuses_in_robots(*paths: str, more: str = "") -> Answer:
    """A robots.txt."""
    return text("User-agent: *\n" + "".join(f"Disallow: {p}\n" for p in paths) + more, kind="text/plain")


# --- faults ---


def drop(handler: Handler) -> None:
    """Hangs up without a word."""
    handler.close_connection = True
    handler.connection.close()


def partial(handler: Handler) -> None:
    """Promises more than it sends."""
    handler.send_response(200)
    handler.send_header("Content-Length", "5000")
    handler.end_headers()
    handler.wfile.write(b"<html><p>half a")
    handler.close_connection = True


def drip(handler: Handler) -> None:
    """A byte now and then, for ever."""
    handler.send_response(200)
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    while not handler.server.web.closing.wait(0.1):
        handler.wfile.write(b"x")
        handler.wfile.flush()


def hold(event: Event, answer: Answer) -> Answer:
    """Answers only once the event is set."""

    def reply(handler: Handler) -> None:
        event.wait(100)
        answer(handler)

    return reply


def endless(handler: Handler) -> None:
    """A body without end, as fast as it is taken."""
    handler.send_response(200)
    handler.send_header("Content-Type", "text/html")
    handler.send_header("Connection", "close")
    handler.end_headers()
    while not handler.server.web.closing.is_set():
        handler.wfile.write(b"x" * 65536)


def gzip_bomb(handler: Handler) -> None:
    """Twenty megabytes in twenty kilobytes."""
    body = gzip.compress(b" " * (20 * 2**20), 6)
    handler.send(200, body, {"Content-Type": "text/html", "Content-Encoding": "gzip"})


def x_gzip(handler: Handler) -> None:
    """A coding that Scrapy undoes and the archive cannot."""
    handler.send(
        200, gzip.compress(b"<p>packed</p>"), {"Content-Type": "text/html", "Content-Encoding": "x-gzip"}
    )


# --- the configuration that goes with it ---


def overlay(folder: Path, sources: str, **crawl: object) -> Path:
    """A config folder with these sources (YAML list) and loopback allowed; the shipped rest lies beneath it."""
    folder.mkdir(parents=True, exist_ok=True)
    settings = {
        "delay_s": 0,
        "timeout_s": 5,
        "allow_loopback": True,
        "min_free_bytes": 0,
        "retries": 0,
    } | crawl
    lines = "".join(f"  {key}: {str(value).lower()}\n" for key, value in settings.items())
    data = folder.parent / "data"
    (folder / "stancewatch.yml").write_text(
        f"data_dir: {data}\nanalyse: {{workers: 1}}\ncrawl:\n{lines}", encoding="utf-8"
    )
    (folder / "sources.yml").write_text(sources, encoding="utf-8")
    for name in ("companies.yml", "authorities.yml"):  # the demo's few: read faster than the shipped ones
        shutil.copy(str(files("config") / "demo" / name), folder / name)
    return folder
