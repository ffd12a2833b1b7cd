"""Which links of an index page are fetched in this run. Every one that is not is counted, with the reason."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from urllib.parse import urldefrag, urljoin, urlsplit

from courlan import clean_url

from crawler.guard import refusal
from crawler.index import IndexPage, Link, Waiting
from crawler.run import History
from extract.types import Outcome
from pipelines.config import CrawlSettings, Source
from pipelines.store.facts import FetchState

# A page that failed in so many runs is not asked for again.
MOST_TRIES = 3
LONGEST_URL = 2000  # Scrapy drops longer ones without a word
READ = frozenset({Outcome.OK, Outcome.NOT_MODIFIED})


def is_read(state: FetchState) -> bool:
    """Whether an article needs no fetch any more."""
    return state.outcome in READ or state.failures >= MOST_TRIES


def cleaned(url: str, base: str) -> str | None:
    """The absolute address without tracking parameters and fragment; None if it is no web address."""
    try:
        absolute = urldefrag(urljoin(base, url.strip())).url
        found = clean_url(absolute) if absolute.startswith(("http://", "https://")) else None
    except ValueError:
        return None
    if not found:
        return None
    found = urldefrag(found).url
    query = urlsplit(absolute).query
    if query and "=" not in query:  # courlan drops what has no value, but /story?4711 is an address
        found = f"{found.partition('?')[0]}?{query}"
    return found if len(found) <= LONGEST_URL else None


class Chooser:
    """Chooses among the links of one source's index pages, newest first, until the source's cap is reached."""

    def __init__(
        self,
        source: Source,
        settings: CrawlSettings,
        history: History,
        waiting: Waiting,
        drop: Callable[[str], None],
    ) -> None:
        self._source, self._settings, self._history = source, settings, history
        self._waiting, self._drop = waiting, drop
        self._left = settings.links_per_source
        self._follow = [re.compile(pattern) for pattern in source.follow]

    def choose(self, links: Iterable[Link], page: IndexPage, now: datetime) -> Iterator[Link]:
        """The links to fetch. `page` learns what it must wait for, and whether anything is left for later."""
        oldest = now - timedelta(days=self._settings.max_age_days)
        undated = datetime.min.replace(tzinfo=now.tzinfo)
        for link in sorted(links, key=lambda link: link.hints.published or undated, reverse=True):
            url = cleaned(link.url, page.capture.final_url)
            if reason := self._unwanted(url, link, oldest):
                self._drop(reason)
                continue
            assert url is not None
            if self._left <= 0:
                page.whole = False
                self._drop("over the cap of this run")
            elif not self._waiting.takes_on(url, page):
                self._drop("met twice in this run")
            else:
                self._left -= 1
                yield Link(url, link.hints)

    def _unwanted(self, url: str | None, link: Link, oldest: datetime) -> str | None:
        if url is None or url == self._source.url:
            return "no web address of an article"
        if refusal(url, self._source):
            return "not on its hosts"
        if self._follow and not any(pattern.search(url) for pattern in self._follow):
            return "matches no pattern of follow"
        if link.hints.published and link.hints.published < oldest:
            return "too old"
        if url in self._history.elsewhere:
            return "known"
        state = self._history.own.get(url)
        if state and is_read(state):
            return "known" if state.outcome in READ else "given up after repeated failures"
        return None
