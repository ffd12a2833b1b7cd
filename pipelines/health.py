"""Whether the watch itself is well: are runs made, do sources answer, does mail leave. Reports; repairs and mails nothing.

read_facts      what the store knows of runs, sources and the outbox
judge           pure: facts and settings in, findings in plain words out (`pipelines.findings`)
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pipelines.config import Config
from pipelines.findings import Finding, HealthFacts, Level, ended, findings_of, many
from pipelines.store import outbox, queries
from pipelines.store.facts import RunFacts
from pipelines.store.session import Session

# The jobs as they stand in `runs`; OPERATOR is our own mail to whoever runs this.
CRAWL, HEALTH, OPERATOR = "crawl", "health", "operator"
# Of the runs looked back on: enough to find the last good one among those that failed at every attempt for days.
_RUNS_SEEN = 200
# The past that a source's rhythm is learned from: a year, and the holidays that end it.
_RHYTHM_OF = timedelta(days=400)
# The scheduler reports at least once in this time; with no report since, crawls are made by cron or by hand.
_SCHEDULER_SEEN = timedelta(days=7)
_DAY = timedelta(hours=24)


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

    def counts(self) -> dict[str, int]:
        """How many findings there are of each level."""
        levels = [finding.level for finding in self.findings]
        return {level: levels.count(level) for level in ("critical", "warning", "info")}


def health(session: Session, config: Config, now: datetime, due: datetime | None = None) -> Health:
    """Read and judge in one go; `due` as for `read_facts`. Raises StoreError."""
    return judge(read_facts(session, config, now, due), config)


def read_facts(session: Session, config: Config, now: datetime, due: datetime | None = None) -> HealthFacts:
    """What the store knows, read in one transaction. Raises StoreError.

    `due` is when the schedule last called for a crawl; it counts only where a scheduler has been at work, because
    cron has its own times.
    """
    return replace(
        read_quickly(session, config, now, due),
        sources=tuple(queries.source_health(session, counted=False)),
        news=queries.news(session, now - _RHYTHM_OF),
        changes_of_day=sum(not c.baseline for c in queries.changes(session, now - _DAY, limit=None)),
        alerts=outbox.counts(session),
    )


def read_quickly(session: Session, config: Config, now: datetime, due: datetime | None = None) -> HealthFacts:
    """As `read_facts`, as far as it can be read at every look at a page, however much is stored.

    Left out are what sources used to bring, changes of the day, alerts that are done with. Raises StoreError.
    """
    runs = queries.runs(session, CRAWL, _RUNS_SEEN, sources=False)
    report = queries.last_run(session, HEALTH)
    scheduled = report is not None and now - report.started < _SCHEDULER_SEEN
    return HealthFacts(
        now=now,
        last_good=last_whole(runs, config),
        last=next((run for run in runs if run.state != "running"), None),
        running=next((run for run in runs if run.state == "running"), None),
        begun=next((run.started for run in runs if _whole(run, config)), None),
        due=due if scheduled else None,
        sources=tuple(queries.entry_health(session, {s.id: s.url for s in config.sources})),
        enabled=tuple(source.id for source in config.sources if source.enabled),
        changes_of_day=0,
        alerts=outbox.counts(session, (*outbox.LIVE, "dead")),
        oldest_waiting=outbox.oldest_waiting(session, now),
        mail=queries.last_run(session, OPERATOR),
        held=tuple(queries.holds_to_decide(session)),
    )


def last_whole(runs: Iterable[RunFacts], config: Config) -> RunFacts | None:
    """The newest good crawl of the sources in force, of runs that come newest first."""
    return next((run for run in runs if run.state == "ok" and _whole(run, config)), None)


def _whole(run: RunFacts, config: Config) -> bool:
    """A crawl of a few sources by hand is not the day's crawl. Half of them is enough, because sources come and go."""
    enabled = sum(source.enabled for source in config.sources)
    return bool(2 * run.counts.get("sources", enabled) >= enabled)


def judge(facts: HealthFacts, config: Config) -> Health:
    """What is wrong, and what to do about it."""
    return Health(tuple(findings_of(facts, config)), _alive(facts, config))


def _alive(facts: HealthFacts, config: Config) -> str:
    """The daily line that shows that somebody is watching, also when there is nothing to tell."""
    enabled = set(facts.enabled)
    failing = sum(s.source in enabled and s.failures > 0 for s in facts.sources)
    answering = sum(s.source in enabled and not s.failures for s in facts.sources)
    last = (
        f"last good crawl {ended(facts.last_good):%Y-%m-%d %H:%M} UTC"
        if facts.last_good
        else "no good crawl yet"
    )
    waiting = facts.alerts.get("queued", 0) + facts.alerts.get("sending", 0)
    return (
        f"{last}; {answering} of {many(len(enabled), 'source')} ok, {failing} failing; "
        f"{many(facts.changes_of_day, 'change')} in 24 h; {many(waiting, 'alert')} waiting"
        f" for {many(len(config.settings.alerts.subscribers), 'subscriber')}"
    )
