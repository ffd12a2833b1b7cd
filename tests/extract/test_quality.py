"""The classifier is no worse than it was: F1 and precision, over all and by stance, on every labelled file at hand."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.quality import FEWEST, OUTSIDE, OWN, below, floors, measured, raised, written
from support.reading import shipped

from extract.statements.pipeline import prepare

RAISE = "PYTHONPATH=.:tests python -m support.quality --raise"


@pytest.fixture(scope="session", autouse=True)
def reader() -> None:
    """The pipeline, built once for all files."""
    prepare(shipped())


@pytest.mark.parametrize("path", [*OUTSIDE, *OWN], ids=lambda path: path.stem)
def test_quality_is_not_below_its_floor(path: Path):
    if not path.exists():
        pytest.skip(f"{path} is kept beside the repository and not here")
    floor = floors().get(path.stem)
    assert floor, f"{path.stem} has no floor in tests/quality_floor.yml; to set one: {RAISE}"
    lost = below(floor, measured(path))
    assert not lost, (
        f"{path.stem}: {'; '.join(lost)}. If this has to be, lower tests/quality_floor.yml by hand and say why "
        f"in the commit. After an improvement: {RAISE}"
    )


def test_a_figure_below_its_floor_is_named_and_a_stance_that_vanished_counts_as_nothing():
    floor = {"all": {"f1": 0.5, "precision": 0.8}, "refuses": {"f1": 0.4, "precision": 0.4}}
    assert below(floor, {"all": {"f1": 0.5, "precision": 0.79}}) == [
        "all: precision 0.790 is below 0.80",
        "refuses: f1 0.000 is below 0.40",
        "refuses: precision 0.000 is below 0.40",
    ]


def test_raising_never_lowers():
    floor = {"all": {"f1": 0.5, "precision": 0.8}, "gone": {"f1": 0.4, "precision": 0.4}}
    found = raised(floor, {"all": {"f1": 0.61, "precision": 0.7}, "new": {"f1": 0.005, "precision": 1.0}})
    assert found == {
        "all": {"f1": 0.6, "precision": 0.8},
        "gone": {"f1": 0.4, "precision": 0.4},
        "new": {"f1": 0.0, "precision": 0.95},
    }
    assert "  all: {f1: 0.60, precision: 0.80}\n" in written({"dev": found})


def test_the_shipped_floor_is_as_the_command_writes_it():
    assert FEWEST > 1
    text = (Path(__file__).parents[1] / "quality_floor.yml").read_text(encoding="utf-8")
    assert text == written(floors())
