"""What would stop stancewatch from working on this machine, found before it does. Tries each thing for real; repairs none.

One function a check; each says in plain words what is wrong and what to do. Nothing is created but a file in the data
folder that is gone again at once.
"""

from __future__ import annotations

import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pipelines.clock import Clock
from pipelines.config import Config, ConfigError, SmtpSettings, load_config
from pipelines.lock import holder

State = Literal["ok", "note", "fault"]
# Below it, two writers at a bad moment can corrupt a database in WAL mode (fixed in 3.51.3).
SOUND_SQLITE = (3, 51, 3)
OLDEST_PYTHON = (3, 11)
# No run of this program can have been earlier.
WRITTEN = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Check:
    """What one check found. `fault` keeps stancewatch from working; a `note` is worth knowing."""

    name: str
    state: State
    found: str
    advice: str = ""


def examine(overlay: Path | None, clock: Clock) -> Iterator[Check]:
    """All checks, each as soon as it is done. Without a usable configuration the others cannot be made."""
    yield python(tuple(sys.version_info[:3]))
    try:
        config = load_config(overlay)
    except ConfigError as error:
        yield from (
            Check("config", "fault", str(fault), "mend this place in the file") for fault in error.faults
        )
        yield Check("config", "note", "nothing else can be tried before the configuration is mended")
        return
    yield configuration(config)
    checks: tuple[Callable[[Config], Check], ...] = (
        data_folder, archive_folder, disk_space, database, mail, chats, unsubscribing, model, other_processes,
    )  # fmt: skip
    for check in checks:
        yield check(config)
    yield sqlite(config, sqlite3.sqlite_version_info)
    yield clock_is_sane(config, clock())


def python(version: tuple[int, ...]) -> Check:
    """The interpreter."""
    shown = f"Python {'.'.join(str(part) for part in version)}"
    if version < OLDEST_PYTHON:
        return Check("python", "fault", shown, "3.11 or newer is needed: make setup PYTHON=python3.12")
    return Check("python", "ok", shown)


def configuration(config: Config) -> Check:
    """What was loaded, and whether anything would come of it."""
    enabled = sum(source.enabled for source in config.sources)
    words = f"{enabled} sources enabled, {len(config.knowledge.companies)} companies"
    if not enabled:
        return Check("config", "fault", "no source is enabled", "sources.yml: there is nothing to watch")
    if not config.settings.alerts.subscribers:
        return Check(
            "config", "note", f"{words}; nobody is mailed", "alerts.subscribers names who wants alerts"
        )
    return Check("config", "ok", words)


def data_folder(config: Config) -> Check:
    """Where the database and the locks lie."""
    return _folder("data folder", config.settings.data_dir.resolve())


def archive_folder(config: Config) -> Check:
    """Where the pages are archived."""
    return _folder("archive", config.settings.archive_dir)


def disk_space(config: Config) -> Check:
    """Room for the next run."""
    least = config.settings.crawl.min_free_bytes
    try:
        free = shutil.disk_usage(_existing(config.settings.archive_dir)).free
    except OSError as error:
        return Check("disk", "fault", f"cannot be asked: {error.strerror or error}", "is data_dir right?")
    words = f"{free / 2**30:.1f} GiB free"
    if free < least:
        advice = (
            f"no run starts below {least / 2**30:.1f} GiB (crawl.min_free_bytes): make room or move data_dir"
        )
        return Check("disk", "fault", words, advice)
    return Check("disk", "ok", words)


def database(config: Config) -> Check:
    """Whether it is there, lets us in, and has the tables of this version."""
    from pipelines.store.session import StoreError, open_store

    url = config.settings.database_url
    path = Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite:///") else None
    if path is not None and not path.exists():
        return Check("database", "note", f"none at {path} yet", "`stancewatch run` makes it")
    try:
        store = open_store(url)
    except StoreError as error:
        found, _, advice = str(error).partition(": run ")
        return Check(
            "database",
            "fault",
            found,
            f"run {advice}" if advice else "database, data_dir, STANCEWATCH_DATABASE",
        )
    shown = store.shown
    store.close()
    return Check("database", "ok", shown)


def sqlite(config: Config, version: tuple[int, ...]) -> Check:
    """The SQLite that Python brings, which matters only if it is the database."""
    shown = ".".join(str(part) for part in version)
    if not config.settings.database_url.startswith("sqlite"):
        return Check("sqlite", "ok", f"SQLite {shown} (not the database)")
    if version < SOUND_SQLITE:
        needed = ".".join(str(part) for part in SOUND_SQLITE)
        advice = (
            f"before {needed} two writers at a bad moment can damage the file: keep to one `stancewatch` at a time "
            "(locks see to it), back up daily, or use PostgreSQL (docs/operating.md)"
        )
        return Check("sqlite", "note", f"SQLite {shown}", advice)
    return Check("sqlite", "ok", f"SQLite {shown}")


