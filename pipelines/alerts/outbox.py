"""Delivery: takes what is due from the outbox, writes the mail, sends it, and notes how it went.

    due          longest due first; what a killed deliverer left claimed is due again when its claim ran out
    | parcel     an alert alone, or all of a recipient's that a digest tells
    | claim      its rows, for a while: two deliverers at once send nothing twice
    | render     from what is stored at the moment of the claim
    | send       one SMTP transaction a recipient, or one message to a channel
    | note       sent only after the server's 250; put off, or given up with the reason

At least once: a crash between the 250 and the note repeats one mail under its old Message-ID, and loses none. So what
a digest tells is fixed when it is first tried: its Message-ID, stored with each of its alerts, is made of them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.errors import HeaderParseError
from email.message import EmailMessage
from email.utils import make_msgid
from html import escape
from typing import Literal, Protocol

from extract.types import identity_of
from pipelines.alerts.channels import DeliveryError, SmtpChannel, limit_s
from pipelines.alerts.digests import digest_times
from pipelines.alerts.matching import mail_domain_of
from pipelines.alerts.message import message_of
from pipelines.alerts.render import Mail, render, render_digest
from pipelines.alerts.text import clean
from pipelines.alerts.tokens import unsubscribe_headers, unsubscribe_link
from pipelines.alerts.view import ChangeView
from pipelines.clock import Clock
from pipelines.config import AlertSettings, Config
from pipelines.settings import CHANNEL
from pipelines.store import outbox, queries, subscriptions
from pipelines.store.outbox import Alert
from pipelines.store.session import Session, Store

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

    `fault` says why not all mail was tried, if the mail server itself was at fault.
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

    A recipient that is refused or put off keeps back nobody else. After a fault of the mail server or of our login no
    other mail is tried: what waits stays as it is, however long that lasts. `on_progress` hears how each alert ended, and why.
    Raises StoreError.
    """
    round_ = _Round(store, config, clock, channel or SmtpChannel(config.settings.smtp))
    counts: dict[Ended, int] = {"sent": 0, "deferred": 0, "dead": 0}
    with store.writing() as session:
        _tidy(session, config, clock())
        waiting = parcels(outbox.due(session, clock()))
    left = 0
    for parcel in waiting:
        if round_.fault is not None and not _chat(parcel[0].recipient):
            left += len(parcel)
            continue
        took = round_.take(parcel)
        if took is None:
            continue
        alerts, ended, why = took
        counts[ended] += len(alerts)
        if on_progress is not None:
            for alert in alerts:
                on_progress(alert, ended, why)
    if round_.fault is not None:
        log.warning("no mail leaves now, %d alerts wait besides the one tried: %s", left, round_.fault)
        counts["deferred"] += left
    return Delivered(**counts, fault=round_.fault)


def anything_due(store: Store, config: Config, clock: Clock) -> bool:
    """Whether a round would have something to send, after what is not to be told any more was taken out. Raises StoreError."""
    with store.writing() as session:
        _tidy(session, config, clock())
        return bool(outbox.due(session, clock()))


def parcels(due: Iterable[Alert]) -> list[list[Alert]]:
    """Due alerts as they go out, in the order of their first: what one text moved of one company is one mail.

    A page that changes its answer to five authorities is one piece of news. Digests gather all that is due.
    """
    found: dict[tuple[object, ...], list[Alert]] = {}
    for alert in due:
        one_text = (alert.company, alert.queued) if alert.deliver == "instant" else ()
        key = (alert.recipient, alert.digest, *(() if alert.digest else one_text), alert.deliver)
        found.setdefault(key, []).append(alert)
    return list(found.values())


