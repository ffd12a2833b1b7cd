"""What it costs to record one page, in stores that hold more and more statements: no network, no language processing.

    python bench/cost.py [--sizes 1000,10000,100000,1000000] [--database sqlite|postgresql|URL] [--repeat 30] [--json]

One empty database is filled by bulk inserts up to each size, and at each size single pages are posted through the
ledger with an analysis that is given. Who is written about is as uneven as in the news: the pair of rank r gets
1/r of what the first gets. So the hottest pair grows with the store, and pairs at the end stay small. Prints medians
and the 95th percentile in ms, and each as a ratio to the smallest store of the same run: quote ratios, the machine
cancels out. `postgresql` starts a throw-away server as the tests do (it does not sync); a URL names an EMPTY database.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter

import sqlalchemy as sa
from rich.console import Console
from rich.table import Table

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from support import postgres

from extract.types import Analysis, Capture, Document, Facets, Outcome, SourceKind, Stance, Statement, Time
from pipelines import ledger
from pipelines.alerts.matching import Audience
from pipelines.positions import fold
from pipelines.settings import Subscriber
from pipelines.store import queries
from pipelines.store.session import Store, open_store
from pipelines.store.tables import CaptureRow, DocumentRow, StatementRow, VersionRow

START = datetime(2016, 1, 1, tzinfo=UTC)
COMPANIES, AUTHORITIES, OUTLETS, PAGE_VERSIONS = 300, 40, 200, 20
# A document says this much on average, and a third of it as history.
SAID = 4
STANCES = tuple(Stance)
# How many days a company holds a stance on average.
LASTS = 700
BATCH = 2000
CONTEXT = ledger.Context(
    Audience(
        (Subscriber(email="desk@example.org", kinds=("new", "stance", "terms", "withdrawn"), when="provisional"),),
        {f"company{n}": None for n in range(COMPANIES)},
        "example.org",
    ),
    timedelta(hours=12),
)  # fmt: skip
Pair = tuple[str, str]


@dataclass
class World:
    """What is written, the same for the same seed: pairs by rank, and documents one after the other."""

    draw: random.Random
    documents: int = 0
    statements: int = 0
    pages: int = 0

    def __post_init__(self) -> None:
        every = [(f"company{c}", f"A{a}") for c in range(COMPANIES) for a in range(AUTHORITIES)]
        self.draw.shuffle(every)
        self.pairs = every
        self.stances: dict[Pair, tuple[Stance, datetime]] = {}
        self.weights = list(itertools.accumulate(1 / rank for rank in range(1, len(every) + 1)))

    def document(self, *pairs: Pair, watched: str | None = None) -> tuple[Capture, Analysis]:
        """The next document: an article about the pairs, or with `watched` a version of a company's page."""
        n = self.documents
        self.documents += 1
        at = START + timedelta(minutes=20 * n)
        outlet = f"outlet{self.draw.randrange(OUTLETS)}"
        url = f"https://{watched}.example/guide" if watched else f"https://{outlet}.example/{n}"
        text, spans, said = f"Story {n}", [(0, len(f"Story {n}"))], []
        for company, authority in pairs:
            sentence = f"{company} answered {authority} in the matter that story {n} of {outlet} is about."
            start = len(text) + 2
            text += "\n\n" + sentence
            spans.append((start, len(text)))
            stance, until = self.stances.get((company, authority), (None, at))
            if stance is None or at >= until:
                stance = self.draw.choice(STANCES)
                lasts = timedelta(days=self.draw.expovariate(1 / LASTS))
                self.stances[company, authority] = stance, at + lasts
            time = Time.PAST if self.draw.random() < 1 / 3 and not watched else Time.NOW
            said.append(
                Statement(
                    company=company, authority=authority, stance=stance, time=time, evidence=sentence,
                    start=start, end=len(text), rule=f"{stance}.bench", confidence=0.9, facets=Facets(),
                )
            )  # fmt: skip
        capture = Capture(
            source=watched or outlet, kind=SourceKind.PAGE if watched else SourceKind.FEED, url=url, final_url=url,
            fetched=at, status=200, headers={"content-type": "text/html"}, body=text.encode(), site=watched,
            publisher=None if watched else outlet, language="en", warc_file="bench.warc.gz", warc_offset=n,
        )  # fmt: skip
        document = Document(
            url=url, title=f"Story {n}", author=None, publisher=None if watched else outlet, site=watched,
            language="en", published=None if watched else at, modified=None, fetched=at, text=text,
            paragraphs=tuple(spans), fingerprint=tuple(self.draw.getrandbits(32) for _ in range(128)),
        )  # fmt: skip
        self.statements += len(said)
        return capture, Analysis(Outcome.OK, "", document, tuple(said))

    def some_pairs(self) -> list[Pair]:
        """Whom a usual document speaks of."""
        few = self.draw.choices(self.pairs, cum_weights=self.weights, k=self.draw.randint(1, 2 * SAID - 1))
        return list(dict.fromkeys(few))

    def fill(self, store: Store, size: int) -> None:
        """Insert documents until there are this many statements; one in a hundred is a version of a watched page."""
        while self.statements < size:
            batch = []
            while len(batch) < BATCH and self.statements < size:
                if self.documents % 100 == 99:
                    batch.append(self._version())
                else:
                    batch.append((*self.document(*self.some_pairs()), 0))
            _insert(store, batch)

    def _version(self) -> tuple[Capture, Analysis, int]:
        """The next version of some company's page; each page has a bounded number of them."""
        page, n = divmod(self.pages, PAGE_VERSIONS)
        self.pages += 1
        company = f"company{page % COMPANIES}"
        authority = f"A{page % AUTHORITIES}"
        # Past the last company's page further ones begin: as more sources are added.
        site = company if page < COMPANIES else f"{company}x{page // COMPANIES}"
        return *self.document((company, authority), watched=site), n + 1


