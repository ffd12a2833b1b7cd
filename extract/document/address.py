"""URLs: the registered host, and the canonical address of a page. Fetches nothing."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urljoin, urlsplit, urlunsplit

from courlan import clean_url
from tld import get_fld

_LOCALE = re.compile(r"^[a-z]{2}([-_][a-z]{2,4})?$", re.IGNORECASE)
_LONGEST = 2000


def registered_host(url: str) -> str:
    """The part of a URL's host that somebody registered ("bbc.co.uk"); the host itself where there is no such part."""
    host = (urlsplit(url).hostname or "").lower().rstrip(".")
    try:
        ipaddress.ip_address(host)
    except ValueError:
        found = get_fld(url, fail_silently=True, search_private=True)
        return str(found) if found else host.removeprefix("www.")
    return host


def is_root(url: str) -> bool:
    """Whether a URL is a site's front page, of one language or of all."""
    parts = urlsplit(url)
    steps = [s for s in parts.path.split("/") if s]
    shown = [
        s for s in steps if not _LOCALE.match(s) and not re.fullmatch(r"(index|home|default)(\.\w+)?", s)
    ]
    return not shown and not parts.query


def cleaned(url: str) -> str:
    """A URL without fragment and tracking parameters."""
    without = urlunsplit(urlsplit(url)._replace(fragment=""))
    return clean_url(without) or without


def canonical(claims: list[str], final_url: str) -> str:
    """The address of a page: its own claim if believable, else where it was found, cleaned.

    A claim counts if it is http(s), on the same registered host, and not the front page for a page below it
    (a common mistake of templates).
    """
    for claim in claims:
        try:
            url = urljoin(final_url, claim.strip())
            parts = urlsplit(url)
        except ValueError:
            continue
        if (
            parts.scheme not in ("http", "https")
            or not parts.hostname
            or parts.username
            or len(url) > _LONGEST
            or "\\" in url
        ):
            continue
        if registered_host(url) != registered_host(final_url):
            continue
        if is_root(url) and not is_root(final_url):
            continue
        return cleaned(url)
    return cleaned(final_url)
