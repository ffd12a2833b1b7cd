"""Reads, overlays and validates config/; every error names file and line. The one reader of the environment.

Order, weakest first: the shipped config/, the folder named by STANCEWATCH_CONFIG (file by file), and for
settings the environment (STANCEWATCH_SMTP__PASSWORD, …). Nothing is looked for in the current directory.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, StringConstraints, field_validator

from extract.knowledge import AuthorityCode, Knowledge, Name, Shape, Slug
from extract.types import SourceKind

Cron = Annotated[str, StringConstraints(pattern=r"^\S+ \S+ \S+ \S+ \S+$")]


class Source(Shape):
    """One thing to watch (config/sources.yml)."""

    id: Slug
    kind: SourceKind
    url: str
    company: Slug | None = Field(None, description="whose own page this is; none for news")
    publisher: Name | None = Field(None, description="the outlet's name; required for news")
    what: Literal[
        "news", "newsroom", "law-enforcement-guidelines", "government-requests", "transparency-report",
        "privacy-policy", "warrant-canary",
    ] = "news"
    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")] = "en"
    follow: tuple[str, ...] = Field((), description="regular expressions; only links matching one are followed (listing, sitemap)")
    hosts: tuple[str, ...] = Field((), description="further hosts that its links and redirects may lead to")
    javascript: bool = False
    enabled: bool = True
    unverified: bool = Field(False, description="an address seen nowhere, only known: `stancewatch sources check` tries it")
    note: str | None = None

    @field_validator("url")
    @classmethod
    def _http_only(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or "\\" in url or parts.username:
            raise ValueError(f"not an http(s) address: {url!r}")
        return url

    @property
    def host(self) -> str:
        """The host of its address, lower-case."""
        return (urlsplit(self.url).hostname or "").lower()


class CrawlSettings(Shape):
    """How sources are fetched. Times in seconds, sizes in bytes."""

    contact: str = Field("https://github.com/stancewatch", description="address in the user agent where a site owner reaches you")
    delay_s: float = Field(2.0, ge=0, description="least time between two requests to one host")
    timeout_s: float = Field(45.0, gt=0, description="of one response, headers to end")
    page_bytes: int = Field(10 * 2**20, gt=0, description="largest body after decompression, but PDF")
    pdf_bytes: int = Field(60 * 2**20, gt=0)
    redirects: int = Field(5, ge=0)
    retries: int = Field(2, ge=0)
    retry_after_cap_s: float = Field(120.0, ge=0, description="a longer Retry-After puts the URL off to the next run")
    error_budget: int = Field(5, ge=1, description="consecutive failures after which a source is left alone for this run")
    links_per_source: int = Field(100, ge=1, description="most new articles fetched from one source in one run")
    max_age_days: int = Field(30, ge=1, description="older entries of feeds and sitemaps are not fetched")
    allow_loopback: bool = Field(False, description="only for the demo and tests: sources may lie on this machine")
    min_free_bytes: int = Field(2**30, ge=0, description="a run does not start with less free disk")


class AnalyseSettings(Shape):
    """The worker processes around extraction."""

    workers: int = Field(2, ge=1)
    timeout_s: float = Field(30.0, gt=0, description="a page that takes longer is killed and recorded as error")
    memory_bytes: int = Field(3 * 2**30, gt=0, description="address space of one worker")


class PositionSettings(Shape):
    """When a statement on a watched page counts as gone."""

    settle_hours: float = Field(
        12.0, ge=0, description="a statement is gone once it is absent from ok captures at least this far apart"
    )


class SmtpSettings(Shape):
    """The mail server that takes our alerts."""

    host: str = "localhost"
    port: int = Field(25, ge=1, le=65535)
    security: Literal["none", "starttls", "tls"] = "none"
    username: str | None = None
    password: SecretStr | None = Field(None, description="only by environment: STANCEWATCH_SMTP__PASSWORD")
    timeout_s: float = 20.0


class Subscriber(Shape):
    """Who is mailed about what. An empty filter means everything."""

    email: Annotated[str, StringConstraints(pattern=r"^[^@\s<>]+@[^@\s<>]+$")]
    name: Name | None = None
    companies: tuple[Slug, ...] = ()
    authorities: tuple[AuthorityCode, ...] = ()
    kinds: tuple[Literal["new", "stance", "terms", "withdrawn"], ...] = ("stance", "terms", "withdrawn")
    severity: Literal["minor", "major"] = Field("minor", description="the least severity that is mailed")
    when: Literal["provisional", "confirmed"] = Field(
        "confirmed", description="whether a change is mailed at once, or only when confirmed"
    )


class AlertSettings(Shape):
    """Mail of changes."""

    sender: str = "stancewatch <stancewatch@localhost>"
    subscribers: tuple[Subscriber, ...] = ()
    retry_minutes: tuple[int, ...] = Field((1, 5, 15, 60, 180, 360), description="back-off after a temporary failure; the last repeats")
    give_up_hours: int = Field(72, ge=1)


class ScheduleSettings(Shape):
    """When the jobs run: five cron fields each, in `timezone`."""

    timezone: str = "UTC"
    crawl: Cron = "15 5 * * *"
    deliver: Cron = "*/5 * * * *"
    health: Cron = "0 7 * * *"


class Settings(Shape):
    """config/stancewatch.yml. Every key also as STANCEWATCH_<KEY> or STANCEWATCH_<PART>__<KEY>."""

    data_dir: Path = Field(Path("data"), description="database and archive; relative to where the command is run")
    database: str | None = Field(None, description="SQLAlchemy URL; none means SQLite in data_dir")
    crawl: CrawlSettings = CrawlSettings()
    analyse: AnalyseSettings = AnalyseSettings()
    positions: PositionSettings = PositionSettings()
    smtp: SmtpSettings = SmtpSettings()
    alerts: AlertSettings = AlertSettings()
    schedule: ScheduleSettings = ScheduleSettings()

    @property
    def database_url(self) -> str:
        """The database that is used."""
        return self.database or f"sqlite:///{self.data_dir.resolve() / 'stancewatch.db'}"

    @property
    def archive_dir(self) -> Path:
        """Where the WARC files lie."""
        return self.data_dir.resolve() / "archive"


@dataclass(frozen=True, slots=True)
class Config:
    """All of config/, loaded and checked against itself."""

    settings: Settings
    sources: tuple[Source, ...]
    knowledge: Knowledge
