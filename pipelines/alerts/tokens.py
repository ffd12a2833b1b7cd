"""Links by which a recipient unsubscribes: a token that only we can make, and the headers that carry it. Pure."""

from __future__ import annotations

import hashlib
from urllib.parse import quote

from itsdangerous import BadData, URLSafeSerializer
from pydantic import SecretStr

from pipelines.settings import AlertSettings

# Another purpose of the same secret takes another salt, so that no token of one passes for the other.
_SALT = "stancewatch.unsubscribe"


def token_of(recipient: str, secret: SecretStr) -> str:
    """The token of a recipient: letters, digits, "-", "_" and "."; the same each time, valid as long as the secret."""
    token: str = _serializer(secret).dumps(recipient)
    return token


def recipient_of(token: str, secret: SecretStr) -> str | None:
    """Whose token it is; None if we did not make it."""
    try:
        recipient = _serializer(secret).loads(token)
    except BadData:
        return None
    return recipient if isinstance(recipient, str) else None


def unsubscribe_link(settings: AlertSettings, secret: SecretStr | None, recipient: str) -> str | None:
    """The page on which a recipient unsubscribes; None without `unsubscribe_url` or without a secret."""
    if settings.unsubscribe_url is None or secret is None:
        return None
    return f"{settings.unsubscribe_url}/{token_of(recipient, secret)}"


def unsubscribe_headers(settings: AlertSettings, secret: SecretStr | None, recipient: str) -> dict[str, str]:
    """List-Unsubscribe, and List-Unsubscribe-Post where one click does it (RFC 8058); empty if neither way is set."""
    link = unsubscribe_link(settings, secret, recipient)
    ways = [f"<{link}>"] if link else []
    if settings.unsubscribe_mailto:
        # A person reads it: what the command `alerts unsubscribe` takes stands in the subject.
        what = token_of(recipient, secret) if secret else recipient
        ways.append(f"<mailto:{quote(settings.unsubscribe_mailto, '@')}?subject=unsubscribe%20{quote(what)}>")
    headers = {"List-Unsubscribe": ", ".join(ways)} if ways else {}
    return headers | ({"List-Unsubscribe-Post": "List-Unsubscribe=One-Click"} if link else {})


def _serializer(secret: SecretStr) -> URLSafeSerializer:
    return URLSafeSerializer(
        secret.get_secret_value(), salt=_SALT, signer_kwargs={"digest_method": hashlib.sha256}
    )
