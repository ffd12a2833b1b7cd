"""How steady what is read stays while a page's wording changes: distinct sets of statements over recorded versions.

    python bench/replay_sets.py /work/shared/replay/*.jsonl.gz [--json]

A set is what a version says: (authority, stance, time, conditions). A stance monitor wants few sets and few changes.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from pathlib import Path

from extract.knowledge import Knowledge
from extract.statements.examples import document_of
from extract.statements.pipeline import read_statements
from pipelines.config import load_config

Told = frozenset[tuple[str, str, str, str]]

# What Markdown adds to a text. Words, and what separates paragraphs, stay.
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)\s]*(?:\s+\"[^\"]*\")?\)")
_RULE = re.compile(r"^\s*(?:=+|-+|\*\s*\*\s*\*[\s*]*|\|?[\s:|-]+\|[\s:|-]*)\s*$", re.MULTILINE)
_HEAD = re.compile(r"^\s*#+\s+(.*)$", re.MULTILINE)
_MARK = re.compile(r"(?<!\\)(?:\*\*|__|`)|(?<!\\)(?<!\w)[*_](?=\w)|(?<=\w)[*_](?!\w)")
_ESCAPED = re.compile(r"\\([\\`*_{}\[\]()#+.!>~|-])")
_MANY = re.compile(r"\n{3,}")


def plain(markdown: str) -> str:
    """The text of a Markdown page, paragraphs parted by blank lines."""
    text = _LINK.sub(r"\1", markdown)
    text = _RULE.sub("\n", text)
    text = _HEAD.sub(r"\n\1\n", text)
    text = _MARK.sub("", text)
    return _MANY.sub("\n\n", _ESCAPED.sub(r"\1", text)).strip()


def slug_of(service: str, knowledge: Knowledge) -> str:
    """The company of this name or alias, else a slug of the name."""
    wanted = service.casefold()
    for company in knowledge.companies:
        if wanted in (name.casefold() for name in (company.name, *company.aliases)):
            return company.id
    return re.sub(r"[^a-z0-9]+", "-", wanted).strip("-")


def versions_in(path: Path, knowledge: Knowledge) -> Iterator[tuple[str, Told]]:
    """Date and set of each version, oldest first: a file may hold a few out of turn."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for version in sorted(map(json.loads, lines), key=lambda v: datetime.fromisoformat(v["date"])):
            document = document_of(
                plain(version["text"]),
                title=f"{version['service']}: {version['terms']}",
                site=slug_of(version["service"], knowledge),
                published=datetime.fromisoformat(version["date"]),
            )
            told = frozenset(
                (s.authority, str(s.stance), str(s.time), json.dumps(s.facets.as_dict(), sort_keys=True))
                for s in read_statements(document, knowledge)
            )
            yield version["date"][:10], told


def measure(path: Path, knowledge: Knowledge) -> dict[str, object]:
    """The counts of one document, and where it changed."""
    versions = list(versions_in(path, knowledge))
    steps = [
        {"date": date, "gone": sorted(map(list, before - after)), "new": sorted(map(list, after - before))}
        for (_, before), (date, after) in pairwise(versions)
        if before != after
    ]
    return {
        "document": path.name.removesuffix(".jsonl.gz"),
        "versions": len(versions),
        "distinct": len({told for _, told in versions}),
        # Conditions left out: a change of stance is what an alert is about.
        "distinct_stances": len({frozenset(s[:3] for s in told) for _, told in versions}),
        "changes": len(steps),
        "empty": sum(not told for _, told in versions),
        "steps": steps,
    }


def _print(found: Sequence[dict[str, object]]) -> None:
    names = ("document", "versions", "distinct", "distinct_stances", "changes", "empty")
    wide = max(len(str(f["document"])) for f in found)
    print(f"{names[0]:{wide}}  " + "  ".join(names[1:]))
    for f in found:
        print(f"{f['document']!s:{wide}}  " + "  ".join(f"{f[n]!s:>{len(n)}}" for n in names[1:]))


def main() -> None:
    """Reads the arguments, measures, prints."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--json", action="store_true", help="one object a document, with each change")
    args = parser.parse_args()
    knowledge = load_config(environ={}).knowledge
    found = [measure(path, knowledge) for path in args.files]
    if args.json:
        for one in found:
            print(json.dumps(one, ensure_ascii=False))
    else:
        _print(found)


if __name__ == "__main__":
    main()
