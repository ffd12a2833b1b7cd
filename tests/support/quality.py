"""The quality floor: what the classifier reached once on each labelled file, and must not fall below again.

    PYTHONPATH=.:tests python -m support.quality            prints what is measured beside the floor
    PYTHONPATH=.:tests python -m support.quality --raise    writes what is measured into tests/quality_floor.yml

`--raise` only ever raises. To lower a figure, edit the file by hand and say why in the commit.
Prints figures only, so that a file that nobody has read stays unread.
"""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from support.reading import shipped

from pipelines.evaluate import Report, Score, evaluate, read_gold

ROOT = Path(__file__).parents[2]
FLOOR = ROOT / "tests" / "quality_floor.yml"
OUTSIDE = tuple(ROOT.parent / "shared" / "gold" / f"{name}.jsonl" for name in ("dev", "policy"))
OWN = tuple(sorted((ROOT / "tests" / "gold").glob("*.jsonl")))
# A stance of fewer statements says more about those than about the classifier.
FEWEST = 8
# A stance has few statements in a file: one more or less must not stop every change.
_SLACK, _SLACK_OF_A_STANCE = 0.01, 0.05
_HEAD = """\
# The least F1 and precision of each labelled file, over all statements of time `now` and by stance (those with enough).
# Raise:  PYTHONPATH=.:tests python -m support.quality --raise
# Lower only by hand, and say why in the commit.
"""

Figures = dict[str, dict[str, float]]


def measured(path: Path) -> Figures:
    """F1 and precision over all and by stance."""
    report: Report = evaluate(read_gold(path), shipped())
    by_stance = {s: report.stance[s] for s in sorted(report.stance)}
    told = {s: score for s, score in by_stance.items() if score.right + score.missed >= FEWEST}
    return {name: _figures(score) for name, score in {"all": report.now, **told}.items()}


def _figures(score: Score) -> dict[str, float]:
    return {"f1": round(score.f1, 4), "precision": round(score.precision, 4)}


def floors() -> dict[str, Figures]:
    """What stands in the file."""
    if not FLOOR.exists():
        return {}
    found: Any = YAML(typ="safe").load(FLOOR.read_text(encoding="utf-8"))
    return dict(found or {})


def below(floor: Figures, figures: Figures) -> list[str]:
    """A line for each figure that fell below its floor."""
    return [
        f"{name}: {measure} {figures.get(name, {}).get(measure, 0.0):.3f} is below {least:.2f}"
        for name, measures in floor.items()
        for measure, least in measures.items()
        if figures.get(name, {}).get(measure, 0.0) < least
    ]


def raised(floor: Figures, figures: Figures) -> Figures:
    """The floor with what is measured, a little slack below it, wherever that is higher."""
    return {
        name: {
            measure: max(
                floor.get(name, {}).get(measure, 0.0),
                _less(value, _SLACK if name == "all" else _SLACK_OF_A_STANCE),
            )
            for measure, value in figures[name].items()
        }
        if name in figures
        else floor[name]
        for name in dict.fromkeys((*floor, *figures))
    }


def _less(value: float, slack: float) -> float:
    return max(0.0, math.floor(round(100 * (value - slack), 6)) / 100)


def written(floor: dict[str, Figures]) -> str:
    """The file, the same for the same floor."""
    lines = [_HEAD.rstrip()]
    for name in sorted(floor):
        lines.append(f"{name}:")
        for of, measures in floor[name].items():
            inner = ", ".join(f"{measure}: {least:.2f}" for measure, least in measures.items())
            lines.append(f"  {of}: {{{inner}}}")
    return "\n".join(lines) + "\n"


def main(arguments: list[str]) -> None:
    """The command line."""
    floor = floors()
    for path in (*OUTSIDE, *OWN):
        if not path.exists():
            print(f"{path}: not there, its floor is left as it is")
            continue
        figures = measured(path)
        for name, measures in figures.items():
            least = floor.get(path.stem, {}).get(name, {})
            said = ", ".join(
                f"{m} {value:.3f} (floor {least.get(m, 0):.2f})" for m, value in measures.items()
            )
            print(f"{path.stem} {name}: {said}")
        floor[path.stem] = raised(floor.get(path.stem, {}), figures)
    if "--raise" in arguments:
        FLOOR.write_text(written(floor), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
