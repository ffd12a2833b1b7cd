"""Which value holds: shipped, overlay or environment; and that a loaded configuration is what the files say."""

import json
import os
import pickle

import pytest
from support.configs import SMALL, overlay_of

from pipelines import yamlcache
from pipelines.config import ConfigError, Settings, UnknownSourceError, load_config, shipped_folder


def faults_of(overlay=None, **environ):
    with pytest.raises(ConfigError) as caught:
        load_config(overlay, environ=environ)
    return [str(fault) for fault in caught.value.faults]


# --- overlay


def test_an_overlay_replaces_files_one_by_one(tmp_path):
    config = load_config(overlay_of(tmp_path), environ={})
    assert [source.id for source in config.sources] == ["courier"]
    assert len(config.knowledge.stances) == 8  # not in the overlay, so the shipped ones


def test_one_stance_alone_can_be_replaced(tmp_path):
    rule = (
        "{id: refuses.mine, why: mine, act: deny, readings: [done], "
        "fires: [{text: Apple refused., gives: [{company: apple, authority: US}]}], silent: [{text: No., because: none}]}"
    )
    mine = f"stance: refuses\nmeaning: says no\nrules:\n  - {rule}\n"
    config = load_config(overlay_of(tmp_path, **{"stances/refuses.yml": mine}), environ={})
    rules = {
        stances.stance.value: [rule.id for rule in stances.rules] for stances in config.knowledge.stances
    }
    assert rules["refuses"] == ["refuses.mine"]
    assert len(rules) == 8
    assert len(rules["pauses"]) > 1


def test_the_environment_names_the_overlay(tmp_path):
    assert load_config(environ={"STANCEWATCH_CONFIG": str(overlay_of(tmp_path))}).source("courier")


def test_nothing_is_read_from_the_current_directory(tmp_path, monkeypatch):
    config = tmp_path / "config"
    config.mkdir()
    (config / "sources.yml").write_text("[]")
    (tmp_path / "stancewatch.yml").write_text("data_dir: elsewhere")
    monkeypatch.chdir(tmp_path)
    overlay = overlay_of(tmp_path, **{"stancewatch.yml": ""})
    assert str(load_config(overlay, environ={}).settings.data_dir) == "data"


def test_an_overlay_that_is_missing_is_told(tmp_path):
    [fault] = faults_of(STANCEWATCH_CONFIG=str(tmp_path / "etc"))
    assert fault.startswith(
        f"{tmp_path}/etc: no such folder; STANCEWATCH_CONFIG (or --config) names the folder"
    )


def test_an_overlay_that_is_a_file_is_told(tmp_path):
    file = tmp_path / "stancewatch.yml"
    file.write_text("{}")
    assert "is a file, not a folder" in faults_of(file)[0]


def test_an_overlay_without_any_file_to_replace_is_told(tmp_path):
    (tmp_path / "README.md").write_text("empty")
    assert (
        "holds none of the files that can be replaced: stancewatch.yml, sources.yml" in faults_of(tmp_path)[0]
    )


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("source.yml", "sources.yml"),
        ("sources.yaml", "sources.yml"),
        ("stances/refuse.yml", "stances/refuses.yml"),
        ("stance/refuses.yml", "stances/refuses.yml"),
    ],
)
def test_a_misnamed_file_is_told_with_the_name_that_is_read(tmp_path, name, meant):
    overlay = overlay_of(tmp_path, **{name: "[]"})
    assert faults_of(overlay) == [
        f"{overlay}/{name}: stancewatch reads no such file (did you mean {meant!r}?)"
    ]


def test_what_is_no_yaml_may_lie_in_an_overlay(tmp_path):
    overlay = overlay_of(
        tmp_path, **{"README.md": "ours", ".sources.yml.swp": "x", "sources.yml~": "old", "demo/a.yml": "x"}
    )
    assert load_config(overlay, environ={}).sources


# --- environment


def test_the_environment_wins_over_files(tmp_path):
    overlay = overlay_of(
        tmp_path, **{"stancewatch.yml": "crawl: {delay_s: 9, retries: 7}\nsmtp: {port: 2525}"}
    )
    environ = {
        "STANCEWATCH_CRAWL__DELAY_S": "0.5",
        "STANCEWATCH_DATA_DIR": "/var/lib/stancewatch",
        "STANCEWATCH_CRAWL__ALLOW_LOOPBACK": "true",
        "STANCEWATCH_ALERTS__RETRY_MINUTES": "[2, 4]",
    }
    settings = load_config(overlay, environ=environ).settings
    assert settings.crawl.delay_s == 0.5
    assert settings.crawl.retries == 7
    assert settings.crawl.allow_loopback is True
    assert settings.smtp.port == 2525
    assert str(settings.data_dir) == "/var/lib/stancewatch"
    assert settings.alerts.retry_minutes == (2, 4)


