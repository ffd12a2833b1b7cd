"""Versions of pages as somebody recorded them: one JSON object a line (service, terms, date, text in Markdown).

Reads the files, and gives every page a company and an address of its own: two names are never taken for one.
"""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from extract.knowledge import Knowledge

_LONGEST_NAME = 100
_YEARS = range(1970, 2101)


class ReplayError(ValueError):
    """A file cannot be replayed; the message names it, and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class RecordedVersion:
    """One recorded version of a page. `at` is when it was recorded, UTC."""

    service: str
    terms: str
    at: datetime
    text: str

    @property
    def document(self) -> str:
        """The page that it is a version of."""
        return f"{self.service}: {self.terms}"


@dataclass(frozen=True, slots=True)
class Page:
    """Where a recorded page is taken to lie: the company whose own page it is, and its slug there."""

    service: str
    company: str
    slug: str

    @property
    def id(self) -> str:
        """The id of the source that watches it."""
        return f"{self.company}-{self.slug}"

    @property
    def url(self) -> str:
        """Its address, which exists nowhere."""
        return f"https://{self.company}.replay.invalid/{self.slug}"


def versions_in(path: Path, on_fault: Callable[[str], None]) -> list[RecordedVersion]:
    """The versions of a file (`.jsonl` or `.jsonl.gz`). `on_fault` hears of each line that is none, which is left out.

    Raises ReplayError if the file cannot be read at all.
    """
    opened = gzip.open if path.suffix == ".gz" else open
    found = []
    try:
        with opened(path, "rt", encoding="utf-8-sig", errors="surrogateescape") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    try:
                        found.append(_version(line))
                    except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
                        on_fault(f"{path}, line {number}: no recorded version ({_why(error)}); left out")
    except (OSError, EOFError, zlib.error) as error:
        raise ReplayError(f"{path}: cannot be read: {error}") from error
    return found


def _version(line: str) -> RecordedVersion:
    value: Any = json.loads(line.encode("utf-8"))
    if not isinstance(value, dict):
        raise TypeError("not a JSON object")
    for name in ("service", "terms", "date", "text"):
        if not isinstance(value[name], str):
            raise TypeError(f"{name!r} is no text")
    for name in ("service", "terms"):
        if not value[name].strip() or len(value[name].encode("utf-8")) > _LONGEST_NAME:
            raise ValueError(f"{name!r} is no name: empty, or longer than {_LONGEST_NAME} bytes")
    at = datetime.fromisoformat(value["date"])
    if at.year not in _YEARS:
        raise ValueError(f"'date' is in the year {at.year}, not from {_YEARS[0]} to {_YEARS[-1]}")
    return RecordedVersion(
        value["service"], value["terms"], at.replace(tzinfo=at.tzinfo or UTC).astimezone(UTC), value["text"]
    )


def _why(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"{error.args[0]!r} is missing"
    if isinstance(error, UnicodeEncodeError):
        return "it is not UTF-8"
    return str(error)


def pages_of(versions: Iterable[RecordedVersion], knowledge: Knowledge) -> dict[str, Page]:
    """Document → its page. A service is the company of this name or alias, else the slug of its name is the company."""
    listed = {
        name.casefold(): company.id
        for company in reversed(knowledge.companies)
        for name in (company.name, *company.aliases)
    }
    documents = sorted({(v.service, v.terms, v.document) for v in versions})
    slugs: dict[str, str] = {}
    for service, _, _ in documents:
        if service not in slugs:
            slugs[service] = listed.get(service.casefold()) or _slug(service, slugs.values())
    found: dict[str, Page] = {}
    taken: dict[str, list[str]] = {}
    for service, terms, document in documents:
        company = slugs[service]
        slug = _slug(terms, taken.setdefault(company, []), document)
        taken[company].append(slug)
        found[document] = Page(service, company, slug)
    return found


def _slug(name: str, taken: Iterable[str], whole: str = "") -> str:
    """The name in small Latin letters, with a piece of its hash (of `whole`, where given) if that is not its own."""
    slug = re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")
    if slug and slug not in taken:
        return slug
    return f"{slug or 'unnamed'}-{sha256((whole or name).encode()).hexdigest()[:8]}"
