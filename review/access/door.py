"""The door: signing in by name and password, the cookie of a session, the token of a program; who a request is from.

A cookie's value is random, new at each signing in, and worth nothing once its session ended: what is stored is its
digest. Whoever fails too often for one name from one address waits, and nobody else does. Passwords are checked one after
the other, each try counted before the next one is looked at.
"""

from __future__ import annotations

import base64
import binascii
import secrets
from datetime import datetime, timedelta
from threading import BoundedSemaphore, Lock

from fastapi import Request, Response

from extract.types import digest_of
from pipelines.clock import Clock
from pipelines.settings import DeskSettings
from pipelines.store import audit, people
from pipelines.store.people import Role, User
from pipelines.store.session import Session, Store
from review.access.passwords import fits
from review.access.roles import NotSignedInError, Visitor
from review.access.tries import must_wait

TOKEN_PREFIX = "sw_"  # noqa: S105  # so that a leaked one is found by whoever scans for them
# As often the time of last sight is written: not at every request.
_SEEN_AGAIN = timedelta(minutes=10)
_USED_AGAIN = timedelta(hours=1)


# A check takes a tenth of a second and 64 MiB: more than so many wait for theirs nowhere but before the door.
_LINE = 8
_SHORTLY = timedelta(seconds=10)
_LONGEST_NAME = 100


class TooManyTriesError(Exception):
    """A try that is not looked at: `until` is when the next one is, str() says why, in a sentence."""

    def __init__(self, until: datetime, why: str) -> None:
        super().__init__(why)
        self.until = until


class Door:
    """Lets people and programs in, for one application."""

    def __init__(self, store: Store, settings: DeskSettings, clock: Clock) -> None:
        self._store, self._settings, self._clock = store, settings, clock
        self._secure = (settings.url or "").startswith("https:")
        # The prefix makes browsers refuse it from any other host or path; it asks for https.
        self.cookie = "__Host-stancewatch" if self._secure else "stancewatch"
        self._line, self._one = BoundedSemaphore(_LINE), Lock()

    def sign_in(self, name: str, password: str, address: str | None) -> str | None:
        """The value of a new session's cookie; None for a wrong name or password. Raises TooManyTriesError, StoreError."""
        known = self.knows(name, password, address)
        if known is None:
            return None
        with self._store.writing() as session:
            # The check took its time: in it, somebody may have set another password or shut the user out.
            return self.open(session, known, address) if people.is_still(session, known) else None

    def knows(self, name: str, password: str, address: str | None) -> User | None:
        """The user whose name and password these are, if they may come in; a wrong one is written down.

        Raises TooManyTriesError, StoreError.
        """
        if not self._line.acquire(blocking=False):
            raise TooManyTriesError(
                self._clock() + _SHORTLY, "Too many sign in at this moment. Try again in a few seconds."
            )
        try:
            with self._one:
                return self._checked(name, password, address)
        finally:
            self._line.release()

    def _checked(self, name: str, password: str, address: str | None) -> User | None:
        now = self._clock()
        # Cut before blanks are: else a name with blanks at its end would be counted as somebody else's.
        plain = name.strip()[:_LONGEST_NAME].strip().lower()
        if must_wait(self._store, self._settings, plain, address, now):
            until = now + timedelta(minutes=self._settings.wait_minutes)
            raise TooManyTriesError(until, f"Too many wrong passwords. Try again after {until:%H:%M} UTC.")
        with self._store.reading() as session:
            known = people.user(session, plain)
        if fits(password, known.password if known and known.disabled is None else None):
            return known
        with self._store.writing() as session:
            about = known.name if known else plain
            audit.note(session, audit.FAILED, about, who=None, at=now, address=address)
        return None

    def open(self, session: Session, user: User, address: str | None, how: str = "password") -> str:
        """Begin a session of somebody who proved who they are; returns the cookie's value."""
        now, value = self._clock(), secrets.token_urlsafe(32)
        people.forget_sessions(session, now - timedelta(hours=self._settings.idle_hours))
        people.begin_session(session, user.name, digest_of(value), now)
        audit.note(
            session, audit.SIGNED_IN, user.name, who=user.name, at=now, address=address, detail={"how": how}
        )
        return value

    def sign_out(self, visitor: Visitor, address: str | None) -> None:
        """End a browser's session. Raises StoreError."""
        with self._store.writing() as session:
            if visitor.session is not None:
                people.end_session(session, visitor.session)
            audit.note(
                session, audit.SIGNED_OUT, visitor.name, who=visitor.name, at=self._clock(), address=address
            )

    def give_cookie(self, response: Response, value: str) -> None:
        """Let the browser keep a session's value, out of reach of scripts and other sites."""
        age = int(timedelta(days=self._settings.session_days).total_seconds())
        response.set_cookie(
            self.cookie, value, max_age=age, path="/", secure=self._secure, httponly=True, samesite="lax"
        )

    def take_cookie(self, response: Response) -> None:
        """Let the browser forget it."""
        response.delete_cookie(self.cookie, path="/", secure=self._secure, httponly=True, samesite="lax")

    def new_token(self, session: Session, owner: str, name: str, role: Role) -> str:
        """A token for a program, told this one time. Raises LookupError."""
        value = TOKEN_PREFIX + secrets.token_urlsafe(32)
        people.add_token(session, owner, name, role, digest_of(value), self._clock())
        return value

    def visitor_of(self, request: Request) -> Visitor:
        """Who a request is from. Raises NotSignedInError, StoreError."""
        token = token_in(request)
        return self._program(token) if token is not None else self._browser(request)

    def _program(self, token: str) -> Visitor:
        with self._store.reading() as session:
            found = people.token_of(session, digest_of(token))
        if found is None:
            raise NotSignedInError
        facts, user = found
        now = self._clock()
        if facts.used is None or facts.used < now - _USED_AGAIN:
            with self._store.writing() as session:
                people.use_token(session, facts.id, now)
        return Visitor(user, facts.role, token=facts)

    def _browser(self, request: Request) -> Visitor:
        value = request.cookies.get(self.cookie)
        if not value:
            raise NotSignedInError
        now, digest = self._clock(), digest_of(value)
        with self._store.reading() as session:
            found = people.session_of(session, digest)
        if found is None or self._is_over(found, now):
            raise NotSignedInError
        if found.seen < now - _SEEN_AGAIN:
            with self._store.writing() as session:
                people.see_session(session, digest, now)
        return Visitor(found.user, found.user.role, session=digest)

    def _is_over(self, one: people.SignedIn, now: datetime) -> bool:
        idle = timedelta(hours=self._settings.idle_hours)
        return one.seen < now - idle or one.begun < now - timedelta(days=self._settings.session_days)


def address_of(request: Request) -> str | None:
    """From where a request comes, as far as the server knows."""
    return request.client.host if request.client else None


def token_in(request: Request) -> str | None:
    """The token of a program: as a bearer's, or as the password of a feed reader that knows only Basic.

    None where a password is no token of ours: a web server before us may ask browsers for one of its own.
    """
    kind, _, value = request.headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer":
        return value.strip()
    if kind.lower() == "basic":
        try:
            password = base64.b64decode(value, validate=True).decode().partition(":")[2]
        except (binascii.Error, ValueError):
            return None
        return password if password.startswith(TOKEN_PREFIX) else None
    return None
