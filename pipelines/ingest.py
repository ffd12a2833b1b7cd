"""What happens to one capture: the same path for a spider, a WARC file and a replay.

    capture                     archived already: raw first, synced before any row points at it
    | known already?            then only the times of last sight move
    | pool.analyse              pure and killable -> outcome, document, statements
    | outcome is ok?            else the capture is recorded and nothing appears or disappears
    | ledger.post_capture       one transaction: statements -> positions -> changes -> alerts
    later: alerts.outbox -> mail;  desk -> ledger.post_verdict

Does not decide (positions, changes), fetch (crawler) or send (alerts.outbox). Trouble in a page is a value; trouble in
the archive or the store is raised and ends the run.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from extract.types import Analysis, Capture, Outcome
from pipelines import ledger
from pipelines.changes import Change
from pipelines.clock import Clock
from pipelines.config import Config
from pipelines.store import queries, record
from pipelines.store.session import Store

# The longest address that every database can keep in an index.
URL_LIMIT = 2000


class Analyser(Protocol):
    """Whatever makes an analysis of a capture: the pool of workers, or the pure function itself."""

    def analyse(self, capture: Capture) -> Analysis:
        """What the capture is and says; trouble in the page is an outcome, never an exception."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a capture: its outcome and why, how many statements came of it, and the changes that moved."""

    outcome: Outcome
    note: str = ""
    statements_new: int = 0
    changes: tuple[Change, ...] = ()


class Intake:
    """Takes captures for one run. Thread-safe: it holds nothing that changes."""

    def __init__(self, config: Config, store: Store, pool: Analyser, clock: Clock, run_id: int) -> None:
        self._store = store
        self._pool = pool
        self._clock = clock
        self._run_id = run_id
        self._knowledge = config.knowledge.version
        self._entries = {source.id: source.url for source in config.sources}
        self._context = ledger.context_of(config)

    def take(self, capture: Capture) -> Taken:
        """Read an article, a watched page or a report, and post what it says.

        Raises ValueError if the capture is not in the archive yet, StoreError if the database fails.
        """
        _expect_archived(capture)
        if len(capture.url) > URL_LIMIT:
            return Taken(Outcome.ERROR, f"address longer than {URL_LIMIT} characters")
        known = self._known(capture)
        if known is not None:
            posted = ledger.post_sighting(
                self._store,
                capture,
                known,
                entry=self._is_entry(capture.source, capture.url),
                run_id=self._run_id,
                now=self._clock(),
                context=self._context,
            )
            return Taken(known.outcome, known.note, posted.statements_new, posted.changes)
        analysis = self._analysis(capture)
        posted = ledger.post_capture(
            self._store,
            capture,
            analysis,
            knowledge=self._knowledge,
            entry=self._is_entry(capture.source, capture.url),
            run_id=self._run_id,
            now=self._clock(),
            context=self._context,
        )
        return Taken(analysis.outcome, analysis.note, posted.statements_new, posted.changes)

    def take_index(self, capture: Capture, outcome: Outcome, note: str) -> None:
        """Note a feed, sitemap or listing, judged by its spider. Its validators come with `finish_index`.

        Raises as `take`.
        """
        _expect_archived(capture)
        if len(capture.url) > URL_LIMIT:
            return
        entry = self._is_entry(capture.source, capture.url)
        with self._store.writing() as session:
            record.note_fetch(session, ledger.fetch_of(capture, outcome, note, entry, self._run_id))
            if outcome is not Outcome.NOT_MODIFIED:
                record.note_capture(session, capture, outcome, note)
            elif known := ledger.see_not_modified(session, capture):
                record.see_capture_again(session, known.id, capture.fetched, watched=False)

    def finish_index(self, capture: Capture) -> None:
        """Every article that an ok index page led to was taken: from now on it is asked whether it changed.

        Before that, a kill would leave validators that hide articles never read. Raises StoreError.
        """
        with self._store.writing() as session:
            ledger.keep_validators(session, capture)

    def failed(self, source: str, url: str, note: str, status: int | None = None) -> None:
        """Note that a request got no response to archive: DNS, TLS, time-out, refused by our own guard. Raises StoreError."""
        if len(url) > URL_LIMIT:
            return
        entry = self._is_entry(source, url)
        fetch = record.Fetch(source, url, self._clock(), entry, self._run_id, status, Outcome.ERROR, note)
        with self._store.writing() as session:
            record.note_fetch(session, fetch)

    def _known(self, capture: Capture) -> queries.CaptureFacts | None:
        """The stored reading of the same bytes, if there is one to rely on.

        Stored means that its whole transaction was: a page killed between archive and store is not known and is read
        again. An error may have been ours (a killed worker), so it is tried again. That the rules were improved since
        is no reason here: what they would change is shown first and posted on purpose (`reclassify`).
        """
        with self._store.reading() as session:
            known = queries.capture(session, capture.id)
        if known is None or capture.fetched < known.first_seen or known.status != capture.status:
            return None
        if known.outcome is Outcome.OK:
            return known if known.document else None
        return None if known.outcome is Outcome.ERROR else known

    def _analysis(self, capture: Capture) -> Analysis:
        if capture.status == 304:  # nothing to read, so no worker is woken
            return Analysis(Outcome.NOT_MODIFIED)
        return self._pool.analyse(capture)

    def _is_entry(self, source: str, url: str) -> bool:
        return self._entries.get(source) == url


def _expect_archived(capture: Capture) -> None:
    if capture.warc_file is None or capture.warc_offset is None:
        raise ValueError(f"not archived yet, so it must not be read: {capture.url}")
