"""The index of words over stored texts: FTS5 on SQLite, a tsvector on PostgreSQL, behind one face.

A text goes in once, with its document, in the same transaction. Texts never change, but another capture may tell their title.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy.orm import Session

from pipelines.store.facts import Excerpt
from pipelines.store.tables import DocumentNumberRow, DocumentRow, storable

TABLE = "document_words"
# Enough of a text to find it by; PostgreSQL refuses to index more than a megabyte of words.
INDEXED = 400_000
_BATCH = 200

# No second copy of the texts on SQLite (content=''), because excerpts are cut from the documents themselves.
_FTS = f"CREATE VIRTUAL TABLE {TABLE} USING fts5(title, text, content='', tokenize='porter unicode61 remove_diacritics 2')"
_TSVECTOR = (
    f"CREATE TABLE {TABLE} (words tsvector NOT NULL, "
    "number INTEGER PRIMARY KEY REFERENCES document_numbers (number) ON DELETE CASCADE)"
)
_CREATE = {
    "sqlite": [_FTS],
    "postgresql": [_TSVECTOR, f"CREATE INDEX ix_{TABLE} ON {TABLE} USING gin (words)"],
}
_NEWEST_SQLITE = f"SELECT rowid FROM {TABLE} WHERE {TABLE} MATCH :words AND rowid < :before ORDER BY rowid DESC LIMIT :most"  # noqa: S608
_HOLDS = "words @@ websearch_to_tsquery('english', :words)"
_NEWEST_POSTGRESQL = (
    f"SELECT number FROM {TABLE} WHERE {_HOLDS} AND number < :before ORDER BY number DESC LIMIT :most"  # noqa: S608
)
_SOME = f"SELECT number FROM {TABLE} WHERE {_HOLDS} LIMIT :most"  # noqa: S608
_BY_WORDS = "SELECT set_config('enable_seqscan', :on, true), set_config('enable_indexscan', :on, true)"
_MANY = 1000
_PAST_ALL = 2**31
_ADD = {
    "sqlite": f"INSERT INTO {TABLE} (rowid, title, text) VALUES (:number, :title, :text)",  # noqa: S608
    "postgresql": f"INSERT INTO {TABLE} (number, words) VALUES (:number, "  # noqa: S608
    "setweight(to_tsvector('english', :title), 'A') || to_tsvector('english', :text))",
}
_FORGET = f"INSERT INTO {TABLE} ({TABLE}, rowid, title, text) VALUES ('delete', :number, :title, :text)"  # noqa: S608
_DELETE = f"DELETE FROM {TABLE} WHERE number = :number"  # noqa: S608


def create(connection: sa.Connection) -> None:
    """Make the empty index."""
    for statement in _CREATE[connection.dialect.name]:
        connection.execute(sa.text(statement))


def index_all(connection: sa.Connection) -> None:
    """Put in every stored text that is not in it yet, in the order in which they were stored."""
    row, numbered = DocumentRow, sa.select(DocumentNumberRow.document_id)
    waiting = sa.select(row.id).where(row.id.not_in(numbered)).order_by(row.recorded, row.id)
    ids = connection.scalars(waiting).all()
    for some in (
        ids[n : n + _BATCH] for n in range(0, len(ids), _BATCH)
    ):  # all texts at once may fill the memory
        texts = connection.execute(sa.select(row.id, row.title, row.text).where(row.id.in_(some)))
        found = {document_id: (title, text) for document_id, title, text in texts}
        for document_id in some:
            _add(connection, document_id, *found[document_id])


def index(session: Session, document_id: str, title: str | None, text: str) -> None:
    """Put in a text that was stored just now."""
    _add(session.connection(), document_id, title, text)


def retitle(session: Session, document_id: str, old: str | None, new: str | None, text: str) -> None:
    """A text that is in it has another title from now on."""
    connection, row = session.connection(), DocumentNumberRow
    number = connection.execute(sa.select(row.number).where(row.document_id == document_id)).scalar_one()
    forget = _FORGET if connection.dialect.name == "sqlite" else _DELETE
    connection.execute(sa.text(forget), _values(number, old, text))
    connection.execute(sa.text(_ADD[connection.dialect.name]), _values(number, new, text))


def newest(session: Session, words: str, before: int | None, most: int) -> list[int]:
    """The numbers of documents that hold all of these words, or phrases in quotation marks: the last stored first.

    From `before` (without it) on, and no more than `most`: the database stops there, so a word that every text holds
    costs what a rare one does. Whatever a person types is searched for, never taken as syntax.
    """
    asked = {
        "words": storable(_quoted(words)),
        "before": _PAST_ALL if before is None else before,
        "most": most,
    }
    if session.get_bind().dialect.name == "sqlite":
        return list(session.scalars(sa.text(_NEWEST_SQLITE), asked))
    few = _few(session, asked["words"])
    if few is not None:
        return sorted((n for n in few if n < asked["before"]), reverse=True)[:most]
    return list(session.scalars(sa.text(_NEWEST_POSTGRESQL), asked))


def _few(session: Session, words: str) -> list[int] | None:
    """All documents that hold the words, if they are few; else None.

    PostgreSQL is told to go by the index of words: it knows little of how rare a word is, and reading every text to find
    out that none holds it takes seconds. Where many hold it, the newest are soon found by going back from the last.
    """
    session.execute(sa.text(_BY_WORDS), {"on": "off"})
    found = list(session.scalars(sa.text(_SOME), {"words": words, "most": _MANY}))
    session.execute(sa.text(_BY_WORDS), {"on": "on"})
    return found if len(found) < _MANY else None


def excerpts(text: str, words: str, most: int = 3, around: int = 90) -> tuple[Excerpt, ...]:
    """Up to `most` pieces of a text around the words that were searched for, each with where they stand in it.

    Without any place to show, the text's beginning is given.
    """
    windows: list[tuple[int, int, list[tuple[int, int]]]] = []
    for first, last in places(text, words):
        if not windows or first >= windows[-1][1]:
            if len(windows) == most:
                break
            start = _word_start(text, max(0, first - around))
            windows.append((start, _word_end(text, min(len(text), last + around)), []))
        start, end, hits = windows[-1]
        if last <= end:
            hits.append((first - start, last - start))
    found = tuple(Excerpt(text[start:end], tuple(hits)) for start, end, hits in windows)
    return found or (Excerpt(text[: _word_end(text, 2 * around)], ()),)


def places(text: str, words: str) -> Iterator[tuple[int, int]]:
    """Where the words that were searched for stand in a text, from the first on: whole words, in any case and form.

    Forms are known by how they begin; those that only the index knows as the same ("sued", "suing") may not be found.
    """
    phrases = [re.findall(r"[^\W_]+", _plain(phrase)) for phrase in _phrases(words)]
    wanted = sorted({_form(phrase) for phrase in phrases if phrase}, key=len, reverse=True)
    if wanted:
        pattern = re.compile("|".join(wanted), re.IGNORECASE)
        yield from (found.span() for found in pattern.finditer(_plain(text)))


def _phrases(words: str) -> list[str]:
    """What is searched for: each word by itself, what stands in quotation marks as one phrase."""
    parts = enumerate(words.replace("\0", " ").split('"'))
    return [p for i, part in parts for p in ([part.strip()] if i % 2 else part.split()) if p]


def _form(phrase: list[str]) -> str:
    """A pattern of a word and its forms, roughly: a long one by the beginning that they share, a short one by its ends."""
    *before, last = phrase
    stem = re.sub("(ing|ed|es|s|e)$", "", last) if len(last) > 4 else last
    forms = r"\w*" if len(stem) > 4 else "(e?s|e?d|e|ing)?"
    return r"\b" + r"[\W_]+".join((*before, stem)) + forms + r"\b"


def _plain(text: str) -> str:
    """The text as the index takes it, without accents; each character stays one, so that places are the same."""
    if text.isascii():
        return text
    accented = {c for c in text if unicodedata.decomposition(c)}
    return text.translate({ord(c): unicodedata.normalize("NFD", c)[0] for c in accented})


def _word_start(text: str, at: int) -> int:
    return text.rfind(" ", 0, at) + 1 if at else 0


def _word_end(text: str, at: int) -> int:
    end = text.find(" ", at)
    return len(text) if end < 0 or at >= len(text) else end


def _quoted(words: str) -> str:
    """As either database takes it: each word a phrase of its own, what stands in quotation marks one phrase."""
    return " ".join(f'"{phrase}"' for phrase in _phrases(words)) or '""'


def _add(connection: sa.Connection, document_id: str, title: str | None, text: str) -> None:
    number = connection.execute(
        sa.insert(DocumentNumberRow).values(document_id=document_id).returning(DocumentNumberRow.number)
    ).scalar_one()
    connection.execute(sa.text(_ADD[connection.dialect.name]), _values(number, title, text))


def _values(number: int, title: str | None, text: str) -> dict[str, object]:
    return {"number": number, "title": storable(title or ""), "text": storable(text[:INDEXED])}
