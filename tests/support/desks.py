"""Browsers that are signed in at the desk, and what a page shows to whoever reads it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from html import unescape
from secrets import token_urlsafe
from urllib.parse import urlencode

from lxml import html
from support.visits import Seen, Site

from extract.types import digest_of
from pipelines.store import people
from pipelines.store.people import Role
from pipelines.store.session import Store

COOKIE = "stancewatch"


@dataclass(frozen=True)
class Browser:
    """Somebody at the desk: as `Site`, with the cookie of their session."""

    site: Site
    name: str
    cookie: str

    def ask(self, method: str, path: str, body: str | None = None, **headers: str) -> Seen:
        path = path.partition("#")[0]
        return self.site.ask(method, path, body, Cookie=f"{COOKIE}={self.cookie}", **headers)

    def get(self, path: str) -> Seen:
        return self.ask("GET", path)

    def post(self, path: str, **fields: str) -> Seen:
        return self.ask("POST", path, urlencode(fields), Content_Type="application/x-www-form-urlencoded")

    def look(self, path: str) -> Shown:
        """A page that must be there."""
        seen = self.get(path)
        assert seen.status == 200, f"{path}: {seen.status} {Shown(seen.text).words}"
        return Shown(seen.text)


@dataclass(frozen=True)
class Shown:
    """A page: its main part as words, and where its links lead."""

    text: str

    @property
    def main(self) -> html.HtmlElement:
        return html.document_fromstring(self.text).get_element_by_id("main")

    @property
    def words(self) -> str:
        """What is read on it, with single spaces."""
        return re.sub(r"\s+", " ", self.main.text_content()).strip()

    @property
    def links(self) -> list[str]:
        return [str(a.get("href")) for a in self.main.iter("a")]

    def part(self, heading: str) -> str:
        """The words of the section that a heading (its id) names."""
        (found,) = self.main.xpath(f"//*[@aria-labelledby='{heading}']")
        return re.sub(r"\s+", " ", found.text_content()).strip()

    def rows(self) -> list[list[str]]:
        """The cells of all tables' rows, without heads."""
        cells = [row.xpath("./th|./td") for row in self.main.xpath("//tbody/tr")]
        return [[re.sub(r"\s+", " ", unescape(c.text_content())).strip() for c in row] for row in cells]

    def link(self, words: str) -> str:
        """Where the link with these words leads."""
        found = [a for a in self.main.iter("a") if words in re.sub(r"\s+", " ", a.text_content())]
        assert found, f"no link says {words!r}: {self.words}"
        return str(found[0].get("href"))


def signed_in(site: Site, store: Store, clock: Callable[[], datetime], role: Role = Role.READER) -> Browser:
    """A browser of a user who is named as the role; each call is another browser."""
    name = str(role)
    with store.writing() as session:
        if people.user(session, name) is None:
            people.add_user(session, name, role, now=clock())
        value = token_urlsafe()
        people.begin_session(session, name, digest_of(value), clock())
    return Browser(site, name, value)
