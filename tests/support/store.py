"""Stories for the store: pages that say in their own text what is to be read in them, and dumps to compare databases.

A page's body is a script, one statement a line: `zoom HK pauses: Zoom stopped handling requests from Hong Kong.`
Behind the stance may stand `past`, `perhaps` (unsure), and conditions as `process=warrant|court_order`. A line without a colon is text
that says nothing; a first line `! wall: a note` makes the page one that is not ok. `ScriptReader` reads it in place of
the extraction, so that a test of what is stored depends on no rule.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from extract.knowledge import Authority, Company, Knowledge, Lexicon
from extract.types import (
    Analysis,
    Capture,
    Document,
    Facets,
    Hints,
    Outcome,
    SourceKind,
    Stance,
    Statement,
    Support,
    Time,
)
from pipelines import ledger
from pipelines.config import AlertSettings, Config, PositionSettings, Settings, Source, Subscriber
from pipelines.ingest import Intake, Taken
from pipelines.ledger import Context
from pipelines.store.session import Store
from pipelines.store.tables import Row

LAST_SEEN = frozenset({"last_seen", "last_fetched", "last_ok", "seen", "run_id"})
PLACES = frozenset({"warc_file", "warc_offset"})
RUNS = frozenset({"runs", "run_sources"})
# Texts are numbered as they come, and that says nothing of what is known.
ARRIVAL = frozenset({"number"})


def dump(
    store: Store,
    *,
    last_seen: bool = True,
    places: bool = True,
    runs: bool = True,
    leave_out: Sequence[str] = (),
) -> dict[str, list[str]]:
    """Table → its rows as sorted JSON: equal dumps are equal databases.

    `last_seen`, `places`, `runs` False leave out what a repeated run, another archive, or any run may change;
    `leave_out` names further columns.
    """
    hidden = ARRIVAL | set(leave_out) | (set() if last_seen else LAST_SEEN) | (set() if places else PLACES)
    found: dict[str, list[str]] = {}
    with store.reading() as session:
        for table in Row.metadata.sorted_tables:
            if table.name in RUNS and not runs:
                continue
            shown = [column for column in table.columns if column.name not in hidden]
            rows = session.execute(sa.select(*shown)).mappings()
            found[table.name] = sorted(json.dumps(dict(r), default=str, sort_keys=True) for r in rows)
    return found


def counts(store: Store) -> dict[str, int]:
    """Table → how many rows."""
    return {table: len(rows) for table, rows in dump(store).items()}


def knowledge(version: str = "rules-1") -> Knowledge:
    """Two companies, one with a service, and two authorities; no rules."""
    return Knowledge.model_construct(  # unchecked: nothing here reads by rules, so there are none
        companies=(
            Company(id="zoom", name="Zoom"),
            Company(id="meta", name="Meta"),
            Company(id="whatsapp", name="WhatsApp", parent="meta"),
        ),
        authorities=(Authority(code="HK", name="Hong Kong"), Authority(code="US", name="United States")),
        stances=(),
        lexicon=Lexicon.model_construct(acts={}, classes={}),
        version=version,
    )


SOURCES = (
    Source(id="courier", kind=SourceKind.FEED, url="https://courier.example/feed", publisher="The Courier"),
    Source(id="herald", kind=SourceKind.FEED, url="https://herald.example/feed", publisher="The Herald"),
    Source(id="zoom-guide", kind=SourceKind.PAGE, url="https://zoom.example/guide", company="zoom"),
    Source(id="meta-guide", kind=SourceKind.PAGE, url="https://meta.example/guide", company="meta"),
)
EVERYTHING = Subscriber(
    email="desk@example.org", kinds=("new", "stance", "terms", "withdrawn"), when="provisional"
)


def config(*subscribers: Subscriber, settle_hours: float = 12, version: str = "rules-1") -> Config:
    """Two outlets and two companies' pages; one subscriber who wants all, unless others are given."""
    return Config(
        settings=Settings(
            alerts=AlertSettings(subscribers=subscribers or (EVERYTHING,)),
            positions=PositionSettings(settle_hours=settle_hours),
        ),
        sources=SOURCES,
        knowledge=knowledge(version),
    )


def context(configuration: Config) -> Context:
    """What the ledger needs of a config."""
    return ledger.context_of(configuration)


