"""What the documentation of configuration tells people to write is what the loader takes."""

import re
from pathlib import Path

import pytest
from support.configs import overlay_of

from pipelines.config import ConfigError, load_config
from pipelines.environment import settings_in

DOCS = Path(__file__).parents[2] / "docs"
CONFIGURATION = (DOCS / "configuration.md").read_text(encoding="utf-8")
ADD_A_SOURCE = (DOCS / "add-a-source.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("entry", re.findall(r"```yaml\n(.*?)```", ADD_A_SOURCE, re.DOTALL))
def test_every_source_in_the_guide_loads(entry, tmp_path):
    assert load_config(overlay_of(tmp_path, **{"sources.yml": entry}), environ={}).sources


def test_the_settings_in_the_reference_load(tmp_path):
    [settings] = re.findall(r"<<'YAML'\n(.*?)^YAML$", CONFIGURATION, re.DOTALL | re.MULTILINE)
    loaded = load_config(overlay_of(tmp_path, **{"stancewatch.yml": settings}), environ={}).settings
    assert loaded.alerts.subscribers[0].companies == ("apple", "meta")


def test_every_variable_in_the_reference_is_a_setting_or_said_to_be_none():
    named = set(re.findall(r"STANCEWATCH_[A-Z_]*[A-Z]\b", CONFIGURATION))
    assert len(named) > 5
    wrong = settings_in(dict.fromkeys(named, "[1]")).faults
    assert {fault.file for fault in wrong} == {"STANCEWATCH_SMTP_PASSWORD"}


def test_the_faults_in_the_reference_are_told_in_those_words(tmp_path):
    overlay = overlay_of(
        tmp_path,
        **{
            "stancewatch.yml": "\ncrawl: {contct: x}\n",
            "sources.yml": "\n" * 13
            + "- {id: acme-guide, kind: page, url: https://acme.example/, company: acme, what: newsroom}",
        },
    )
    with pytest.raises(ConfigError) as caught:
        load_config(overlay, environ={"STANCEWATCH_CRAWL__DELAY_S": "soon"})
    told = [str(fault).replace(str(overlay), "/etc/stancewatch") for fault in caught.value.faults]
    assert len(told) == 3
    assert [line for line in told if line not in CONFIGURATION] == []
