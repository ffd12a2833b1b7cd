"""How many captures a second `analyse` reads, against bare trafilatura on the same pages in the same run.

    python bench/analyse.py [--rounds 5] [--pages 60] [--relevant 0.1] [--texts FILE.jsonl] [--json]

The ratio is what to quote: the machine cancels out, as both take turns page by page. `trafilatura.extract` gives
text alone; `analyse` adds outcome, metadata, dates, language, fingerprint and statements.
"""

from __future__ import annotations

import argparse
import json
import logging
import platform
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from statistics import median
from time import perf_counter

import trafilatura
from pages import samples, wrapped, written

from extract.analyse import analyse, prepare
from extract.types import Capture
from pipelines.config import load_config


def _timed(call: Callable[[], object]) -> float:
    began = perf_counter()
    call()
    return perf_counter() - began


def measure(captures: Sequence[Capture], rounds: int) -> dict[str, object]:
    """Medians over rounds of pages per second for both, and of their ratio."""
    knowledge = load_config(environ={}).knowledge
    prepare(knowledge)
    trafilatura.extract(captures[0].body)
    ours: list[float] = []
    theirs: list[float] = []
    for turn in range(rounds):
        spent = {"ours": 0.0, "theirs": 0.0}
        for place, capture in enumerate(captures):
            pair = (
                ("ours", lambda c=capture: analyse(c, knowledge)),
                ("theirs", lambda c=capture: trafilatura.extract(c.body, include_comments=False)),
            )
            for who, call in pair if (place + turn) % 2 else reversed(pair):
                spent[who] += _timed(call)
        ours.append(len(captures) / spent["ours"])
        theirs.append(len(captures) / spent["theirs"])
    analyses = [analyse(c, knowledge) for c in captures]
    ratios = sorted(a / b for a, b in zip(ours, theirs, strict=True))
    return {
        "pages": len(captures),
        "megabytes": round(sum(len(c.body) for c in captures) / 1e6, 2),
        "with_statements": sum(bool(a.statements) for a in analyses),
        "statements": sum(len(a.statements) for a in analyses),
        "not_ok": sum(a.outcome != "ok" for a in analyses),
        "rounds": rounds,
        "analyse_per_s": round(median(ours), 1),
        "trafilatura_per_s": round(median(theirs), 1),
        "ratio": round(median(ratios), 3),
        "ratio_least": round(ratios[0], 3),
        "ratio_most": round(ratios[-1], 3),
        "trafilatura": version("trafilatura"),
        "python": platform.python_version(),
    }


def main() -> None:
    """Reads the arguments, measures, prints."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--pages", type=int, default=60, help="pages written by the benchmark itself")
    parser.add_argument("--relevant", type=float, default=0.1, help="share of those that state a stance")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--texts", type=Path, help="JSON Lines of documents (title, text, site) to wrap into pages"
    )
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    logging.disable(logging.CRITICAL)
    captures = [*written(args.pages, args.seed, args.relevant), *samples()]
    if args.texts:
        captures.extend(wrapped(args.texts, args.seed))
    found = measure(captures, args.rounds)
    if args.json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        print(f"{name:18} {value}")


if __name__ == "__main__":
    main()
