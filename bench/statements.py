"""What reading statements costs against trafilatura's extraction of the same pages, and whether memory stays flat.

    python bench/statements.py [--rounds 5] [--pages 60] [--relevant 0.1] [--memory 10000] [--json]

Quote the ratio: both take turns page by page, so the machine cancels out. Memory is this process's resident set after a
tenth of the documents and after all; no document is read twice.
"""

from __future__ import annotations

import argparse
import gc
import json
import logging
import platform
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from statistics import median
from time import perf_counter

import trafilatura
from pages import wrapped, written

from extract.analyse import analyse
from extract.knowledge import Knowledge
from extract.statements.examples import document_of
from extract.statements.pipeline import prepare, read_statements
from extract.types import Capture, Document
from pipelines.config import load_config

_KIB = 1024


def _timed(call: Callable[[], object]) -> float:
    began = perf_counter()
    call()
    return perf_counter() - began


def _resident() -> float:
    """MiB that this process holds."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / _KIB
    raise RuntimeError("no VmRSS: memory is measured on Linux only")


def speed(captures: Sequence[Capture], knowledge: Knowledge, rounds: int) -> dict[str, object]:
    """Medians over rounds of the time for all pages, and of the ratio."""
    prepare(knowledge)
    analyses = [analyse(c, knowledge) for c in captures]
    pairs = [(c, a.document) for c, a in zip(captures, analyses, strict=True) if a.document is not None]
    ratios: list[float] = []
    spent: list[tuple[float, float]] = []
    for turn in range(rounds):
        ours = theirs = 0.0
        for place, (capture, document) in enumerate(pairs):
            for mine in (True, False) if (place + turn) % 2 else (False, True):
                if mine:
                    ours += _timed(lambda d=document: read_statements(d, knowledge))
                else:
                    theirs += _timed(lambda c=capture: trafilatura.extract(c.body, include_comments=False))
        ratios.append(ours / theirs)
        spent.append((ours, theirs))
    return {
        "pages": len(pairs),
        "words": sum(len(d.text.split()) for _, d in pairs),
        "statements": sum(len(a.statements) for a in analyses),
        "rounds": rounds,
        "read_statements_s": round(median(o for o, _ in spent), 4),
        "trafilatura_s": round(median(t for _, t in spent), 4),
        "ratio": round(median(ratios), 3),
        "ratio_least": round(min(ratios), 3),
        "ratio_most": round(max(ratios), 3),
        "trafilatura": version("trafilatura"),
        "python": platform.python_version(),
    }


def memory(documents: Iterator[Document], knowledge: Knowledge, count: int) -> dict[str, object]:
    """MiB resident after a tenth of the documents and after all of them."""
    prepare(knowledge)
    marks: dict[int, float] = {}
    for number, document in zip(range(1, count + 1), documents, strict=False):
        read_statements(document, knowledge)
        if number in (count // 10, count):
            gc.collect()
            marks[number] = _resident()
    early, late = marks[count // 10], marks[count]
    return {
        "documents": count,
        "mib_at_a_tenth": round(early, 1),
        "mib_at_the_end": round(late, 1),
        "growth": round(late / early - 1, 4),
    }


def documents(count: int, seed: int, relevant: float) -> Iterator[Document]:
    """Texts of the benchmark's own pages, each with a word of its own, as every real page has new words."""
    captures = list(written(min(count, 500), seed, relevant))
    texts = [t for t in (trafilatura.extract(c.body) for c in captures) if t]
    for number in range(count):
        text = texts[number % len(texts)].replace("\n", "\n\n")
        yield replace(
            document_of(f"Number{number}x said so.\n\n{text}"), url=f"https://sample.example/{number}"
        )


def main() -> None:
    """Reads the arguments, measures, prints."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--pages", type=int, default=60, help="pages written by the benchmark itself")
    parser.add_argument("--relevant", type=float, default=0.1, help="share of those that state a stance")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--texts", type=Path, help="JSON Lines of documents to wrap into pages")
    parser.add_argument("--memory", type=int, default=0, metavar="N", help="documents to watch memory over")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    logging.disable(logging.CRITICAL)
    knowledge = load_config(environ={}).knowledge
    captures = list(written(args.pages, args.seed, args.relevant))
    if args.texts:
        captures.extend(wrapped(args.texts, args.seed))
    found: dict[str, object] = {"relevant": args.relevant, **speed(captures, knowledge, args.rounds)}
    if args.memory:
        found |= memory(documents(args.memory, args.seed, args.relevant), knowledge, args.memory)
    if args.json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        print(f"{name:18} {value}")


if __name__ == "__main__":
    main()
