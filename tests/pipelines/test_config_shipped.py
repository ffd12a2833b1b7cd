"""The shipped config/ holds together, is as full as promised, and its schemas and comments say what the code says."""

import re
from collections import defaultdict
from urllib.parse import urlsplit

import pytest
from apscheduler.triggers.cron import CronTrigger

from extract.knowledge import Shape
from extract.types import SourceKind
from pipelines.config import FILES, Settings, load_config, shipped_folder, stale_schemas, write_schemas
from pipelines.cron import cron_fault

SHIPPED = shipped_folder()


@pytest.fixture(scope="module")
def config():
    return load_config(environ={})


def test_there_is_as_much_to_watch_as_promised(config):
    of_kind = {kind: [source for source in config.sources if source.kind == kind] for kind in SourceKind}
    companies = {
        s.company for s in config.sources if s.company and s.kind in (SourceKind.PAGE, SourceKind.REPORT)
    }
    news = {source.publisher for source in config.sources if source.what == "news"}
    assert len(config.sources) >= 150
    assert len(companies) >= 60
    assert len(news) >= 60
    assert all(len(sources) >= 10 for sources in of_kind.values())
    assert sum(urlsplit(source.url).path.endswith(".pdf") for source in config.sources) >= 4


def test_an_outlet_is_called_the_same_in_all_its_sources(config):
    """Two publishers confirm a change: one outlet under two names would confirm itself."""
    names = defaultdict(set)
    for source in config.sources:
        if source.publisher and "feedburner" not in source.host:
            names[".".join(source.host.split(".")[-2:])].add(source.publisher)
    shared = {"co.uk", "com.au", "co.za", "co.jp", "co.nz"}
    assert {host: found for host, found in names.items() if len(found) > 1 and host not in shared} == {}


def test_every_source_of_a_company_is_named_after_it_or_its_owner(config):
    """So that people find them: `stancewatch sources check apple-…`."""
    assert [s.id for s in config.sources if s.company and not s.id.startswith(f"{s.company}-")] == []


def test_companies_pages_stand_from_a_to_z(config):
    slugs = [source.company for source in config.sources if source.company]
    assert slugs == sorted(slugs)


def test_the_schemas_are_fresh(tmp_path):
    assert stale_schemas(SHIPPED / "schemas") == []
    assert sorted(write_schemas(tmp_path)) == sorted(
        file.name for file in (SHIPPED / "schemas").glob("*.json")
    )


def test_a_stale_a_missing_and_a_foreign_schema_are_told_and_mended(tmp_path):
    write_schemas(tmp_path)
    (tmp_path / "sources.json").write_text("{}")
    (tmp_path / "stances.json").unlink()
    (tmp_path / "outlets.json").write_text("{}")
    assert stale_schemas(tmp_path) == ["outlets.json", "sources.json", "stances.json"]
    write_schemas(tmp_path)
    assert stale_schemas(tmp_path) == []


@pytest.mark.parametrize("name", FILES)
def test_every_file_leads_editors_to_its_schema(name):
    first = (SHIPPED / name).read_text(encoding="utf-8").partition("\n")[0]
    led = re.fullmatch(r"# yaml-language-server: \$schema=(\S+)", first)
    assert led, f"the first line of {name} should be: # yaml-language-server: $schema=…"
    assert ((SHIPPED / name).parent / led[1]).is_file(), f"{led[1]}: an editor looks from {name}'s own folder"


def test_the_settings_file_says_the_defaults_of_the_code(config):
    assert config.settings == Settings()


def test_the_settings_file_has_every_key_but_secrets():
    lines = [line.strip() for line in (SHIPPED / "stancewatch.yml").read_text(encoding="utf-8").splitlines()]
    said = {line.lstrip("# -").partition(":")[0] for line in lines if ":" in line}
    assert set(_keys(Settings)) - said == {"password", "secret", "channels"}


def _keys(shape):
    for name, about in shape.model_fields.items():
        yield name
        if isinstance(about.annotation, type) and issubclass(about.annotation, Shape):
            yield from _keys(about.annotation)


def test_no_secret_has_a_place_in_the_settings_schema():
    assert '"password"' not in (SHIPPED / "schemas" / "settings.json").read_text(encoding="utf-8")


def test_cron_fields_that_pass_mean_something_to_the_scheduler():
    schedule = Settings().schedule
    for words in (
        schedule.crawl,
        schedule.deliver,
        schedule.health,
        "*/5 1-5/2 1,15 jan-mar mon-fri",
        "0 0 31 12 sun",
    ):
        assert cron_fault(words) is None
        assert CronTrigger.from_crontab(words, timezone="UTC")


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        ("60 * * * *", "minute '60': not within 0-59"),
        ("* * * * mon-xyz", "weekday 'mon-xyz': not within mon-sun"),
        ("* * 20-10 * *", "day '20-10': the range runs backwards"),
        ("*/0 * * * *", "minute '*/0': a step is a number from 1 to 59 here"),
        ("* * * 3-3/1 *", "month '3-3/1': one value has no steps"),
        ("* 1, * * *", "hour '': not within 0-23"),
    ],
)
def test_cron_fields_that_the_scheduler_would_refuse_are_told(words, fault):
    assert cron_fault(words) == fault
    with pytest.raises(ValueError):
        CronTrigger.from_crontab(words, timezone="UTC")


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        ("5/2 * * * *", "minute '5/2': a step wants * or a range before it"),
        ("* * * * 0", "weekday '0': write weekdays as mon, tue, …: programs disagree on which day is 0"),
        ("* * * * 1-5", "weekday '1-5': write weekdays as mon, tue, …: programs disagree on which day is 0"),
    ],
)
def test_cron_fields_that_programs_read_differently_are_refused(words, fault):
    assert cron_fault(words) == fault
