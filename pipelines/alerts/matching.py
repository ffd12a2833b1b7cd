"""Who is to be told of which change: changes × subscribers → alerts to queue.

Pure. It does not store, render or send; what was already told comes in as a value.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from email.utils import parseaddr

from extract.types import identity_of
from pipelines.changes import Change
from pipelines.config import Config, Subscriber


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom alerts may go to. `parents` holds every listed company: slug → slug of its parent, or None."""

    subscribers: tuple[Subscriber, ...]
    parents: Mapping[str, str | None]
    domain: str


@dataclass(frozen=True, slots=True)
class AlertIntent:
    """One message to queue. `id` and `message_id` are the same whenever the same thing is told to the same recipient."""

    id: str
    change_id: str
    change_status: str
    recipient: str
    message_id: str


def audience_of(config: Config) -> Audience:
    """The audience that config describes."""
    return Audience(
        subscribers=config.settings.alerts.subscribers,
        parents={company.id: company.parent for company in config.knowledge.companies},
        domain=mail_domain_of(config.settings.alerts.sender),
    )


def mail_domain_of(sender: str) -> str:
    """The domain of Message-IDs and List-Id, from the sender's address."""
    return "stancewatch." + (parseaddr(sender)[1].rpartition("@")[2] or "localhost")


def alerts_for(
    changes: Iterable[Change], audience: Audience, told: Mapping[str, Collection[str]]
) -> list[AlertIntent]:
    """The alerts that these changes call for.

    A retraction goes to whoever was told of the change, whatever their filters say today: `told` maps a change's
    id to the recipients of its earlier alerts. Baselines and companies that config does not list alert nobody.
    """
    intents: dict[str, AlertIntent] = {}
    for change in changes:
        if change.baseline or change.company not in audience.parents:
            continue
        for recipient in _recipients(change, audience, told.get(change.id, ())):
            intent = _intent(change, recipient, audience.domain)
            intents[intent.id] = intent
    return list(intents.values())


def _recipients(change: Change, audience: Audience, told: Collection[str]) -> list[str]:
    if change.status == "retracted":
        return sorted(told)
    return [s.email for s in audience.subscribers if _wants(s, change, audience.parents)]


def _intent(change: Change, recipient: str, domain: str) -> AlertIntent:
    alert_id = identity_of(change.id, change.status, recipient)
    return AlertIntent(alert_id, change.id, change.status, recipient, f"<{alert_id[:32]}@{domain}>")


def _wants(subscriber: Subscriber, change: Change, parents: Mapping[str, str | None]) -> bool:
    return (
        _covers(subscriber.companies, change.company, parents)
        and (not subscriber.authorities or change.authority in subscriber.authorities)
        and change.kind in subscriber.kinds
        and (subscriber.severity == "minor" or change.severity == "major")
        and (subscriber.when == "provisional" or change.status == "confirmed")
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
