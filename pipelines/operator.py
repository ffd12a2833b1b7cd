"""What whoever runs the watch is told of it: a mail a day, an alarm between two of them, each critical finding once. Pure.

    told_so_far     from the rows that earlier mails left in `runs`: what is told, what is over, what waits
    next_mail       what is to be told now, if anything
    daily_mail, alarm_mail      in words

A row's counts say which mail it was, the critical findings in force at that moment (id → words), those of them that were
told before and have lasted, and the health report that a daily mail was about. A mail that did not get out leaves a
failed row, and that row is written again by each attempt: what waits is always one mail, and it tells how things are
when it leaves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from html import escape
from typing import Any, Literal

from extract.types import identity_of
from pipelines.alerts.render import SUBJECT_LIMIT, Mail
from pipelines.alerts.text import clean, wrap
from pipelines.findings import Finding, HealthFacts, age, ended, many
from pipelines.health import Health
from pipelines.store.facts import RunFacts

# nothing: no mail, but a note that what was told is over, so that it is told again when it comes back.
MailKind = Literal["daily", "alarm", "nothing"]
_NAMED = 12
_FINDINGS_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Told:
    """What the operator knows by the mails so far: finding's id → its words.

    `over` ended since the last daily mail. `report` is the health report that this one was about. `waiting` is the row of
    the mail that did not get out, `after` the newest row but for that one.
    """

    critical: Mapping[str, str] = field(default_factory=dict)
    over: Mapping[str, str] = field(default_factory=dict)
    report: int | None = None
    waiting: RunFacts | None = None
    after: int = 0


@dataclass(frozen=True, slots=True)
class Next:
    """What is to be told now.

    `critical` are those in force: `fresh` nobody was told of, `lasting` was told and never over since. `over` ended since
    the last daily mail.
    """

    kind: MailKind
    fresh: tuple[Finding, ...]
    lasting: tuple[str, ...]
    over: Mapping[str, str]
    report: int | None
    critical: Mapping[str, str]
    after: int

    @property
    def id(self) -> str:
        """The same for every attempt at the same mail, so that one that is sent twice can be told."""
        told = sorted(finding.id for finding in self.fresh)
        return identity_of(self.kind, str(self.report), str(self.after), *told)[:24]

    def counts(self, attempts: int) -> dict[str, Any]:
        """What its row in `runs` keeps."""
        return {
            "mail": self.kind,
            "critical": dict(self.critical),
            "lasting": list(self.lasting),
            "report": self.report,
            "attempts": attempts,
        }


def told_so_far(rows: Sequence[RunFacts]) -> Told:
    """What is known from the rows of earlier mails, which come newest first."""
    done = [row for row in rows if row.state in ("ok", "failed")]
    dailies = (n for n, row in enumerate(done) if row.state == "ok" and row.counts.get("mail") == "daily")
    since_daily = done[: next(dailies, len(done)) + 1]
    known: dict[str, str] = {}
    over: dict[str, str] = {}
    report: int | None = None
    for row in reversed(since_daily):
        critical: Mapping[str, str] = row.counts.get("critical", {})
        lasting = row.counts.get("lasting", critical)
        over |= {name: words for name, words in known.items() if name not in lasting}
        known = {name: words for name, words in known.items() if name in lasting}
        if row.state == "ok" and row.counts.get("mail") != "nothing":
            known = dict(critical)
        if row.state == "ok" and row.counts.get("mail") == "daily":
            report, over = row.counts.get("report"), {}
        over = {name: words for name, words in over.items() if name not in known}
    waiting = done[0] if done and done[0].state == "failed" else None
    after = next((row.id for row in done if row is not waiting), 0)
    return Told(known, over, report, waiting, after)


def next_mail(told: Told, judged: Health, report: int | None) -> Next | None:
    """What is to be told now; None if nothing is. `report` is the newest health report (a run's id), None without one.

    A report that no daily mail was about makes one due. Before the first one there is no alarm: a watch that was set up
    minutes ago has made no crawl yet.
    """
    critical = {f.id: f.words for f in judged.findings if f.level == "critical"}
    fresh = tuple(f for f in judged.findings if f.level == "critical" and f.id not in told.critical)
    lasting = tuple(sorted(critical.keys() & told.critical.keys()))
    ceased = {name: words for name, words in told.critical.items() if name not in critical}
    over = {name: words for name, words in told.over.items() if name not in critical} | ceased
    if report is not None and report != told.report:
        return Next("daily", fresh, lasting, over, report, critical, told.after)
    if fresh and told.report is not None:
        return Next("alarm", fresh, lasting, over, told.report, critical, told.after)
    if ceased or told.waiting is not None:
        return Next("nothing", (), lasting, over, told.report, critical, told.after)
    return None


def due(following: Next, told: Told, now: datetime, retry_minutes: Sequence[int]) -> bool:
    """Whether to try now. A server that is down is tried at every round; an address that is refused, ever more rarely."""
    row = told.waiting
    if row is None or following.kind == "nothing":
        return True
    tried = (row.counts.get("mail"), set(row.counts.get("critical", ())))
    other = tried != (following.kind, set(following.critical))
    refused = int(row.counts.get("attempts", 0))
    if other or not refused:
        return True
    wait = timedelta(minutes=retry_minutes[min(refused, len(retry_minutes)) - 1])
    return not timedelta(0) <= now - ended(row) < wait  # a clock that was set back keeps nothing waiting


def daily_mail(following: Next, facts: HealthFacts, judged: Health) -> Mail:
    """The mail of the day: how the watch is, what to do, what is over."""
    said = "\n\n".join(
        part
        for part in (
            f"The watch on {facts.now:%d %B %Y at %H:%M} UTC: {verdict(judged)}.",
            "\n".join(_figures(facts)),
            _findings("What to look at", judged.findings),
            _over(following.over),
            wrap(
                "This mail comes every day. If it does not, the scheduler or the mail server has stopped: "
                "`stancewatch health` and `stancewatch doctor` say more."
            ),
        )
        if part
    )
    return _mail(f"[stancewatch] the watch: {verdict(judged)}", said)


def alarm_mail(following: Next, facts: HealthFacts) -> Mail:
    """The mail between two daily ones: what is critical and was not told yet."""
    first = following.fresh[0]
    more = f" (and {len(following.fresh) - 1} more)" if len(following.fresh) > 1 else ""
    said = "\n\n".join(
        [
            f"Found on {facts.now:%d %B %Y at %H:%M} UTC.",
            _findings("What to look at", following.fresh),
            wrap("This is told once. The daily mail repeats it while it lasts, and says when it is over."),
        ]
    )
    return _mail(f"[stancewatch] the watch: critical{more}: {first.about}: {first.words}", said)


def verdict(judged: Health) -> str:
    """How the watch is, in a few words: ok, or how many findings of which level."""
    counts = judged.counts()
    words = [f"{counts['critical']} critical"] if counts["critical"] else []
    words += [many(counts["warning"], "warning")] if counts["warning"] else []
    return ", ".join(words) or "ok"


def _figures(facts: HealthFacts) -> Iterator[str]:
    enabled = set(facts.enabled)
    failing = sorted(s.source for s in facts.sources if s.source in enabled and s.failures)
    well = len(enabled & {s.source for s in facts.sources if not s.failures})
    good, alerts = facts.last_good, facts.alerts
    crawl = f"{ended(good):%Y-%m-%d %H:%M} UTC, run {good.id}" if good else "none yet"
    yield f"  last good crawl    {crawl}"
    yield f"  sources ok         {well} of {len(enabled)}"
    yield f"  sources failing    {_named(failing)}"
    yield f"  changes in 24 h    {facts.changes_of_day}"
    waiting = alerts.get("queued", 0) + alerts.get("sending", 0)
    oldest = f", the oldest for {age(facts.now - facts.oldest_waiting)}" if facts.oldest_waiting else ""
    yield f"  alerts waiting     {waiting}{oldest}"
    yield f"  alerts given up    {alerts.get('dead', 0)}"


def _named(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{len(names)}: {', '.join(names[:_NAMED])}{more}" if names else "0"


def _findings(head: str, findings: Sequence[Finding]) -> str:
    if not findings:
        return ""
    lines = [f"{head}:"]
    for finding in findings[:_FINDINGS_SHOWN]:
        lines += ["", f"  {finding.level}: {finding.about}", wrap(clean(finding.words), "    ")]
    if len(findings) > _FINDINGS_SHOWN:
        lines += ["", f"  and {len(findings) - _FINDINGS_SHOWN} more: `stancewatch health`"]
    return "\n".join(lines)


def _over(over: Mapping[str, str]) -> str:
    if not over:
        return ""
    lines = ["Over since the last daily mail:"]
    for name, words in sorted(over.items()):
        lines += ["", f"  over: {name.partition(':')[2]}", wrap(f"it was: {clean(words)}", "    ")]
    return "\n".join(lines)


def _mail(subject: str, text: str) -> Mail:
    html = f'<!DOCTYPE html><html lang="en"><body><pre>{escape(text)}</pre></body></html>'
    return Mail(clean(subject, SUBJECT_LIMIT), text + "\n", html)
