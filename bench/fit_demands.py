"""Fits config/demands.yml: which named signs tell whose demand an act answers.

    python bench/fit_demands.py GOLD.jsonl… --held GOLD.jsonl… [--folds 5] [--penalty 1] [--write config/demands.yml]

What the second reader's odds weigh beside the signs is fitted on the held documents, which it was not trained on. A
conditional logit over the candidates of each act, with an L2 penalty, by gradient ascent. An act is labelled by the
statements of its company whose evidence its sentence shares; documents are dealt into folds, so that the share that is
printed is of documents that were not fitted.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from calibrate import fold_of

from extract.knowledge import DemandWeights, Knowledge
from extract.statements.pipeline import explain
from extract.statements.trace import Finding, SentenceTrace
from pipelines.config import load_config
from pipelines.evaluate import GoldDocument, document_to_read, read_gold

_RARE = 4  # acts in which a sign must tell candidates apart to be weighed
_STEPS, _RATE = 800, 0.05
_FACTORS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0)  # of the second reader's log-odds


@dataclass(frozen=True, slots=True)
class Choice:
    """One act: the signs of every candidate, and which of them are right."""

    document: str
    signs: Mapping[str, tuple[str, ...]]
    odds: Mapping[str, float]
    right: frozenset[str]


def choices_of(documents: Iterable[GoldDocument], knowledge: Knowledge) -> Iterator[Choice]:
    """The acts that a labelled statement tells about and that name its authority among others."""
    for gold in documents:
        for sentence in explain(document_to_read(gold), knowledge).sentences:
            for finding in sentence.findings:
                right = _labels_of(finding, sentence, gold)
                if finding.demand is not None and len(finding.demand.signs) > 1 and right:
                    right = right & finding.demand.signs.keys()
                    if right:
                        yield Choice(gold.id, finding.demand.signs, finding.demand.odds, frozenset(right))


def _labels_of(finding: Finding, sentence: SentenceTrace, gold: GoldDocument) -> set[str]:
    """The authorities of its company's statements here: of its own stance, if one has it."""
    slugs = {slug for who in finding.who for slug in who.slugs}
    text = sentence.sentence.text
    told = [s for s in gold.statements or () if s.company in slugs]
    here = [s for s in told if text in s.evidence or s.evidence in text]
    for fitting in (
        [s for s in here if s.stance == finding.stance],
        here,
        [s for s in told if s.stance == finding.stance and s.time == finding.time],
    ):
        if fitting:
            return {s.authority for s in fitting}
    return set()


def fit(choices: Sequence[Choice], penalty: float) -> dict[str, float]:
    """The weight of every sign that is not rare."""
    counts: Counter[str] = Counter()
    for choice in choices:
        sets = [set(signs) for signs in choice.signs.values()]
        counts.update(set.union(*sets) - set.intersection(*sets))
    names = {name: i for i, name in enumerate(sorted(n for n, count in counts.items() if count >= _RARE))}
    rows = [(i, code, signs) for i, choice in enumerate(choices) for code, signs in choice.signs.items()]
    x = np.zeros((len(rows), len(names)))
    group = np.array([i for i, _, _ in rows])
    right = np.array([code in choices[i].right for i, code, _ in rows])
    for row, (_, _, signs) in enumerate(rows):
        x[row, [names[s] for s in signs if s in names]] = 1.0
    weights = np.zeros(len(names))
    moment, square = np.zeros_like(weights), np.zeros_like(weights)
    for step in range(1, _STEPS + 1):
        odds = np.exp(np.clip(x @ weights, -30, 30))
        p = odds / np.bincount(group, odds)[group]
        q = odds * right
        q = q / np.bincount(group, q)[group]
        gradient = x.T @ (q - p) - penalty * weights
        moment = 0.9 * moment + 0.1 * gradient
        square = 0.99 * square + 0.01 * gradient**2
        weights = weights + _RATE * (moment / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.99**step)) + 1e-8)
    return {name: round(float(weights[i]), 2) for name, i in names.items()}


def chosen(choice: Choice, weights: DemandWeights) -> str:
    """The candidate with the most weight."""
    return max(choice.signs, key=lambda code: weights.total(choice.signs[code], choice.odds[code]))


def likelihood(choices: Sequence[Choice], weights: DemandWeights) -> float:
    """The mean logarithm of the share that the right candidates have in the whole."""
    logs = []
    for choice in choices:
        totals = {code: weights.total(signs, choice.odds[code]) for code, signs in choice.signs.items()}
        right = np.logaddexp.reduce([totals[code] for code in choice.right])
        logs.append(right - np.logaddexp.reduce(list(totals.values())))
    return float(np.mean(logs))


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("gold", nargs="+", type=Path)
    parser.add_argument("--held", nargs="+", type=Path, required=True)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--penalty", type=float, default=1.0)
    parser.add_argument("--write", type=Path)
    given = parser.parse_args()
    knowledge = load_config().knowledge
    choices, held = (
        [c for path in paths for c in choices_of(read_gold(path), knowledge)]
        for paths in (given.gold, given.held)
    )
    right = 0
    for fold in range(given.folds):
        weights = DemandWeights(
            weights=fit([c for c in choices if fold_of(c.document, given.folds) != fold], given.penalty)
        )
        right += sum(
            chosen(c, weights) in c.right for c in choices if fold_of(c.document, given.folds) == fold
        )
    print(
        f"by signs alone {right} of {len(choices)} acts right where not fitted ({right / len(choices):.3f})"
    )
    signs = fit(choices, given.penalty)
    tried = [DemandWeights(weights=signs, second_reader=factor) for factor in _FACTORS]
    for weights in tried:
        right = sum(chosen(c, weights) in c.right for c in held)
        print(
            f"with {weights.second_reader} of the second reader {right} of {len(held)} held acts right, "
            f"mean log-likelihood {likelihood(held, weights):.3f}"
        )
    best = max(tried, key=lambda weights: likelihood(held, weights))
    if given.write:
        lines = [
            "# yaml-language-server: $schema=schemas/demands.json",
            "# What each sign adds for an authority where it is asked whose demand an act answers, and what the second reader's",
            "# log-odds are multiplied by (docs/classifier.md; fitted by bench/fit_demands.py).",
            f"second_reader: {best.second_reader}",
            "weights:",
            *(f'  "{name}": {weight}' for name, weight in sorted(signs.items())),
        ]
        given.write.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
