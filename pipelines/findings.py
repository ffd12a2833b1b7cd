"""What is wrong with the watch, and what to do about it: from plain facts to findings in words. Pure.

runs        is a crawl made when it is due, does it end, does it end well
sources     do they answer, are they still looked at, do they bring something new as they used to
mail        do alerts leave, is anything held back, and our own mail to the operator
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

from extract.types import SourceKind
from pipelines import rhythm
from pipelines.config import Config, Source
from pipelines.rhythm import News
from pipelines.store.facts import HoldFacts, RunFacts, SourceHealth

Level = Literal["info", "warning", "critical"]
# Each is explained in docs/operating.md. Monitors know them: add, never rename.
Code = Literal[
    "no-crawl", "crawl-overdue", "crawl-failed", "crawl-not-begun", "crawl-overrun", "no-source-answers",
    "source-failing", "source-left-out", "source-silent", "report-overdue", "never-asked", "alerts-given-up",
    "alerts-waiting", "operator-mail-waiting", "texts-held",
]  # fmt: skip
# A crawl opens its run within seconds of its time; half an hour forgives a slow start and a busy machine.
_BEGIN_WITHIN = timedelta(minutes=30)
# An alert that waits longer than this was put off more than once.
_WAITING_LONG = timedelta(hours=6)
# A source that so many crawls in a row left out is told.
_LOOKS_LEFT_OUT = 3
_SOURCES_NAMED = 12
_BRINGS_NEWS = frozenset({SourceKind.FEED, SourceKind.SITEMAP, SourceKind.LISTING})
_REPORTS = frozenset({"transparency-report", "government-requests"})


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to know. `about` is what it concerns (runs, sources, outbox, operator, or a source's id).

    `code` names the kind of finding and stays the same in later versions; `words` say what to do too.
    """

    level: Level
    about: str
    code: Code
    words: str

    @property
    def id(self) -> str:
        """The same as long as it is the same trouble, however its figures move."""
        return f"{self.code}:{self.about}"


@dataclass(frozen=True, slots=True)
class HealthFacts:
    """What is judged. `now` is the moment it was read.

    `last_good`, `last` and `running` are crawls: the newest good one of all sources, the newest that ended, and one that
    has not ended. `begun` is when the newest crawl of all sources began, `due` when one was last due by the schedule; None
    where no scheduler has been at work. `mail` is our newest mail to the operator.
    """

    now: datetime
    last_good: RunFacts | None
    last: RunFacts | None
    sources: tuple[SourceHealth, ...]
    enabled: tuple[str, ...]
    changes_of_day: int
    alerts: Mapping[str, int]
    oldest_waiting: datetime | None
    running: RunFacts | None = None
    begun: datetime | None = None
    due: datetime | None = None
    mail: RunFacts | None = None
    news: Mapping[str, News] = field(default_factory=dict)
    held: tuple[HoldFacts, ...] = ()


def findings_of(facts: HealthFacts, config: Config) -> list[Finding]:
    """All that is worth telling, worst first."""
    found = [*_of_runs(facts, config), *_of_sources(facts, config), *_of_mail(facts, config)]
    return sorted(found, key=lambda finding: ("critical", "warning", "info").index(finding.level))


# --- runs ---


def _of_runs(facts: HealthFacts, config: Config) -> Iterator[Finding]:
    good, last = facts.last_good, facts.last
    overrun = list(_overrun(facts, timedelta(hours=config.settings.health.max_crawl_hours)))
    yield from overrun
    late = list(_no_crawl(facts, config, under_way=facts.running is not None and not overrun))
    yield from late or _not_begun(facts)
    if last is not None and last.state != "ok" and (good is None or last.id > good.id):
        why = f": {last.error.splitlines()[0]}" if last.error else ""
        ending = {"failed": "failed", "aborted": "was stopped before its end"}.get(last.state, last.state)
        yield Finding("warning", "runs", "crawl-failed", f"the last crawl (run {last.id}) {ending}{why}")


