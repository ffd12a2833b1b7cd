"""Somebody at the desk in a test: signed in at once, and what they read and where they can go from a page."""

from __future__ import annotations

import html
import re

from support.people import Browser, browser_of, join
from support.visits import Seen, Site

from pipelines.clock import Clock
from pipelines.config import Config
from pipelines.store import people
from pipelines.store.people import Role
from pipelines.store.session import Store


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


def shown(seen: Seen) -> str:
    """What a person reads on a page: its text without the tags, blanks as one."""
    body = re.sub(r"(?s)<(script|style|svg|head)\b.*?</\1>", " ", seen.text)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", body))).strip()


def links(seen: Seen) -> list[str]:
    """Where its links lead."""
    return [html.unescape(href) for href in re.findall(r'<a [^>]*?href="([^"]*)"', seen.text)]
