"""Pages from templates: every value in them is escaped. Knows no route and no store."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from functools import cache
from importlib.resources import files
from urllib.parse import quote, urlencode, urlsplit

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FunctionLoader, StrictUndefined

from extract.types import Facets, Stance, digest_of
from pipelines.alerts.words import facet_words
from pipelines.settings import CHANNEL
from review.meanings import STANCES

_ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w.-]*\w")


def page(template: str, status: int = 200, **values: object) -> HTMLResponse:
    """A page with this status, made of a template and values."""
    return HTMLResponse(_environment().get_template(template).render(values), status)


def file(name: str) -> str:
    """The text of a file of this package."""
    return files("review").joinpath(name).read_text(encoding="utf-8")


@cache
def version_of(name: str) -> str:
    """A few digits that change with a static file, so that browsers may keep it for ever."""
    return digest_of(file(f"static/{name}"))[:12]


def span_since(moment: datetime, now: datetime) -> str:
    """How long ago, in two words: "5 min", "3 h", "12 d", "4 mo", "2 y"."""
    seconds = max(0, int((now - moment).total_seconds()))
    for size, name in ((31_557_600, "y"), (2_629_800, "mo"), (86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {name}"
    return "now"


def query_of(pairs: Iterable[tuple[str, object]]) -> str:
    """A query string with its question mark, without what is not said; empty if nothing is."""
    said = [(name, str(value)) for name, value in pairs if value not in (None, "", False)]
    return f"?{urlencode(said)}" if said else ""


def masked(recipient: str) -> str:
    """A recipient whose address is not for everybody: "a…@d…"; the name of a channel is no secret."""
    if recipient.startswith(CHANNEL):
        return recipient
    name, _, host = recipient.rpartition("@")
    return f"{name[:1]}…@{host[:1]}…"


def without_addresses(text: str) -> str:
    """A text as those may see it who see no addresses: each in it masked."""
    return _ADDRESS.sub(lambda found: masked(found[0]), text)


@cache
def _environment() -> Environment:
    loader = FunctionLoader(lambda name: file(f"templates/{name}"))
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {
        "day": lambda moment: f"{moment:%Y-%m-%d}" if moment else "",
        "minute": lambda moment: f"{moment:%Y-%m-%d %H:%M}" if moment else "",
        "iso": lambda moment: moment.isoformat() if moment else "",
        "short": lambda digest: digest[:12],
        "host": _host_of,
        "masked": masked,
        "segment": lambda text: quote(text, safe="*"),  # as one part of a path
        "facets": lambda facets: ", ".join(
            facet_words(facets if isinstance(facets, Facets) else Facets.from_dict(facets))
        ),
        "side": lambda stance: str(Stance(stance).side),
        "number": lambda n: f"{n:,}".replace(",", "\N{NARROW NO-BREAK SPACE}"),
    }
    environment.tests |= {"web": _is_web}
    environment.globals |= {
        "span_since": span_since,
        "query_of": query_of,
        "version_of": version_of,
        "stances": STANCES,
    }
    return environment


def _host_of(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def _is_web(url: str) -> bool:
    """Whether an address that a page or an article gave may be followed: nothing but the web's own."""
    try:
        return urlsplit(url).scheme in ("http", "https")
    except ValueError:
        return False
