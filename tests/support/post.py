"""A desk whose alerts are delivered to a mailbox: a story in a store, subscribers, and what became of each alert."""

from __future__ import annotations

from email.message import EmailMessage

from support.mailbox import Mailbox
from support.store import Story, config

from pipelines.alerts import outbox as delivery
from pipelines.alerts.channels import SmtpChannel
from pipelines.config import Config, Subscriber
from pipelines.store import outbox

PAUSES = "zoom HK pauses: Zoom stopped handling requests from Hong Kong."
AGAIN = "zoom HK pauses: Hong Kong's police get no data from Zoom any more, a spokesman told us."
COMPLIES = "zoom HK complies: Zoom hands data to Hong Kong's police."


def subscriber(email: str, **more) -> Subscriber:
    return Subscriber(
        email=email, **({"kinds": ("new", "stance", "terms", "withdrawn"), "when": "provisional"} | more)
    )


ANA, BEN, EVA = (subscriber(f"{name}@desk.example") for name in ("ana", "ben", "eva"))


class Post:
    """A story whose alerts are delivered to a mailbox."""

    def __init__(self, store, clock, mailbox: Mailbox, *subscribers: Subscriber) -> None:
        self.store, self.clock, self.mailbox = store, clock, mailbox
        self.config = self.to(mailbox.settings(), *subscribers)
        self.story = Story(store, clock, self.config)

    @staticmethod
    def to(smtp, *subscribers: Subscriber) -> Config:
        plain = config(*subscribers)
        settings = plain.settings.model_copy(update={"smtp": smtp})
        return Config(settings, plain.sources, plain.knowledge)

    def change(self, **parts: object) -> None:
        """Other settings from now on, for queueing too: whole values, or a part's keys as a dict."""
        old = self.config.settings
        update = {
            name: getattr(old, name).model_copy(update=value)
            if isinstance(value, dict) and name != "channels"
            else value
            for name, value in parts.items()
        }
        self.config = Config(old.model_copy(update=update), self.config.sources, self.config.knowledge)
        self.story.configuration = self.config

    def deliver(self, **more) -> tuple[int, int, int]:
        done = delivery.deliver(self.store, self.config, self.clock, **more)
        return done.sent, done.deferred, done.dead

    def states(self) -> dict[str, str]:
        with self.store.reading() as session:
            return {a.recipient.split("@")[0]: a.state for a in outbox.alerts(session)}

    def told(self, who: Subscriber) -> list[str]:
        """What one recipient was told, mail by mail: its plain text, as one line."""
        return [
            " ".join(m.get_body(("plain",)).get_content().split()) for m in self.mailbox.to(str(who.email))
        ]

    def alert(self, who: Subscriber) -> outbox.Alert:
        with self.store.reading() as session:
            (found,) = [a for a in outbox.alerts(session) if a.recipient == who.email]
        return found


class KilledHere(BaseException):
    """Stands for the end of the process."""


class KilledAfterSending:
    """Sends, and then the process is gone."""

    def __init__(self, mailbox: Mailbox) -> None:
        self.channel = SmtpChannel(mailbox.settings())

    def send(self, message: EmailMessage) -> None:
        self.channel.send(message)
        raise KilledHere
