"""Whether the watch itself is well: are runs made, do sources answer, does mail leave. Reports; repairs and mails nothing.

read_facts      what the store knows of runs, sources and the outbox
judge           pure: facts and settings in, findings in plain words out
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from pipelines.config import Config
from pipelines.store import outbox, queries
from pipelines.store.facts import RunFacts, SourceHealth
from pipelines.store.session import Session

Level = Literal["info", "warning", "critical"]
CRAWL = "crawl"
# Of the runs looked back on: enough to find the last good one among those that failed at every attempt for days.
_RUNS_SEEN = 200
# An alert that waits longer than this was put off more than once.
_WAITING_LONG = timedelta(hours=6)
_SOURCES_NAMED = 12
_DAY = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to know. `about` is what it concerns (runs, outbox, or a source's id); `words` say what to do too."""

    level: Level
    about: str
    words: str


@dataclass(frozen=True, slots=True)
class HealthFacts:
    """What is judged. `now` is the moment it was read."""

    now: datetime
    last_good: RunFacts | None
    last: RunFacts | None
    sources: tuple[SourceHealth, ...]
    enabled: tuple[str, ...]
    changes_of_day: int
    alerts: Mapping[str, int]
    oldest_waiting: datetime | None


@dataclass(frozen=True, slots=True)
class Health:
    """The judgement, worst finding first, and one line that says that the watch is alive."""

    findings: tuple[Finding, ...]
    alive: str

    @property
    def level(self) -> Level:
        """The worst of the findings."""
        levels = {finding.level for finding in self.findings}
        return "critical" if "critical" in levels else "warning" if "warning" in levels else "info"

    @property
    def ok(self) -> bool:
        """Nothing is worse than information."""
        return self.level == "info"


def health(session: Session, config: Config, now: datetime) -> Health:
    """Read and judge in one go. Raises StoreError."""
    return judge(read_facts(session, config, now), config)


def read_facts(session: Session, config: Config, now: datetime) -> HealthFacts:
    """What the store knows, read in one transaction. Raises StoreError."""
    runs = queries.runs(session, CRAWL, _RUNS_SEEN)
    waiting = outbox.alerts(session, "queued", limit=10_000)
    return HealthFacts(
        now=now,
        last_good=last_whole(runs, config),
        last=next((run for run in runs if run.state != "running"), None),
        sources=tuple(queries.source_health(session)),
        enabled=tuple(source.id for source in config.sources if source.enabled),
        changes_of_day=sum(not c.baseline for c in queries.changes(session, now - _DAY, limit=None)),
        alerts=outbox.counts(session),
        oldest_waiting=min((alert.due for alert in waiting if alert.due <= now), default=None),
    )


def last_whole(runs: Iterable[RunFacts], config: Config) -> RunFacts | None:
    """The newest good crawl of the sources in force, of runs that come newest first.

    A crawl of a few sources by hand is not the day's crawl. Half of them is enough, because sources come and go.
    """
    enabled = sum(source.enabled for source in config.sources)
    return next(
        (r for r in runs if r.state == "ok" and 2 * r.counts.get("sources", enabled) >= enabled), None
    )


def judge(facts: HealthFacts, config: Config) -> Health:
    """What is wrong, and what to do about it."""
    found = [*_of_runs(facts, config), *_of_sources(facts, config), *_of_outbox(facts)]
    found.sort(key=lambda finding: ("critical", "warning", "info").index(finding.level))
    return Health(tuple(found), _alive(facts, config))


def _of_runs(facts: HealthFacts, config: Config) -> Iterator[Finding]:
    limit = timedelta(hours=config.settings.health.max_hours_without_run)
    good, last = facts.last_good, facts.last
    if good is None:
        words = "no crawl has ended well yet: `stancewatch run` makes one, `stancewatch schedule` one a day"
        yield Finding("critical", "runs", words)
    elif facts.now - _ended(good) > limit:
        words = (
            f"the last good crawl ended {_age(facts.now - _ended(good))} ago, more than {limit / timedelta(hours=1):g} h "
            "(health.max_hours_without_run): is `stancewatch schedule` running?"
        )
        yield Finding("critical", "runs", words)
    if last is not None and last.state != "ok" and (good is None or last.id > good.id):
        why = f": {last.error.splitlines()[0]}" if last.error else ""
        yield Finding("warning", "runs", f"the last crawl (run {last.id}) {_ending(last.state)}{why}")


def _of_sources(facts: HealthFacts, config: Config) -> Iterator[Finding]:
    limit = config.settings.health.source_failures
    enabled = set(facts.enabled)
    failing = [s for s in facts.sources if s.source in enabled and s.failures >= limit]
    for source in failing:
        last = f"last good {source.last_ok:%Y-%m-%d}" if source.last_ok else "never good yet"
        what = f"{source.outcome or 'no answer'}" + (f", {source.note}" if source.note else "")
        words = f"failed {source.failures} times in a row ({what}; {last}): try `stancewatch sources check {source.source}`"
        yield Finding("warning", source.source, words)
    answering = enabled & {s.source for s in facts.sources if not s.failures}
    if failing and not answering:
        yield Finding("critical", "sources", "no source answers: is this machine's way to the internet open?")
    if facts.last_good is not None:
        yield from _silent(enabled - {s.source for s in facts.sources})


def _silent(sources: Iterable[str]) -> Iterator[Finding]:
    names = sorted(sources)
    if names:
        more = f" and {len(names) - _SOURCES_NAMED} more" if len(names) > _SOURCES_NAMED else ""
        words = f"never asked by any crawl: {', '.join(names[:_SOURCES_NAMED])}{more}"
        yield Finding("info", "sources", words)


def _of_outbox(facts: HealthFacts) -> Iterator[Finding]:
    if dead := facts.alerts.get("dead", 0):
        words = f"{_many(dead, 'alert')} given up: `stancewatch alerts list --state dead` says why"
        yield Finding("critical", "outbox", words)
    waits = facts.now - facts.oldest_waiting if facts.oldest_waiting else timedelta()
    if waits > _WAITING_LONG:
        words = (
            f"{_many(facts.alerts.get('queued', 0), 'alert')} waiting, the oldest for {_age(waits)}: "
            "`stancewatch alerts list --state queued` says why, `stancewatch doctor` tries the mail server"
        )
        yield Finding("warning", "outbox", words)


def _alive(facts: HealthFacts, config: Config) -> str:
    """The daily line that shows that somebody is watching, also when there is nothing to tell."""
    enabled = set(facts.enabled)
    failing = sum(s.source in enabled and s.failures > 0 for s in facts.sources)
    answering = sum(s.source in enabled and not s.failures for s in facts.sources)
    last = (
        f"last good crawl {_ended(facts.last_good):%Y-%m-%d %H:%M} UTC"
        if facts.last_good
        else "no good crawl yet"
    )
    waiting = facts.alerts.get("queued", 0) + facts.alerts.get("sending", 0)
    return (
        f"{last}; {answering} of {_many(len(enabled), 'source')} ok, {failing} failing; "
        f"{_many(facts.changes_of_day, 'change')} in 24 h; {_many(waiting, 'alert')} waiting"
        f" for {_many(len(config.settings.alerts.subscribers), 'subscriber')}"
    )


def _ended(run: RunFacts) -> datetime:
    return run.finished or run.started


def _ending(state: str) -> str:
    return {"failed": "failed", "aborted": "was stopped before its end"}.get(state, state)


def _age(age: timedelta) -> str:
    hours = age / timedelta(hours=1)
    return f"{hours:.0f} h" if hours < 72 else f"{hours / 24:.0f} days"


def _many(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"
