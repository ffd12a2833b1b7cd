"""When a page says it was published and changed. Absurd claims are quarantined with a reason, never believed.

Order of belief for `published`: the page's own metadata, the hint of the place that led here, then what htmldate
finds in markup and URL (articles only: on a policy page that would be a copyright year).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from htmldate import find_date
from lxml.html import HtmlElement

from extract.document.jsonld import articles_of

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
_AHEAD = timedelta(hours=24)  # clocks and time zones of publishers
_BEFORE = timedelta(days=2)  # a page cannot be published this long after its own last change
_MONTHS_WORDS = "january february march april may june july august september october november december"
_MONTHS = _MONTHS_WORDS.split()
_MONTH = r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
_WRITTEN = re.compile(
    r"\b(?:last\s+)?(?:updated|modified|revised|effective|reviewed)(?:\s+date)?(?:\s+(?:on|as\s+of|from))?\s*[:–-]?\s*"
    rf"(?:{_MONTH}\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<year>\d{{4}})|(?P<day2>\d{{1,2}})(?:st|nd|rd|th)?\s+{_MONTH.replace('month', 'month2')},?\s+(?P<year2>\d{{4}})"
    r"|(?P<iso>\d{4}-\d{2}-\d{2}))",
    re.IGNORECASE,
)
_PUBLISHED_META_WORDS = (
    "article:published_time article:published og:published_time datepublished date date.created dc.date dc.date.issued dcterms.created "
    "dcterms.date dcterms.issued parsely-pub-date sailthru.date publish-date publish_date publication_date pubdate "
    "cxenseparse:recs:publishtime citation_publication_date"
)
_PUBLISHED_META = frozenset(_PUBLISHED_META_WORDS.split())
_MODIFIED_META_WORDS = (
    "article:modified_time og:updated_time datemodified dcterms.modified last-modified lastmod"
)
_MODIFIED_META = frozenset(_MODIFIED_META_WORDS.split())


@dataclass(frozen=True, slots=True)
class Claim:
    """A date as somebody gave it; `source` says where it stood, in words."""

    value: str | datetime
    source: str


@dataclass(frozen=True, slots=True)
class Dates:
    """What was believed, and what was not and why."""

    published: datetime | None
    modified: datetime | None
    quarantined: tuple[str, ...] = ()


def read_time(value: str | datetime) -> datetime | None:
    """A date or time as aware UTC, None if it cannot be read. Without a zone it is taken as UTC, a bare date as midnight."""
    if isinstance(value, datetime):
        found: datetime | None = value
    else:
        text = value.strip()[:64]
        found = None
        for read in (datetime.fromisoformat, parsedate_to_datetime):
            try:
                found = read(text)
                break
            except (ValueError, TypeError, IndexError, OverflowError):
                continue
    if found is None:
        return None
    try:
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (OverflowError, ValueError):
        return None


def _fault(when: datetime, fetched: datetime) -> str | None:
    if when > fetched + _AHEAD:
        return "lies after it was fetched"
    return f"lies before {EARLIEST.year}" if when < EARLIEST else None


def _first(claims: Iterable[Claim], what: str, fetched: datetime, refused: list[str]) -> datetime | None:
    for claim in claims:
        when = read_time(claim.value)
        if when is None:
            continue
        fault = _fault(when, fetched)
        if fault is None:
            return when
        refused.append(f"{what} {when.isoformat()} ({claim.source}) {fault}")
    return None


def settle(
    published: Iterable[Claim],
    modified: Iterable[Claim],
    fetched: datetime,
    hint: datetime | None,
    guesses: Iterable[Claim] = (),
) -> Dates:
    """Chooses among claims, best first. `guesses` are only tried where neither page nor hint tells."""
    refused: list[str] = []
    changed = _first(modified, "modified", fetched, refused)
    began = _first(published, "published", fetched, refused)
    if began and changed and began > changed + _BEFORE:
        refused.append(
            f"published {began.isoformat()} (page) lies after the page's own last change {changed.isoformat()}"
        )
        began = None
    if began is None and hint is not None:
        began = _first([Claim(hint, "feed or sitemap")], "published", fetched, refused)
    if began is None:
        began = _first(guesses, "published", fetched, refused)
    return Dates(began, changed, tuple(refused))


def _meta(root: HtmlElement, names: frozenset[str]) -> Iterator[Claim]:
    for element in root.iter("meta"):
        name = (
            (element.get("property") or element.get("name") or element.get("itemprop") or "").strip().lower()
        )
        if name in names and element.get("content"):
            yield Claim(element.get("content"), f"meta {name}")


def _marked(root: HtmlElement, name: str) -> Iterator[Claim]:
    for element in root.iter("time", "span", "div", "p"):
        if element.get("itemprop", "").lower() == name and (
            element.get("datetime") or element.get("content")
        ):
            yield Claim(element.get("datetime") or element.get("content"), f"itemprop {name}")


def _json(nodes: list[dict[str, Any]], key: str) -> Iterator[Claim]:
    described = articles_of(nodes)
    for node in [*described, *(n for n in nodes if n not in described)]:
        if isinstance(node.get(key), str):
            yield Claim(node[key], "JSON-LD")


def published_claims(root: HtmlElement, nodes: list[dict[str, Any]]) -> Iterator[Claim]:
    """What a page's metadata says of its publication, best first."""
    yield from _json(nodes, "datePublished")
    yield from _meta(root, _PUBLISHED_META)
    yield from _marked(root, "datepublished")
    for element in root.iter("time"):
        if "pubdate" in element.attrib and element.get("datetime"):
            yield Claim(element.get("datetime"), "time pubdate")


def modified_claims(root: HtmlElement, nodes: list[dict[str, Any]]) -> Iterator[Claim]:
    """What a page's metadata says of its last change, best first."""
    yield from _json(nodes, "dateModified")
    yield from _meta(root, _MODIFIED_META)
    yield from _marked(root, "datemodified")


def written_claims(text: str) -> Iterator[Claim]:
    """ "Last updated: 3 May 2026" and the like at either end of a policy page. Numeric dates are ambiguous and not read."""
    for part in (text[:3000], text[-1500:] if len(text) > 3000 else ""):
        for match in _WRITTEN.finditer(part):
            got = match.groupdict()
            iso = got["iso"]
            if not iso:
                name = (got["month"] or got["month2"])[:3].lower()
                number = next(i for i, month in enumerate(_MONTHS, 1) if month.startswith(name))
                iso = f"{got['year'] or got['year2']}-{number:02d}-{int(got['day'] or got['day2']):02d}"
            yield Claim(iso, "the page's text")


def guessed_claims(root: HtmlElement, url: str, fetched: datetime) -> Iterator[Claim]:
    """What htmldate finds in markup and URL: a day, without hour. Lazy, for it is slow."""
    found = find_date(
        root, original_date=True, extensive_search=False, url=url, outputformat="%Y-%m-%d",
        min_date=EARLIEST, max_date=fetched + _AHEAD,
    )  # fmt: skip
    if found:
        yield Claim(found, "markup or address")
