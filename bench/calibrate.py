"""Fits config/confidence.yml: which named features of a reading tell right statements from wrong ones.

    python bench/calibrate.py GOLD.jsonl… [--folds 5] [--least 0.5] [--write config/confidence.yml]

Logistic regression with an L2 penalty, by Newton's method; documents, not statements, are dealt into folds, so that
what is printed (precision and recall by threshold, reliability by bin) is of documents that were not fitted.
"""

from __future__ import annotations

import argparse
import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from extract.knowledge import Confidence, Knowledge
from extract.statements.assemble import one_each
from extract.statements.confidence import BEYOND, TWICE, Scorer
from extract.statements.examples import document_of
from extract.statements.pipeline import explain
from extract.types import Time
from pipelines.config import load_config
from pipelines.evaluate import GoldDocument, read_gold

_RARE = 8  # statements in which a feature must stand to be weighed
Row = tuple[str, tuple[str, ...], bool, bool]  # document, features, right, now


def rows_of(documents: Iterable[GoldDocument], knowledge: Knowledge) -> tuple[list[Row], int]:
    """Every statement that would be given without a threshold, with its features and whether it is right; and how many
    statements of time `now` the labels hold."""
    plain = Scorer(Confidence(intercept=1.0, least=0.0, alone=1.0, weights={TWICE: 1.0}))
    rows: list[Row] = []
    wanted = 0
    for gold in documents:
        labels = {(s.company, s.authority, s.stance, s.time) for s in gold.statements or ()}
        wanted += sum(key[3] == Time.NOW for key in labels)
        trace = explain(
            document_of(gold.text, title=gold.title, site=gold.site, published=gold.published), knowledge
        )
        for statement in one_each(trace.candidates, plain):
            same = [c for c in trace.candidates if c.statement.key == statement.key] or [
                c for c in trace.candidates if c.statement.key[:3] == statement.key[:3]
            ]  # what had been done may have become the text's news
            best = next(c for c in same if c.statement.start == statement.start)
            twice = (TWICE,) if len({c.statement.start for c in same}) > 1 else ()
            rows.append(
                (gold.id, (*best.features, *twice), statement.key in labels, statement.time == Time.NOW)
            )
    return rows, wanted


def fit(rows: Sequence[Row], penalty: float) -> Confidence:
    """The weights of all features that are not rare."""
    counts = Counter(name for _, features, _, _ in rows for name in set(features))
    names = sorted(name for name, count in counts.items() if count >= _RARE)
    x = np.array([[1.0, *(float(n in f) for n in names)] for _, f, _, _ in rows])
    y = np.array([float(right) for _, _, right, _ in rows])
    weights = _newton(x, y, penalty)
    return Confidence(
        intercept=round(float(weights[0]), 2),
        weights={n: round(float(w), 2) for n, w in zip(names, weights[1:], strict=True)},
        least=0.0,
        alone=1.0,
    )


def _newton(x: NDArray[np.float64], y: NDArray[np.float64], penalty: float) -> NDArray[np.float64]:
    ridge = np.eye(x.shape[1]) * penalty
    ridge[0, 0] = 1e-6
    weights = np.zeros(x.shape[1])
    for _ in range(25):
        p = 1 / (1 + np.exp(-x @ weights))
        gradient = x.T @ (y - p) - ridge @ weights
        hessian = (x * (p * (1 - p))[:, None]).T @ x + ridge
        weights = weights + np.linalg.solve(hessian, gradient)
    return weights


def fold_of(document: str, folds: int) -> int:
    """The fold that a document is dealt into."""
    return int(hashlib.sha256(document.encode()).hexdigest(), 16) % folds


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("gold", nargs="+", type=Path)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--penalty", type=float, default=3.0)
    parser.add_argument("--least", type=float, default=0.5)
    parser.add_argument("--write", type=Path)
    given = parser.parse_args()
    knowledge = load_config().knowledge
    rows, wanted = rows_of([d for path in given.gold for d in read_gold(path)], knowledge)
    scored: list[tuple[float, bool, bool]] = []
    for fold in range(given.folds):
        score = Scorer(fit([r for r in rows if fold_of(r[0], given.folds) != fold], given.penalty))
        scored += [(score(f), right, now) for d, f, right, now in rows if fold_of(d, given.folds) == fold]
    for least in (0.0, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9):
        kept = [right for s, right, now in scored if s >= least and now]
        precision, recall = sum(kept) / max(1, len(kept)), sum(kept) / wanted
        f1 = 2 * precision * recall / (precision + recall) if kept else 0.0
        print(
            f"least {least:.1f}: {len(kept)} now, precision {precision:.3f} recall {recall:.3f} f1 {f1:.3f}"
        )
    for low in (0.0, 0.2, 0.4, 0.6, 0.7, 0.8, 0.9, 0.95):
        high = {0.0: 0.2, 0.2: 0.4, 0.4: 0.6, 0.6: 0.7, 0.7: 0.8, 0.8: 0.9, 0.9: 0.95, 0.95: 1.01}[low]
        bin_ = [right for s, right, _ in scored if low <= s < high]
        if bin_:
            print(
                f"confidence {low:.2f}-{min(high, 1):.2f}: {len(bin_)} statements, {sum(bin_) / len(bin_):.3f} right"
            )
    if given.write:
        fitted = fit(rows, given.penalty)
        by_hand = {name: knowledge.confidence.weights.get(name, 0.0) for name in sorted(BEYOND)}
        lines = [
            "# yaml-language-server: $schema=schemas/confidence.json",
            "# How sure a statement is: log-odds that each named feature of its reading adds (docs/classifier.md; fitted by",
            "# bench/calibrate.py).",
            f"intercept: {fitted.intercept}",
            f"least: {given.least}",
            f"alone: {knowledge.confidence.alone}",
            f"alone_unnamed: {knowledge.confidence.alone_unnamed}",
            "weights:",
            *(f'  "{name}": {weight}' for name, weight in sorted((fitted.weights | by_hand).items())),
        ]
        given.write.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