def _no_crawl(facts: HealthFacts, config: Config, *, under_way: bool) -> Iterator[Finding]:
    """No good crawl within its time. While one is under way it may be over in minutes: no alarm yet."""
    limit = timedelta(hours=config.settings.health.max_hours_without_run)
    level: Level = "warning" if under_way else "critical"
    good = facts.last_good
    if good is None:
        words = "no crawl has ended well yet: `stancewatch run` makes one, `stancewatch schedule` one a day"
        if under_way:
            words = "no crawl has ended well yet; the first one is under way"
        yield Finding(level, "runs", "no-crawl", words)
        return
    silent = facts.now - ended(good)
    if silent > limit:
        what = "one is under way" if under_way else "is `stancewatch schedule` running?"
        words = (
            f"the last good crawl ended {age(silent)} ago, more than {limit / timedelta(hours=1):g} h "
            f"(health.max_hours_without_run): {what}"
        )
        yield Finding(level, "runs", "crawl-overdue", words)


def _overrun(facts: HealthFacts, limit: timedelta) -> Iterator[Finding]:
    """A crawl that is not over in time, or when the next one is due. One finding, however many times were left out."""
    run = facts.running
    if run is None:
        return
    takes = facts.now - run.started
    left_out = facts.due is not None and facts.due > run.started
    if takes <= limit and not left_out:
        return
    words = (
        f"the crawl of {run.started:%Y-%m-%d %H:%M} UTC (run {run.id}) is still running after {age(takes)}"
    )
    if takes > limit:
        words += f", more than {limit / timedelta(hours=1):g} h (health.max_crawl_hours)"
    if left_out:
        words += f"; the one due at {facts.due:%Y-%m-%d %H:%M} UTC was left out"
    words += (
        ": `stancewatch doctor` says whether its process lives, `stancewatch runs --json` where it is slow"
    )
    yield Finding("warning", "runs", "crawl-overrun", words)


def _not_begun(facts: HealthFacts) -> Iterator[Finding]:
    due = facts.due
    if due is None or facts.running is not None or facts.now - due <= _BEGIN_WITHIN:
        return
    if facts.begun is None or facts.begun < due:
        words = (
            f"no crawl began when it was due, {due:%Y-%m-%d %H:%M} UTC (schedule.crawl): is `stancewatch schedule` "
            "running? Its log says why one could not begin; `stancewatch run` makes one now"
        )
        yield Finding("warning", "runs", "crawl-not-begun", words)


# --- sources ---


def _of_sources(facts: HealthFacts, config: Config) -> Iterator[Finding]:
    limit = config.settings.health.source_failures
    enabled = set(facts.enabled)
    failing = [s for s in facts.sources if s.source in enabled and s.failures >= limit]
    for source in failing:
        last = f"last good {source.last_ok:%Y-%m-%d}" if source.last_ok else "never good yet"
        what = f"{source.outcome or 'no answer'}" + (f", {source.note}" if source.note else "")
        words = f"failed {source.failures} times in a row ({what}; {last}): try `stancewatch sources check {source.source}`"
        yield Finding("warning", source.source, "source-failing", words)
    answering = enabled & {s.source for s in facts.sources if not s.failures}
    if failing and not answering:
        words = "no source answers: is this machine's way to the internet open?"
        yield Finding("critical", "sources", "no-source-answers", words)
    if facts.last_good is not None:
        yield from _never_asked(enabled - {s.source for s in facts.sources})
    named = {source.source for source in failing}
    looked_at = {s.source: s.last_ok for s in facts.sources if s.last_ok and s.source not in named}
    for watched in config.sources:
        last_ok = looked_at.get(watched.id)
        if watched.id in enabled and last_ok is not None:
            yield from _left_out(watched, last_ok, facts, config)
            yield from _silent(watched, last_ok, facts.news.get(watched.id))


def _never_asked(sources: Iterable[str]) -> Iterator[Finding]:
    names = sorted(sources)
    if names:
        more = f" and {len(names) - _SOURCES_NAMED} more" if len(names) > _SOURCES_NAMED else ""
        words = f"never asked by any crawl: {', '.join(names[:_SOURCES_NAMED])}{more}"
        yield Finding("info", "sources", "never-asked", words)


