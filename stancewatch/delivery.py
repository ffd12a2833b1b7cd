"""One round of delivery with its row in `runs`, and the feed after it, for the scheduler, `run` and `alerts send`."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from pipelines import ledger
from pipelines.alerts.feed import write_feed
from pipelines.alerts.outbox import Delivered, OnProgress, anything_due, deliver
from pipelines.clock import Clock
from pipelines.config import Config
from pipelines.store.session import Store

log = logging.getLogger(__name__)

DELIVER = "deliver"


class StoppedError(Exception):
    """A piece of work was left between two steps because we were asked to stop."""


@dataclass(slots=True)
class Work:
    """A piece of work under way: what it counted, and why it counts as failed although it came to its end."""

    counts: dict[str, Any] = field(default_factory=dict)
    fault: str | None = None


def deliver_due(
    store: Store, config: Config, clock: Clock, on_progress: OnProgress | None = None
) -> Delivered | None:
    """Send what is due and record it, then write the feed. None if nothing was due: such rounds leave no row.

    Raises StoreError, and what `on_progress` raises, between two alerts.
    """
    done = None
    if anything_due(store, config, clock):
        with recorded(store, DELIVER, clock) as work:
            done = deliver(store, config, clock, on_progress=on_progress)
            work.counts.update(sent=done.sent, deferred=done.deferred, dead=done.dead)
            work.fault = done.fault
    try:
        write_feed(store, config)
    except OSError as error:  # the mail has gone out; the next round tries again
        log.warning("the feed of changes cannot be written: %s", error)
    return done


def delivered_words(done: Delivered | None) -> str:
    """What a round of delivery did, in one line; None is a round with nothing to do."""
    if done is None:
        return "no alert was due"
    words = [f"{done.sent} alert{'' if done.sent == 1 else 's'} sent"]
    if done.deferred:
        words.append(f"{done.deferred} put off (see `stancewatch alerts list --state queued`)")
    if done.dead:
        words.append(f"{done.dead} given up (see `stancewatch alerts list --state dead`)")
    return ", ".join(words) + (f": {done.fault}" if done.fault else "")


@contextmanager
def recorded(store: Store, job: str, clock: Clock) -> Iterator[Work]:
    """A row in `runs` around a piece of work."""
    run_id = ledger.open_run(store, job, clock())
    work = Work()
    try:
        yield work
    except (StoppedError, KeyboardInterrupt) as error:
        ledger.finish_run(store, run_id, "aborted", work.counts, str(error) or "stopped", clock())
        raise
    except BaseException as error:
        ledger.finish_run(store, run_id, "failed", work.counts, str(error) or type(error).__name__, clock())
        raise
    ledger.finish_run(store, run_id, "failed" if work.fault else "ok", work.counts, work.fault, clock())
