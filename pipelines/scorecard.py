"""An evaluation as a part of a Markdown page: measures, confusion, calibration, and what still goes wrong, by step.

Cites documents by id, never their text. The same report gives the same page.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from pipelines.evaluate import Error, Report, Score
from pipelines.tallies import MADE_UP, MISSED, Confusion

_SHOWN = 3  # errors cited a step
_END = "<!-- end -->"
_NO_NAME = "(none)"


def write_figures(page: Path, name: str, report: Report, baseline: Report | None = None) -> None:
    """Puts the figures of a gold file between its marks on a page, at the end if it has none yet.

    A page that is not there is begun. Raises OSError.
    """
    old = page.read_text(encoding="utf-8") if page.exists() else ""
    page.write_text(replaced(old, name, figures(name, report, baseline)), encoding="utf-8")


def replaced(page: str, name: str, inner: str) -> str:
    """A page with the part between the marks of this name made new."""
    begin = f"<!-- figures: {name} -->"
    part = f"{begin}\n{inner.strip()}\n{_END}"
    marked = re.compile(rf"{re.escape(begin)}.*?{re.escape(_END)}", re.DOTALL)
    if marked.search(page):
        return marked.sub(lambda _: part, page, count=1)
    return f"{page.rstrip()}\n\n{part}\n" if page.strip() else f"{part}\n"


def figures(name: str, report: Report, baseline: Report | None = None) -> str:
    """All figures of one gold file."""
    parts = [
        f"### Measured on `{name}`",
        _measures(report, baseline),
        "By stance:",
        _stances(report),
        "By genre:",
        _table(
            ["genre", *_SCORE],
            [[genre or _NO_NAME, *_score(score)] for genre, score in sorted(report.genre.items())],
        ),
        "Confidence, of statements of both times:",
        _confidence(report),
        f"Read as (rows: the labels, columns: what was read of the same company and authority, time `now`), {_all(report)}:",
        _confusion(report.confusion),
    ]
    for genre, confusion in sorted(report.genre_confusion.items()):
        if confusion.cells:
            parts += [f"The same, genre {genre or _NO_NAME}:", _confusion(confusion)]
    parts += [
        "What is missed, by the step where the reading of the evidence ended:",
        _errors(e for e in report.errors if e.kind == "missed"),
        "What is false, by the part that is wrong:",
        _errors(e for e in report.errors if e.kind == "false"),
    ]
    return "\n\n".join(parts)


_SCORE = ("precision", "recall", "F1", "right", "false", "missed")


def _score(score: Score) -> list[str]:
    found, there = score.right + score.false, score.right + score.missed
    ratios = ((score.precision, found), (score.recall, there), (score.f1, found or there))
    return [
        *(f"{ratio:.3f}" if counted else "–" for ratio, counted in ratios),
        *map(str, (score.right, score.false, score.missed)),
    ]


def _measures(report: Report, baseline: Report | None) -> str:
    rows = [["`now`", *_score(report.now)], ["`past`", *_score(report.past)]]
    if baseline is not None:
        rows.append(["keyword baseline, `now`", *_score(baseline.now)])
    said = _table(["statements of time", *_SCORE], rows)
    sure = report.confidence.sure
    facts = [
        _all(report),
        f"conditions exactly right: {_share(report.conditions_right, report.conditions_compared)}",
        f"documents without statements that yield one: {_share(report.empty_with_statements, report.empty_documents)}",
        f"right above confidence .9: {_share(sure.right, sure.statements)}",
    ]
    return said + "\n\n" + "\n".join(f"- {fact}" for fact in facts)


def _all(report: Report) -> str:
    return f"{report.documents} documents"


def _share(part: int, whole: int) -> str:
    return f"{part} of {whole} ({part / whole:.1%})" if whole else "none to count"


def _stances(report: Report) -> str:
    none = Score()
    names = sorted(report.stance.keys() | report.past_stance.keys())
    columns = ["stance", *(f"{c} now" for c in _SCORE), *(f"{c} past" for c in _SCORE)]
    rows = [[n, *_score(report.stance.get(n, none)), *_score(report.past_stance.get(n, none))] for n in names]
    return _table(columns, rows)


def _confidence(report: Report) -> str:
    rows = [
        [name, f"{b.confidence / b.statements:.2f}", f"{b.precision:.3f}", str(b.right), str(b.statements)]
        for name, b in report.confidence.rows()
    ]
    error = f"Expected calibration error: {report.confidence.error:.3f}."
    return _table(["confidence", "mean", "precision", "right", "statements"], rows) + "\n\n" + error


def _confusion(confusion: Confusion) -> str:
    stances = confusion.stances
    rows = [
        [row, *(str(confusion.cells[row, column] or "·") for column in (*stances, MISSED))]
        for row in (*stances, MADE_UP)
    ]
    return _table(["", *stances, MISSED], rows)


def _errors(errors: Iterable[Error]) -> str:
    steps: dict[str, list[Error]] = {}
    for error in errors:
        steps.setdefault(_step(error), []).append(error)
    most_first = sorted(steps.items(), key=lambda item: (-len(item[1]), item[0]))
    return _table(
        ["step", "count", "for instance"],
        [[step, str(len(found)), "; ".join(_cited(found))] for step, found in most_first],
    )


def _step(error: Error) -> str:
    """The first word of what was lost ("made up" is one)."""
    head = error.lost.partition(":")[0].strip()
    return head if head == MADE_UP else head.partition(" ")[0].strip(",") or "unknown"


def _cited(errors: list[Error]) -> Iterator[str]:
    """The first errors of different documents where there are."""
    in_order = sorted(errors, key=lambda e: (e.document, e.company, e.authority, e.stance, e.time))
    firsts = {e.document: e for e in reversed(in_order)}
    for e in sorted(firsts.values(), key=lambda e: e.document)[:_SHOWN]:
        yield f"{e.document}: {e.company} {e.authority.replace('*', chr(92) + '*')} {e.stance} {e.time}"


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [list(columns), ["---"] * len(columns), *map(list, rows)]
    if len(lines) == len(("head", "rule")):
        return "None."
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)
