"""How quickly the desk answers over a million statements, and a queue of ten thousand, beside Datasette over the same file.

    python bench/desk.py [--store FILE.db] [--size 1000000] [--requests 60] [--datasette COMMAND] [--json]

Without --store a SQLite file of --size statements is filled first, as bench/cost.py does (minutes). The file is copied:
nothing is written into yours. Each view is asked for one request after the other, with other parameters each time, drawn
as unevenly as the news is (the hottest pair among them); told are the median and the 95th percentile in ms from the sent
request to the last byte on loopback, so a little more than the server's own time. A decision is the POST of a ruling and
the next proposal's page. --datasette names the command of an installed Datasette (pip install datasette, in an environment
of its own); pages that both have are then told as a ratio. Exit code 1 if a view's p95 is over 200 ms or a decision's
median over 50 ms.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import random
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter
from urllib.parse import quote, urlencode

import sqlalchemy as sa
from rich.console import Console
from rich.table import Table

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from cost import CONTEXT, World
from support.store import config

from extract.knowledge import Authority
from extract.types import digest_of
from pipelines import ledger
from pipelines.store import people, words
from pipelines.store.session import Store, open_store
from review.app import create_app
from review.server import Server

COOKIE = "a-cookie-of-the-bench"
VIEW_MS, DECISION_MS = 200, 50
NOW = datetime(2027, 1, 1, tzinfo=UTC)


@dataclass
class Known:
    """What there is to ask for, drawn from the store."""

    draw: random.Random
    pairs: list[tuple[str, str]] = field(default_factory=list)
    statements: list[str] = field(default_factory=list)
    documents: list[str] = field(default_factory=list)
    changes: list[str] = field(default_factory=list)
    captures: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    page: str = ""

    def pair(self) -> tuple[str, str]:
        """A pair, the hottest most often."""
        return self.pairs[min(int(self.draw.paretovariate(0.5)) - 1, len(self.pairs) - 1)]


def known(store: Store, draw: random.Random) -> Known:
    """Reads what there is."""

    def some(table: str, column: str, n: int = 400) -> list[str]:
        query = f"SELECT {column} FROM {table} WHERE rowid % 997 = 1 LIMIT {n}"
        return [row[0] for row in session.execute(sa.text(query))]

    with store.reading() as session:
        counted = "SELECT company, authority FROM statements GROUP BY 1, 2 ORDER BY count(*) DESC"
        return Known(
            draw,
            [(c, a) for c, a in session.execute(sa.text(counted))],
            some("statements", "id"),
            some("documents", "id"),
            some("changes", "id"),
            some("captures", "id"),
            some("captures", "source"),
            session.execute(sa.text("SELECT document_id FROM versions WHERE n = 5 LIMIT 1")).scalar() or "",
        )


def views(there: Known) -> dict[str, Callable[[], str]]:
    """View → the next address to ask for."""
    draw = there.draw
    company = lambda: there.pair()[0]  # noqa: E731
    at = lambda: f"20{draw.randint(17, 25)}-{draw.randint(1, 12):02d}-01"  # noqa: E731
    return {
        "today": lambda: f"/?since={draw.choice(('24h', '7d'))}",
        "queue": lambda: "/queue",
        "queue of a pair": lambda: "/queue?" + urlencode(dict(zip(("company", "authority"), there.pair(), strict=True))),
        "statement": lambda: f"/statements/{draw.choice(there.statements)}",
        "statement of a page, wordings": lambda: f"/statements/{draw.choice(there.statements)}?show=wording",
        "matrix": lambda: "/matrix",
        "matrix of a company": lambda: f"/matrix?company={company()}",
        "matrix of a stance": lambda: f"/matrix?stance={draw.choice(('refuses', 'complies', 'unable'))}",
        "matrix as of a day": lambda: f"/matrix?as_of={at()}",
        "companies": lambda: "/companies",
        "timeline of a company": lambda: f"/companies/{company()}",
        "explain a pair": lambda: "/pairs/" + "/".join(quote(part) for part in there.pair()),
        "explain the hottest pair": lambda: "/pairs/" + "/".join(quote(part) for part in there.pairs[0]),
        "changes": lambda: "/changes",
        "changes filtered": lambda: f"/changes?company={company()}&severity=major&since={at()}",
        "changes of a stance": lambda: f"/changes?stance={draw.choice(('unable', 'pauses'))}&kind=withdrawn",
        "statements": lambda: "/statements",
        "statements filtered": lambda: f"/statements?company={company()}&stance={draw.choice(('unable', 'pauses'))}&since={at()}",
        "statements of a stance": lambda: f"/statements?stance={draw.choice(('unable', 'pauses'))}&time=past&unsure=both",
        "statements of a source": lambda: f"/statements?source={draw.choice(there.sources)}&company={company()}",
        "statements by ruling": lambda: "/statements?by=bench&unsure=both",
        "change": lambda: f"/changes/{draw.choice(there.changes)}",
        "search, a word in every text": lambda: "/search?q=answered",
        "search, a phrase": lambda: f"/search?q=%22story+{draw.randint(1, 200000)}%22",
        "search, two words": lambda: f"/search?q=company{draw.randint(0, 299)}+outlet{draw.randint(0, 199)}",
        "document": lambda: f"/documents/{draw.choice(there.documents)}",
        "capture": lambda: f"/captures/{draw.choice(there.captures)}",
        "sources": lambda: "/sources",
        "source": lambda: f"/sources/{draw.choice(there.sources)}",
        "runs": lambda: "/runs",
        "holds": lambda: "/holds",
        "subscriptions": lambda: "/subscriptions",
        "users": lambda: "/users",
        "audit": lambda: "/audit",
        "coding": lambda: "/coding",
        "account": lambda: "/account",
        "help": lambda: "/help",
        "API statements": lambda: f"/api/v1/statements?company={company()}",
        "API statements by ruling": lambda: "/api/v1/statements?ruled=accept",
        "API changes": lambda: "/api/v1/changes?kind=stance",
        "API positions": lambda: "/api/v1/positions",
        "API a position as of a day": lambda: "/api/v1/positions/" + "/".join(quote(p) for p in draw.choice(there.pairs)) + f"?as_of={at()}",
        "feed of a company": lambda: f"/feeds/changes.atom?company={company()}",
    }  # fmt: skip


def serve(url: str, ready: multiprocessing.Queue[int]) -> None:
    """The desk, in a process of its own."""
    store, plain = open_store(url), config()
    with store.reading() as session:
        codes = session.scalars(sa.text("SELECT DISTINCT authority FROM statements")).all()
    # Such as no codebook has, so that they are not looked up there: the desk takes only those that config lists.
    named = tuple(Authority.model_construct(code=code, name=f"Authority {code}") for code in codes)
    listing = replace(plain, knowledge=plain.knowledge.model_copy(update={"authorities": named}))
    Server(create_app(store, listing, lambda: NOW), "127.0.0.1", 0, ready.put).run()


class Client:
    """One browser, signed in; keeps its connection."""

    def __init__(self, port: int) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=120)

    def ask(self, method: str, path: str, form: dict[str, str] | None = None) -> tuple[float, int, str, str]:
        """Seconds, status, where it leads, and the body."""
        headers = {"Cookie": f"stancewatch={COOKIE}", "Sec-Fetch-Site": "same-origin"}
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        began = perf_counter()
        self._connection.request(method, path, urlencode(form) if form is not None else None, headers)
        answer = self._connection.getresponse()
        body = answer.read()
        return (
            perf_counter() - began,
            answer.status,
            answer.headers.get("Location", ""),
            body.decode(errors="replace"),
        )


def figures(name: str, seconds: list[float]) -> dict[str, object]:
    """Median and 95th percentile in ms."""
    return {
        "what": name,
        "median_ms": round(median(seconds) * 1000, 1),
        "p95_ms": round(quantiles(seconds, n=20, method="inclusive")[-1] * 1000, 1),
        "requests": len(seconds),
    }


def measure(client: Client, there: Known, requests: int, console: Console) -> Iterator[dict[str, object]]:
    """One line a view."""
    for name, address in views(there).items():
        taken = []
        for n in range(requests + 1):
            path = address()
            seconds, status, _, body = client.ask("GET", path)
            if status == 404 and name == "API a position as of a day":
                continue  # nothing was in force then
            if status != 200:
                console.print(f"[red]{path}: {status}[/] {body[:200]}")
                break
            if n:  # the first compiles its SQL
                taken.append(seconds)
        if len(taken) > 1:
            yield figures(name, taken)


def decide(client: Client, requests: int) -> dict[str, object]:
    """Accept, and look at the next one, as the keys do."""
    taken = []
    _, _, _, body = client.ask("GET", "/queue")
    for n in range(requests + 1):
        statement = body.split('action="/statements/', 1)[1].split("/", 1)[0]
        ruling = ("accept", "accept", "reject")[n % 3]
        first, status, leads, _ = client.ask("POST", f"/statements/{statement}/{ruling}", {"then": "/queue"})
        assert status == 303, status
        second, _, _, body = client.ask("GET", leads)
        if n:
            taken.append(first + second)
    return figures("decision: rule, and the next proposal", taken)


@contextmanager
def datasette(command: str, file: Path) -> Iterator[int]:
    """Datasette over the same file."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = ["--setting", "sql_time_limit_ms", "60000", "--setting", "suggest_facets", "off"]
    process = subprocess.Popen(
        [*shlex.split(command), "serve", str(file), "-p", str(port), *settings],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        for _ in range(240):
            try:
                with socket.create_connection(("127.0.0.1", port), 1):
                    break
            except OSError:
                time.sleep(0.25)  # noqa: TID251  # waits for another program
        yield port
    finally:
        process.terminate()
        process.wait(20)


def beside(port: int, there: Known, requests: int, name: str) -> dict[str, list[float]]:
    """The pages that Datasette has too: view of ours → its seconds."""
    client = Client(port)
    pages: dict[str, Callable[[], str]] = {
        "API statements": lambda: (
            f"/{name}/statements?_sort_desc=first_seen&_size=50&company={there.pair()[0]}"
        ),
        "changes": lambda: f"/{name}/changes?_sort_desc=found&_size=50",
        "changes filtered": lambda: (
            f"/{name}/changes?_sort_desc=found&_size=50&company={there.pair()[0]}&severity=major"
        ),
        "statement": lambda: f"/{name}/statements/{there.draw.choice(there.statements)}",
        "document": lambda: f"/{name}/documents/{there.draw.choice(there.documents)}",
        "API positions": lambda: f"/{name}/positions?_size=50",
    }
    found: dict[str, list[float]] = {}
    for view, address in pages.items():
        taken = [client.ask("GET", address()) for _ in range(requests + 1)]
        if all(status == 200 for _, status, _, _ in taken):
            found[view] = [seconds for seconds, *_ in taken[1:]]
    return found


def fill(file: Path, size: int, console: Console) -> None:
    """A store of so many statements, with all that follows from them."""
    store = open_store(f"sqlite:///{file}", upgrade=True)
    began = perf_counter()
    World(random.Random(1)).fill(store, size)
    with store.writing() as session:
        words.index_all(session.connection())
    ledger.rebuild(store, context=CONTEXT, apply_at=NOW)
    with store.writing() as session:
        session.execute(sa.text("ANALYZE"))
    store.close()
    console.print(f"filled {size:,} statements in {perf_counter() - began:.0f} s")


def main() -> None:
    """Parses, measures, prints."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--store", type=Path)
    parser.add_argument("--size", type=int, default=1_000_000)
    parser.add_argument("--requests", type=int, default=60)
    parser.add_argument("--datasette", default=shutil.which("datasette"))
    parser.add_argument("--json", action="store_true", help="one JSON array on standard output")
    options = parser.parse_args()
    console = Console(stderr=True)
    lines: list[dict[str, object]] = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sw-desk-")))
        file = folder / "stancewatch.db"
        if options.store:
            shutil.copy(options.store, file)
        else:
            fill(file, options.size, console)
        store = open_store(f"sqlite:///{file}", upgrade=True)
        there = known(store, random.Random(7))
        with store.writing() as session:
            people.add_user(session, "bench", people.Role.ADMIN, now=NOW)
            people.begin_session(session, "bench", digest_of(COOKIE), NOW)
        store.close()
        spawn = multiprocessing.get_context("spawn")
        ready = spawn.Queue()
        desk = spawn.Process(target=serve, args=(f"sqlite:///{file}", ready))
        desk.start()
        stack.callback(desk.terminate)
        client = Client(ready.get(timeout=120))
        lines.append(decide(client, options.requests))
        lines += measure(client, there, options.requests, console)
        desk.terminate()
        desk.join()
        if options.datasette:
            with datasette(options.datasette, file) as port:
                for view, taken in beside(port, there, options.requests, file.stem).items():
                    ours = next((line for line in lines if line["what"] == view), None)
                    if ours is None:
                        continue
                    theirs = figures(view, taken)
                    ours["datasette_median_ms"] = theirs["median_ms"]
                    ours["ratio"] = round(float(str(ours["median_ms"])) / float(str(theirs["median_ms"])), 2)
        else:
            console.print("no Datasette here: give --datasette COMMAND to compare")
    slow = [
        line for line in lines
        if (float(str(line["median_ms"])) > DECISION_MS if str(line["what"]).startswith("decision") else float(str(line["p95_ms"])) > VIEW_MS)
    ]  # fmt: skip
    if options.json:
        print(json.dumps(lines))
    else:
        table = Table("view", "median ms", "p95 ms", "Datasette median ms", "ratio")
        for line in lines:
            table.add_row(
                *(
                    str(line.get(k, ""))
                    for k in ("what", "median_ms", "p95_ms", "datasette_median_ms", "ratio")
                )
            )
        Console().print(table)
    for line in slow:
        console.print(f"[red]too slow:[/] {line}")
    sys.exit(1 if slow else 0)


if __name__ == "__main__":
    main()
