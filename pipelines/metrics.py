"""The watch in figures for Prometheus: read from the database when somebody looks, because crawls are other processes.

    text            for whoever asks now
    write           a file for node_exporter's textfile collector, replaced whole
    samples         the same figures as plain values

Each metric is explained in docs/operating.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from prometheus_client import CollectorRegistry, generate_latest, write_to_textfile
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from extract.types import Outcome
from pipelines.config import Config
from pipelines.findings import HealthFacts, ended
from pipelines.health import CRAWL, HEALTH, OPERATOR, Health, judge, read_facts
from pipelines.store import queries
from pipelines.store.facts import RunFacts
from pipelines.store.session import Session

JOBS = (CRAWL, "deliver", HEALTH, OPERATOR)
_CHANGES = ("provisional", "confirmed", "retracted")
_ALERTS = ("queued", "sending", "sent", "dead", "superseded", "unsubscribed")


@dataclass(frozen=True, slots=True)
class Sample:
    """One figure: a metric's name, its labels, its value."""

    name: str
    labels: Mapping[str, str]
    value: float


def text(session: Session, config: Config, now: datetime, due: datetime | None = None) -> str:
    """All metrics in the text format; `due` as for `health.read_facts`. Raises StoreError."""
    return generate_latest(_registry(session, config, now, due)).decode()


def write(path: Path, session: Session, config: Config, now: datetime, due: datetime | None = None) -> None:
    """Put the text into a file, all at once: a reader sees the old figures or the new. Raises StoreError, OSError."""
    write_to_textfile(str(path), _registry(session, config, now, due))


def samples(session: Session, config: Config, now: datetime, due: datetime | None = None) -> list[Sample]:
    """All metrics as values. Raises StoreError."""
    families = _registry(session, config, now, due).collect()
    return [Sample(s.name, s.labels, s.value) for family in families for s in family.samples]


@dataclass(frozen=True, eq=False)
class _Watch(Collector):
    """Reads everything anew at each look, inside the transaction that it was given."""

    session: Session
    config: Config
    now: datetime
    due: datetime | None

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Every metric, each with all its labels, so that what is zero is there as well."""
        facts = read_facts(self.session, self.config, self.now, self.due)
        judged = judge(facts, self.config)
        finished = {job: _last_finished(self.session, job) for job in JOBS}
        yield from _of_runs(facts, finished)
        yield from _of_sources(facts, finished[CRAWL])
        yield from self._of_results(facts)
        yield from _of_health(judged)

    def _of_results(self, facts: HealthFacts) -> Iterator[GaugeMetricFamily]:
        statements = queries.statement_count(self.session)
        yield _gauge("statements", "Statements stored.", value=statements)
        changes = queries.change_counts(self.session)
        yield _gauge("changes", "Changes stored, by status.", "status", _filled(_CHANGES, changes))
        alerts = _filled(_ALERTS, facts.alerts)
        yield _gauge("alerts", "Alerts in the outbox, by state.", "state", alerts)
        waits = facts.now - facts.oldest_waiting if facts.oldest_waiting else timedelta()
        words = "For how long the oldest alert that is not sent has waited; 0 if none waits."
        yield _gauge("oldest_alert_waiting_seconds", words, value=waits.total_seconds())


def _registry(session: Session, config: Config, now: datetime, due: datetime | None) -> CollectorRegistry:
    registry = CollectorRegistry()
    # One of its own: no figures of this Python process, which is gone a moment later.
    registry.register(_Watch(session, config, now, due))
    return registry


def _of_runs(facts: HealthFacts, finished: Mapping[str, RunFacts | None]) -> Iterator[GaugeMetricFamily]:
    good = facts.last_good
    words = "When the last good crawl of all sources ended, seconds since 1970; 0 if none did."
    at = ended(good).timestamp() if good else 0
    yield _gauge("last_good_crawl_timestamp_seconds", words, value=at)
    ran = {job: run for job, run in finished.items() if run is not None}
    took = {job: (ended(run) - run.started).total_seconds() for job, run in ran.items()}
    yield _gauge("last_run_duration_seconds", "How long the last run of a job took.", "job", took)
    well = {job: float(run.state == "ok") for job, run in ran.items()}
    yield _gauge("last_run_success", "1 if the last run of a job ended well, else 0.", "job", well)
    since = (facts.now - facts.running.started).total_seconds() if facts.running else 0
    yield _gauge(
        "crawl_running_seconds", "For how long a crawl has been under way; 0 if none is.", value=since
    )


def _of_sources(facts: HealthFacts, crawl: RunFacts | None) -> Iterator[GaugeMetricFamily]:
    asked = {s.source: "failing" if s.failures else "ok" for s in facts.sources}
    states = Counter(asked.get(source, "never_asked") for source in facts.enabled)
    words = "Sources that are switched on, by how their last fetch ended."
    yield _gauge("sources", words, "state", _filled(("ok", "failing", "never_asked"), states))
    outcomes: Counter[str] = Counter()
    for source in crawl.sources if crawl else ():
        outcomes.update(source.outcomes)
    words = "Responses of the last crawl that ended, by outcome."
    yield _gauge("last_crawl_captures", words, "outcome", _filled([o.value for o in Outcome], outcomes))


def _of_health(judged: Health) -> Iterator[GaugeMetricFamily]:
    yield _gauge("findings", "What `stancewatch health` finds, by level.", "level", judged.counts())
    waits = any(finding.code == "operator-mail-waiting" for finding in judged.findings)
    yield _gauge("operator_mail_waiting", "1 if our mail to the operator could not be sent.", value=waits)


def _last_finished(session: Session, job: str) -> RunFacts | None:
    """The newest run of a job that is over; at most one is under way."""
    return next((run for run in queries.runs(session, job, 2) if run.state != "running"), None)


def _filled(names: Iterable[str], counts: Mapping[str, int]) -> Mapping[str, float]:
    """Every name with its count, also where it is zero: a series that comes and goes cannot be watched."""
    return dict.fromkeys(names, 0) | dict(counts)


def _gauge(
    name: str,
    words: str,
    label: str | None = None,
    values: Mapping[str, float] | None = None,
    value: float | None = None,
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"stancewatch_{name}", words, labels=[label] if label else None, value=value)
    for of, figure in sorted((values or {}).items()):
        family.add_metric([of], figure)
    return family
