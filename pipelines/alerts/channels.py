"""How a finished message leaves: by SMTP. Knows nothing of changes, the outbox or when to try again.

smtplib's timeout counts from the last byte, so a server that drips holds a conversation for ever: each one
has a limit in wall-clock time as well.
"""

from __future__ import annotations

import contextlib
import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any, NoReturn

from pipelines.alerts.text import clean
from pipelines.config import SmtpSettings

# Replies that speak of our login (RFC 4954) or of a server that closes (421, RFC 5321), wherever in the conversation
# they come: nothing is wrong with the message.
SERVER_CODES = frozenset({421, 454, 530, 534, 535, 538})


class DeliveryError(Exception):
    """A message was not delivered; str() says why in words for an operator, without secrets.

    `permanent`: trying again is pointless. `server`: the fault lies with the mail server or our login, before
    any recipient was named, so trying other messages now is pointless too. `code`: the SMTP reply, if there was one.
    `unsure`: the message was handed over, but nobody said whether it was taken.
    """

    def __init__(
        self,
        words: str,
        *,
        permanent: bool = False,
        server: bool = False,
        code: int | None = None,
        unsure: bool = False,
    ) -> None:
        super().__init__(words)
        self.permanent = permanent
        self.server = server
        self.code = code
        self.unsure = unsure


class _Conversation(smtplib.SMTP):
    """An SMTP conversation that is cut off after `limit_s` seconds, however busy it looks."""

    def __init__(self, *args: Any, limit_s: float, **options: Any) -> None:
        self.expired = False
        self.handing_over = False
        self._ended = threading.Event()
        threading.Thread(target=self._watch, args=(limit_s,), daemon=True).start()
        try:
            super().__init__(*args, **options)
        except BaseException:
            self.close()
            raise

    def _watch(self, wait_s: float) -> None:
        while not self._ended.wait(wait_s):
            self.expired = True
            if self.sock is not None:
                with contextlib.suppress(OSError):  # it ended by itself in this moment
                    socket.socket.shutdown(self.sock, socket.SHUT_RDWR)
            wait_s = 1.0

    def data(self, msg: Any) -> tuple[int, bytes]:
        """Hand over the message itself."""
        self.handing_over = True
        return super().data(msg)

    def close(self) -> None:
        """End the conversation and its watch."""
        self._ended.set()
        super().close()

    def finish(self) -> None:
        """Say goodbye if the server still listens; never raises: whatever was accepted before stays accepted."""
        with contextlib.suppress(OSError):
            if self.sock is not None:
                self.quit()
        self.close()


class _TlsConversation(_Conversation, smtplib.SMTP_SSL):
    """The same, in TLS from the first byte."""


def limit_s(settings: SmtpSettings) -> float:
    """Seconds that one message may take altogether, from connecting to goodbye."""
    return 3 * settings.timeout_s