class ScriptReader:
    """Reads scripts (see above) as `analyse` reads pages. `read` lists the URLs it was asked to read."""

    def __init__(self) -> None:
        self.read: list[str] = []

    def analyse(self, capture: Capture) -> Analysis:
        self.read.append(capture.url)
        lines = [line.strip() for line in capture.body.decode().splitlines() if line.strip()]
        if lines and lines[0].startswith("!"):
            outcome, _, note = lines[0].removeprefix("!").partition(":")
            return Analysis(Outcome(outcome.strip()), note.strip())
        if capture.status >= 400:
            return Analysis(Outcome.ERROR, f"status {capture.status}")
        text, paragraphs, statements, unsure = "", [], [], []
        for line in lines:
            head, colon, sentence = line.partition(":")
            said = sentence.strip() if colon else line
            start = len(text) + 2 if text else 0
            text += ("\n\n" if text else "") + said
            paragraphs.append((start, len(text)))
            if colon:
                (unsure if "perhaps" in head.split() else statements).append(_statement(head, said, start))
        document = Document(
            url=capture.url,
            title=capture.hints.title,
            author=capture.hints.author,
            publisher=capture.publisher,
            site=capture.site,
            language="en",
            published=capture.hints.published,
            modified=None,
            fetched=capture.fetched,
            text=text,
            paragraphs=tuple(paragraphs),
            fingerprint=() if capture.site else fingerprint(text),  # pages are too short to tell
        )
        return Analysis(Outcome.OK, "", document, tuple(statements), tuple(unsure))


def fingerprint(text: str) -> tuple[int, ...]:
    """Equal for equal texts, and nothing alike for others."""
    numbers = random.Random(text)
    return tuple(numbers.getrandbits(32) for _ in range(16))


def _statement(head: str, sentence: str, start: int) -> Statement:
    company, authority, stance, *more = head.split()
    conditions = dict(word.split("=") for word in more if "=" in word)
    facets = Facets.from_dict(
        {k: v.split("|") if k in ("process", "data") else v for k, v in conditions.items()}
    )
    return Statement(
        company=company,
        authority=authority,
        stance=Stance(stance),
        time=Time.PAST if "past" in more else Time.NOW,
        evidence=sentence,
        start=start,
        end=start + len(sentence),
        rule=f"{stance}.script",
        confidence=0.9,
        facets=facets,
        supports=(Support(sentence, facets),),
        unlisted="unlisted" in more,
    )


def capture(
    source: str,
    body: str,
    at: datetime,
    *,
    url: str | None = None,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    published: datetime | None = None,
    title: str | None = None,
) -> Capture:
    """A response of one of SOURCES, archived; without `url` the source's own address."""
    watched = next(s for s in SOURCES if s.id == source)
    return Capture(
        source=source,
        kind=watched.kind,
        url=url or watched.url,
        final_url=url or watched.url,
        fetched=at,
        status=status,
        headers=headers or {"content-type": "text/html"},
        body=body.encode(),
        site=watched.company,
        publisher=watched.publisher,
        language="en",
        hints=Hints(title=title, published=published),
        warc_file="test.warc.gz",
        warc_offset=int(at.timestamp()) % 1_000_000,
    )


@dataclass
class Story:
    """Days in the life of a store: outlets report, pages are looked at. Time is what the clock says."""

    store: Store
    clock: Callable[[], datetime]
    configuration: Config = field(default_factory=config)
    reader: ScriptReader = field(default_factory=ScriptReader)
    run_id: int = 1

    @property
    def intake(self) -> Intake:
        return Intake(self.configuration, self.store, self.reader, self.clock, self.run_id)

    @property
    def context(self) -> Context:
        return context(self.configuration)

    def reports(self, source: str, body: str, *, path: str = "/a", **more: Any) -> Taken:
        """An outlet's article is read."""
        host = next(s.url for s in SOURCES if s.id == source).removesuffix("/feed")
        return self.intake.take(capture(source, body, self.clock(), url=host + path, **more))

    def shows(self, source: str, body: str, **more: Any) -> Taken:
        """A watched page is looked at."""
        return self.intake.take(capture(source, body, self.clock(), **more))

    def unchanged(self, source: str, **more: Any) -> Taken:
        """A watched page answers 304."""
        return self.intake.take(capture(source, "", self.clock(), status=304, **more))
