"""What a route asks of whoever comes: a role, or nothing. A route that says neither does not start with the application."""

# No postponed annotations here: FastAPI reads those of `Needs.__call__` when the program runs.
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request
from fastapi.routing import iter_route_contexts

from pipelines.store.people import Role, Token, User
from review.access.origins import refuse_cross_site


class NotSignedInError(Exception):
    """Whoever comes is not known, or no longer."""


class ForbiddenError(Exception):
    """Whoever comes is known, and may not do this; `needed` is the role that may."""

    def __init__(self, needed: Role) -> None:
        super().__init__(f"this needs the role {needed}")
        self.needed = needed


class TokenError(Exception):
    """A program tried with a token what only somebody at a browser may do."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who comes: a user at a browser (`session` is the digest of its cookie), or a program with a user's token."""

    user: User
    role: Role
    token: Token | None = None
    session: str | None = None

    @property
    def name(self) -> str:
        """The user's name, as verdicts and the log tell it."""
        return self.user.name

    def may(self, role: Role) -> bool:
        """Whether they may do what this role may."""
        return self.role.covers(role)


@dataclass(frozen=True, slots=True)
class Needs:
    """A route's rule: the least role, None for everybody. `anywhere`: other sites may send it too (a link in a mail)."""

    role: Role | None
    anywhere: bool = False

    def __call__(self, request: Request) -> None:
        """Let the request pass. Raises NotSignedInError, ForbiddenError, CrossSiteError."""
        if not self.anywhere:
            refuse_cross_site(request)
        if self.role is None:
            return
        visitor: Visitor = request.app.state.door.visitor_of(request)
        if not visitor.may(self.role):
            raise ForbiddenError(self.role)
        request.state.visitor = visitor


def needs(role: Role | None, *, anywhere: bool = False) -> Any:
    """A dependency: who may use a route, or all routes of a router; the strictest counts."""
    return Depends(Needs(role, anywhere))


def _at_a_browser(request: Request) -> None:
    visitor: Visitor = request.state.visitor
    if visitor.session is None:
        raise TokenError


def _visitor(request: Request) -> Visitor:
    visitor: Visitor = request.state.visitor
    return visitor


Who = Annotated[Visitor, Depends(_visitor)]
# For routes that say who may come in: no program with a token, which may have leaked, gives itself more. After `needs`.
AT_A_BROWSER = Depends(_at_a_browser)


def rules_of(app: FastAPI) -> dict[tuple[str, str], Role | None]:
    """(method, path) of every route → the least role that may use it, None for everybody.

    Raises RuntimeError for a route that says nothing: nobody could tell who may use it.
    """
    found: dict[tuple[str, str], Role | None] = {}
    for route in iter_route_contexts(app.routes):
        path, methods = str(route.path), route.methods or ()
        said = [d.dependency for d in route.dependencies if isinstance(d.dependency, Needs)]
        if not said or not methods:
            raise RuntimeError(f"route {path} does not say who may use it: give it needs(…)")
        roles = [one.role for one in said if one.role is not None]
        strictest = max(roles, key=list(Role).index) if roles else None
        found |= {(method, path): strictest for method in methods}
    return found
