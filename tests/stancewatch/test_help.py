"""Every command explains itself, and docs/cli.md is what they say."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from stancewatch.cli.reference import commands, help_of, reference
from stancewatch.cli.setup import EXPECTED

ALL = dict(commands())
# They answer nothing a program could read: some serve, until they are stopped, some write a file of a form that is chosen.
WITHOUT_JSON = {
    "stancewatch schedule",
    "stancewatch serve",
    "stancewatch bundle",
    "stancewatch coding export",
} | {f"stancewatch export {kind}" for kind in ("statements", "changes", "positions")}


@pytest.mark.parametrize("name", ALL)
def test_a_command_shows_an_example_of_itself(name: str):
    words = help_of(name, ALL[name])
    examples = words.partition("Example")[2].splitlines()[1:]
    assert examples
    assert all("stancewatch" in line for line in examples)
    assert any(name.split()[-1] in line for line in examples)
    assert name.split()[1] in words


@pytest.mark.parametrize("name", ALL)
def test_a_command_says_what_it_and_each_option_does(name: str):
    assert ALL[name].help
    for parameter in ALL[name].params:
        assert getattr(parameter, "help", None), f"{name} {parameter.name}"


@pytest.mark.parametrize("name", sorted(ALL.keys() - WITHOUT_JSON))
def test_a_command_that_answers_can_do_so_in_json(name: str):
    assert any("--json" in parameter.opts for parameter in ALL[name].params)


def test_the_commands_of_the_design_are_there():
    due = (
        "run, schedule, demo, classify, evaluate, positions, changes, explain, statements, captures list, captures show, "
        "sources list, sources check, rules test, alerts list, alerts send, alerts test, db upgrade, db rebuild, health, "
        "doctor, runs, config show, config schemas"
    )
    assert {f"stancewatch {name}" for name in due.split(", ")} <= ALL.keys()


@pytest.mark.parametrize("name", EXPECTED)
def test_expected_trouble_is_named_as_it_is_called(name: str):
    module, _, kind = name.rpartition(".")
    assert issubclass(getattr(importlib.import_module(module), kind), Exception)


def test_the_reference_is_fresh():
    page = Path(__file__).parents[2] / "docs" / "cli.md"
    assert page.read_text(encoding="utf-8") == reference(), (
        "docs/cli.md is stale: python -m stancewatch.cli.reference > docs/cli.md"
    )
