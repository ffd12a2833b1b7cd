"""Where an analyst is in the queue: how many wait for them, of all pairs or of some, and where to go on."""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.store import queries
from pipelines.store.facts import ChangeFacts, VerdictFacts
from pipelines.store.session import Session
from review.pages import query_of


@dataclass(frozen=True, slots=True)
class Queue:
    """How many wait for an analyst, how many they put off, and of which pairs the queue is.

    `last` is what they ruled last, and `moved` what that moved, where it is told.
    """

    waiting: int
    skipped: int
    company: str
    authority: str
    skipped_ones: bool
    last: VerdictFacts | None = None
    moved: tuple[ChangeFacts, ...] = ()

    @property
    def more_than_counted(self) -> bool:
        """Whether more wait than were counted."""
        return self.waiting >= queries.COUNTED

    @property
    def narrowed(self) -> bool:
        """Whether it is not the whole queue."""
        return bool(self.company or self.authority or self.skipped_ones)

    @property
    def address(self) -> str:
        """Where to go on in this queue."""
        return self._address(skipped=self.skipped_ones)

    @property
    def put_off(self) -> str:
        """Where those are that were put off."""
        return self._address(skipped=True)

    def _address(self, *, skipped: bool) -> str:
        asked = [("company", self.company), ("authority", self.authority)]
        return "/queue" + query_of([*asked, ("skipped", "true" if skipped else "")])


def queue_of(
    session: Session, who: str, company: str = "", authority: str = "", *, skipped: bool = False
) -> Queue:
    """What waits for somebody, of all pairs or of these."""
    waiting, put_off = queries.queue_length(session, who, company or None, authority or None)
    return Queue(waiting, put_off, company, authority, skipped)
