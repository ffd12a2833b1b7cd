"""People at the desk: somebody with a role at a browser, signed in without the door, and what they see and send."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from urllib.parse import urlencode

from support.visits import Seen, Site

from extract.types import digest_of
from pipelines.config import Config
from pipelines.store import people
from pipelines.store.people import Role
from pipelines.store.session import Store

_browsers = count(1)


@dataclass(frozen=True)
class Visitor:
    """Somebody at a browser."""

    site: Site
    name: str
    cookie: str

    def get(self, path: str) -> Seen:
        return self.site.ask("GET", path, Cookie=self.cookie)

    def post(self, path: str, **fields: str) -> Seen:
        """A form of ours is sent."""
        return self.site.ask(
            "POST", path, urlencode(fields), Cookie=self.cookie, Sec_Fetch_Site="same-origin",
            Content_Type="application/x-www-form-urlencoded",
        )  # fmt: skip


def visitor(
    site: Site,
    store: Store,
    clock: Callable[[], datetime],
    role: Role,
    name: str = "",
    password: str | None = None,
) -> Visitor:
    """Somebody signed in; a new user unless there is one of this name. `password` is a hash."""
    called = name or {"reader": "rea", "analyst": "ana", "admin": "ada"}[role]
    value = f"browser {next(_browsers)}"
    with store.writing() as session:
        if people.user(session, called) is None:
            people.add_user(session, called, role, password=password, now=clock())
        people.begin_session(session, called, digest_of(value), clock())
    return Visitor(site, called, f"stancewatch={value}")


def patient(config: Config) -> Config:
    """A desk that signs nobody out, for stories of many days."""
    desk = config.settings.desk.model_copy(update={"idle_hours": 1e5, "session_days": 1e4})
    return Config(config.settings.model_copy(update={"desk": desk}), config.sources, config.knowledge)


def shown(seen: Seen) -> str:
    """What a person reads on a page: its text without the tags, blanks as one."""
    body = re.sub(r"(?s)<(script|style|svg|head)\b.*?</\1>", " ", seen.text)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", body))).strip()


def links(seen: Seen) -> list[str]:
    """Where its links lead."""
    return [html.unescape(href) for href in re.findall(r'<a [^>]*?href="([^"]*)"', seen.text)]
