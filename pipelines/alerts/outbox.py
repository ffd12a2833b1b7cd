"""Delivery: reads the outbox, sends each alert that is due, and marks it. At least once, never silently not.

    supersede    what no longer holds is not told
    | claim      ours until a time; a deliverer that is killed lets it go again, with the same Message-ID
    | send       one conversation a recipient
    | mark       sent only after the server took it; put off on 4xx, dead on 5xx

Decides nothing about whom to tell (matching) and how it reads (render).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Protocol

from pipelines.alerts.channels import DeliveryError, SmtpChannel
from pipelines.alerts.matching import mail_domain_of
from pipelines.alerts.message import message_of
from pipelines.alerts.render import Mail, render
from pipelines.clock import Clock
from pipelines.config import AlertSettings, Config
from pipelines.store import outbox, queries
from pipelines.store.outbox import Alert
from pipelines.store.session import Store

# Beyond the time that one message may take: rendering it and marking the row.
_MARGIN_S = 60.0


class Channel(Protocol):
    """What takes a finished message; `limit_s` is how long one may take altogether."""

    @property
    def limit_s(self) -> float:
        """Seconds that one message may take."""

    def send(self, message: EmailMessage) -> None:
        """Hand over one message. Raises DeliveryError."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """What a round did: alerts the server took, alerts put off to a later round, alerts given up."""

    sent: int = 0
    deferred: int = 0
    dead: int = 0


def deliver(
    store: Store,
    config: Config,
    clock: Clock,
    channel: Channel | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> Delivered:
    """Send every alert that is due; safe to run twice at once. `on_progress` is told (done, all).

    A recipient's trouble delays nobody else. A server's trouble (no answer, no login) ends the round: the alerts
    that were not tried stay due. Raises StoreError if the outbox cannot be read or written.
    """
    channel = channel or SmtpChannel(config.settings.smtp)
    with store.writing() as session:
        outbox.supersede(session, clock())
        due = outbox.due(session, clock())
    sent = deferred = dead = 0
    for n, alert in enumerate(due, start=1):
        if not _claim(store, alert, clock(), channel):
            continue
        try:
            channel.send(_message(store, config, alert, clock()))
        except DeliveryError as error:
            gave_up = _put_off(store, config.settings.alerts, alert, error, clock())
            dead, deferred = dead + gave_up, deferred + (not gave_up)
            if error.server:
                deferred += len(due) - n
                break
        else:
            with store.writing() as session:
                outbox.mark_sent(session, alert.id, clock())
            sent += 1
        if on_progress is not None:
            on_progress(n, len(due))
    return Delivered(sent, deferred, dead)


def test_message(config: Config, recipient: str, clock: Clock) -> None:
    """Send a trial mail to one address. Raises DeliveryError with the reason if the server does not take it."""
    sender = config.settings.alerts.sender
    words = "This is a trial mail of stancewatch: alerts of changes will reach you at this address."
    now = clock()
    message_id = f"<trial-{now:%Y%m%d%H%M%S%f}@{mail_domain_of(sender)}>"
    mail = Mail("[stancewatch] Trial mail", f"{words}\n", f"<!DOCTYPE html><p>{words}</p>")
    message = message_of(
        mail, sender=sender, recipient=recipient, message_id=message_id, thread=None, now=now
    )
    SmtpChannel(config.settings.smtp).send(message)


def _claim(store: Store, alert: Alert, now: datetime, channel: Channel) -> bool:
    until = now + timedelta(seconds=channel.limit_s + _MARGIN_S)
    with store.writing() as session:
        return outbox.claim(session, alert, now, until)


def _message(store: Store, config: Config, alert: Alert, now: datetime) -> EmailMessage:
    with store.reading() as session:
        view = queries.change_view(session, alert.change_id, config.knowledge)
    return message_of(
        render(view),
        sender=config.settings.alerts.sender,
        recipient=alert.recipient,
        message_id=alert.message_id,
        thread=(alert.company, alert.authority),
        now=now,
    )


def _put_off(
    store: Store, settings: AlertSettings, alert: Alert, error: DeliveryError, now: datetime
) -> bool:
    """Back into the queue, later each time; whether it was given up instead.

    Nothing is given up for the server's sake: however long it is down, what was queued goes out when it is back.
    """
    waited = now - alert.queued
    give_up = error.permanent or (not error.server and waited >= timedelta(hours=settings.give_up_hours))
    with store.writing() as session:
        if give_up:
            outbox.mark_dead(session, alert.id, str(error))
        else:
            minutes = settings.retry_minutes[min(alert.attempts, len(settings.retry_minutes) - 1)]
            outbox.requeue(session, alert.id, now + timedelta(minutes=minutes), str(error))
    return give_up
