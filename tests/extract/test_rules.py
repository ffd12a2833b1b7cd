"""Every example that stands beside a rule in config/stances/ does what it says."""

import re
from pathlib import Path

import pytest
from support.reading import shipped

from extract.knowledge import SCOPE_CLASSES, StanceRules
from extract.statements.examples import failures_of
from extract.types import Stance

ALONE = shipped().unsifted()


@pytest.mark.parametrize("rules", shipped().stances, ids=lambda rules: str(rules.stance))
def test_every_example_of_a_stance_holds(rules: StanceRules):
    assert failures_of(rules, ALONE) == []


def test_every_stance_has_rules():
    assert {rules.stance for rules in shipped().stances} == set(Stance)


SHAPES = {
    "ANY",
    "ARGUED",
    "FOR_AUTHORITY",
    "REACHING_AUTHORITY",
    "WHO_TOLD",
    "IT",
    "LETS",
    "THEM",
    "THERE_IS",
    "THERE_IS_WAY",
    "TO_AUTHORITY",
    "WHATEVER",
    "WHO",
}


def test_a_lexicon_without_a_class_that_the_pipeline_reads_is_refused():
    code = "".join(p.read_text(encoding="utf-8") for p in Path("extract/statements").glob("*.py"))
    read = set(re.findall(r'"([A-Z][A-Z_]+)"', code)) & set(shipped().lexicon.classes)
    assert read - SHAPES == SCOPE_CLASSES  # SHAPES are object classes that acts.py looks for by name only
