"""The SQL of who may use the desk: users, browsers that are signed in, tokens of programs. Knows digests, never secrets.

What a password is worth and how long a session lasts is the desk's business; here it is only stored.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Session

from pipelines.store.tables import SessionRow, TokenRow, UserRow


class Role(StrEnum):
    """What a user may do. Each may also do what those before it may."""

    READER = "reader"  # read everything but users and audit
    ANALYST = "analyst"  # rule on statements, decide on held texts, code samples
    ADMIN = "admin"  # manage users and subscriptions

    def covers(self, needed: Role) -> bool:
        """Whether this one may do what `needed` may."""
        order = list(Role)
        return order.index(self) >= order.index(needed)


@dataclass(frozen=True, slots=True)
class User:
    """Who may use the desk. `password` is its hash, None for who signs in at the OpenID provider only."""

    id: int
    name: str
    role: Role
    password: str | None
    subject: str | None
    added: datetime
    disabled: datetime | None


@dataclass(frozen=True, slots=True)
class Token:
    """A program that may use the API in a user's name. `role` is never more than the user's."""

    id: int
    user: str
    name: str
    role: Role
    made: datetime
    used: datetime | None
    revoked: datetime | None


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A browser's session: whose, since when, and when it was last seen."""

    user: User
    begun: datetime
    seen: datetime


def users(session: Session) -> list[User]:
    """Everybody, also those who are shut out, by name."""
    return [_user(row) for row in session.scalars(sa.select(UserRow).order_by(UserRow.name))]


def user(session: Session, name: str) -> User | None:
    """The user of a name, however it is capitalised."""
    row = session.scalars(sa.select(UserRow).where(UserRow.name == _plain(name))).first()
    return _user(row) if row else None


def is_still(session: Session, known: User) -> bool:
    """Whether a user who was read before has the same password and may come in."""
    now = user(session, known.name)
    return now is not None and now.disabled is None and now.password == known.password


def user_of_subject(session: Session, subject: str) -> User | None:
    """The user that an OpenID provider knows as this."""
    row = session.scalars(sa.select(UserRow).where(UserRow.subject == subject)).first()
    return _user(row) if row else None


def add_user(
    session: Session,
    name: str,
    role: Role,
    *,
    password: str | None = None,
    subject: str | None = None,
    now: datetime,
) -> User:
    """A new user; `password` is its hash. Raises ValueError if the name is taken or cannot be one."""
    plain = _plain(name)
    # Of dots alone would be no name in an address: "/users/../role" is another page's.
    if plain in ("", ".", "..") or len(plain) > 100 or any(c.isspace() or not c.isprintable() for c in plain):
        raise ValueError(f"{name!r} cannot be a user's name: one word of up to 100 characters")
    if user(session, plain) is not None:
        raise ValueError(f"there is a user {plain} already")
    row = UserRow(name=plain, role=role, password=password, subject=subject, added=now, disabled=None)
    session.add(row)
    session.flush()
    return _user(row)


def set_role(session: Session, name: str, role: Role) -> None:
    """What a user may do from now on. Raises LookupError, and ValueError if no admin would be left."""
    row = _row(session, name)
    if role is not Role.ADMIN:
        _keep_an_admin(session, row)
    row.role = role
    session.flush()


def set_password(session: Session, name: str, password: str | None, *, but: str | None = None) -> None:
    """Another password (its hash), or none; every browser of the user is signed out, `but` (a digest) one. Tokens stay:
    whoever sets the password of somebody else revokes them (`revoke_tokens`).

    Raises LookupError.
    """
    row = _row(session, name)
    row.password = password
    end_sessions(session, name, but=but)


def set_subject(session: Session, name: str, subject: str) -> None:
    """Who a user is at the OpenID provider. Raises LookupError."""
    _row(session, name).subject = subject
    session.flush()


def disable(session: Session, name: str, now: datetime) -> None:
    """Shut a user out at once: sessions end, tokens are revoked. Raises LookupError, ValueError for the last admin."""
    row = _row(session, name)
    _keep_an_admin(session, row)
    row.disabled = row.disabled or now
    end_sessions(session, name)
    revoke_tokens(session, name, now)


def enable(session: Session, name: str) -> None:
    """Let a user in again; tokens stay revoked. Raises LookupError."""
    _row(session, name).disabled = None
    session.flush()


def begin_session(session: Session, name: str, digest: str, now: datetime) -> None:
    """A browser signs in; `digest` is that of its cookie's value. Raises LookupError."""
    session.add(SessionRow(digest=digest, user_id=_row(session, name).id, begun=now, seen=now))
    session.flush()


def session_of(session: Session, digest: str) -> SignedIn | None:
    """The session of a cookie, if its user may still come in."""
    found = session.execute(
        sa.select(SessionRow, UserRow)
        .join(UserRow, UserRow.id == SessionRow.user_id)
        .where(SessionRow.digest == digest, UserRow.disabled.is_(None))
    ).first()
    return SignedIn(_user(found[1]), found[0].begun, found[0].seen) if found else None


