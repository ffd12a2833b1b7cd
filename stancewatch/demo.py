"""Two days in the life of stancewatch, on sample sites served by this machine: everything real but the world.

Crawls by HTTP, archives, reads, finds what changed, and mails it to a real mail server, in a folder of its own.
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from importlib.resources import files
from pathlib import Path

from pipelines.alerts.outbox import deliver
from pipelines.clock import standing
from pipelines.config import Config, load_config
from pipelines.store import people
from pipelines.store.session import Store, open_store
from review.access.passwords import hashed
from stancewatch.crawl import CrawlResult, OnEvent, run_crawl
from stancewatch.sample import MailSink, SampleWeb

PORT = 8642
# When the demo looks, and what the sample sites show by then.
MOMENTS = (
    (datetime(2026, 3, 2, 5, 15, tzinfo=UTC), "day1"),
    (datetime(2026, 3, 3, 5, 15, tzinfo=UTC), "day2"),
    (datetime(2026, 3, 3, 17, 30, tzinfo=UTC), "day2-evening"),
)
# Mail goes out after the crawl.
_DELIVERY = timedelta(seconds=1)
_MARK = ".stancewatch-demo"


class DemoError(Exception):
    """The demo cannot run or did not end well; str() says why and what to do."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One crawl of the demo: when, what the sites showed, how it went, and the mails that followed."""

    moment: datetime
    state: str
    crawl: CrawlResult
    mails: tuple[EmailMessage, ...]


@dataclass(frozen=True, slots=True)
class Demo:
    """A demo that has run: its configuration, its database, and what happened. Valid until the store is closed."""

    config: Config
    overlay: Path
    store: Store
    visits: tuple[Visit, ...]


@contextmanager
def run_demo(
    folder: Path, port: int = PORT, on_visit: Callable[[datetime, str], OnEvent | None] | None = None
) -> Iterator[Demo]:
    """Run the demo in `folder`, which is emptied first if an earlier demo made it; gives what it found.

    `on_visit` is told of each crawl before it begins and may return who follows its progress. Raises DemoError if
    the folder is somebody else's or a crawl fails, PortTakenError if the port is in use.
    """
    _clear(folder)
    with SampleWeb(port) as web, MailSink() as mail:
        overlay = write_config(folder, web.port, mail.port)
        data = folder.resolve() / "data"
        # Both, because the child inherits our environment: a user's own database must not be demonstrated on.
        environ = {
            "STANCEWATCH_DATA_DIR": str(data),
            "STANCEWATCH_DATABASE": f"sqlite:///{data / 'stancewatch.db'}",
        }
        config = load_config(overlay, environ)
        visits: list[Visit] = []
        store = open_store(config.settings.database_url, upgrade=True)
        try:
            for moment, state in MOMENTS:
                web.show(state)
                watch = on_visit(moment, state) if on_visit else None
                crawl = run_crawl(overlay, now=moment, on_progress=watch, extra_environ=environ)
                if crawl.state != "ok":
                    raise DemoError(
                        f"the crawl of {moment:%d %B %Y, %H:%M} UTC ended as {crawl.state!r}: {crawl.error}"
                    )
                before = len(mail.messages)
                deliver(store, config, standing(moment + _DELIVERY))
                visits.append(Visit(moment, state, crawl, tuple(mail.messages[before:])))
            _keep_mails(folder, mail.messages)
            yield Demo(config, overlay, store, tuple(visits))
        finally:
            store.close()


def add_people(store: Store, now: datetime) -> str:
    """One user of each role, named by it; returns the password that they share. Raises StoreError."""
    password = secrets.token_urlsafe(12)
    with store.writing() as session:
        for role in people.Role:
            people.add_user(session, role, role, password=hashed(password, role), now=now)
    return password


def _clear(folder: Path) -> None:
    """Make the folder ours and empty. What we did not make is never removed."""
    if folder.exists() and not (folder / _MARK).is_file() and any(folder.iterdir()):
        raise DemoError(f"{folder} holds something else than a demo: give --folder another one")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _MARK).touch()
    for part in ("config", "data", "mail"):
        shutil.rmtree(folder / part, ignore_errors=True)


def write_config(folder: Path, port: int, smtp_port: int) -> Path:
    """Make the demo's configuration folder under `folder`, with the ports of this time filled in; gives its path."""
    overlay = folder / "config"
    overlay.mkdir()
    for file in sorted((Path(str(files("config"))) / "demo").glob("*.yml")):
        text = (
            file.read_text(encoding="utf-8")
            .replace("{port}", str(port))
            .replace("{smtp_port}", str(smtp_port))
        )
        (overlay / file.name).write_text(text, encoding="utf-8")
    return overlay


def _keep_mails(folder: Path, mails: list[EmailMessage]) -> None:
    """Leave each mail as received (.eml) and its HTML part for a browser."""
    kept = folder / "mail"
    kept.mkdir()
    for n, mail in enumerate(mails, start=1):
        (kept / f"{n}.eml").write_bytes(mail.as_bytes())
        page = mail.get_body(("html",))
        if page is not None:
            (kept / f"{n}.html").write_text(page.get_content(), encoding="utf-8")
