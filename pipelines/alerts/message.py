"""A mail as a message that a mail server takes: headers, text part, HTML part. Does not render, send or store.

Every header value is ours or cleaned; `EmailMessage` refuses line breaks in headers besides.
"""

from __future__ import annotations

from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from extract.types import identity_of
from pipelines.alerts.matching import mail_domain_of
from pipelines.alerts.render import Mail
from pipelines.alerts.text import clean


def message_of(
    mail: Mail, *, sender: str, recipient: str, message_id: str, thread: tuple[str, str] | None, now: datetime
) -> EmailMessage:
    """One message to one recipient.

    `thread` is the pair (company, authority) that it belongs to: all mails about a pair refer to one root, which is
    never sent, so that a mail program shows a confirmation or a retraction beside what it is about.
    """
    domain = mail_domain_of(sender)
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = recipient
    message["Subject"] = clean(mail.subject, 200)
    message["Date"] = format_datetime(now)
    message["Message-ID"] = message_id
    if thread is not None:
        root = f"<pair-{identity_of(*thread)[:32]}@{domain}>"
        message["In-Reply-To"] = root
        message["References"] = root
    message["Auto-Submitted"] = "auto-generated"
    message["List-Id"] = f"stancewatch alerts <alerts.{domain}>"
    message.set_content(mail.text)
    message.add_alternative(mail.html, subtype="html")
    return message