def sessions(session: Session, name: str) -> list[SignedIn]:
    """Browsers that are signed in as a user, last seen first. Raises LookupError."""
    owner = _row(session, name)
    query = sa.select(SessionRow).where(SessionRow.user_id == owner.id).order_by(SessionRow.seen.desc())
    return [SignedIn(_user(owner), row.begun, row.seen) for row in session.scalars(query)]


def see_session(session: Session, digest: str, now: datetime) -> None:
    """A browser is still there."""
    session.execute(sa.update(SessionRow).where(SessionRow.digest == digest).values(seen=now))


def end_session(session: Session, digest: str) -> None:
    """A browser signs out."""
    session.execute(sa.delete(SessionRow).where(SessionRow.digest == digest))


def end_sessions(session: Session, name: str, *, but: str | None = None) -> None:
    """Sign out every browser of a user, `but` (a digest) one."""
    mine = SessionRow.user_id == _row(session, name).id
    session.execute(sa.delete(SessionRow).where(mine, SessionRow.digest != (but or "")))


def forget_sessions(session: Session, seen_before: datetime) -> None:
    """Drop sessions that nobody used for long."""
    session.execute(sa.delete(SessionRow).where(SessionRow.seen < seen_before))


def add_token(session: Session, owner: str, name: str, role: Role, digest: str, now: datetime) -> Token:
    """A program's token, of which only the digest is kept. Raises LookupError."""
    user_row = _row(session, owner)
    row = TokenRow(
        user_id=user_row.id, name=name, digest=digest, role=role, made=now, used=None, revoked=None
    )
    session.add(row)
    session.flush()
    return _token(row, user_row)


def tokens(session: Session, owner: str | None = None) -> list[Token]:
    """Tokens of a user, or of all, the newest first."""
    query = sa.select(TokenRow, UserRow).join(UserRow, UserRow.id == TokenRow.user_id)
    if owner is not None:
        query = query.where(UserRow.name == _plain(owner))
    return [_token(*found) for found in session.execute(query.order_by(TokenRow.id.desc()))]


def token_of(session: Session, digest: str) -> tuple[Token, User] | None:
    """The token of a digest and its user, if both still open the door."""
    found = session.execute(
        sa.select(TokenRow, UserRow)
        .join(UserRow, UserRow.id == TokenRow.user_id)
        .where(TokenRow.digest == digest, TokenRow.revoked.is_(None), UserRow.disabled.is_(None))
    ).first()
    return (_token(*found), _user(found[1])) if found else None


def use_token(session: Session, token_id: int, now: datetime) -> None:
    """A program came with its token."""
    session.execute(sa.update(TokenRow).where(TokenRow.id == token_id).values(used=now))


def revoke_token(session: Session, token_id: int, owners: Collection[str] | None, now: datetime) -> Token:
    """Shut a token out, if it belongs to one of `owners` (None: to whomever). Raises LookupError."""
    found = session.execute(
        sa.select(TokenRow, UserRow)
        .join(UserRow, UserRow.id == TokenRow.user_id)
        .where(TokenRow.id == token_id)
    ).first()
    if found is None or (owners is not None and found[1].name not in owners):
        raise LookupError(f"there is no token {token_id}")
    found[0].revoked = found[0].revoked or now
    session.flush()
    return _token(*found)


def revoke_tokens(session: Session, owner: str, now: datetime) -> None:
    """Shut every token of a user out. Raises LookupError."""
    mine = TokenRow.user_id == _row(session, owner).id
    session.execute(sa.update(TokenRow).where(mine, TokenRow.revoked.is_(None)).values(revoked=now))


def _plain(name: str) -> str:
    return name.strip().lower()


def _row(session: Session, name: str) -> UserRow:
    row = session.scalars(sa.select(UserRow).where(UserRow.name == _plain(name))).first()
    if row is None:
        raise LookupError(f"there is no user {name}")
    return row


def _keep_an_admin(session: Session, row: UserRow) -> None:
    others = sa.select(UserRow.id).where(
        UserRow.role == Role.ADMIN, UserRow.disabled.is_(None), UserRow.id != row.id
    )
    is_one = row.role == Role.ADMIN and row.disabled is None
    if is_one and session.scalar(others.limit(1)) is None:
        raise ValueError(f"{row.name} is the only admin: make another one first")


def _user(row: UserRow) -> User:
    return User(row.id, row.name, Role(row.role), row.password, row.subject, row.added, row.disabled)


def _token(row: TokenRow, owner: UserRow) -> Token:
    role = min(Role(row.role), Role(owner.role), key=list(Role).index)
    return Token(row.id, owner.name, row.name, role, row.made, row.used, row.revoked)