def test_a_whole_part_can_come_by_environment_and_single_keys_over_it(tmp_path):
    environ = {"STANCEWATCH_SMTP": '{"host": "mail.example", "port": 587}', "STANCEWATCH_SMTP__PORT": "465"}
    smtp = load_config(overlay_of(tmp_path), environ=environ).settings.smtp
    assert (smtp.host, smtp.port) == ("mail.example", 465)


def test_an_empty_variable_counts_as_not_set(tmp_path):
    environ = {"STANCEWATCH_DATABASE": "", "STANCEWATCH_CONFIG": "", "STANCEWATCH_SMTP__PORT": " "}
    settings = load_config(overlay_of(tmp_path), environ=environ).settings
    assert settings.smtp.port == 25
    assert settings.database_url == f"sqlite:///{settings.data_dir.resolve()}/stancewatch.db"


def test_secrets_come_by_environment_and_stay_out_of_what_is_printed(tmp_path):
    url = "postgresql+psycopg://watch:hunter2@db.example/watch"
    environ = {"STANCEWATCH_SMTP__PASSWORD": "hunter2", "STANCEWATCH_DATABASE": url}
    settings = load_config(overlay_of(tmp_path), environ=environ).settings
    assert settings.smtp.password.get_secret_value() == "hunter2"
    assert settings.database_url == url
    assert "hunter2" not in f"{settings} {settings!r}"


def test_channels_and_the_secret_come_by_environment_only(tmp_path):
    environ = {
        "STANCEWATCH_CHANNELS__DESK_CHAT": "slack://hunter2/",
        "STANCEWATCH_CHANNELS__HOOK": "json://watch:hunter2@hook.example/",
        "STANCEWATCH_SECRET": "hunter2 hunter2 hunter2",
    }
    settings = load_config(overlay_of(tmp_path), environ=environ).settings
    assert settings.channels["desk_chat"].get_secret_value() == "slack://hunter2/"
    assert sorted(settings.channels) == ["desk_chat", "hook"]
    assert "hunter2" not in f"{settings} {settings!r} {settings.model_dump_json()}"


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("STANCEWATCH_SECRET", "hunter2", "is shorter than 16 characters: make one with `openssl rand -hex 32`"),
        ("STANCEWATCH_CHANNELS__A__B", "slack://hunter2", "no such setting (did you mean 'STANCEWATCH_CHANNELS'?)"),
        ("STANCEWATCH_CHANNELS", '{"My Desk": "slack://hunter2"}', "My Desk.[key]: string should match pattern '^[a-z0-9]+(_[a-z0-9]+)*$'"),
        ("STANCEWATCH_CRAWL__DELAY_S", "soon", "input should be a valid number, unable to parse string as a number, not 'soon'"),
        ("STANCEWATCH_CRAWL__DELAY", "1", "no such setting (did you mean 'STANCEWATCH_CRAWL__DELAY_S'?)"),
        ("STANCEWATCH_SMTP_PASSWORD", "hunter2", "no such setting (did you mean 'STANCEWATCH_SMTP__PASSWORD'?)"),
        ("STANCEWATCH_SMTP__PASSWORD__X", "hunter2", "no such setting (did you mean 'STANCEWATCH_SMTP__PASSWORD'?)"),
        ("STANCEWATCH_SMTP", "hunter2", "is not JSON: this setting holds more than one value"),
        ("STANCEWATCH_SMTP", '["hunter2"]', "should be keys with values (key: value), not a list"),
        ("STANCEWATCH_SMTP", '{"password": ["hunter2"]}', "password: input should be a valid string"),
        ("STANCEWATCH_DATABASE", "mysql://root:hunter2@db/x", "not a database address: write postgresql://user@host/name or sqlite:////folder/file.db"),
        ("STANCEWATCH_ALERTS__SUBSCRIBERS", '[{"email": "a@b.example", "companies": ["aple"]}]', "[1].companies[1]: no company 'aple' in companies.yml (did you mean 'apple'?)"),
        ("STANCEWATCH_SCHEDULE__TIMEZONE", "../etc/passwd", "no such time zone: '../etc/passwd' (write it as in Europe/Berlin)"),
    ],
)  # fmt: skip
def test_a_fault_of_the_environment_names_the_variable(tmp_path, variable, value, words):
    faults = faults_of(overlay_of(tmp_path), **{variable: value})
    assert faults == [f"{variable}: {words}"]
    assert "hunter2" not in faults[0]


