"""Whom the word of an OpenID provider is about: one of our users, who is linked to it the first time they come from there."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pipelines.settings import OidcSettings
from pipelines.store import audit, people
from pipelines.store.people import Role, User
from pipelines.store.session import Session


class ProviderError(Exception):
    """Signing in at the provider did not come to a good end; str() says why, in words for the person."""


def user_of(
    session: Session, oidc: OidcSettings, claims: Mapping[str, Any], now: datetime, address: str | None
) -> User:
    """The user known by the provider's word, or linked by name, or new if config lets new people in. Raises ProviderError."""
    subject = f"{oidc.issuer}|{claims['sub']}"
    known = people.user_of_subject(session, subject)
    if known is None:
        name = _name_in(oidc, claims)
        known = people.user(session, name)
        if known is None:
            known, what = _added(session, oidc, name, subject, now), audit.ADDED
        else:
            _link(session, oidc, known, subject)
            what = audit.LINKED
        audit.note(session, what, name, who=None, at=now, address=address, detail={"subject": subject})
    if known.disabled is not None:
        raise ProviderError("You may not use this desk any more")
    return known


def _name_in(oidc: OidcSettings, claims: Mapping[str, Any]) -> str:
    name = str(claims.get(oidc.claim) or "").strip().lower()
    if not name or (oidc.claim == "email" and claims.get("email_verified") is not True):
        raise ProviderError(f"{oidc.name} does not say your {oidc.claim}, or has not verified it")
    return name


def _link(session: Session, oidc: OidcSettings, known: User, subject: str) -> None:
    if known.subject is not None:
        raise ProviderError("You are not a user of this desk: ask an admin to add you")
    # Whoever signs in by a password proved nothing to the provider, where people may choose what they are called.
    if known.password is not None and oidc.claim != "email":
        raise ProviderError(
            "Somebody of your name signs in by a password here: ask an admin to add you by another"
        )
    people.set_subject(session, known.name, subject)


def _added(session: Session, oidc: OidcSettings, name: str, subject: str, now: datetime) -> User:
    if oidc.new_users is None:
        raise ProviderError("You are not a user of this desk: ask an admin to add you")
    try:
        return people.add_user(session, name, Role(oidc.new_users), subject=subject, now=now)
    except ValueError as error:
        raise ProviderError(str(error)) from error
