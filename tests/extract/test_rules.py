"""Every example that stands beside a rule in config/stances/ does what it says."""

import pytest
from support.reading import shipped

from extract.knowledge import StanceRules
from extract.statements.examples import failures_of
from extract.types import Stance


@pytest.mark.parametrize("rules", shipped().stances, ids=lambda rules: str(rules.stance))
def test_every_example_of_a_stance_holds(rules: StanceRules):
    assert failures_of(rules, shipped()) == []


def test_every_stance_has_rules():
    assert {rules.stance for rules in shipped().stances} == set(Stance)