@dataclass(slots=True)
class _Round:
    """One round of delivery. A parcel is one alert, those of one text, or those of one digest."""

    store: Store
    config: Config
    clock: Clock
    channel: Channel
    fault: str | None = None

    @property
    def settings(self) -> AlertSettings:
        return self.config.settings.alerts

    def take(self, parcel: list[Alert]) -> tuple[list[Alert], Ended, str] | None:
        """One parcel from claim to end: the alerts that were still to be sent, how they ended, and why."""
        claimed = self._claim(parcel)
        if claimed is None:
            return None
        return claimed.alerts, *self._send(claimed)

    def _send(self, claimed: _Claimed) -> tuple[Ended, str]:
        alerts = claimed.alerts
        recipient = alerts[0].recipient
        if all(recipient != subscriber.recipient for subscriber in self.settings.subscribers):
            return self._give_up(alerts, "no longer a subscriber (alerts.subscribers)")
        try:
            message = self._message(claimed, recipient)
        except Exception as error:  # a mail that cannot be written must not keep back the others
            log.exception("alert %s cannot be written", alerts[0].id)
            return self._put_off(alerts, f"cannot be written: {clean(str(error), 300)} (see the log)")
        try:
            (channel_of(self.config, recipient) if _chat(recipient) else self.channel).send(message)
        except DeliveryError as error:
            return self._not_sent(alerts, error)
        with self.store.writing() as session:
            for alert in alerts:
                outbox.mark_sent(session, alert.id, self.clock())
        return "sent", ""

    def _message(self, claimed: _Claimed, recipient: str) -> EmailMessage:
        # Not to a channel: whoever reads there could end it for all.
        secret = None if _chat(recipient) else self.config.settings.secret
        stop = unsubscribe_link(self.settings, secret, recipient)
        mail = (
            render_digest(claimed.views, claimed.alerts[0].deliver, stop)
            if claimed.gathered
            else render(claimed.views[0], stop)
        )
        headers = unsubscribe_headers(self.settings, secret, recipient)
        return message_of(
            mail, self.settings, recipient, claimed.message_id, self.clock(), claimed.thread, headers
        )

    def _claim(self, parcel: list[Alert]) -> _Claimed | None:
        """The parcel as it is at the moment of the claim; None if nothing of it is ours to send any more."""
        with self.store.writing() as session:
            now = self.clock()
            if parcel[0].recipient.lower() in _unsubscribed(session):
                return None  # the next round takes it out
            alerts = [a for a in parcel if outbox.claim(session, a, now, now + _claim_lasts(self.config))]
            if not alerts:
                return None
            views = [queries.change_view(session, a.change_id, self.config.knowledge) for a in alerts]
            first = alerts[0]
            if first.deliver == "instant" and first.digest is None and len(alerts) == 1:
                return _Claimed(
                    alerts, views, first.message_id, outbox.first_sent(session, first), gathered=False
                )
            digest = first.digest or self._digest_id(alerts)
            outbox.gather(session, alerts, digest)
            return _Claimed(alerts, views, digest, None, gathered=True)

    def _digest_id(self, alerts: Iterable[Alert]) -> str:
        """The Message-ID of a digest of these: the same whenever it tells the same."""
        identity = identity_of("digest", *sorted(alert.id for alert in alerts))
        return f"<{identity[:32]}@{mail_domain_of(self.settings.sender)}>"

    def _not_sent(self, alerts: list[Alert], error: DeliveryError) -> tuple[Ended, str]:
        if error.server:
            self.fault = str(error)
            until = self.clock() + timedelta(minutes=self.settings.retry_minutes[0])
            with self.store.writing() as session:
                for alert in alerts:
                    outbox.release(session, alert, until, str(error))
            return "deferred", str(error)
        if error.permanent:
            return self._give_up(alerts, str(error))
        return self._put_off(alerts, str(error), unsure=error.unsure)

    def _put_off(self, alerts: list[Alert], why: str, *, unsure: bool = False) -> tuple[Ended, str]:
        """A later attempt, each time after a longer wait; given up after `give_up_hours`.

        But not before every wait was tried: while the server was down nobody had an attempt.
        """
        now, waits = self.clock(), self.settings.retry_minutes
        tried = max(alert.attempts for alert in alerts)
        since = max(alert.due for alert in alerts)
        if now - since >= timedelta(hours=self.settings.give_up_hours) and tried >= len(waits):
            return self._give_up(alerts, f"given up after {self.settings.give_up_hours} h: {why}")
        wait = timedelta(minutes=waits[min(tried, len(waits) - 1)])
        with self.store.writing() as session:
            for alert in alerts:
                outbox.requeue(session, alert.id, now + wait, why, maybe_sent=now if unsure else None)
        return "deferred", why

    def _give_up(self, alerts: list[Alert], why: str) -> tuple[Ended, str]:
        with self.store.writing() as session:
            for alert in alerts:
                outbox.mark_dead(session, alert.id, why)
        return "dead", why


@dataclass(frozen=True, slots=True)
class _Claimed:
    """A parcel that is ours: what it tells, under which Message-ID, and the mail that it follows.

    `gathered`: it tells several changes, or did when it was first tried.
    """

    alerts: list[Alert]
    views: list[ChangeView]
    message_id: str
    thread: str | None
    gathered: bool


def _tidy(session: Session, config: Config, now: datetime) -> None:
    """Take out what is not to be told any more, and put right what a clock that was ahead wrote."""
    outbox.supersede(session, now)
    outbox.leave_out(session, _unsubscribed(session), now)
    longest = timedelta(minutes=max(config.settings.alerts.retry_minutes))
    outbox.mend_times(session, now, now + _claim_lasts(config) + longest, digest_times(config.settings))


def _claim_lasts(config: Config) -> timedelta:
    return CLAIM + timedelta(seconds=limit_s(config.settings.smtp))


def _unsubscribed(session: Session) -> set[str]:
    return {one.recipient for one in subscriptions.unsubscribed(session)}


def _chat(recipient: str) -> bool:
    return recipient.startswith(CHANNEL)


def channel_of(config: Config, recipient: str) -> Channel:
    """What takes messages to a recipient: the mail server, or the chat or webhook that it names."""
    if not _chat(recipient):
        return SmtpChannel(config.settings.smtp)
    from pipelines.alerts.chat import ChatChannel  # slow to import, and few use it

    name = recipient.removeprefix(CHANNEL)
    return ChatChannel(name, config.settings.channels.get(name))


def test_message(config: Config, recipient: str, clock: Clock) -> str:
    """Send a trial message, past the outbox; returns what took it, host and port or the channel. Raises DeliveryError."""
    settings, now = config.settings, clock()
    server = recipient if _chat(recipient) else f"{settings.smtp.host}:{settings.smtp.port}"
    words = (
        f"This is a trial. {server} took it from stancewatch on {now:%d %B %Y at %H:%M} UTC, so alerts can reach"
        " this address."
    )
    named = any(subscriber.recipient == recipient for subscriber in settings.alerts.subscribers)
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
    headers = unsubscribe_headers(settings.alerts, settings.secret, recipient) if named else {}
    try:
        message = message_of(mail, settings.alerts, recipient, message_id, now, headers=headers)
    except (ValueError, HeaderParseError) as error:
        raise DeliveryError(f"not a mail address: {clean(recipient, 200)}", permanent=True) from error
    channel_of(config, recipient).send(message)
    return server
