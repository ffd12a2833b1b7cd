"""Index pages (feeds, sitemaps, listings) and the links of theirs that are not settled yet.

An index page's ETag may be kept only when every article it led to is settled: otherwise a run that is killed,
or a link that fails, would be followed by a 304, and the article would never be seen again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from extract.types import Capture, Hints, Outcome

NO_HINTS = Hints()


@dataclass(frozen=True, slots=True)
class Link:
    """An article that an index page leads to, or another index page (`nested`, as in a sitemap index)."""

    url: str
    hints: Hints = NO_HINTS
    nested: bool = False


@dataclass(slots=True)
class IndexPage:
    """One index page as read. `whole` turns False as soon as one of its links is left for another run."""

    capture: Capture
    outcome: Outcome
    note: str
    whole: bool = True
    waits_for: set[str] = field(default_factory=set)

    @property
    def settled(self) -> bool:
        """Whether its validators may be kept."""
        return self.outcome is Outcome.OK and self.whole and not self.waits_for


class Waiting:
    """Which index pages wait for which links, over all spiders of a run; and which links the run has taken on."""

    def __init__(self) -> None:
        self._pages: dict[str, list[IndexPage]] = {}
        self._done: dict[str, bool] = {}

    def takes_on(self, url: str, page: IndexPage) -> bool:
        """Makes the page wait for the link. True for the first who asks: it is the one to fetch it."""
        if url in self._done:
            page.whole &= self._done[url]
            return False
        page.waits_for.add(url)
        first = url not in self._pages
        self._pages.setdefault(url, []).append(page)
        return first

    def settle(self, url: str, *, final: bool) -> Iterable[IndexPage]:
        """The link needs no other run (`final`), or it does. Gives the pages that have become settled by it."""
        self._done[url] = final
        pages = self._pages.pop(url, [])
        for page in pages:
            page.waits_for.discard(url)
            page.whole &= final
        return [page for page in pages if page.settled]
