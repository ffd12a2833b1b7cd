"""A rendered mail as a message for one recipient: addresses, identity, thread. Does not render, store or send.

Only what config and we ourselves say stands in a header; the subject alone holds names, and `render` cleaned it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from email.headerregistry import Address, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, Policy
from email.utils import format_datetime
from types import MappingProxyType

from pipelines.alerts.matching import mail_domain_of
from pipelines.alerts.render import Mail
from pipelines.alerts.text import clean
from pipelines.config import AlertSettings
from pipelines.settings import CHANNEL


class _WholeAddresses(UnstructuredHeader):
    """A header whose words are never encoded, however long they are: an address in pieces is none any more."""

    name: str

    def fold(self, *, policy: Policy) -> str:
        """One word a line."""
        return f"{self.name}: " + f"{policy.linesep} ".join(str(self).split()) + policy.linesep


_headers = HeaderRegistry()
_headers.map_to_type("list-unsubscribe", _WholeAddresses)  # type: ignore[arg-type]  # typeshed wants the mixed class
POLICY = SMTP.clone(header_factory=_headers)


def message_of(
    mail: Mail,
    settings: AlertSettings,
    recipient: str,
    message_id: str,
    at: datetime,
    thread: str | None = None,
    headers: Mapping[str, str] = MappingProxyType({}),
) -> EmailMessage:
    """The message as it is sent. `thread` is the Message-ID of the mail that it follows, None for a first one.

    `headers` are further ones, of our own words. To a channel it has no To. Raises ValueError if an address cannot stand in a header.
    """
    message = EmailMessage(policy=POLICY)
    message["From"] = settings.sender
    if not recipient.startswith(CHANNEL):
        message["To"] = _address(settings, recipient)
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(at)
    message["Message-ID"] = message_id
    if thread is not None:
        message["In-Reply-To"] = thread
        message["References"] = thread
    message["List-Id"] = f"stancewatch alerts <{mail_domain_of(settings.sender)}>"
    for name, value in headers.items():
        message[name] = value
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    # Quoted-printable keeps every line short and ASCII: no server on the way re-codes it.
    message.set_content(mail.text, cte="quoted-printable")
    message.add_alternative(mail.html, subtype="html", cte="quoted-printable")
    return message


def _address(settings: AlertSettings, recipient: str) -> Address:
    named = next((s.name for s in settings.subscribers if s.recipient == recipient and s.name), "")
    return Address(display_name=clean(named, 80), addr_spec=recipient)
