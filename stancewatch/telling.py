"""Tells the operator how the watch is: one round of what `pipelines.operator` finds due, sent and written into `runs`.

Only the scheduler calls it, one round at a time, so nothing here has to be claimed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email.errors import HeaderParseError
from typing import Literal

from pipelines import ledger
from pipelines.alerts.channels import DeliveryError, SmtpChannel
from pipelines.alerts.matching import mail_domain_of
from pipelines.alerts.message import message_of
from pipelines.alerts.render import Mail
from pipelines.alerts.text import clean
from pipelines.clock import Clock
from pipelines.config import Config
from pipelines.health import HEALTH, OPERATOR, judge, read_facts
from pipelines.operator import MailKind, Next, Told, alarm_mail, daily_mail, due, next_mail, told_so_far
from pipelines.store import queries
from pipelines.store.session import Store

_ROWS_SEEN = 200


@dataclass(frozen=True, slots=True)
class Telling:
    """What a round did. `fault` says why the mail did not get out; it waits then."""

    kind: MailKind
    fault: str | None = None


def tell_operator(store: Store, config: Config, clock: Clock, crawl_due: datetime | None) -> Telling | None:
    """Send the operator's mail that is due, if one is, and record it. None if there was nothing to do.

    `crawl_due` as for `read_facts`. Raises StoreError.
    """
    operator = config.settings.health.operator
    if operator is None:
        return None
    now = clock()
    with store.reading() as session:
        facts = read_facts(session, config, now, crawl_due)
        told = told_so_far(queries.runs(session, OPERATOR, _ROWS_SEEN, sources=False))
        reports = queries.runs(session, HEALTH, sources=False)
    judged = judge(facts, config)
    following = next_mail(told, judged, next((run.id for run in reports if run.state == "ok"), None))
    if following is None or not due(following, told, now, config.settings.alerts.retry_minutes):
        return None
    error: DeliveryError | None = None
    if following.kind != "nothing":
        daily = following.kind == "daily"
        mail = daily_mail(following, facts, judged) if daily else alarm_mail(following, facts)
        try:
            _send(mail, following.id, operator, config, now)
        except DeliveryError as refused:
            error = refused
    _record(store, clock, told, following, error)
    return Telling(following.kind, str(error) if error else None)


def _send(mail: Mail, mail_id: str, operator: str, config: Config, now: datetime) -> None:
    """Hand the mail to the server. Raises DeliveryError."""
    settings = config.settings
    message_id = f"<operator-{mail_id}@{mail_domain_of(settings.alerts.sender)}>"
    try:
        message = message_of(mail, settings.alerts, operator, message_id, now)
    except (ValueError, HeaderParseError) as error:
        raise DeliveryError(f"no mail address: {clean(operator, 200)} (health.operator)") from error
    SmtpChannel(settings.smtp).send(message)


def _record(store: Store, clock: Clock, told: Told, following: Next, error: DeliveryError | None) -> None:
    """One row a mail, however many attempts it takes."""
    row = told.waiting
    run_id = row.id if row is not None else ledger.open_run(store, OPERATOR, clock())
    attempts = 0
    if error is not None and not error.server:
        attempts = 1 + (int(row.counts.get("attempts", 0)) if row is not None else 0)
    state: Literal["ok", "failed"] = "failed" if error else "ok"
    ledger.finish_run(
        store, run_id, state, following.counts(attempts), str(error) if error else None, clock()
    )
