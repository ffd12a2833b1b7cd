"""Every kind of fault in config/ is told with file, line and what to do: one small file a fault in config_faults/."""

from pathlib import Path

import pytest
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
