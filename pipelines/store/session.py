"""Opens the database and hands out transactions. Every fault of it becomes a StoreError in plain words.

Both databases behave the same: writers stand in line (one at a time, from their first statement on), readers never
wait and see one moment. It knows no table; what is written and read is `record`'s and `queries`' business.
"""

from __future__ import annotations

import contextlib
import re
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from pipelines.store import schema

__all__ = ["SchemaState", "Session", "Store", "StoreError", "open_store"]

SchemaState = Literal["empty", "old", "current", "newer"]

# How long a writer waits for its turn. A page's transaction takes milliseconds; a migration may take seconds.
LOCK_WAIT_S = 30
# One number for all writers of one PostgreSQL database: SQLite's single writer, made explicit.
_WRITER_LOCK = 0x57A7CE
_READ_ONLY = "stancewatch_read_only"


class StoreError(Exception):
    """The database cannot be used; str() says why and what to do, without the password."""


class Store:
    """An open database. Thread-safe: every transaction has a connection of its own."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._readers = engine.execution_options(**_reading_options(engine))
        self.shown = _shown(engine.url)

    @contextlib.contextmanager
    def writing(self) -> Iterator[Session]:
        """One transaction that may write: committed at the end, rolled back on any exception. Raises StoreError."""
        with self._translated(), Session(self._engine, expire_on_commit=False) as session, session.begin():
            session.connection()  # begins now, so that whoever is here first goes first
            if self._engine.dialect.name == "postgresql":
                session.execute(sa.text(f"SET LOCAL lock_timeout = '{LOCK_WAIT_S}s'"))
                session.execute(sa.select(sa.func.pg_advisory_xact_lock(_WRITER_LOCK)))
            yield session

    @contextlib.contextmanager
    def reading(self) -> Iterator[Session]:
        """One transaction that sees one moment of the database and waits for nobody. Raises StoreError."""
        with self._translated(), Session(self._readers) as session, session.begin():
            yield session

    def schema(self) -> SchemaState:
        """Whether the tables are those that this program knows. Raises StoreError."""
        with self._translated(), self._readers.connect() as connection:
            return schema.state_of(connection)

    def upgrade(self) -> None:
        """Bring the tables to the newest form, all or nothing. Safe from several processes at once. Raises StoreError."""
        with self._translated(), self._engine.connect() as connection:
            self._foreign_keys(connection, on=False)
            try:
                with connection.begin():
                    if connection.dialect.name == "postgresql":
                        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_WRITER_LOCK)))
                    if schema.state_of(connection) == "newer":
                        raise StoreError(_newer(self.shown))
                    schema.migrate(connection)
                    _refuse_dangling(connection)
            finally:
                self._foreign_keys(connection, on=True)

    def close(self) -> None:
        """Give back every connection."""
        self._engine.dispose()

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except sa.exc.DBAPIError as error:
            raise StoreError(_words(error, self._engine.url)) from error
        except sa.exc.TimeoutError as error:
            raise StoreError(f"database {self.shown}: too many transactions at once") from error

    def _foreign_keys(self, connection: sa.Connection, *, on: bool) -> None:
        # SQLite rebuilds a table to alter it, and dropping the old one would delete its children; the pragma is
        # ignored inside a transaction, so it goes past SQLAlchemy, which would begin one.
        raw = connection.connection.driver_connection
        if isinstance(raw, sqlite3.Connection):
            raw.execute(f"PRAGMA foreign_keys={'ON' if on else 'OFF'}")


def open_store(url: str, *, upgrade: bool = False) -> Store:
    """Open the database of a SQLAlchemy URL (sqlite:///path or postgresql://user:password@host/name).

    With `upgrade`, what is missing is made: a SQLite file and its folder, the tables, newer columns. Without, nothing
    is created. Raises StoreError if it cannot be reached or its schema is not the one this program knows.
    """
    engine = _engine(url, create=upgrade)
    store = Store(engine)
    try:
        if upgrade:
            store.upgrade()
        _expect_current(store)
    except BaseException:
        store.close()
        raise
    return store


def _expect_current(store: Store) -> None:
    state = store.schema()
    if state == "newer":
        raise StoreError(_newer(store.shown))
    if state != "current":
        what = "has no tables yet" if state == "empty" else "is of an older version"
        raise StoreError(f"database {store.shown} {what}: run `stancewatch db upgrade`")


def _engine(url: str, *, create: bool) -> sa.Engine:
    try:
        parsed = sa.make_url(url)
        if parsed.drivername in ("postgresql", "postgres"):
            parsed = parsed.set(drivername="postgresql+psycopg")
        kind = parsed.get_backend_name()
    except (sa.exc.ArgumentError, ValueError) as error:
        # Not the URL itself: it could not be taken apart, so a password in it cannot be hidden.
        raise StoreError(
            "the database setting is no URL; write sqlite:///path/to/file.db or postgresql://user:password@host/name"
        ) from error
    if kind == "sqlite":
        return _sqlite_engine(parsed, create=create)
    if kind == "postgresql":
        return _postgresql_engine(parsed)
    raise StoreError(f"database {_shown(parsed)}: only sqlite:// and postgresql:// are supported")


def _sqlite_engine(url: sa.URL, *, create: bool) -> sa.Engine:
    if not url.database or url.database == ":memory:":
        raise StoreError("a database in memory is gone with its process; write sqlite:///path/to/file.db")
    path = Path(url.database)
    if create:
        _make_parent(path)
    elif not path.exists():
        raise StoreError(f"no database at {path} yet: `stancewatch run` or `stancewatch db upgrade` makes it")
    if path.is_dir():
        raise StoreError(f"database {path} is a folder, not a file")
    engine = sa.create_engine(url, connect_args={"timeout": LOCK_WAIT_S})

    @sa.event.listens_for(engine, "connect")
    def configure(connection: sqlite3.Connection, _record: Any) -> None:
        # Autocommit for the driver: it would begin late and deferred, and a deferred reader that turns writer fails
        # at once, however long the timeout. `begin` below says BEGIN.
        connection.isolation_level = None
        connection.execute("PRAGMA synchronous=FULL").close()
        connection.execute("PRAGMA foreign_keys=ON").close()
        _write_ahead(connection)

    @sa.event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        read_only = connection.get_execution_options().get(_READ_ONLY, False)
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    return engine


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Turn the file's write-ahead log on, which it then keeps: readers never wait for the writer.

    While another process does the same, SQLite refuses at once instead of waiting; asking for a transaction waits.
    """
    for last in (*(False,) * 20, True):
        mode: str = connection.execute("PRAGMA journal_mode").fetchone()[0]
        if mode == "wal":
            return
        try:
            connection.execute("PRAGMA journal_mode=WAL").close()
        except sqlite3.OperationalError:
            if last:
                raise
            connection.execute("BEGIN IMMEDIATE").close()
            connection.execute("COMMIT").close()


def _make_parent(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"cannot make the folder {path.parent} for the database: {error.strerror}"
        ) from error


def _postgresql_engine(url: sa.URL) -> sa.Engine:
    waits = {"connect_timeout": "10"} if "connect_timeout" not in url.query else {}
    return sa.create_engine(url, connect_args=waits, pool_pre_ping=True)


def _reading_options(engine: sa.Engine) -> Mapping[str, Any]:
    if engine.dialect.name == "postgresql":
        return {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    return {_READ_ONLY: True}


def _refuse_dangling(connection: sa.Connection) -> None:
    if connection.dialect.name != "sqlite":
        return
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    if broken:
        tables = ", ".join(sorted({str(row[0]) for row in broken}))
        raise StoreError(
            f"the upgrade would leave rows in {tables} that point at nothing; nothing was changed"
        )


def _shown(url: sa.URL) -> str:
    """The address as people may see it."""
    if url.get_backend_name() == "sqlite":
        return url.database or ""
    return (
        url.difference_update_query(["password", "sslpassword"])
        .set(drivername="postgresql")
        .render_as_string()
    )


def _newer(shown: str) -> str:
    return f"database {shown} was upgraded by a newer stancewatch; update the program, the database stays as it is"


# What the drivers say → what it means for whoever has to mend it. Only the driver's own words are looked at: the
# statement and its parameters hold scraped text, and sometimes a password.
_MEANINGS = (
    ("unable to open database file", "cannot be opened: no such folder, or no permission"),
    ("file is not a database", "is a file, but no SQLite database"),
    ("malformed", "is damaged: restore it from a backup"),
    ("readonly database", "cannot be written: no permission, or a read-only disk"),
    ("disk is full|no space left", "cannot grow: the disk is full"),
    ("database is locked|lock timeout", f"was held by another writer for more than {LOCK_WAIT_S} s"),
    ("password authentication failed", "refused the password"),
    ("no password supplied", "asks for a password: put it into STANCEWATCH_DATABASE"),
    ('role ".*" does not exist', "does not know this user"),
    ('database ".*" does not exist', "does not exist on that server: create it first (createdb)"),
    ("connection refused", "is not running there (connection refused)"),
    ("no such file or directory", "is not running there (no such socket)"),
    ("failed to resolve host|name or service not known", "cannot be found: no such host"),
    ("timeout expired", "does not answer"),
    ("permission denied", "does not let this user do that"),
    ("server closed the connection", "broke off the connection"),
)


def _words(error: sa.exc.DBAPIError, url: sa.URL) -> str:
    said = str(error.orig or "").strip()
    for pattern, meaning in _MEANINGS:
        if re.search(pattern, said, re.IGNORECASE):
            return f"database {_shown(url)} {meaning}"
    first = said.splitlines()[0] if said else type(error).__name__
    return f"database {_shown(url)} failed: {_without_password(first, url)}"


def _without_password(text: str, url: sa.URL) -> str:
    secrets = [url.password, url.query.get("password"), url.query.get("sslpassword")]
    for secret in secrets:
        if isinstance(secret, str) and secret:
            text = text.replace(secret, "***")
    return text
