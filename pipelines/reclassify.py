"""Reads again, by the rules of today, what older rules read: over the archive, never over the network.

    outdated documents    those whose rules are not today's
    | the archived page   through the same `analyse`
    | statements          those that are new replace those that are gone; what an analyst ruled on stays
    | ledger              positions follow; what moves is our doing, recorded as reclassified, told to nobody

Without `apply` everything is tried and undone: what would change is told before anything is changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from extract.types import Analysis, Capture, Hints, Outcome, SourceKind
from pipelines import ledger
from pipelines.archive import ArchiveError, read_response
from pipelines.changes import Change
from pipelines.config import Config
from pipelines.ingest import Analyser
from pipelines.ledger import Context
from pipelines.store import queries
from pipelines.store.facts import CaptureFacts
from pipelines.store.session import Store


@dataclass(frozen=True, slots=True)
class Reread:
    """What reading a document again gave: statements that are new and gone, changes of positions; `note` if it failed."""

    document: str
    url: str
    source: str
    added: int = 0
    gone: int = 0
    changes: tuple[Change, ...] = field(default=())
    note: str = ""

    @property
    def moved(self) -> bool:
        """Whether anything is otherwise than before."""
        return bool(self.added or self.gone or self.changes or self.note)


def reclassify(
    store: Store,
    config: Config,
    pool: Analyser,
    now: Callable[[], datetime],
    *,
    sources: Sequence[str] = (),
    again: bool = False,
    apply: bool = False,
) -> Iterator[Reread]:
    """Each document that older rules read, read again; of some sources, or of all.

    `again` also takes those that today's rules read. One that fails is told and stays as it is. Raises StoreError,
    PoolError.
    """
    context = ledger.context_of(config)
    version = config.knowledge.version
    with store.reading() as session:
        documents = queries.read_by_others(session, None if again else version, sources)
    for document in documents:
        with store.reading() as session:
            facts = queries.capture(session, document.capture)
        if facts is None:
            continue
        yield _read_again(
            store, config.settings.archive_dir, pool, document, facts, version, now, context, apply=apply
        )


def count(store: Store, config: Config, sources: Sequence[str] = (), *, again: bool = False) -> int:
    """How many documents `reclassify` would read. Raises StoreError."""
    with store.reading() as session:
        return len(queries.read_by_others(session, None if again else config.knowledge.version, sources))


def _read_again(
    store: Store,
    archive: Path,
    pool: Analyser,
    document: queries.DocumentFacts,
    facts: CaptureFacts,
    version: str,
    now: Callable[[], datetime],
    context: Context,
    *,
    apply: bool,
) -> Reread:
    failed = Reread(document.id, document.url, document.source)
    try:
        analysis = pool.analyse(capture_in(archive, facts))
    except ArchiveError as error:
        return Reread(failed.document, failed.url, failed.source, note=str(error))
    if why := _unusable(analysis, document):
        return Reread(failed.document, failed.url, failed.source, note=why)
    posted = ledger.post_reading(
        store, document.id, analysis, knowledge=version, now=now(), context=context, apply=apply
    )
    return Reread(document.id, document.url, document.source, posted.added, posted.gone, posted.changes)


def _unusable(analysis: Analysis, document: queries.DocumentFacts) -> str:
    if analysis.outcome is not Outcome.OK or analysis.document is None:
        return f"reads as {analysis.outcome} now ({analysis.note or 'no word why'}); left as it was"
    if analysis.document.id != document.id:
        return "its text is extracted otherwise now; left as it was"
    return ""


def capture_in(archive: Path, facts: CaptureFacts) -> Capture:
    """A stored capture with its body, from the archive. Raises ArchiveError."""
    response = read_response(archive, facts.warc_file, facts.warc_offset)
    published = facts.hints.get("published")
    return Capture(
        source=facts.source,
        kind=SourceKind(facts.kind),
        url=facts.url,
        final_url=facts.final_url,
        fetched=facts.first_seen,
        status=facts.status,
        headers=response.headers,
        body=response.body,
        site=facts.site,
        publisher=facts.publisher,
        language=facts.language,
        hints=Hints(
            title=facts.hints.get("title"),
            author=facts.hints.get("author"),
            published=datetime.fromisoformat(published) if published else None,
        ),
        warc_file=facts.warc_file,
        warc_offset=facts.warc_offset,
    )
