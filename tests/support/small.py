"""The shipped rules with one company and one authority: enough to read a statement, and quick to load."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from ruamel.yaml import YAML

from extract.knowledge import Authority, Company, Knowledge, Lexicon, StanceRules

CONFIG = Path(__file__).parents[2] / "config"


@cache
def small_knowledge() -> Knowledge:
    """Zoom and Hong Kong, under the shipped lexicon and stance rules."""
    yaml = YAML(typ="safe", pure=True)
    stances = [yaml.load(path) for path in sorted((CONFIG / "stances").glob("*.yml"))]
    return Knowledge(
        companies=(Company(id="zoom", name="Zoom"),),
        authorities=(Authority(code="HK", name="Hong Kong"),),
        stances=tuple(StanceRules.model_validate(s) for s in stances),
        lexicon=Lexicon.model_validate(yaml.load(CONFIG / "lexicon.yml")),
        version="small",
    )
