"""Every page of the desk, from its route table: addresses with something in their places that is there."""

from __future__ import annotations

import re
from urllib.parse import quote

import sqlalchemy as sa
from fastapi import FastAPI

from pipelines.store.session import Store
from review.access.roles import rules_of

# What is no page: files, lists for programs, and what is downloaded.
NO_PAGE = re.compile(
    r"/(static|api|exports|feeds|healthz|style\.css|unsubscribe|signin/provider)\b|.*/(raw|page|bundle)$|.*\.(\w+|\{\w+\})$"
)
# Place → where a value for it is found.
PLACES = {
    "statement_id": "SELECT id FROM statements ORDER BY first_seen, id LIMIT 1",
    "document_id": "SELECT id FROM documents ORDER BY first_seen DESC, id LIMIT 1",
    "other_id": "SELECT id FROM documents ORDER BY first_seen, id LIMIT 1",
    "capture_id": "SELECT id FROM captures ORDER BY first_seen, id LIMIT 1",
    "change_id": "SELECT id FROM changes ORDER BY baseline, found, id LIMIT 1",
    "company": "SELECT company FROM changes ORDER BY company LIMIT 1",
    "slug": "SELECT company FROM changes ORDER BY company LIMIT 1",
    "authority": "SELECT authority FROM changes ORDER BY company, authority LIMIT 1",
    "source": "SELECT source FROM captures ORDER BY source LIMIT 1",
    "source_id": "SELECT source FROM captures ORDER BY source LIMIT 1",
    "number": "SELECT id FROM runs ORDER BY id LIMIT 1",
    "name": "SELECT name FROM samples ORDER BY id LIMIT 1",
    "n": "SELECT n FROM sample_units ORDER BY n LIMIT 1",
    "form": "SELECT 'jsonl'",
    "version": "SELECT 'none'",
    "token": "SELECT 'none'",
}


def pages_of(app: FastAPI, store: Store) -> list[str]:
    """The addresses of all pages; those of which nothing is stored that they could show are left out.

    A place in an address that is not known here is a KeyError: say where a value for it is found.
    """
    return addresses_of(app, store, but=NO_PAGE)


def addresses_of(app: FastAPI, store: Store, but: re.Pattern[str] | None = None) -> list[str]:
    """The same of everything that can be looked at: also files, and what programs ask for; `but` leaves out."""
    found = []
    with store.reading() as session:
        for method, path in sorted(rules_of(app)):
            if method != "GET" or (but and but.match(path)):
                continue
            values = {
                place: session.execute(sa.text(PLACES[place])).scalar()
                for place in re.findall(r"\{(\w+)", path)
            }
            if None not in values.values():
                for place, value in values.items():
                    path = re.sub(rf"\{{{place}(:\w+)?\}}", quote(str(value), safe="*"), path)
                found.append(path)
    return found
