"""Fixtures for all houses: a clock that is set, and a database, once SQLite and once PostgreSQL, real and empty."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import settings
from support import postgres as servers
from support.postgres import Postgres

from pipelines.store.session import Store, open_store
from pipelines.store.tables import Row

# A busy machine fails no test: hypothesis measures each example against a clock unless told otherwise.
settings.register_profile("stancewatch", deadline=None)
settings.load_profile("stancewatch")

# Nor does a test ever see the settings, or write into the database, of whoever runs it.
for name in [name for name in os.environ if name.startswith("STANCEWATCH_")]:
    del os.environ[name]

TABLES = tuple(table.name for table in reversed(Row.metadata.sorted_tables))


class SetClock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def set(self, now: datetime) -> None:
        self.now = now

    def tick(self, **span: float) -> datetime:
        """Move on by days=, hours=, minutes=, seconds=; returns the new time."""
        self.now += timedelta(**span)
        return self.now


@pytest.fixture
def clock() -> SetClock:
    """Noon of 1 November 2026, UTC, until moved."""
    return SetClock(datetime(2026, 11, 1, 12, tzinfo=UTC))


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server for this worker; skips where there is none, but fails in CI."""
    if not servers.usable():
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(servers.MISSING)
    with servers.running() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    """The kind of database of this test: every test that uses a store runs once on each."""
    return request.param


@pytest.fixture
def empty_url(database: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without tables."""
    if database == "sqlite":
        yield f"sqlite:///{tmp_path}/empty/stancewatch.db"
        return
    server: Postgres = request.getfixturevalue("postgres")
    name = server.create()
    yield server.url(name)
    server.drop(name)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An upgraded SQLite file to copy: quicker than to upgrade one for each test."""
    path = tmp_path_factory.mktemp("template") / "stancewatch.db"
    open_store(f"sqlite:///{path}", upgrade=True).close()
    return path


@pytest.fixture
def new_url(database: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], str]]:
    """Makes databases with tables and no rows; gives the URL of each."""
    if database == "sqlite":
        template, numbers = request.getfixturevalue("sqlite_template"), count(1)
        yield lambda: f"sqlite:///{shutil.copy(template, tmp_path / f'store{next(numbers)}.db')}"
        return
    server: Postgres = request.getfixturevalue("postgres")
    taken: list[str] = []

    def make() -> str:
        taken.append(server.take(lambda url: open_store(url, upgrade=True).close()))
        return server.url(taken[-1])

    yield make
    for name in taken:
        server.give_back(name, TABLES)


@pytest.fixture
def new_store(new_url: Callable[[], str]) -> Iterator[Callable[[], Store]]:
    """Makes stores with tables and no rows, as many as a test needs."""
    with ExitStack() as opened:

        def make() -> Store:
            store = open_store(new_url())
            opened.callback(store.close)
            return store

        yield make


@pytest.fixture
def store(new_store: Callable[[], Store]) -> Store:
    """One store with tables and no rows."""
    return new_store()


@pytest.fixture
def forbidden_folder() -> Iterator[Path]:
    """A folder that we may not write to; as root, who may everything, the test goes on as nobody."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o555)
        root = os.geteuid() == 0
        if root:
            os.seteuid(65534)
        try:
            yield folder
        finally:
            if root:
                os.seteuid(0)
            folder.chmod(0o755)
