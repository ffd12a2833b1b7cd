"""How a finished message leaves for a chat or a webhook: by Apprise. Knows nothing of changes, the outbox or when to try again.

An address there is a secret: neither it nor what the library logs about it is ever shown.
"""

from __future__ import annotations

import logging
import re
from email.message import EmailMessage

import apprise
from pydantic import SecretStr

from pipelines.alerts.channels import DeliveryError
from pipelines.alerts.text import clean

# What most chats take and a reader there wants; a channel that takes less gets less.
BODY_LIMIT = 1800
TITLE_LIMIT = 200
# "Apprise says "… error=503." of a refusal; nothing else of its words is sure to hold no secret.
_REPLY = re.compile(r"error=(\d{3})\b")

_library_log = logging.getLogger("apprise")


def _dropped(record: logging.LogRecord) -> bool:  # noqa: ARG001  # as logging calls it
    return False  # what the library logs names addresses


_library_log.addFilter(_dropped)


class ChatChannel:
    """One chat or webhook, by the name that config gives it."""

    def __init__(self, name: str, url: SecretStr | None) -> None:
        self._name = name
        self._url = url

    def send(self, message: EmailMessage) -> None:
        """Hand over subject and plain text, cut to what the channel takes. Raises DeliveryError, never a permanent one."""
        target = self.target()
        room = target.body_maxlen  # which some services share with the title
        title = clean(str(message["Subject"] or ""), min(TITLE_LIMIT, target.title_maxlen or room // 2))
        part = message.get_body(("plain",))
        body = _cut(part.get_content() if part else "", min(BODY_LIMIT, room - len(title) - 2))
        # Without storage and threads of its own: what is tried again, and when, the outbox says.
        sender = apprise.Apprise(asset=apprise.AppriseAsset(async_mode=False))
        sender.add(target)
        said = _Heard()
        _library_log.filters.insert(0, said)
        try:
            taken = sender.notify(
                body=_unmentioned(body), title=_unmentioned(title), body_format=apprise.NotifyFormat.TEXT
            )
        except Exception as error:  # noqa: BLE001  # a hundred plugins fail in their own ways; their words may hold the address
            raise DeliveryError(f"channel {self._name} broke off: {type(error).__name__}") from None
        finally:
            _library_log.removeFilter(said)
        if not taken:
            why = f"answered {said.reply}" if said.reply else "does not answer, or did not take it"
            raise DeliveryError(f"channel {self._name} ({target.service_name}) {why}")

    def target(self) -> apprise.NotifyBase:
        """Where it leads. Raises DeliveryError if no address is set or Apprise cannot read it."""
        variable = f"STANCEWATCH_CHANNELS__{self._name.upper()}"
        if self._url is None:
            raise DeliveryError(f"channel {self._name} has no address: set {variable}")
        target = apprise.Apprise.instantiate(self._url.get_secret_value(), suppress_exceptions=True)
        if not isinstance(target, apprise.NotifyBase):
            raise DeliveryError(f"channel {self._name}: {variable} is no address that Apprise knows")
        return target


class _Heard(logging.Filter):
    """Listens to the library's log for the reply of the service, before it is dropped."""

    reply: str | None = None

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep the code, and nothing else."""
        if found := _REPLY.search(record.getMessage()):
            self.reply = found[1]
        return True


def _cut(text: str, limit: int) -> str:
    """The beginning of a text, ended at a line, with a word on where the rest is."""
    text = text.strip()
    if len(text) <= limit:
        return text
    more = "\n… (more: `stancewatch alerts list`)"
    if limit < 4 * len(more):  # a text message: every sign counts
        return text[: limit - 1] + "…"
    kept = text[: limit - len(more)]
    return kept[: kept.rfind("\n")].rstrip() + more if "\n" in kept else kept + more


def _unmentioned(text: str) -> str:
    """Scraped words may not call everybody of a chat, nor make links: an unseen mark breaks "@all" and "<!all>"."""
    return re.sub(r"[@<](?=\S)", lambda sign: sign[0] + "\N{WORD JOINER}", text)
