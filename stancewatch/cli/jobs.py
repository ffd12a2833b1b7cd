"""`run`, `schedule`, `demo`, `runs`: one cycle now, a cycle a day, the cycle shown, and the record of them."""

from __future__ import annotations

import json
import logging
import signal
import sys
import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stancewatch.cli import show
from stancewatch.cli.setup import BAD_NEWS, BUSY, UNUSABLE, Setup, UsageError, command

if TYPE_CHECKING:
    from pipelines.alerts.outbox import Delivered
    from pipelines.config import Config
    from pipelines.store.facts import RunFacts
    from stancewatch.crawl import CrawlResult

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
STOPPED = 128 + signal.SIGTERM


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    command(app, "run", "stancewatch run\nstancewatch run bbc-tech apple-legal --json")(run)
    command(app, "schedule", "stancewatch schedule\nstancewatch --config my-config schedule")(schedule)
    command(app, "runs", "stancewatch runs --job crawl\nstancewatch runs --json")(runs)


def run(
    context: typer.Context,
    sources: Annotated[
        list[str] | None, typer.Argument(metavar="SOURCE", help="Ids from sources.yml; none: all.")
    ] = None,
    log: Annotated[bool, typer.Option("--log", help="Show the crawler's log as well.")] = False,
    as_json: AsJson = False,
) -> None:
    """One cycle now: fetch, read, find changes, mail.

    Every page is archived before it is read. Makes the database if there is none.
    """
    from stancewatch.cli.progress import CrawlDisplay
    from stancewatch.crawl import run_crawl

    setup: Setup = context.obj
    config = setup.config()
    for source_id in sources or ():
        config.source(source_id)
    with setup.store(config, upgrade=True):
        pass
    with CrawlDisplay(log=log) as display:
        result = run_crawl(setup.overlay, sources or (), on_progress=display.take, on_log=display.take_log)
    _tell_sources(result, as_json=as_json)
    if result.state in ("busy", "unusable", "aborted"):
        _tell_end(result, None, as_json=as_json)
        raise typer.Exit({"busy": BUSY, "unusable": UNUSABLE}.get(result.state, STOPPED))
    delivered = _deliver(setup, config)
    _tell_end(result, delivered, as_json=as_json)
    if result.state != "ok":
        raise typer.Exit(BAD_NEWS)


def schedule(context: typer.Context) -> None:
    """Run the daily jobs in the foreground.

    Crawl, deliver and health, at the times of `schedule` in stancewatch.yml, until SIGTERM or Ctrl-C. A crawl that was missed while nothing was running is made up once at the start. Exit code 0 after SIGTERM, 3 if
    another scheduler is running.
    """
    from stancewatch.schedule import run_schedule
    from stancewatch.triggers import CronError

    formatter = logging.Formatter("%(asctime)s UTC %(message)s", "%Y-%m-%d %H:%M:%S")
    formatter.converter = time.gmtime
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    for library in ("apscheduler", "alembic"):
        logging.getLogger(library).setLevel(logging.ERROR)
    setup: Setup = context.obj
    try:
        run_schedule(setup.overlay)
    except CronError as error:
        raise UsageError(f"schedule: {error}") from error


def runs(
    context: typer.Context,
    job: Annotated[
        str | None, typer.Option("--job", help="Only of this job: crawl, deliver, health, operator.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Most rows shown, the newest first.")] = 20,
    as_json: AsJson = False,
) -> None:
    """What ran when, and how it ended.

    With --json also source by source.
    """
    from pipelines.store import queries

    setup: Setup = context.obj
    config = setup.config()
    with setup.reading(config) as session:
        found = queries.runs(session, job, limit)
    if as_json:
        for one in found:
            show.line(one)
        return
    show.table(
        ["run", "job", "started (UTC)", "took", "state", "counts", "error"],
        [[r.id, r.job, r.started, _took(r), r.state, _counts(r.counts), _first_line(r.error)] for r in found],
        whole=["run", "job"],
    )
    if not found:
        show.say("nothing ran yet" + (f" of job {job}" if job else ""))


def _deliver(setup: Setup, config: Config) -> Delivered | None:
    """Send what is due; the mail server's troubles are told and leave the cycle's answer as it is."""
    from pipelines.clock import utc_now
    from stancewatch.delivery import deliver_due

    with setup.store(config) as store:
        return deliver_due(store, config, utc_now)


def _tell_sources(result: CrawlResult, *, as_json: bool) -> None:
    if as_json:
        for facts in result.sources.values():
            show.line(facts)
        return
    names = ("source", "state", "requests", "captures", "statements", "errors", "note")
    rows = [[facts.get(name) for name in names] for facts in result.sources.values()]
    if rows:
        show.table(names, rows, whole=["source"])


def _tell_end(result: CrawlResult, delivered: Delivered | None, *, as_json: bool) -> None:
    from stancewatch.delivery import delivered_words

    for words in result.error.splitlines() if result.state != "ok" else ():
        show.complain(words)
    if as_json:
        sent = show.plain(delivered) or {"sent": 0, "deferred": 0, "dead": 0, "fault": None}
        show.line({"run": result.run, "state": result.state, "counts": result.counts, "alerts": sent})
        return
    if result.run is not None:
        show.say(f"run {result.run} {result.state}: {_counts(result.counts) or 'nothing was counted'}")
    if result.state in ("ok", "failed"):  # otherwise nothing was sent because nobody looked
        show.say(show.quote(delivered_words(delivered)))


def _counts(counts: Any) -> str:
    flat = {
        k: v if isinstance(v, int | float | str) else json.dumps(v, ensure_ascii=False)
        for k, v in counts.items()
    }
    return ", ".join(f"{value} {name}" for name, value in flat.items())


def _took(run: RunFacts) -> str | None:
    if run.finished is None:
        return None
    seconds = int((run.finished - run.started).total_seconds())
    return f"{seconds // 60}:{seconds % 60:02d}"


def _first_line(text: str | None) -> str | None:
    return text.splitlines()[0] if text else None