def test_variables_of_the_test_suite_are_no_settings(tmp_path):
    assert load_config(overlay_of(tmp_path), environ={"STANCEWATCH_TEST_DATABASE": "postgresql://x"})


# --- what was loaded


def test_a_part_that_is_left_empty_keeps_its_defaults(tmp_path):
    overlay = overlay_of(
        tmp_path, **{"stancewatch.yml": "crawl:\n  # delay_s: 1\nsmtp: {host: mail.example}\n"}
    )
    assert load_config(overlay, environ={}).settings.crawl == Settings().crawl


def test_home_is_written_out(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    overlay_of(tmp_path, **{"stancewatch.yml": "data_dir: ~/watch\n"})
    settings = load_config(environ={"STANCEWATCH_CONFIG": "~/overlay"}).settings
    assert settings.archive_dir == tmp_path / "watch" / "archive"


def test_no_is_norway(tmp_path):
    authorities = load_config(overlay_of(tmp_path), environ={}).knowledge.authorities
    assert [authority.code for authority in authorities] == ["NO", "US", "IN"]


def test_an_unknown_source_is_told_with_what_is_like_it(tmp_path):
    config = load_config(overlay_of(tmp_path), environ={})
    with pytest.raises(KeyError) as caught:
        config.source("courrier")
    assert isinstance(caught.value, UnknownSourceError)
    assert str(caught.value) == "no source 'courrier' in sources.yml; did you mean courier?"
    with pytest.raises(UnknownSourceError, match="see `stancewatch sources list`"):
        config.source("zzz")


def test_the_version_follows_what_is_known_and_not_how_it_is_written(tmp_path):
    first = load_config(overlay_of(tmp_path), environ={}).knowledge.version
    commented = "# the same\n" + SMALL["companies.yml"]
    assert (
        load_config(overlay_of(tmp_path, **{"companies.yml": commented}), environ={}).knowledge.version
        == first
    )
    more = SMALL["companies.yml"] + "- {id: zoom, name: Zoom}\n"
    assert load_config(overlay_of(tmp_path, **{"companies.yml": more}), environ={}).knowledge.version != first


def test_a_config_goes_to_worker_processes(tmp_path):
    config = load_config(overlay_of(tmp_path), environ={})
    assert pickle.loads(pickle.dumps(config)) == config


# --- the cache of parsed files


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "stancewatch"


def long_file(folder):
    return overlay_of(folder, **{"companies.yml": SMALL["companies.yml"] + "#" * yamlcache.WORTH_BYTES})


def test_a_long_file_is_parsed_once_until_it_changes(tmp_path, cache):
    overlay = long_file(tmp_path)
    load_config(overlay, environ={})
    [entry] = cache.glob("companies.yml-*")
    kept = json.loads(entry.read_text())
    kept["data"][0]["name"] = "Kept"
    entry.write_text(json.dumps(kept))
    assert load_config(overlay, environ={}).knowledge.company("meta").name == "Kept"
    with (overlay / "companies.yml").open("a") as file:
        file.write("\n- {id: zoom, name: Zoom}\n")
    companies = load_config(overlay, environ={}).knowledge
    assert (companies.company("meta").name, companies.company("zoom").name) == ("Meta", "Zoom")
    assert [file.name for file in cache.glob("companies.yml-*")] == [entry.name]


def test_a_damaged_entry_is_not_used(tmp_path, cache):
    overlay = long_file(tmp_path)
    load_config(overlay, environ={})
    [entry] = cache.glob("companies.yml-*")
    for damage in ("", "{", "[]", '{"key": "other", "data": []}'):
        entry.write_text(damage)
        assert load_config(overlay, environ={}).knowledge.company("meta").name == "Meta"


def test_a_cache_that_cannot_be_written_is_no_trouble(tmp_path, cache):
    cache.parent.write_text("in the way")
    assert load_config(long_file(tmp_path), environ={}).sources


def test_a_fault_in_a_long_file_is_told_again_with_its_line(tmp_path, cache):
    overlay = overlay_of(tmp_path, **{"sources.yml": "- {id: a}\n" + "#" * yamlcache.WORTH_BYTES})
    assert faults_of(overlay) == faults_of(overlay)
    assert f"{overlay}/sources.yml:1: source a: kind: is missing" in faults_of(overlay)
    assert os.listdir(cache)  # noqa: PTH208


def test_the_shipped_folder_is_found_whatever_the_current_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert (shipped_folder() / "sources.yml").is_file()
