"""Reads, overlays and validates config/; every error names file and line. The one reader of the environment.

Order, weakest first: the shipped config/, the folder named by STANCEWATCH_CONFIG (file by file), and for
settings the environment (STANCEWATCH_SMTP__PASSWORD, …). Nothing is looked for in the current directory.
What a source and the settings look like stands in `pipelines.settings`, companies and rules in `extract.knowledge`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from pydantic import TypeAdapter, ValidationError

from extract.knowledge import Authority, Company, Confidence, DemandWeights, Knowledge, Lexicon, StanceRules
from extract.types import Stance, identity_of
from pipelines import crosscheck
from pipelines.environment import OVERLAY, FromEnvironment, settings_in
from pipelines.schemas import json_schemas, stale_schemas, write_schemas
from pipelines.settings import (
    AlertSettings,
    AnalyseSettings,
    CrawlSettings,
    HealthSettings,
    PositionSettings,
    ScheduleSettings,
    Settings,
    SmtpSettings,
    Source,
    Subscriber,
)
from pipelines.yamlfile import (
    ConfigError,
    Fault,
    Loc,
    YamlFile,
    guess,
    problems_of,
    read,
    validated,
    validated_items,
)

__all__ = [
    "AlertSettings", "AnalyseSettings", "Config", "ConfigError", "CrawlSettings", "HealthSettings", "PositionSettings",
    "ScheduleSettings", "Settings", "SmtpSettings", "Source", "Subscriber", "UnknownSourceError", "json_schemas",
    "load_config", "shipped_folder", "stale_schemas", "write_schemas",
]  # fmt: skip

T = TypeVar("T")
STANCE_FILES = tuple(f"stances/{stance}.yml" for stance in Stance)
FILES = (
    "stancewatch.yml",
    "sources.yml",
    "companies.yml",
    "authorities.yml",
    "lexicon.yml",
    "confidence.yml",
    "demands.yml",
    *STANCE_FILES,
)


class UnknownSourceError(KeyError):
    """No source has this id; str() names those that are like it."""

    def __init__(self, wanted: str, known: list[str]) -> None:
        near = get_close_matches(wanted, known, n=3, cutoff=0.5) or [i for i in known if wanted in i][:3]
        hint = f"; did you mean {', '.join(near)}?" if near else "; see `stancewatch sources list`"
        self.words = f"no source {wanted!r} in sources.yml{hint}"
        super().__init__(self.words)

    def __str__(self) -> str:
        return self.words


@dataclass(frozen=True, slots=True)
class Config:
    """All of config/, loaded and checked against itself."""

    settings: Settings
    sources: tuple[Source, ...]
    knowledge: Knowledge

    def source(self, source_id: str) -> Source:
        """The source of this id. Raises UnknownSourceError."""
        for source in self.sources:
            if source.id == source_id:
                return source
        raise UnknownSourceError(source_id, [source.id for source in self.sources])


def load_config(overlay: Path | None = None, environ: Mapping[str, str] | None = None) -> Config:
    """Everything under config/, with an overlay's files instead of the shipped ones of the same name.

    `overlay` defaults to the folder that STANCEWATCH_CONFIG names, `environ` to this process's environment.
    Raises ConfigError with every fault found.
    """
    variables = os.environ if environ is None else environ
    if overlay is None and variables.get(OVERLAY):
        overlay = Path(variables[OVERLAY]).expanduser()
    return _Loader(_places(overlay), settings_in(variables)).load()


def shipped_folder() -> Path:
    """Where the shipped config/ lies."""
    return Path(str(resources.files("config")))


class _Loader:
    """Reads file after file and collects faults, so that an operator sees all of them at once."""

    def __init__(self, places: Mapping[str, tuple[Path, str]], environment: FromEnvironment) -> None:
        self._places = places
        self._environment = environment
        self._faults = list(environment.faults)

    def load(self) -> Config:
        companies = self._companies()
        authorities = self._authorities()
        stances = [self._stance(name) for name in STANCE_FILES]
        lexicon = self._value("lexicon.yml", TypeAdapter(Lexicon))
        confidence = self._value("confidence.yml", TypeAdapter(Confidence))
        demands = self._value("demands.yml", TypeAdapter(DemandWeights))
        slugs = {company.id for company in companies} if companies else None
        sources = self._sources(slugs)
        settings = self._settings(slugs, {authority.code for authority in authorities or ()})
        if self._faults or not (
            companies and authorities and lexicon and confidence and demands and settings
        ):
            raise ConfigError(self._faults)
        try:
            knowledge = Knowledge(
                companies=companies,
                authorities=authorities,
                stances=tuple(rules for rules in stances if rules),
                lexicon=lexicon,
                confidence=confidence,
                demands=demands,
            )
        except ValidationError as error:  # what only all of them together show, as two rules for one reading
            shape = TypeAdapter(Knowledge)
            raise ConfigError(
                Fault("config", None, words) for _, words in problems_of(error, shape)
            ) from error
        return Config(settings, sources, knowledge.model_copy(update={"version": version_of(knowledge)}))

    def _companies(self) -> tuple[Company, ...] | None:
        file, items = self._items("companies.yml", "company", TypeAdapter(Company))
        if file is not None:
            self._faults += crosscheck.company_faults(file, items)
            self._refuse_none(file)
        return tuple(items.values()) or None

    def _authorities(self) -> tuple[Authority, ...] | None:
        file, items = self._items("authorities.yml", "authority", TypeAdapter(Authority))
        if file is not None:
            self._faults += crosscheck.authority_faults(file, items)
            self._refuse_none(file)
        return tuple(items.values()) or None

    def _refuse_none(self, file: YamlFile) -> None:
        if file.data == []:
            self._faults.append(file.fault((), f"lists no {file.noun}: nothing could be found"))

    def _sources(self, companies: set[str] | None) -> tuple[Source, ...]:
        file, items = self._items("sources.yml", "source", TypeAdapter(Source))
        if file is not None:
            self._faults += crosscheck.source_faults(file, items, companies)
        return tuple(items.values())

    def _stance(self, name: str) -> StanceRules | None:
        file = self._read(name, "")
        if file is None:
            return None
        rules, faults = validated(file, TypeAdapter(StanceRules))
        self._faults += faults
        if rules is not None:
            self._faults += crosscheck.stance_faults(file, Path(name).stem, rules)
        return rules

    def _settings(self, companies: set[str] | None, authorities: set[str]) -> Settings | None:
        file = self._read("stancewatch.yml", "")
        if file is None:
            return None
        if not isinstance(file.data, Mapping | None):
            self._faults.append(file.fault((), "should be keys with values (key: value)"))
            return None
        data = {key: value for key, value in (file.data or {}).items() if value is not None}
        self._faults += _secrets_in(file, data)

        def at(loc: Loc, words: str) -> Fault:
            return _fault_of_setting(file, self._environment, loc, words)

        shape = TypeAdapter(Settings)
        try:
            settings = shape.validate_python(self._environment.over(data))
        except ValidationError as error:
            self._faults += [at(loc, words) for loc, words in problems_of(error, shape)]
            return None
        if companies is not None:
            subscribers = settings.alerts.subscribers
            self._faults += crosscheck.subscriber_faults(at, subscribers, companies, authorities)
        return settings

    def _value(self, name: str, shape: TypeAdapter[T]) -> T | None:
        file = self._read(name, "")
        if file is None:
            return None
        found = validated(file, shape)
        self._faults += found[1]
        return found[0]

    def _items(self, name: str, noun: str, shape: TypeAdapter[T]) -> tuple[YamlFile | None, dict[int, T]]:
        file = self._read(name, noun)
        if file is None:
            return None, {}
        items, faults = validated_items(file, shape)
        self._faults += faults
        return file, items

    def _read(self, name: str, noun: str) -> YamlFile | None:
        path, label = self._places[name]
        try:
            return read(path, label, noun)
        except ConfigError as error:
            self._faults += error.faults
            return None


def version_of(knowledge: Knowledge) -> str:
    """The digest of what was loaded: the same for another order of keys, another comment, another line break."""
    return identity_of(
        *(company.model_dump_json() for company in knowledge.companies),
        *(authority.model_dump_json() for authority in knowledge.authorities),
        *(rules.model_dump_json() for rules in knowledge.stances),
        knowledge.lexicon.model_dump_json(),
        knowledge.confidence.model_dump_json(),
        knowledge.demands.model_dump_json(),
    )


def _places(overlay: Path | None) -> dict[str, tuple[Path, str]]:
    """Where each file is read, and how faults call it. Raises ConfigError if the overlay is not one."""
    shipped = shipped_folder()
    places = {name: (shipped / name, f"config/{name}") for name in FILES}
    if overlay is None:
        return places
    found = _yaml_files(overlay)
    faults = [
        Fault(str(overlay / name), None, "stancewatch reads no such file" + guess(name, FILES))
        for name in found
        if name not in FILES
    ]
    if not found:
        faults = [
            Fault(
                str(overlay),
                None,
                f"holds none of the files that can be replaced: {', '.join(FILES[:5])}, stances/…",
            )
        ]
    if faults:
        raise ConfigError(faults)
    return places | {name: (overlay / name, str(overlay / name)) for name in found}


def _yaml_files(overlay: Path) -> list[str]:
    """The YAML files of an overlay and of the folders in it that could be meant for stances/."""
    if not overlay.is_dir():
        what = "is a file, not a folder" if overlay.exists() else "no such folder"
        words = f"{what}; {OVERLAY} (or --config) names the folder whose files replace those of config/"
        raise ConfigError([Fault(str(overlay), None, words)])
    try:
        folders = [
            overlay,
            *(f for f in overlay.iterdir() if f.is_dir() and get_close_matches(f.name.lower(), ["stances"])),
        ]
        files = [file for folder in folders for file in sorted(folder.iterdir()) if _is_yaml(file)]
    except OSError as error:
        raise ConfigError(
            [Fault(str(overlay), None, f"cannot be read: {error.strerror or error}")]
        ) from error
    return [file.relative_to(overlay).as_posix() for file in files]


def _is_yaml(file: Path) -> bool:
    return file.suffix.lower() in (".yml", ".yaml") and not file.name.startswith(".") and not file.is_dir()


def _secrets_in(file: YamlFile, data: dict[str, Any]) -> Iterator[Fault]:
    """Secrets that stand in a file; they are taken out of the data, so that no later message repeats them."""
    smtp = data.get("smtp")
    if isinstance(smtp, Mapping) and smtp.get("password") is not None:
        data["smtp"] = {key: value for key, value in smtp.items() if key != "password"}
        yield file.fault(("smtp", "password"), "secrets stand in no file: set STANCEWATCH_SMTP__PASSWORD")
    for key, variable in (("secret", "STANCEWATCH_SECRET"), ("channels", "STANCEWATCH_CHANNELS__NAME")):
        if data.pop(key, None) is not None:
            yield file.fault((key,), f"secrets stand in no file: set {variable}")
    desk = data.get("desk")
    oidc = desk.get("oidc") if isinstance(desk, Mapping) else None
    if isinstance(desk, Mapping) and isinstance(oidc, Mapping) and oidc.get("client_secret") is not None:
        data["desk"] = {**desk, "oidc": {k: v for k, v in oidc.items() if k != "client_secret"}}
        words = "secrets stand in no file: set STANCEWATCH_DESK__OIDC__CLIENT_SECRET"
        yield file.fault(("desk", "oidc", "client_secret"), words)
    database = data.get("database")
    if isinstance(database, str) and _has_password(database):
        del data["database"]
        yield file.fault(("database",), "this address holds a password: set STANCEWATCH_DATABASE instead")


def _has_password(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:  # cannot be read as an address: it may hold anything
        return "@" in url
    return parts.password is not None or "password=" in parts.query


def _fault_of_setting(file: YamlFile, environment: FromEnvironment, loc: Loc, words: str) -> Fault:
    """A fault at a setting, laid to the variable that gave it, else to the file."""
    variable = environment.variable_of(loc)
    if variable is None:
        return file.fault(loc, words)
    name, inner = variable
    path = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in inner).removeprefix(
        "."
    )
    return Fault(name, None, f"{path}: {words}" if path else words)