def _left_out(source: Source, last_ok: datetime, facts: HealthFacts, config: Config) -> Iterator[Finding]:
    """Crawls ended well, and did not look at it: a rule of its site, a budget, a fault of ours."""
    expected = _LOOKS_LEFT_OUT * timedelta(hours=config.settings.health.max_hours_without_run)
    good = facts.last_good
    if good is not None and good.started - last_ok > expected:
        words = (
            f"the last good look was on {last_ok:%Y-%m-%d}, {age(good.started - last_ok)} before the last good crawl: "
            f"`stancewatch runs --job crawl --json` says why it is left out, `stancewatch sources check {source.id}` tries it"
        )
        yield Finding("warning", source.id, "source-left-out", words)


def _silent(source: Source, last_ok: datetime, news: News | None) -> Iterator[Finding]:
    """It answers, and brings nothing new. Measured to our last good look: what we did not see is no silence."""
    if news is None:
        return
    quiet = rhythm.silence(news.days, last_ok.astimezone(UTC).date()) if source.kind in _BRINGS_NEWS else None
    if quiet is not None:
        words = (
            f"answers, but has brought nothing new for {quiet.days} days (since {quiet.since}); of the {quiet.gaps} gaps "
            f"before, 19 in 20 were no longer than {many(quiet.usual_days, 'day')}: has it moved? Look at {source.url}"
        )
        yield Finding("warning", source.id, "source-silent", words)
    late = rhythm.overdue(news, last_ok) if source.what in _REPORTS else None
    if late is not None:
        words = (
            f"no new text for {late / timedelta(days=30.4):.0f} months (since {news.newest:%Y-%m-%d}), where a report "
            f"comes every half year: has it moved to another address? Look at {source.url}"
        )
        yield Finding("warning", source.id, "report-overdue", words)


# --- mail ---


def _of_mail(facts: HealthFacts, config: Config) -> Iterator[Finding]:
    if dead := facts.alerts.get("dead", 0):
        words = f"{many(dead, 'alert')} given up: `stancewatch alerts list --state dead` says why"
        yield Finding("critical", "outbox", "alerts-given-up", words)
    waits = facts.now - facts.oldest_waiting if facts.oldest_waiting else timedelta()
    if waits > _WAITING_LONG:
        words = (
            f"{many(facts.alerts.get('queued', 0), 'alert')} waiting, the oldest for {age(waits)}: "
            "`stancewatch alerts list --state queued` says why, `stancewatch doctor` tries the mail server"
        )
        yield Finding("warning", "outbox", "alerts-waiting", words)
    yield from _held(facts)
    mail = facts.mail
    if config.settings.health.operator and mail is not None and mail.state == "failed":
        words = (
            "our own mail to the operator has been waiting since "
            f"{mail.started:%Y-%m-%d %H:%M} UTC: {(mail.error or 'no word why').splitlines()[0]}"
        )
        yield Finding("warning", "operator", "operator-mail-waiting", words)


def _held(facts: HealthFacts) -> Iterator[Finding]:
    """Texts that wait for a look, by source: what they say is told to nobody meanwhile."""
    for source in sorted({held.source for held in facts.held}):
        texts = [held for held in facts.held if held.source == source]
        words = (
            f"{many(len(texts), 'text')} held back, the newest because {texts[0].reason} ({texts[0].url}): "
            "`stancewatch holds list` shows, `holds release` and `holds discard` decide"
        )
        yield Finding("critical", source, "texts-held", words)


# --- words ---


def ended(run: RunFacts) -> datetime:
    """When a run ended; for one under way, when it began."""
    return run.finished or run.started


def age(span: timedelta) -> str:
    """A span in words: hours, from three days on days."""
    hours = span / timedelta(hours=1)
    return f"{hours:.0f} h" if hours < 72 else f"{hours / 24:.0f} days"


def many(n: int, noun: str) -> str:
    """A number of things."""
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"