def mail(config: Config) -> Check:
    """Whether the mail server lets us in. Nothing is sent."""
    from pipelines.alerts.channels import DeliveryError, SmtpChannel

    settings = config.settings
    if not settings.alerts.subscribers and settings.smtp == SmtpSettings():
        return Check(
            "mail", "note", "not set up", "smtp and alerts.subscribers, once somebody is to be mailed"
        )
    server = f"{settings.smtp.host}:{settings.smtp.port}"
    try:
        SmtpChannel(settings.smtp).check()
    except DeliveryError as error:
        return Check(
            "mail", "fault", str(error), "mend these settings, then `stancewatch alerts test ADDRESS`"
        )
    how = "without a login" if not settings.smtp.username else f"as {settings.smtp.username}"
    return Check("mail", "ok", f"{server} lets us in {how}")


def chats(config: Config) -> Check:
    """Whether every channel that a subscriber names has an address that can be used. Nothing is sent."""
    names = dict.fromkeys(s.channel for s in config.settings.alerts.subscribers if s.channel)
    if not names:
        return Check("channels", "ok", "no subscriber names one")
    from pipelines.alerts.channels import DeliveryError
    from pipelines.alerts.chat import ChatChannel

    shown = []
    for name in names:
        try:
            service = ChatChannel(name, config.settings.channels.get(name)).target().service_name
        except DeliveryError as error:
            return Check("channels", "fault", str(error), "an Apprise address, as in its list of services")
        shown.append(f"{name} ({service})")
    return Check("channels", "ok", ", ".join(shown))


def unsubscribing(config: Config) -> Check:
    """Whether whoever gets mail can end it from the mail."""
    settings = config.settings
    if settings.alerts.unsubscribe_url and settings.secret is None:
        found = "mails carry no link: alerts.unsubscribe_url is set, STANCEWATCH_SECRET is not"
        return Check("unsubscribe", "note", found, "make one with `openssl rand -hex 32`")
    if settings.alerts.unsubscribe_url:
        return Check("unsubscribe", "ok", f"by one click, at {settings.alerts.unsubscribe_url}")
    if settings.alerts.unsubscribe_mailto:
        return Check("unsubscribe", "ok", f"by a mail to {settings.alerts.unsubscribe_mailto}")
    return Check("unsubscribe", "ok", "mails carry no link (alerts.unsubscribe_url)")


def model(config: Config) -> Check:  # noqa: ARG001  # every check is called alike
    """The English model that finds statements."""
    from extract.statements.pipeline import ModelMissingError, load_model

    try:
        nlp = load_model()
    except (
        ModelMissingError,
        OSError,
        ValueError,
    ) as error:  # the latter: of another spaCy version, or damaged
        return Check("model", "fault", str(error), "make setup")
    return Check("model", "ok", f"{nlp.meta['lang']}_{nlp.meta['name']} {nlp.meta['version']}")


def other_processes(config: Config) -> Check:
    """Who is at work on the same data."""
    folder = config.settings.data_dir.resolve()
    try:
        told = [words for name in ("schedule", "crawl") if (words := holder(folder / f"{name}.lock"))]
    except OSError as error:
        return Check(
            "running", "fault", f"the locks cannot be read: {error.strerror or error}", "is data_dir ours?"
        )
    return Check("running", "ok", "; ".join(told) or "nothing is running")


def clock_is_sane(config: Config, now: datetime) -> Check:
    """A clock that is far off makes every date in the evidence wrong."""
    from pipelines.store import queries
    from pipelines.store.session import StoreError, open_store

    shown = f"{now:%Y-%m-%d %H:%M} UTC"
    if now < WRITTEN:
        return Check(
            "clock", "fault", shown, "this program is younger than that: set the clock (timedatectl)"
        )
    try:
        store = open_store(config.settings.database_url)
    except StoreError:
        return Check("clock", "ok", shown)
    with store.reading() as session:
        runs = queries.runs(session, limit=1)
    store.close()
    if runs and runs[0].started > now:
        found = f"{shown}, but run {runs[0].id} was at {runs[0].started:%Y-%m-%d %H:%M} UTC"
        return Check("clock", "fault", found, "the clock went back, or was wrong then: set it (timedatectl)")
    return Check("clock", "ok", shown)


def _folder(name: str, folder: Path) -> Check:
    """Write for real: permissions, read-only disks and full quotas all show only so."""
    there = _existing(folder)
    if not there.is_dir():
        return Check(name, "fault", f"{there} is a file, not a folder", "data_dir names another place")
    try:
        with tempfile.NamedTemporaryFile(dir=there, prefix=".doctor-") as probe:
            probe.write(b"stancewatch doctor")
            probe.flush()
    except OSError as error:
        found = f"{there} cannot be written to: {error.strerror or error}"
        return Check(
            name, "fault", found, "give it to the user that runs stancewatch, or set data_dir elsewhere"
        )
    return Check(name, "ok", str(folder) if there == folder else f"{folder} will be made")


def _existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that exists."""
    return next(path for path in (folder, *folder.parents) if path.exists())
