"""Passwords: hashed by Argon2id, and which ones are too weak. The only place that sees one."""

from __future__ import annotations

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

SHORTEST, LONGEST = 12, 200
_hasher = PasswordHasher()


class WeakPasswordError(ValueError):
    """A password that cannot be taken; str() says why."""


def hashed(password: str, name: str) -> str:
    """The hash to store of a user's new password. Raises WeakPasswordError."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise WeakPasswordError(f"a password has {SHORTEST} to {LONGEST} characters")
    if len(set(password)) < 5 or name.lower() in password.lower():
        raise WeakPasswordError("too easy to guess: it repeats few characters, or holds the user's name")
    return _hasher.hash(password)


def fits(password: str, stored: str | None) -> bool:
    """Whether a password is the one of a stored hash. Takes as long where there is none, so that nobody learns of it."""
    try:
        _hasher.verify(stored or _nobodys(), password[:LONGEST])
    except (Argon2Error, InvalidHashError):
        return False
    return stored is not None


@cache
def _nobodys() -> str:
    return _hasher.hash("a password that nobody has")