def _insert(store: Store, batch: list[tuple[Capture, Analysis, int]]) -> None:
    rows: dict[type, list[dict[str, object]]] = {
        CaptureRow: [], DocumentRow: [], StatementRow: [], VersionRow: [],
    }  # fmt: skip
    for capture, analysis, version in batch:
        document = analysis.document
        assert document is not None
        at = capture.fetched
        rows[CaptureRow].append(
            {"id": capture.id, "source": capture.source, "kind": str(capture.kind), "url": capture.url,
             "final_url": capture.url, "status": 200, "media_type": "text/html", "digest": capture.digest,
             "length": len(capture.body), "site": capture.site, "publisher": capture.publisher, "language": "en",
             "hints": {}, "outcome": "ok", "note": "", "document_id": document.id, "warc_file": capture.warc_file,
             "warc_offset": capture.warc_offset, "first_seen": at, "last_seen": at}
        )  # fmt: skip
        rows[DocumentRow].append(
            {"id": document.id, "capture_id": capture.id, "source": capture.source, "url": document.url,
             "title": document.title, "author": None, "publisher": document.publisher, "site": document.site,
             "language": "en", "published": document.published, "modified": None, "first_seen": at, "last_seen": at,
             "fetched": at, "text": document.text, "length": len(document.text),
             "paragraphs": [list(p) for p in document.paragraphs],
             "quarantined": [], "fingerprint": list(document.fingerprint), "knowledge": "bench", "recorded": at}
        )  # fmt: skip
        rows[StatementRow] += [
            {"id": s.id_in(document.id), "document_id": document.id, "company": s.company, "authority": s.authority,
             "stance": str(s.stance), "time": str(s.time), "evidence": s.evidence, "start": s.start, "end": s.end,
             "rule": s.rule, "confidence": s.confidence, "facets": s.facets.as_dict(), "speaker": None,
             "unlisted": False, "supports": [], "promise": None, "unsure": False, "unread": False, "marks": [], "spent": False, "first_seen": at}
            for s in analysis.statements
        ]  # fmt: skip
        if version:
            moment = (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
            rows[VersionRow].append(
                {"url": capture.url, "n": version, "document_id": document.id, "first_seen": at, "last_seen": at,
                 "seen": [moment]}
            )  # fmt: skip
    with store.writing() as session:
        for table, values in rows.items():
            if values:
                session.execute(sa.insert(table), values)


class Bench:
    """The pages that are posted and timed, at one size of the store."""

    def __init__(self, store: Store, world: World, repeat: int) -> None:
        self.store, self.world, self.repeat = store, world, repeat
        self._cold = itertools.count(1)

    def rows(self) -> dict[str, list[float]]:
        """What was posted → seconds, one a page."""
        with self.store.reading() as session:
            counted = session.execute(
                sa.select(StatementRow.company, StatementRow.authority, sa.func.count())
                .group_by(StatementRow.company, StatementRow.authority)
                .order_by(sa.func.count().desc(), StatementRow.company, StatementRow.authority)
            ).all()
        hottest, typical = counted[0][:2], counted[len(counted) // 2][:2]
        self.hottest_rows, self.typical_rows = counted[0][2], counted[len(counted) // 2][2]
        page = f"watched{self.world.statements}"
        for _ in range(PAGE_VERSIONS):
            self._article((page, "A0"), watched=page)()
        article = self.world.document(hottest)
        self._post(
            *article
        )  # the first one folds all of the pair, as an upgrade would; what only repeats is left out
        return {
            "article, new pairs": self._timed(lambda: self._article(*self._new_pairs())),
            "article, typical pair": self._timed(lambda: self._article(typical)),
            "article, hottest pair": self._timed(lambda: self._article(hottest), at_most_s=40),
            "watched page, new version": self._timed(lambda: self._article((page, "A0"), watched=page)),
            "article seen again": self._timed(lambda: self._again(article[0])),
            "fold of the hottest pair alone": self._timed(lambda: self._fold(hottest), at_most_s=20),
            "of which its evidence read": self._timed(lambda: self._read(hottest), at_most_s=20),
            "health of all sources": self._timed(lambda: self._health, at_most_s=10),
        }  # fmt: skip

    def _new_pairs(self) -> list[Pair]:
        n = next(self._cold)
        return [(f"newcomer{len(self.world.pairs)}-{self.world.documents}-{n}", f"A{a}") for a in range(2)]

    def _article(self, *pairs: Pair, watched: str | None = None) -> Callable[[], object]:
        made = self.world.document(*pairs, watched=watched)
        return lambda: self._post(*made)

    def _post(self, capture: Capture, analysis: Analysis) -> object:
        return ledger.post_capture(
            self.store, capture, analysis, knowledge="bench", entry=False, run_id=1,
            now=capture.fetched, context=CONTEXT,
        )  # fmt: skip

    def _again(self, capture: Capture) -> Callable[[], object]:
        with self.store.reading() as session:
            known = queries.capture(session, capture.id)
        assert known is not None
        return lambda: ledger.post_sighting(
            self.store, capture, known, entry=False, run_id=1, now=capture.fetched, context=CONTEXT
        )

    def _fold(self, pair: Pair) -> Callable[[], object]:
        def derive() -> None:
            with self.store.reading() as session:
                evidence = queries.evidence_of(session, [pair], CONTEXT.audience.parents, whole=False)
                versions = queries.versions_of(session, evidence)
                fold(*pair, evidence[pair], versions[pair], CONTEXT.settle)

        return derive

    def _read(self, pair: Pair) -> Callable[[], object]:
        def read() -> None:
            with self.store.reading() as session:
                queries.evidence_of(session, [pair], CONTEXT.audience.parents, whole=False)

        return read

    def _health(self) -> None:
        with self.store.reading() as session:
            queries.source_health(session)

    def _timed(self, make: Callable[[], Callable[[], object]], at_most_s: float = 20) -> list[float]:
        """The seconds of as many runs as were asked for, fewer (at least 3) where they would take too long."""
        make()()  # warm: the first compiles its SQL
        found: list[float] = []
        while len(found) < self.repeat and (len(found) < 3 or sum(found) < at_most_s):
            run = make()
            began = perf_counter()
            run()
            found.append(perf_counter() - began)
        return found


@contextmanager
def database(kind: str) -> Iterator[str]:
    """The URL of an empty database of a kind."""
    if kind == "sqlite":
        with tempfile.TemporaryDirectory(prefix="sw-cost-") as folder:
            yield f"sqlite:///{folder}/stancewatch.db"
    elif kind == "postgresql":
        with postgres.running() as server:
            yield server.url(server.create())
    else:
        yield kind


def figures(times: list[float], first: float | None) -> dict[str, float | int]:
    """Median and 95th percentile in ms, the median against that of the smallest store."""
    middle = median(times) * 1000
    most = (quantiles(times, n=20, method="inclusive")[-1] if len(times) > 1 else times[0]) * 1000
    return {
        "median_ms": round(middle, 2),
        "p95_ms": round(most, 2),
        "ratio": round(middle / first, 2) if first else 1.0,
        "runs": len(times),
    }


def bench(kind: str, sizes: list[int], repeat: int, console: Console) -> list[dict[str, object]]:
    """One line for each size and posting."""
    world, found, first = World(random.Random(1)), [], {}
    with ExitStack() as stack:
        store = open_store(stack.enter_context(database(kind)), upgrade=True)
        stack.callback(store.close)
        for size in sizes:
            began = perf_counter()
            world.fill(store, size)
            _settle(store)
            console.print(
                f"{kind}: filled to {world.statements:,} statements in {perf_counter() - began:.0f} s"
            )
            measured = Bench(store, world, repeat)
            for name, times in measured.rows().items():
                line = figures(times, first.get(name))
                first.setdefault(name, line["median_ms"])
                found.append(
                    {"database": kind, "statements": size, "what": name, "hottest_pair": measured.hottest_rows}
                    | {"typical_pair": measured.typical_rows} | line
                )  # fmt: skip
                console.print_json(json.dumps(found[-1]), indent=None)
    return found


def _settle(store: Store) -> None:
    """Let the database count its rows, as it does by itself in a store that grew over months."""
    with store.writing() as session:
        session.execute(sa.text("ANALYZE"))


def main() -> None:
    """Parses, measures, prints."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", default="1000,10000,100000,1000000")
    parser.add_argument("--database", default="sqlite")
    parser.add_argument("--repeat", type=int, default=30)
    parser.add_argument("--json", action="store_true", help="one JSON array on standard output")
    options = parser.parse_args()
    console = Console(stderr=True)
    lines = bench(options.database, [int(s) for s in options.sizes.split(",")], options.repeat, console)
    if options.json:
        print(json.dumps(lines))
        return
    table = Table("statements", "what", "median ms", "p95 ms", "ratio", "runs", title=options.database)
    for line in lines:
        table.add_row(*(str(line[k]) for k in ("statements", "what", "median_ms", "p95_ms", "ratio", "runs")))
    Console().print(table)


if __name__ == "__main__":
    main()
