"""People at the desk: users with a role, and a browser that is signed in, without the cost of hashing a password."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection
from itertools import count
from urllib.parse import urlencode

from support.shown import Shown
from support.visits import Seen, Site

from extract.types import digest_of
from pipelines.clock import Clock
from pipelines.config import Config
from pipelines.store import people
from pipelines.store.people import Role
from pipelines.store.session import Store

_numbers = count(1)


@dataclass
class Browser:
    """Somebody at a browser: sends the cookie it was given, and says that its forms are of the desk's own pages."""

    site: Site
    cookies: dict[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=lambda: {"Sec-Fetch-Site": "same-origin"})

    def ask(self, method: str, path: str, form: Mapping[str, object] | None = None, **headers: str) -> Seen:
        """One request; redirects are not followed."""
        sent = dict(self.headers) | {k.replace("_", "-"): v for k, v in headers.items()}
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{k}={v}" for k, v in self.cookies.items())
        body = None
        if form is not None:
            body = urlencode(form, doseq=True)
            sent.setdefault("Content-Type", "application/x-www-form-urlencoded")
        connection = HTTPConnection("127.0.0.1", self.site.port, timeout=20)
        try:
            connection.request(method, path, body, sent)
            answer = connection.getresponse()
            for line in answer.headers.get_all("Set-Cookie") or ():
                name, _, value = line.partition(";")[0].partition("=")
                self.cookies[name] = value.strip('"')
            return Seen(
                answer.status,
                {k.lower(): v for k, v in answer.getheaders()},
                answer.read().decode(errors="replace"),
            )
        finally:
            connection.close()

    def get(self, path: str) -> Seen:
        """Look at a page."""
        return self.ask("GET", path)

    def look(self, path: str) -> Shown:
        """A page that must be there."""
        seen = self.get(path.partition("#")[0])
        assert seen.status == 200, f"{path}: {seen.status} {Shown(seen.text).words}"
        return Shown(seen.text)

    def post(self, path: str, **form: object) -> Seen:
        """Send a form."""
        return self.ask("POST", path, form)

    def follow(self, answer: Seen) -> Seen:
        """The page that an answer leads to."""
        assert answer.status == 303, (answer.status, answer.text)
        return self.get(answer.headers["location"].partition("#")[0])


def join(store: Store, clock: Clock, role: Role, name: str | None = None, password: str | None = None) -> str:
    """A user of this role; returns the name."""
    called = name or f"{role}{next(_numbers)}"
    with store.writing() as session:
        people.add_user(session, called, role, password=password, now=clock())
    return called


def browser_of(site: Site, store: Store, clock: Clock, name: str) -> Browser:
    """Somebody's browser, signed in."""
    value = f"a cookie of {name}, number {next(_numbers)}".replace(" ", "-").replace(",", "")
    with store.writing() as session:
        people.begin_session(session, name, digest_of(value), clock())
    return Browser(site, {"stancewatch": value})


def visitor(
    site: Site, store: Store, clock: Clock, role: Role, name: str = "", password: str | None = None
) -> Browser:
    """A browser of somebody; a new user unless there is one of this name. `password` is a hash."""
    called = name or {"reader": "rea", "analyst": "ana", "admin": "ada"}[role]
    with store.reading() as session:
        known = people.user(session, called)
    if known is None:
        join(store, clock, role, called, password)
    return browser_of(site, store, clock, called)


def patient(config: Config) -> Config:
    """A desk that signs nobody out, for stories of many days."""
    desk = config.settings.desk.model_copy(update={"idle_hours": 1e5, "session_days": 1e4})
    return Config(config.settings.model_copy(update={"desk": desk}), config.sources, config.knowledge)
