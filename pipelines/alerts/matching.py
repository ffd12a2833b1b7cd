"""Who is to be told of which change: changes × subscribers → alerts to queue.

Pure. It does not store, render or send; what was already told comes in as a value.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parseaddr

from extract.types import identity_of
from pipelines.alerts.digests import QUICKEST, DigestTimes, digest_times
from pipelines.changes import Change
from pipelines.config import Config, Subscriber
from pipelines.settings import Deliver


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom alerts may go to. `parents` holds every listed company: slug → slug of its parent, or None."""

    subscribers: tuple[Subscriber, ...]
    parents: Mapping[str, str | None]
    domain: str
    times: DigestTimes = DigestTimes()  # noqa: RUF009  # a frozen value


@dataclass(frozen=True, slots=True)
class AlertIntent:
    """One message to queue. `id` and `message_id` are the same whenever the same thing is told to the same recipient.

    `due`: when it is to go out.
    """

    id: str
    change_id: str
    change_status: str
    recipient: str
    message_id: str
    deliver: Deliver
    due: datetime


def audience_of(config: Config) -> Audience:
    """The audience that config describes."""
    return Audience(
        subscribers=config.settings.alerts.subscribers,
        parents={company.id: company.parent for company in config.knowledge.companies},
        domain=mail_domain_of(config.settings.alerts.sender),
        times=digest_times(config.settings),
    )


def mail_domain_of(sender: str) -> str:
    """The domain of Message-IDs and List-Id, from the sender's address."""
    return "stancewatch." + (parseaddr(sender)[1].rpartition("@")[2] or "localhost")


def alerts_for(
    changes: Iterable[Change],
    audience: Audience,
    told: Mapping[str, Collection[str]],
    now: datetime,
    unsubscribed: Collection[str] = (),
) -> list[AlertIntent]:
    """The alerts that these changes call for.

    A retraction goes to whoever was told of the change, whatever their filters say today: `told` maps a change's
    id to the recipients of its earlier alerts. Else baselines and companies that config does not list alert nobody;
    nothing alerts those who `unsubscribed` (recipients in small letters).
    """
    intents: dict[str, AlertIntent] = {}
    for change in changes:
        silent = change.baseline or change.company not in audience.parents
        if silent and change.status != "retracted":
            continue
        for recipient, deliver in _recipients(change, audience, told.get(change.id, ())).items():
            if recipient.lower() not in unsubscribed:
                intent = _intent(change, recipient, deliver, audience, now)
                intents[intent.id] = intent
    return list(intents.values())


def _recipients(change: Change, audience: Audience, told: Collection[str]) -> dict[str, Deliver]:
    """Who is told, and how quickly: who asks twice, by the quicker way."""
    retracted = change.status == "retracted"
    asked: dict[str, Deliver] = dict.fromkeys(sorted(told), "instant") if retracted else {}
    ways: dict[str, set[Deliver]] = {}
    for subscriber in audience.subscribers:
        wants = subscriber.recipient in told if retracted else _wants(subscriber, change, audience.parents)
        if wants:
            ways.setdefault(subscriber.recipient, set()).add(subscriber.deliver)
    return asked | {recipient: min(found, key=QUICKEST.index) for recipient, found in ways.items()}


def _intent(
    change: Change, recipient: str, deliver: Deliver, audience: Audience, now: datetime
) -> AlertIntent:
    alert_id = identity_of(change.id, change.status, recipient)
    message_id = f"<{alert_id[:32]}@{audience.domain}>"
    due = audience.times.due(deliver, now)
    return AlertIntent(alert_id, change.id, change.status, recipient, message_id, deliver, due)


def _wants(subscriber: Subscriber, change: Change, parents: Mapping[str, str | None]) -> bool:
    return (
        _covers(subscriber.companies, change.company, parents)
        and (not subscriber.authorities or change.authority in subscriber.authorities)
        and change.kind in subscriber.kinds
        and (subscriber.severity == "minor" or change.severity == "major")
        and (subscriber.when == "provisional" or change.status == "confirmed")
    )


def followers_of(company: str, authority: str, audience: Audience) -> int:
    """How many subscribers want to hear of a pair, of whatever kind."""
    return sum(
        _covers(one.companies, company, audience.parents)
        and (not one.authorities or authority in one.authorities)
        for one in audience.subscribers
    )


def _covers(wanted: Collection[str], company: str, parents: Mapping[str, str | None]) -> bool:
    """Whether a company is wanted: itself, or a parent at any height."""
    if not wanted:
        return True
    seen: set[str] = set()
    current: str | None = company
    while current is not None and current not in seen:
        if current in wanted:
            return True
        seen.add(current)
        current = parents.get(current)
    return False
