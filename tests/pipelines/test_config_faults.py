"""Every kind of fault in config/ is told with file, line and what to do: one small file a fault in config_faults/."""

import json
import pickle
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.configs import overlay_of

from pipelines.config import ConfigError, load_config

FAULTS = sorted((Path(__file__).parent / "config_faults").glob("*.yml"))


@pytest.mark.parametrize("file", FAULTS, ids=lambda file: file.stem)
def test_a_faulty_file_is_told_in_these_words(file, tmp_path):
    text = file.read_text()
    expected = [line.removeprefix("#! ") for line in text.splitlines() if line.startswith("#! ")]
    target = expected[0].partition(":")[0]
    assert told(overlay_of(tmp_path, **{target: text})) == expected


def told(overlay: Path) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load_config(overlay, environ={})
    assert "hunter2" not in f"{caught.value}{caught.value!r}{caught.value.faults!r}"
    return [str(fault).removeprefix(f"{overlay}/") for fault in caught.value.faults]


def test_faults_of_all_files_are_told_at_once(tmp_path):
    overlay = overlay_of(tmp_path, **{"sources.yml": "- {id: a}", "stancewatch.yml": "smtp: {port: 0}"})
    assert {line.partition(":")[0] for line in told(overlay)} == {"sources.yml", "stancewatch.yml"}


def test_text_that_is_not_utf8_is_told_with_its_line(tmp_path):
    overlay = overlay_of(tmp_path)
    (overlay / "companies.yml").write_bytes("- id: a\n  name: Café\n".encode("latin-1"))
    assert "companies.yml:2: is not UTF-8 (byte 0xe9): save it as UTF-8" in told(overlay)


def test_a_worker_process_can_hand_faults_to_its_parent(tmp_path):
    with pytest.raises(ConfigError) as caught:
        load_config(overlay_of(tmp_path, **{"sources.yml": "- {id: a}"}), environ={})
    handed = pickle.loads(pickle.dumps(caught.value))
    assert (handed.faults, str(handed)) == (caught.value.faults, str(caught.value))


@pytest.mark.parametrize(
    "name",
    [
        "stancewatch.yml",
        "sources.yml",
        "companies.yml",
        "authorities.yml",
        "lexicon.yml",
        "stances/refuses.yml",
    ],
)
def test_a_file_that_cannot_be_read_is_told(tmp_path, name):
    overlay = overlay_of(tmp_path)
    (overlay / "stances").mkdir()
    (overlay / name).unlink(missing_ok=True)
    (overlay / name).symlink_to(tmp_path / "nowhere")
    assert told(overlay) == [f"{name}: cannot be read: No such file or directory"]


def test_a_control_character_is_told_with_its_line(tmp_path):
    overlay = overlay_of(tmp_path, **{"sources.yml": "- id: a\n  url: https://a.example/\x07\n"})
    assert told(overlay) == [r"sources.yml:2: holds a character that YAML does not allow: '\x07'"]


def test_a_date_that_is_none_is_told(tmp_path):
    overlay = overlay_of(tmp_path, **{"sources.yml": "- {id: a, note: 2020-13-45}"})
    assert told(overlay) == [
        "sources.yml: holds a value that cannot be read (quote it): month must be in 1..12"
    ]


def test_two_rules_for_one_reading_are_told(tmp_path):
    rule = (
        "{id: refuses.%s, why: mine, act: deny, readings: [done], "
        "fires: [{text: Apple refused., gives: [{company: apple, authority: US}]}], silent: [{text: No., because: none}]}"
    )
    mine = f"stance: refuses\nmeaning: says no\nrules: [{rule % 'a'}, {rule % 'b'}]\n"
    [line] = told(overlay_of(tmp_path, **{"stances/refuses.yml": mine}))
    assert line.startswith("config: ")
    assert "deny done" in line


def test_an_address_that_cannot_be_read_may_hold_a_password(tmp_path):
    overlay = overlay_of(tmp_path, **{"stancewatch.yml": "database: 'postgresql://watch:hunter2@[::1/watch'"})
    assert told(overlay) == [
        "stancewatch.yml:1: database: this address holds a password: set STANCEWATCH_DATABASE instead"
    ]


def test_a_byte_order_mark_is_no_fault(tmp_path):
    overlay = overlay_of(tmp_path)
    sources = overlay / "sources.yml"
    sources.write_bytes(b"\xef\xbb\xbf" + sources.read_bytes())
    assert load_config(overlay, environ={}).sources


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[" * 500 + "]" * 500, "sources.yml: is nested too deeply"),
        ("# " + "x" * 4_000_000, "sources.yml: is larger than 4 MB"),
        (
            "a: &a [x]\n" + "b: [*a, *a, *a]\n",
            "sources.yml:1: anchors (&x) and aliases (*x) are not read here: write it out",
        ),
    ],
    ids=["deep", "large", "alias-bomb"],
)
def test_a_file_meant_to_exhaust_the_reader_is_refused(tmp_path, text, words):
    assert words in told(overlay_of(tmp_path, **{"sources.yml": text}))


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["news", "page", "meta", "https://a.example/", "*/5 * * * *", "a@b.example", "~", "-1"])
)
KEYS = st.sampled_from(
    ["id", "kind", "url", "company", "what", "publisher", "follow", "hosts", "smtp", "alerts", "subscribers", "email",
     "companies", "crawl", "delay_s", "schedule", "timezone", "database", "data_dir", "sender", "retry_minutes"]
) | st.text(max_size=4)  # fmt: skip
DATA = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sources=DATA, values=DATA)
def test_whatever_stands_in_a_file_the_loader_answers_or_tells_faults(tmp_path, sources, values):
    texts = {"sources.yml": json.dumps(sources), "stancewatch.yml": json.dumps(values)}
    told = faults_in(overlay_of(tmp_path, **texts))
    assert told is None or (told and all(fault.words and "\n" not in str(fault) for fault in told))


def faults_in(overlay: Path):
    try:
        load_config(overlay, environ={})
    except ConfigError as error:
        return error.faults
    return None
