"""Delivery: takes what is due from the outbox, writes the mail, sends it, and notes how it went.

    due          longest due first; what a killed deliverer left claimed is due again when its claim ran out
    | claim      one row, for a while: two deliverers at once send nothing twice
    | render     from what is stored at the moment of the claim
    | send       one SMTP transaction a recipient
    | note       sent only after the server's 250; put off, or given up with the reason

At least once: a crash between the 250 and the note repeats one mail under its old Message-ID, and loses none.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from email.errors import HeaderParseError
from email.message import EmailMessage
from email.utils import make_msgid
from html import escape
from typing import Literal, Protocol

from pipelines.alerts.channels import DeliveryError, SmtpChannel, limit_s
from pipelines.alerts.matching import mail_domain_of
from pipelines.alerts.message import message_of
from pipelines.alerts.render import Mail, render
from pipelines.alerts.text import clean
from pipelines.alerts.view import ChangeView
from pipelines.clock import Clock
from pipelines.config import AlertSettings, Config
from pipelines.store import outbox, queries
from pipelines.store.outbox import Alert
from pipelines.store.session import Store

log = logging.getLogger(__name__)

# How long an alert is ours, besides the time that a conversation with the mail server may take.
CLAIM = timedelta(minutes=10)

Ended = Literal["sent", "deferred", "dead"]
OnProgress = Callable[[Alert, Ended, str], None]


class Channel(Protocol):
    """What takes a finished message."""

    def send(self, message: EmailMessage) -> None:
        """Hand it over. Raises DeliveryError."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """What a round did: alerts that the server took, alerts left for a later round, alerts given up.

    `fault` says why the round ended early, if the mail server itself was at fault.
    """

    sent: int = 0
    deferred: int = 0
    dead: int = 0
    fault: str | None = None


def deliver(
    store: Store,
    config: Config,
    clock: Clock,
    channel: Channel | None = None,
    on_progress: OnProgress | None = None,
) -> Delivered:
    """Send every alert that is due, by the mail server of the settings unless another `channel` is given.

    A recipient that is refused or put off keeps back nobody else. A fault of the mail server or of our login ends the
    round: what waits stays as it is, however long that lasts. `on_progress` hears how each alert ended, and why.
    Raises StoreError.
    """
    round_ = _Round(store, config, clock, channel or SmtpChannel(config.settings.smtp))
    counts: dict[Ended, int] = {"sent": 0, "deferred": 0, "dead": 0}
    with store.writing() as session:
        outbox.supersede(session, clock())
        waiting = outbox.due(session, clock())
    for n, alert in enumerate(waiting, start=1):
        ended = round_.take(alert)
        if ended is None:
            continue
        counts[ended[0]] += 1
        if on_progress is not None:
            on_progress(alert, *ended)
        if round_.fault is not None:
            counts["deferred"] += len(waiting) - n
            log.warning("delivery ends here, %d alerts wait: %s", len(waiting) - n + 1, round_.fault)
            break
    return Delivered(**counts, fault=round_.fault)


@dataclass(slots=True)
class _Round:
    """One round of delivery."""

    store: Store
    config: Config
    clock: Clock
    channel: Channel
    fault: str | None = None

    @property
    def settings(self) -> AlertSettings:
        return self.config.settings.alerts

    def take(self, alert: Alert) -> tuple[Ended, str] | None:
        """One alert from claim to end; None if it was not ours to send any more."""
        claimed = self._claim(alert)
        if claimed is None:
            return None
        view, thread = claimed
        if all(alert.recipient != subscriber.email for subscriber in self.settings.subscribers):
            return self._give_up(alert, "no longer a subscriber (alerts.subscribers)")
        try:
            message = message_of(
                render(view), self.settings, alert.recipient, alert.message_id, self.clock(), thread
            )
        except Exception as error:  # a mail that cannot be written must not keep back the others
            log.exception("alert %s cannot be written", alert.id)
            return self._put_off(alert, f"cannot be written: {clean(str(error), 300)} (see the log)")
        try:
            self.channel.send(message)
        except DeliveryError as error:
            return self._not_sent(alert, error)
        with self.store.writing() as session:
            outbox.mark_sent(session, alert.id, self.clock())
        return "sent", ""

    def _claim(self, alert: Alert) -> tuple[ChangeView, str | None] | None:
        """The alert's change as it is at the moment of the claim, and the mail that this one follows."""
        with self.store.writing() as session:
            now = self.clock()
            until = now + CLAIM + timedelta(seconds=limit_s(self.config.settings.smtp))
            if not outbox.claim(session, alert, now, until):
                return None
            view = queries.change_view(session, alert.change_id, self.config.knowledge)
            return view, outbox.first_sent(session, alert)

    def _not_sent(self, alert: Alert, error: DeliveryError) -> tuple[Ended, str]:
        if error.server:
            self.fault = str(error)
            until = self.clock() + timedelta(minutes=self.settings.retry_minutes[0])
            with self.store.writing() as session:
                outbox.release(session, alert, until, str(error))
            return "deferred", str(error)
        if error.permanent:
            return self._give_up(alert, str(error))
        return self._put_off(alert, str(error))

    def _put_off(self, alert: Alert, why: str) -> tuple[Ended, str]:
        """A later attempt, each time after a longer wait; given up after `give_up_hours`."""
        now = self.clock()
        if now - alert.queued >= timedelta(hours=self.settings.give_up_hours):
            return self._give_up(alert, f"given up after {self.settings.give_up_hours} h: {why}")
        with self.store.writing() as session:
            outbox.requeue(session, alert.id, now + self._wait(alert), why)
        return "deferred", why

    def _wait(self, alert: Alert) -> timedelta:
        waits = self.settings.retry_minutes
        return timedelta(minutes=waits[min(alert.attempts, len(waits) - 1)])

    def _give_up(self, alert: Alert, why: str) -> tuple[Ended, str]:
        with self.store.writing() as session:
            outbox.mark_dead(session, alert.id, why)
        return "dead", why


def test_message(config: Config, recipient: str, clock: Clock) -> None:
    """Send a trial mail, past the outbox. Raises DeliveryError."""
    settings, now = config.settings, clock()
    words = (
        f"This is a trial. The mail server {settings.smtp.host}:{settings.smtp.port} took it from stancewatch"
        f" on {now:%d %B %Y at %H:%M} UTC, so alerts can reach this address."
    )
    named = any(subscriber.email == recipient for subscriber in settings.alerts.subscribers)
    subscribed = (
        "It is a subscriber of this stancewatch."
        if named
        else "It is no subscriber yet: alerts.subscribers in stancewatch.yml names who gets alerts."
    )
    mail = Mail(
        "[stancewatch] A trial mail",
        f"{words}\n\n{subscribed}\n",
        f'<!DOCTYPE html><html lang="en"><body><p>{escape(words)}</p><p>{escape(subscribed)}</p></body></html>',
    )
    message_id = make_msgid("trial", mail_domain_of(settings.alerts.sender))
    try:
        message = message_of(mail, settings.alerts, recipient, message_id, now)
    except (ValueError, HeaderParseError) as error:
        raise DeliveryError(f"not a mail address: {clean(recipient, 200)}", permanent=True) from error
    SmtpChannel(settings.smtp).send(message)