class SmtpChannel:
    """The mail server of the settings. Certificates are always verified; SSL_CERT_FILE adds a private authority."""

    def __init__(self, settings: SmtpSettings) -> None:
        self._settings = settings
        self._server = f"{settings.host}:{settings.port}"

    def send(self, message: EmailMessage) -> None:
        """Hand one message with one recipient to the mail server. Raises DeliveryError."""
        with self._conversation() as smtp:
            try:
                smtp.send_message(message)
            except OSError as error:  # every smtplib error is one
                self._not_taken(smtp, error)

    def check(self) -> None:
        """Connect and log in, without sending anything. Raises DeliveryError."""
        with self._conversation() as smtp:
            try:
                smtp.noop()
            except OSError as error:
                self._not_taken(smtp, error)

    @contextlib.contextmanager
    def _conversation(self) -> Iterator[_Conversation]:
        smtp = self._connect()
        try:
            self._secure_and_login(smtp)
            yield smtp
        finally:
            smtp.finish()

    def _connect(self) -> _Conversation:
        settings = self._settings
        options: dict[str, Any] = {"timeout": settings.timeout_s, "limit_s": limit_s(settings)}
        try:
            if settings.security == "tls":
                context = ssl.create_default_context()
                return _TlsConversation(settings.host, settings.port, context=context, **options)
            return _Conversation(settings.host, settings.port, **options)
        except ssl.SSLError as error:
            raise self._tls_error(error) from error
        except smtplib.SMTPConnectError as error:
            words = f"mail server {self._server} turned us away: {_reply(error.smtp_code, error.smtp_error)}"
            raise DeliveryError(words, server=True, code=error.smtp_code) from error
        except OSError as error:
            words = f"mail server {self._server} does not answer: {clean(str(error))} (smtp.host, smtp.port)"
            raise DeliveryError(words, server=True) from error

    def _secure_and_login(self, smtp: _Conversation) -> None:
        settings = self._settings
        try:
            smtp.ehlo_or_helo_if_needed()  # or a server that hangs up here would do so in the middle of a message
            if settings.security == "starttls":
                smtp.starttls(context=ssl.create_default_context())
            if settings.username:
                password = settings.password.get_secret_value() if settings.password else ""
                smtp.login(settings.username, password)
        except smtplib.SMTPAuthenticationError as error:
            words = (
                f"mail server {self._server} refused the login of {settings.username!r}: "
                f"{_reply(error.smtp_code, error.smtp_error)} (smtp.username, STANCEWATCH_SMTP__PASSWORD)"
            )
            raise DeliveryError(words, server=True, code=error.smtp_code) from error
        except smtplib.SMTPHeloError as error:
            words = f"mail server {self._server} turned us away: {_reply(error.smtp_code, error.smtp_error)}"
            raise DeliveryError(words, server=True, code=error.smtp_code) from error
        except smtplib.SMTPNotSupportedError as error:
            words = f"mail server {self._server}: {clean(str(error))} (smtp.security, smtp.username)"
            raise DeliveryError(words, server=True) from error
        except ssl.SSLError as error:
            raise self._tls_error(error) from error
        except UnicodeEncodeError as error:
            raise DeliveryError(
                "smtplib logs in with ASCII only: smtp.username or password", server=True
            ) from error
        except OSError as error:
            raise DeliveryError(self._broke_off(smtp, error), server=True) from error

    def _not_taken(self, smtp: _Conversation, error: OSError) -> NoReturn:
        """The server was reached, but the message was not accepted."""
        if isinstance(error, smtplib.SMTPRecipientsRefused):
            code, text = next(iter(error.recipients.values()))
            raise self._refusal(code, text) from error
        if isinstance(error, smtplib.SMTPSenderRefused):
            # About us, not about this recipient: dropping every waiting alert for it would lose them all.
            words = f"mail server {self._server} refuses mail from {error.sender}: {_reply(error.smtp_code, error.smtp_error)}"
            raise DeliveryError(
                words + " (alerts.sender, smtp.username)", server=True, code=error.smtp_code
            ) from error
        if isinstance(error, smtplib.SMTPResponseException):
            raise self._refusal(error.smtp_code, error.smtp_error) from error
        if isinstance(error, smtplib.SMTPNotSupportedError):
            raise DeliveryError(clean(str(error)), permanent=True) from error
        raise DeliveryError(self._broke_off(smtp, error), unsure=smtp.handing_over) from error

    def _refusal(self, code: int, text: bytes | str) -> DeliveryError:
        permanent = 500 <= code < 600 and code not in SERVER_CODES
        words = (
            f"mail server {self._server} {'refused it' if permanent else 'put it off'}: {_reply(code, text)}"
        )
        return DeliveryError(words, permanent=permanent, server=code in SERVER_CODES, code=code)

    def _broke_off(self, smtp: _Conversation, error: OSError) -> str:
        if smtp.expired:
            return f"mail server {self._server} took longer than {limit_s(self._settings):g} s"
        return f"mail server {self._server} broke off: {clean(str(error))}"

    def _tls_error(self, error: ssl.SSLError) -> DeliveryError:
        reason = getattr(error, "verify_message", "") or error.reason or str(error)
        words = f"mail server {self._server}: no trustworthy TLS: {clean(reason)} (smtp.security, smtp.host)"
        return DeliveryError(words, server=True)


def _reply(code: int, text: bytes | str) -> str:
    said = text.decode(errors="replace") if isinstance(text, bytes) else text
    return clean(f"{code} {said}", limit=300)
