"""Where a request that changes something may come from: our own pages, or a program that names itself by a token.

Browsers say it themselves (Sec-Fetch-Site; older ones by Origin), so no form needs a secret of its own. Method as in
Datasette's and the OWASP cheat sheet's "Fetch Metadata" defence.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from fastapi import Request

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class CrossSiteError(Exception):
    """Another site's page tried to change something in the visitor's name."""


def refuse_cross_site(request: Request) -> None:
    """Raises CrossSiteError for a request that changes something and does not come from our own pages."""
    if request.method in SAFE or _names_itself(request):
        return
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if site is not None:
        ours = site == "same-origin"
    else:
        ours = origin is not None and _host(origin) == (request.headers.get("host") or "").lower()
    if not ours:
        raise CrossSiteError


def _names_itself(request: Request) -> bool:
    """A program with a token and without a cookie: no browser sends that for another site."""
    return request.headers.get("authorization", "").lower().startswith("bearer ") and not request.cookies


def _host(origin: str) -> str:
    try:
        parts = urlsplit(origin)
    except ValueError:
        return ""
    return parts.netloc.lower() if parts.scheme in ("http", "https") else ""
