"""Signing in at an OpenID provider: the authorization code flow with PKCE, by Authlib. Who comes back is one of our users.

What must be remembered between leaving and coming back lies in a signed cookie that lives ten minutes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Any, cast

from authlib.common.errors import AuthlibBaseError
from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from fastapi import APIRouter, Request, Response
from itsdangerous import BadData, URLSafeSerializer
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from requests import RequestException

from pipelines.settings import OidcSettings
from pipelines.store import audit
from review.access.claims import ProviderError, user_of
from review.access.door import address_of
from review.access.roles import needs
from review.access.signin import own_path
from review.desk import Desk, back_to

BACK = "/signin/provider/back"
COOKIE = "stancewatch-provider"
LASTS = timedelta(minutes=10)
WAIT_S = 10.0
LEEWAY_S = 120
# So long a provider that did not answer is not asked again: each asking holds one of the desk's threads.
QUIET = timedelta(seconds=30)
_SALT = "stancewatch.signin"


class NotBegunError(ProviderError):
    """Whoever came back did not leave from here, by this browser, a few minutes ago."""

    def __init__(self) -> None:
        super().__init__("This browser did not begin to sign in, or too long ago")


@dataclass(frozen=True, slots=True)
class Leaving:
    """What is remembered while somebody is at the provider."""

    state: str
    nonce: str
    verifier: str
    next: str
    at: datetime


class Provider:
    """The provider that config names."""

    def __init__(self, settings: OidcSettings, desk_url: str) -> None:
        self._settings = settings
        self._back = desk_url + BACK
        self._known: dict[str, Any] | None = None
        self._asking = Lock()
        self._quiet_until: datetime | None = None

    def leave(self, target: str, now: datetime) -> tuple[str, Leaving]:
        """Where to send a person, and what to remember of it. Raises ProviderError."""
        nonce, verifier = generate_token(32), generate_token(64)
        with self._session() as session:
            address, state = session.create_authorization_url(
                self._endpoint(session, "authorization_endpoint", now), nonce=nonce, code_verifier=verifier
            )
        return address, Leaving(state, nonce, verifier, target, now)

    def come_back(self, asked: str, leaving: Leaving, now: datetime) -> dict[str, Any]:
        """What the provider says of who came back to the address `asked`. Raises ProviderError."""
        try:
            with self._session(leaving.state) as session:
                token = session.fetch_token(
                    self._endpoint(session, "token_endpoint", now),
                    authorization_response=asked,
                    code_verifier=leaving.verifier,
                    timeout=WAIT_S,
                )
                keys = self._read(session, self._endpoint(session, "jwks_uri", now))
            found = jwt.decode(token["id_token"], KeySet.import_key_set(cast("Any", keys)))
            claims = CodeIDToken(
                found.claims,
                found.header,
                options={
                    "iss": {"essential": True, "value": self._settings.issuer},
                    "aud": {"essential": True, "value": self._settings.client_id},
                },
                params={"nonce": leaving.nonce, "client_id": self._settings.client_id},
            )
            claims.validate(now=now.timestamp(), leeway=LEEWAY_S)
        except (AuthlibBaseError, JoseError, RequestException, KeyError, ValueError) as error:
            raise ProviderError(f"{self._settings.name} did not confirm who you are") from error
        return dict(claims)

    def _session(self, state: str | None = None) -> OAuth2Session:
        secret = self._settings.client_secret
        return OAuth2Session(
            self._settings.client_id,
            secret.get_secret_value() if secret else None,
            scope="openid email profile",
            redirect_uri=self._back,
            state=state,
            code_challenge_method="S256",
        )

    def _endpoint(self, session: OAuth2Session, name: str, now: datetime) -> str:
        if self._known is None:
            self._known = self._described(session, now)
        if not isinstance(address := self._known.get(name), str):
            raise ProviderError(f"{self._settings.name} does not say its {name}")
        return address

    def _described(self, session: OAuth2Session, now: datetime) -> dict[str, Any]:
        """What the provider says of itself. One at a time asks for it, and none soon after it was not given."""
        if self._quiet_until is not None and now < self._quiet_until:
            raise ProviderError(f"{self._settings.name} does not answer")
        if not self._asking.acquire(blocking=False):
            raise ProviderError(f"{self._settings.name} is being asked at this moment: try again")
        try:
            known = self._read(session, f"{self._settings.issuer}/.well-known/openid-configuration")
        except (RequestException, ValueError) as error:
            self._quiet_until = now + QUIET
            raise ProviderError(f"{self._settings.name} does not answer") from error
        finally:
            self._asking.release()
        if known.get("issuer") != self._settings.issuer:
            raise ProviderError(f"{self._settings.name} says that it is another provider")
        return known

    @staticmethod
    def _read(session: OAuth2Session, address: str) -> dict[str, Any]:
        answer = session.get(address, withhold_token=True, timeout=WAIT_S)
        answer.raise_for_status()
        found = answer.json()
        if not isinstance(found, dict):
            raise ValueError(f"{address} gives no object")  # noqa: TRY004  # what comes from outside has no wrong type
        return found


def router(desk: Desk) -> APIRouter:
    """The routes /signin/provider…; none where config names no provider."""
    routes = APIRouter(prefix="/signin/provider", dependencies=[needs(None)])
    settings = desk.config.settings
    oidc, secret = settings.desk.oidc, settings.secret
    if oidc is None or secret is None or settings.desk.url is None:
        return routes
    provider = Provider(oidc, settings.desk.url)
    signer = URLSafeSerializer(secret.get_secret_value(), salt=_SALT)
    secure = settings.desk.url.startswith("https:")
    # As of a session's: with the prefix no neighbour in the domain can put one there, and then the path is "/".
    cookie, path = (f"__Host-{COOKIE}", "/") if secure else (COOKIE, BACK)

    @routes.get("")
    def leave(request: Request, next: str = "/") -> Response:  # noqa: A002  # the name in the address
        try:
            address, leaving = provider.leave(own_path(next), desk.clock())
        except ProviderError as error:
            return _refused(request, str(error), 502)
        answer = back_to(address)
        said = [leaving.state, leaving.nonce, leaving.verifier, leaving.next, leaving.at.isoformat()]
        answer.set_cookie(
            cookie, str(signer.dumps(said)), max_age=int(LASTS.total_seconds()), path=path, secure=secure,
            httponly=True, samesite="lax",
        )  # fmt: skip
        return answer

    @routes.get("/back")
    def back(request: Request) -> Response:
        now, address = desk.clock(), address_of(request)
        try:
            leaving = _remembered(request, now)
            asked = f"{settings.desk.url}{BACK}?{request.url.query}"
            claims = provider.come_back(asked, leaving, now)
            with desk.store.writing() as session:
                user = user_of(session, oidc, claims, now, address)
                value = desk.door.open(session, user, address, how=oidc.issuer)
        except NotBegunError as error:
            # Nothing is written: any site's page may send a browser here.
            return _refused(request, str(error), 401)
        except ProviderError as error:
            with desk.store.writing() as session:
                audit.note(
                    session, audit.FAILED_AT_PROVIDER, "", who=None, at=now, address=address,
                    detail={"how": oidc.issuer, "why": str(error)},
                )  # fmt: skip
            return _refused(request, str(error), 401)
        answer = back_to(leaving.next)
        answer.delete_cookie(cookie, path=path, secure=secure, httponly=True, samesite="lax")
        desk.door.give_cookie(answer, value)
        return answer

    def _remembered(request: Request, now: datetime) -> Leaving:
        try:
            state, nonce, verifier, target, at = signer.loads(request.cookies.get(cookie, ""))
        except (BadData, ValueError) as error:
            raise NotBegunError from error
        leaving = Leaving(state, nonce, verifier, target, datetime.fromisoformat(at).astimezone(UTC))
        if now - leaving.at > LASTS or request.query_params.get("state") != leaving.state:
            raise NotBegunError
        return leaving

    def _refused(request: Request, words: str, status: int) -> Response:
        return desk.page(
            request, "signin.html", status, next="/", wrong=f"{words}.", name="", provider=oidc.name
        )

    return routes
