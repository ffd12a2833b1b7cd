"""The shape of a source and of the settings: config/sources.yml and config/stancewatch.yml, with every default.

It checks one value at a time. Reading the files, the environment and what one file says of another is
`pipelines.config`'s business; houses import these names from there.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from email.utils import parseaddr
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, Field, SecretStr, StringConstraints, field_validator, model_validator

from extract.knowledge import AuthorityCode, Name, Shape, Slug
from extract.types import SourceKind
from pipelines.cron import cron_fault


def _expression(words: str) -> str:
    try:
        re.compile(words)
    except re.error as error:
        raise ValueError(f"not a regular expression ({error}): {words!r}") from error
    return words


def _cron(words: str) -> str:
    if fault := cron_fault(words):
        raise ValueError(fault)
    return words


Cron = Annotated[str, AfterValidator(_cron)]
Expression = Annotated[str, AfterValidator(_expression)]
HostName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+(\.[a-z0-9-]+)*$")]
Email = Annotated[str, StringConstraints(pattern=r"^[^@\s<>]+@[^@\s<>]+$")]
# As it can stand in a variable's name, in small letters: STANCEWATCH_CHANNELS__DESK_CHAT.
ChannelName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(_[a-z0-9]+)*$")]
Deliver = Literal["instant", "daily", "weekly"]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
CHANNEL = "channel:"  # what marks a recipient that is no mail address
SHORTEST_SECRET = 16


class Source(Shape):
    """One thing to watch (config/sources.yml)."""

    id: Slug = Field(
        description="its name in commands, reports and the database; keep it when the address changes"
    )
    kind: SourceKind = Field(
        description="feed: RSS, Atom or JSON Feed; sitemap: news sitemap; listing: a section page with links; "
        "page: watched for change; report: transparency figures"
    )
    url: str = Field(description="http(s) address that is fetched")
    company: Slug | None = Field(default=None, description="whose own page this is; none for news")
    publisher: Name | None = Field(default=None, description="the outlet's name; required for news")
    what: Literal[
        "news", "newsroom", "law-enforcement-guidelines", "government-requests", "transparency-report",
        "privacy-policy", "warrant-canary",
    ] = Field(default="news", description="what is read there; all but news are a company's own words")  # fmt: skip
    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")] = Field(
        default="en", description="ISO 639-1; a page that comes in another language is not believed"
    )
    follow: tuple[Expression, ...] = Field(
        default=(), description="regular expressions; only links matching one are followed (listing, sitemap)"
    )
    hosts: tuple[HostName, ...] = Field(
        default=(), description="further hosts that its links and redirects may lead to"
    )
    javascript: bool = Field(
        default=False,
        description="the page shows nothing without JavaScript; noted for people, no browser reads it yet",
    )
    enabled: bool = Field(default=True, description="false: kept in the list, not fetched")
    unverified: bool = Field(
        default=False, description="an address seen nowhere, only known: `stancewatch sources check` tries it"
    )
    note: str | None = Field(default=None, description="for people; not read")

    @field_validator("url")
    @classmethod
    def _public_web_address(cls, url: str) -> str:
        try:
            parts = urlsplit(url)
            web = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        except ValueError:  # a port that is no number, a bracket left open
            parts, web = None, False
        if parts is not None and "@" in parts.netloc:  # its value stays out of the message
            raise ValueError("the address holds a user name or password: only public pages are watched")
        if not web or re.search(r"[\s\\]", url):
            raise ValueError(f"not an http(s) address: {url!r}")
        return url

    @property
    def host(self) -> str:
        """The host of its address, lower-case."""
        return (urlsplit(self.url).hostname or "").lower()


class CrawlSettings(Shape):
    """How sources are fetched. Times in seconds, sizes in bytes."""

    contact: str = Field(
        default="https://github.com/stancewatch",
        description="address in the user agent where a site owner reaches you",
    )
    delay_s: float = Field(default=2.0, ge=0, description="least time between two requests to one host")
    timeout_s: float = Field(default=45.0, gt=0, description="of one response, headers to end")
    page_bytes: int = Field(default=10 * 2**20, gt=0, description="largest body after decompression, but PDF")
    pdf_bytes: int = Field(default=60 * 2**20, gt=0, description="largest PDF")
    redirects: int = Field(default=5, ge=0, description="most redirects of one address")
    retries: int = Field(default=2, ge=0, description="repeats after a temporary failure")
    retry_after_cap_s: float = Field(
        default=120.0, ge=0, description="a longer Retry-After puts the URL off to the next run"
    )
    error_budget: int = Field(
        default=5, ge=1, description="consecutive failures after which a source is left alone for this run"
    )
    links_per_source: int = Field(
        default=100, ge=1, description="most new articles fetched from one source in one run"
    )
    max_age_days: int = Field(
        default=30, ge=1, description="older entries of feeds and sitemaps are not fetched"
    )
    allow_loopback: bool = Field(
        default=False, description="only for the demo and tests: sources may lie on this machine"
    )
    min_free_bytes: int = Field(default=2**30, ge=0, description="a run does not start with less free disk")


class AnalyseSettings(Shape):
    """The worker processes around extraction."""

    workers: int = Field(default=2, ge=1, description="pages read at the same time, one process each")
    timeout_s: float = Field(
        default=30.0, gt=0, description="a page that takes longer is killed and recorded as error"
    )
    memory_bytes: int = Field(default=3 * 2**30, gt=0, description="address space of one worker")


class PositionSettings(Shape):
    """When a statement on a watched page counts as gone, and what is held back for somebody to look at."""

    settle_hours: float = Field(
        default=12.0,
        ge=0,
        description="a statement is gone once it is absent from ok captures at least this far apart",
    )

    hold_over_text: int = Field(
        default=12, ge=1, description="a text that would move more positions than this is held back"
    )
    hold_over_source: int = Field(
        default=30, ge=1, description="the same for all texts of one source in one run"
    )
    hold_shrunk_to: float = Field(
        default=0.5,
        ge=0,
        le=1,
        description="a page's text that is shorter than this share of the shortest it showed before is held back",
    )
    hold_days: float = Field(
        default=7.0, ge=0, description="a page that stays so short for this long is believed after all"
    )


class SmtpSettings(Shape):
    """The mail server that takes our alerts."""

    host: str = Field(default="localhost", min_length=1, description="name or address of the mail server")
    port: int = Field(default=25, ge=1, le=65535, description="usual: 25 none, 587 starttls, 465 tls")
    security: Literal["none", "starttls", "tls"] = Field(
        default="none", description="starttls: plain first, then TLS; tls: TLS from the first byte"
    )
    username: str | None = Field(default=None, description="none: no login")
    password: SecretStr | None = Field(
        default=None, description="only by environment: STANCEWATCH_SMTP__PASSWORD"
    )
    timeout_s: float = Field(default=20.0, gt=0, description="longest silence of the server")


class Subscriber(Shape):
    """Who is told about what, by mail or on a channel. An empty filter means everything."""

    email: Email | None = Field(default=None, description="where the mail goes; or give channel")
    channel: ChannelName | None = Field(
        default=None,
        description="a chat or webhook in place of email: its name in STANCEWATCH_CHANNELS__NAME",
    )
    name: Name | None = None
    companies: tuple[Slug, ...] = Field(
        default=(), description="ids of companies.yml; a parent covers its services"
    )
    authorities: tuple[AuthorityCode, ...] = Field(default=(), description="codes of authorities.yml")
    kinds: tuple[Literal["new", "stance", "terms", "withdrawn", "contradicted"], ...] = (
        "stance",
        "terms",
        "withdrawn",
        "contradicted",
    )
    severity: Literal["minor", "major"] = Field(
        default="minor", description="the least severity that is mailed"
    )
    when: Literal["provisional", "confirmed"] = Field(
        default="confirmed", description="whether a change is mailed at once, or only when confirmed"
    )
    deliver: Deliver = Field(
        default="instant", description="daily, weekly: all that is due in one mail (alerts.digest_hour)"
    )

    @model_validator(mode="after")
    def _reached_one_way(self) -> Self:
        if (self.email is None) == (self.channel is None):
            raise ValueError("a subscriber has either an email or a channel")
        return self

    @property
    def recipient(self) -> str:
        """The outbox's name for it: the mail address, or "channel:" and the channel's name."""
        return self.email or f"{CHANNEL}{self.channel}"


class AlertSettings(Shape):
    """Mail of changes."""

    sender: str = Field(default="stancewatch <stancewatch@localhost>", description="From of every mail")
    subscribers: tuple[Subscriber, ...] = Field(default=(), description="who is mailed about what")
    retry_minutes: tuple[Annotated[int, Field(ge=1)], ...] = Field(
        default=(1, 5, 15, 60, 180, 360),
        min_length=1,
        description="back-off after a temporary failure; the last repeats",
    )
    give_up_hours: int = Field(
        default=72, ge=1, description="a mail that could not be delivered for so long is given up"
    )
    digest_hour: int = Field(
        default=7, ge=0, le=23, description="when digests go out, by the clock of schedule.timezone"
    )
    digest_weekday: Weekday = Field(default="mon", description="the day of weekly digests")
    unsubscribe_url: str | None = Field(
        default=None,
        description="https address under which `stancewatch serve` answers /unsubscribe/…, given with that path; "
        "every mail then ends its own subscription with one click (needs STANCEWATCH_SECRET)",
    )
    unsubscribe_mailto: Email | None = Field(
        default=None, description="address of a person who takes requests to unsubscribe"
    )

    @field_validator("unsubscribe_url")
    @classmethod
    def _https_base(cls, url: str | None) -> str | None:
        if url is None:
            return None
        try:
            parts = urlsplit(url)
            sound = parts.scheme == "https" and bool(parts.hostname) and parts.port != 0
        except ValueError:  # a port that is no number, a bracket left open
            sound = False
        if not sound or "@" in url or re.search(r"[^!-;=@-~]|[?#,]", url):
            raise ValueError(f"not an https address without a query: {url!r}")
        return url.rstrip("/")

    @field_validator("sender")
    @classmethod
    def _one_address(cls, sender: str) -> str:
        if not re.fullmatch(r"[^@\s<>]+@[^@\s<>]+", parseaddr(sender)[1]) or re.search(r"[\r\n]", sender):
            raise ValueError(f"not a mail address: {sender!r} (write: Name <name@example.org>)")
        return sender


class ScheduleSettings(Shape):
    """When the jobs run: five cron fields each (minute hour day month weekday), in `timezone`."""

    timezone: str = Field(default="UTC", description="as in Europe/Berlin")
    crawl: Cron = Field(default="15 5 * * *", description="fetches every source")
    deliver: Cron = Field(default="*/5 * * * *", description="sends the mail that waits")
    health: Cron = Field(
        default="0 7 * * *", description="judges the watch itself, and mails it to health.operator"
    )

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ValueError, OSError, LookupError) as error:  # not one name fails the same way as the next
            if name == "UTC":  # a system without a time zone database still has UTC
                return name
            near = get_close_matches(name, available_timezones(), n=1)
            hint = f" (did you mean {near[0]!r}?)" if near else " (write it as in Europe/Berlin)"
            raise ValueError(f"no such time zone: {name!r}{hint}") from error
        return name


class HealthSettings(Shape):
    """When the watch itself counts as in trouble."""

    max_hours_without_run: float = Field(
        default=26.0, gt=0, description="a good crawl must have ended within so many hours"
    )
    max_crawl_hours: float = Field(
        default=6.0, gt=0, description="a crawl that runs longer is told as one that does not end"
    )
    source_failures: int = Field(
        default=3, ge=1, description="consecutive failures after which a source is named in the report"
    )
    operator: Email | None = Field(
        default=None,
        description="who gets the daily mail on the watch itself, and alarms between two of them; none: only the log",
    )


class OidcSettings(Shape):
    """Signing in at an OpenID provider, beside passwords."""

    issuer: str = Field(description="the provider's address; its /.well-known/openid-configuration is read")
    client_id: str = Field(min_length=1, description="under which the provider knows this desk")
    client_secret: SecretStr | None = Field(
        default=None, description="only by environment: STANCEWATCH_DESK__OIDC__CLIENT_SECRET"
    )
    name: str = Field(default="Single sign-on", description="what the button says")
    claim: Literal["email", "preferred_username", "sub"] = Field(
        default="email",
        description="what a person is named by here; an email counts only if the provider verified it, and only by one is a user with a password linked",
    )
    new_users: Literal["reader", "analyst"] | None = Field(
        default=None,
        description="the role of whoever comes for the first time; none: an admin adds people first",
    )

    @field_validator("issuer")
    @classmethod
    def _secure(cls, url: str) -> str:
        parts = urlsplit(url)
        if not re.fullmatch(
            r"https://[^\s/@?#]+(/[^\s?#]*)?|http://(127\.0\.0\.1|localhost)(:\d+)?(/[^\s?#]*)?", url
        ):
            raise ValueError(f"not an https address: {parts.geturl()!r}")
        return url.rstrip("/")


class DeskSettings(Shape):
    """The desk that `stancewatch serve` answers with."""

    url: str | None = Field(
        default=None,
        description="its https address from outside, for links in feeds and bundles; with it cookies travel by https only",
    )
    idle_hours: float = Field(
        default=12.0, gt=0, description="a browser that was idle for so long is signed out"
    )
    session_days: float = Field(default=7.0, gt=0, description="and one that signed in so long ago")
    failures: int = Field(
        default=5, ge=1, description="wrong passwords for one name from one address until it must wait"
    )
    wait_minutes: float = Field(default=15.0, gt=0, description="how long")
    proxies: tuple[str, ...] = Field(
        default=(),
        description="addresses of your own web server before the desk, whose X-Forwarded-For is believed",
    )
    oidc: OidcSettings | None = Field(default=None, description="none: passwords only")

    @model_validator(mode="after")
    def _found_again(self) -> Self:
        if self.oidc is not None and self.url is None:
            raise ValueError("oidc needs url: the provider sends people back to it")
        return self

    @field_validator("url")
    @classmethod
    def _origin(cls, url: str | None) -> str | None:
        local = r"http://(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?/?"
        if url is not None and not re.fullmatch(rf"https://[A-Za-z0-9.\-\[\]:]+/?|{local}", url):
            raise ValueError(f"not an https address without a path: {url!r}")
        return url.rstrip("/") if url else None


class Settings(Shape):
    """config/stancewatch.yml. Every key also as STANCEWATCH_<KEY> or STANCEWATCH_<PART>__<KEY>."""

    data_dir: Path = Field(
        default=Path("data"), description="database and archive; relative to where the command is run"
    )
    database: str | None = Field(
        default=None,
        repr=False,
        description="SQLAlchemy URL; none means SQLite in data_dir. With a password: only by environment, STANCEWATCH_DATABASE",
    )
    secret: SecretStr | None = Field(
        default=None, description="signs links in mails; only by environment: STANCEWATCH_SECRET"
    )
    channels: dict[ChannelName, SecretStr] = Field(
        default_factory=dict,
        description="chats and webhooks as Apprise addresses; only by environment: STANCEWATCH_CHANNELS__NAME",
    )
    crawl: CrawlSettings = CrawlSettings()
    analyse: AnalyseSettings = AnalyseSettings()
    positions: PositionSettings = PositionSettings()
    smtp: SmtpSettings = SmtpSettings()
    alerts: AlertSettings = AlertSettings()
    schedule: ScheduleSettings = ScheduleSettings()
    health: HealthSettings = HealthSettings()
    desk: DeskSettings = DeskSettings()

    @field_validator("secret")
    @classmethod
    def _hard_to_guess(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret is not None and len(secret.get_secret_value()) < SHORTEST_SECRET:
            raise ValueError(
                f"is shorter than {SHORTEST_SECRET} characters: make one with `openssl rand -hex 32`"
            )
        return secret

    @field_validator("data_dir")
    @classmethod
    def _home_written_out(cls, folder: Path) -> Path:
        try:
            return folder.expanduser()
        except RuntimeError as error:
            raise ValueError(f"whose home is that? {folder}") from error

    @field_validator("database")
    @classmethod
    def _known_database(cls, url: str | None) -> str | None:
        if url is not None and not re.match(r"(sqlite|postgres(ql)?)(\+\w+)?://", url):
            raise ValueError(
                "not a database address: write postgresql://user@host/name or sqlite:////folder/file.db"
            )
        return url

    @property
    def database_url(self) -> str:
        """The database that is used."""
        return self.database or f"sqlite:///{self.data_dir.resolve() / 'stancewatch.db'}"

    @property
    def feeds_dir(self) -> Path:
        """Where the feed of changes lies."""
        return self.data_dir.resolve() / "feeds"

    @property
    def archive_dir(self) -> Path:
        """Where the WARC files lie."""
        return self.data_dir.resolve() / "archive"
