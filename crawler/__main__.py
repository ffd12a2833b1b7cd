"""`python -m crawler crawl | check`: all spiders in one process, one run. `stancewatch` starts it as a child.

Exit codes: 0 done (a broken source is no failure), 1 the run failed, 3 another crawl is running,
4 configuration, database or disk cannot be used, 143 stopped by a signal, with everything fetched stored.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import sys
import threading
from collections.abc import Callable
from datetime import datetime
from functools import partial
from types import FrameType
from typing import Any

from pipelines.archive import ArchiveError
from pipelines.clock import Clock, standing, utc_now
from pipelines.config import ConfigError, UnknownSourceError
from pipelines.lock import LockedError
from pipelines.store.session import StoreError

OK, FAILED, LOCKED, UNUSABLE, STOPPED = 0, 1, 3, 4, 143


def main(arguments: list[str] | None = None) -> int:
    """Runs one command; returns its exit code."""
    signal.signal(signal.SIGTERM, _leave)  # until the crawl takes over: leave through every `finally`
    options = _parser().parse_args(arguments)
    try:
        return int(options.command(options))
    except LockedError as error:
        return _refuse(error, LOCKED)
    except (ConfigError, UnknownSourceError, StoreError, ArchiveError, OSError) as error:
        return _refuse(error, UNUSABLE)


def crawl(options: argparse.Namespace) -> int:
    """Fetches the chosen sources once."""
    from crawler import configured, opening  # slow to import; SIGTERM is caught already

    config = configured.config()
    sources = opening.chosen(config, options.source)
    clock: Clock = standing(options.now) if options.now else utc_now
    tell: Callable[..., None] = _tell if options.progress else lambda **_: None
    if options.attached:
        threading.Thread(target=_end_with_parent, daemon=True).start()
    with opening.opened(
        config,
        sources,
        clock,
        lambda run_id: tell(event="start", run=run_id, sources=len(sources)),
        lambda source, facts: tell(event="source", source=source, **facts.as_dict()),
        lambda run_id, state, counts, words: tell(
            event="end", run=run_id, state=state, counts=dict(counts), error=words
        ),
    ) as run:
        crawl_until_done(run)
    if run.error:
        return FAILED
    return STOPPED if run.stopped else OK


def check(options: argparse.Namespace) -> int:
    """Tries the chosen sources without storing anything; one JSON object a source on standard output."""
    from crawler import checking, configured, opening

    config = configured.config()
    with checking.opened(config, opening.chosen(config, options.source)) as examined:
        crawl_until_done(examined.run, log_level="WARNING")
        for finding in examined.findings():
            _tell(**finding)
    return FAILED if examined.run.error else STOPPED if examined.run.stopped else OK


def crawl_until_done(run: Any, log_level: str | None = None) -> None:
    """All spiders that have a source, in this process's reactor, until each is done or a signal comes."""
    from scrapy.crawler import AsyncCrawlerProcess
    from scrapy.settings import Settings

    settings = Settings()
    settings.setmodule("crawler.settings", priority="project")
    if log_level:
        settings.set("LOG_LEVEL", log_level, priority="cmdline")
    process = AsyncCrawlerProcess(settings)
    kinds = sorted({source.kind for source in run.sources})
    for kind in kinds:
        process.crawl(str(kind))
    loop = asyncio.get_event_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, partial(_stop, run))
    if kinds:
        process.start(install_signal_handlers=False)
    if process.bootstrap_failed and run.error is None:
        run.error = RuntimeError("a spider could not be started; the log says why")


def _stop(run: Any) -> None:
    from twisted.internet import reactor  # Scrapy has chosen it by now

    if run.stopped:
        reactor.stop()  # type: ignore[misc]  # asked twice: what is in flight is given up
    else:
        run.stop()


def _leave(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
    raise SystemExit(STOPPED)


def _end_with_parent() -> None:
    """Whoever started us holds our standard input open; if it is killed, so are we. The next run mends what is left."""
    while os.read(0, 1024):
        pass
    os._exit(STOPPED)


def _tell(**facts: Any) -> None:
    """One JSON line on standard output. If whoever followed is gone, the crawl goes on and is stored all the same."""
    try:
        print(json.dumps(facts, ensure_ascii=False), flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _refuse(error: Exception, code: int) -> int:
    print(error, file=sys.stderr)
    return code


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text!r} has no time zone: write {text}Z")
    return moment


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m crawler", description=__doc__)
    commands = parser.add_subparsers(required=True)
    for name, command in (("crawl", crawl), ("check", check)):
        sub = commands.add_parser(name, help=command.__doc__)
        sub.set_defaults(command=command)
        sub.add_argument(
            "--source", action="append", default=[], metavar="ID", help="only this one; may be repeated"
        )
        if name == "crawl":
            sub.add_argument(
                "--now", type=_moment, metavar="TIME", help="pretend that it is this time (ISO 8601)"
            )
            sub.add_argument("--progress", action="store_true", help="JSON lines on standard output")
            sub.add_argument("--attached", action="store_true", help="end at once when standard input ends")
        else:
            sub.add_argument(
                "--json", action="store_true", help="accepted for symmetry; the output is always JSON"
            )
    return parser


if __name__ == "__main__":
    sys.exit(main())
