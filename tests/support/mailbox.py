"""A real mail server on loopback that keeps what it gets, and can be made to behave as mail servers do on bad days."""

from __future__ import annotations

import asyncio
import socket
import threading
import warnings
from collections import Counter
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from pipelines.settings import SmtpSettings


@dataclass
class Behaviour:
    """How the server answers; changed at any time, it holds from the next command on.

    `rcpt`: address → replies to RCPT, one after the other, then 250. `data`: replies to DATA, the same way.
    `mail`: the reply to every MAIL. `close_after_data`: takes the message, then breaks off before it says so.
    `hold`: the message is taken once it is set; `asked` says that one has come that far.
    """

    rcpt: dict[str, list[str]] = field(default_factory=dict)
    data: list[str] = field(default_factory=list)
    mail: str | None = None
    close_after_data: bool = False
    hold: threading.Event | None = None
    asked: threading.Event = field(default_factory=threading.Event)


class Mailbox:
    """A context manager: a mail server on a free port of 127.0.0.1. `login` demands this (user, password).

    `messages` are those accepted, parsed; `raw` their bytes; `attempts` counts RCPT commands by address.
    """

    def __init__(self, *, login: tuple[str, str] | None = None) -> None:
        self.behaviour = Behaviour()
        self.messages: list[EmailMessage] = []
        self.raw: list[bytes] = []
        self.recipients: list[tuple[str, ...]] = []
        self.attempts: Counter[str] = Counter()
        self._login = login
        self.port = free_port()
        self._controller = _Controller(self, hostname="127.0.0.1", port=self.port, **self._auth())

    def settings(self, **more: object) -> SmtpSettings:
        """Settings that lead here."""
        return SmtpSettings.model_validate({"host": "127.0.0.1", "port": self.port, "timeout_s": 5.0, **more})

    def to(self, address: str) -> list[EmailMessage]:
        """What one address got."""
        return [m for m, who in zip(self.messages, self.recipients, strict=True) if who == (address,)]

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()

    def _auth(self) -> dict[str, object]:
        if self._login is None:
            return {}
        return {"authenticator": self._authenticate, "auth_required": True, "auth_require_tls": False}

    def _authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object
    ) -> AuthResult:
        given = (data.login.decode(), data.password.decode()) if isinstance(data, LoginPassword) else None
        return AuthResult(success=given == self._login, handled=False)

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's hook
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.behaviour.mail:
            return self.behaviour.mail
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's hook
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.attempts[address] += 1
        if replies := self.behaviour.rcpt.get(address):
            return replies.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.behaviour.asked.set()
        if self.behaviour.hold is not None:
            await asyncio.to_thread(self.behaviour.hold.wait, 60)
        if self.behaviour.data:
            return self.behaviour.data.pop(0)
        content = envelope.content
        assert isinstance(content, bytes)
        self.raw.append(content)
        self.recipients.append(tuple(envelope.rcpt_tos))
        self.messages.append(message_from_bytes(content, policy=policy.default))
        if self.behaviour.close_after_data:
            assert server.transport is not None
            server.transport.abort()
            await asyncio.sleep(0)
        return "250 kept"


class _Controller(Controller):
    """One that speaks of no greeting delays and of its own name, whatever this machine is called."""

    def factory(self) -> SMTP:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Requiring AUTH while not requiring TLS")  # it is loopback
            return SMTP(self.handler, hostname="mail.test", **self.SMTP_kwargs)


def free_port() -> int:
    """A port where nobody listens now."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])
