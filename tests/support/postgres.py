"""A PostgreSQL server of the tests' own: on a Unix socket in a temporary folder, gone when they end, unsafe and quick."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import psycopg

NUMBERED = (
    "runs",
    "verdicts",
    "comments",
    "users",
    "tokens",
    "audit",
    "samples",
    "codes",
)  # rows that the database counts
MISSING = "no PostgreSQL server here: scripts/install-test-services.sh installs it"


def binary(name: str) -> str | None:
    """Where a server program lies: on the path, or where Debian keeps it."""
    debian = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return shutil.which(name) or (str(debian[-1]) if debian else None)


def _user() -> str:
    """Who runs the server: us, or postgres in our place, because it refuses to run as root."""
    return "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name


def usable() -> bool:
    """Whether a server can be started here."""
    if not (binary("initdb") and binary("postgres")):
        return False
    try:
        pwd.getpwnam(_user())
    except KeyError:
        return False
    return True


@dataclass
class Postgres:
    """A running server. Making a database takes it longer than a test, so upgraded ones are emptied and used again."""

    folder: Path
    user: str
    free: list[str] = field(default_factory=list)  # databases with today's tables and no rows
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def url(self, database: str) -> str:
        return f"postgresql://{self.user}@/{database}?host={self.folder}"

    def run(self, statement: str, database: str = "postgres") -> None:
        with psycopg.connect(
            dbname=database, host=str(self.folder), user=self.user, autocommit=True
        ) as connection:
            connection.execute(statement.encode())

    def create(self) -> str:
        """A new database without tables; returns its name."""
        name = f"test_{next(self._numbers)}"
        self.run(f"CREATE DATABASE {name}")
        return name

    def take(self, upgrade: Callable[[str], None]) -> str:
        """A database with tables and no rows: one that was given back, else a new one; returns its name."""
        if self.free:
            return self.free.pop()
        name = self.create()
        upgrade(self.url(name))
        return name

    def give_back(self, name: str, tables: Iterable[str]) -> None:
        """Empty a database, given its tables with what refers to another first, for the next who takes one."""
        emptied = [f"DELETE FROM {table}" for table in tables]  # on few rows far quicker than TRUNCATE
        numbered = [f"ALTER SEQUENCE {table}_id_seq RESTART" for table in NUMBERED]
        self.run("; ".join(emptied + numbered), name)
        self.free.append(name)

    def drop(self, name: str) -> None:
        self.run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


OPTIONS = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "autovacuum": "off",
    "shared_buffers": "32MB",
    "max_connections": "40",
}


@contextlib.contextmanager
def running() -> Iterator[Postgres]:
    """Start a server, stop it at the end and leave nothing behind."""
    user, initdb, server = _user(), binary("initdb"), binary("postgres")
    assert initdb is not None
    assert server is not None
    # A socket's path may have 107 bytes, so not below pytest's own long folders.
    folder = Path(tempfile.mkdtemp(prefix="sw-pg-"))
    data = folder / "data"
    own = {"user": user, "extra_groups": []} if os.geteuid() == 0 else {}
    try:
        if own:
            shutil.chown(folder, user)
        made = subprocess.run(
            [initdb, "-D", data, "-U", user, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"],
            capture_output=True,
            text=True,
            cwd=folder,
            **own,
        )
        assert made.returncode == 0, made.stderr
        options = [f"--{name}={value}" for name, value in OPTIONS.items()]
        process = subprocess.Popen(
            [server, "-D", data, "-k", folder, *options],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            cwd=folder,
            **own,
        )
        listening = None
        try:
            listening = _await_ready(process)
            yield Postgres(folder, user)
        finally:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(10)
            process.kill()
            process.wait()
            if listening is not None:
                listening.join(10)
            process.stderr.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _await_ready(process: subprocess.Popen[str]) -> threading.Thread:
    """Returns once it answers, with the thread that reads on: whatever it says must not fill the pipe."""
    said: list[str] = []
    for line in process.stderr:
        said.append(line)
        if "ready to accept connections" in line:
            listening = threading.Thread(target=lambda: [None for _ in process.stderr], daemon=True)
            listening.start()
            return listening
    raise AssertionError("PostgreSQL did not start:\n" + "".join(said))
