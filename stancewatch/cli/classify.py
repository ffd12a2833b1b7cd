"""`classify`, `evaluate`: what the extractor reads in a text, and how good it is against labelled ones."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import typer

from stancewatch.cli import show
from stancewatch.cli.setup import BAD_NEWS, Setup, UsageError, command

if TYPE_CHECKING:
    from pipelines.config import Config
    from pipelines.evaluate import Report

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    command(
        app,
        "classify",
        "stancewatch classify article.html\n"
        "stancewatch classify https://example.org/story\n"
        "stancewatch classify --json documents.jsonl\n"
        "pdftotext guide.pdf - | stancewatch classify --site apple -",
    )(classify)
    command(
        app,
        "evaluate",
        "stancewatch evaluate gold.jsonl\nstancewatch evaluate gold.jsonl --errors\nstancewatch evaluate gold.jsonl --json",
    )(evaluate)


def classify(
    context: typer.Context,
    what: Annotated[
        str,
        typer.Argument(
            metavar="FILE|URL|-", help="HTML, PDF, text, JSON lines; an address; or standard input."
        ),
    ],
    site: Annotated[
        str | None,
        typer.Option("--site", metavar="SLUG", help="Read as this company's own page (not for JSON lines)."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """The statements that a text makes.

    Each with its evidence; nothing is stored.

    A file of JSON lines holds a document a line: {"id", "text"} and, where known, "title", "site", "published".
    An address is fetched as the crawler fetches: robots.txt, limits and all.
    """
    from stancewatch.reading import Input, read_input

    setup: Setup = context.obj
    config = setup.config()
    if site is not None and config.knowledge.company(site) is None:
        raise UsageError(f"--site {site!r} is no company of companies.yml")
    if urlsplit(what).scheme in ("http", "https"):
        _classify_address(setup, config, what, site, as_json=as_json)
        return
    given: Input = read_input(what, sys.stdin.buffer)
    if given.is_json_lines:
        _classify_lines(config, given, as_json=as_json)
    else:
        _classify_page(config, given, site, as_json=as_json)


def evaluate(
    context: typer.Context,
    gold: Annotated[Path, typer.Argument(metavar="GOLD.jsonl", help="Labelled documents, one a line.")],
    errors: Annotated[bool, typer.Option("--errors", help="List each miss and each false one.")] = False,
    as_json: AsJson = False,
) -> None:
    """Compare what is read with labelled documents.

    Precision, recall and F1 over (company, authority, stance): overall and by stance, genre and event.
    """
    from pipelines.evaluate import evaluate as count
    from pipelines.evaluate import read_gold

    setup: Setup = context.obj
    config = setup.config()
    report = count(read_gold(gold), config.knowledge)
    if as_json:
        show.line(report)
        return
    _report(report)
    if errors:
        show.say()
        show.table(
            ["document", "kind", "company", "authority", "stance", "time", "rule or lost at", "sentence"],
            [
                [e.document, e.kind, e.company, e.authority, e.stance, e.time, e.rule or e.lost, e.evidence]
                for e in report.errors
            ],
            whole=["document"],
        )


def _classify_lines(config: Config, given: Any, *, as_json: bool) -> None:
    from pipelines.evaluate import classify as classified
    from pipelines.evaluate import documents_in

    documents = documents_in(given.lines(), given.name)
    for found in classified(documents, config.knowledge):
        if as_json:
            show.line(found)
        else:
            show.say(show.quote(found["id"]))
            _statements(found["statements"])


def _classify_page(config: Config, given: Any, site: str | None, *, as_json: bool) -> None:
    from pipelines.clock import utc_now
    from stancewatch.reading import analyse_input

    found = analyse_input(given, site, config, utc_now())
    _tell_page(given.name, found, as_json=as_json)


def _classify_address(setup: Setup, config: Config, url: str, site: str | None, *, as_json: bool) -> None:
    from stancewatch.reading import fetch_once

    _tell_page(url, fetch_once(url, site, setup.overlay, config), as_json=as_json)


def _tell_page(name: str, found: Any, *, as_json: bool) -> None:
    from pipelines.evaluate import statement_as_dict

    statements = [statement_as_dict(statement) for statement in found.statements]
    if as_json:
        show.line({"id": name, "statements": statements, "outcome": found.outcome, "note": found.note})
    else:
        if found.document is not None and found.document.title:
            show.say(show.quote(found.document.title))
        _statements(statements)
    if found.outcome != "ok":
        show.complain(
            f"{name} is not a readable page: {found.outcome}" + (f" ({found.note})" if found.note else "")
        )
        raise typer.Exit(BAD_NEWS)


def _statements(found: Iterable[dict[str, Any]]) -> None:
    one: dict[str, Any] | None = None
    for one in found:
        conditions = "; ".join(
            f"{key}: {', '.join(value) if isinstance(value, list) else value}"
            for key, value in one["conditions"].items()
        )
        show.say(
            f"  {show.quote(one['company'])} {one['authority']} {one['stance']} {one['time']}"
            + (f" ({conditions})" if conditions else "")
        )
        show.say(f"    “{show.quote(one['evidence'])}”")
        speaker = f", said by {show.quote(one['speaker'])}" if one["speaker"] else ""
        show.say(f"    rule {one['rule']}, confidence {one['confidence']:.2f}{speaker}")
    if one is None:
        show.say("  no statement")


def _report(report: Report) -> None:
    rows: list[list[object]] = [["now", "all", *_score(report.now)], ["past", "all", *_score(report.past)]]
    for part in ("stance", "genre", "event"):
        rows += [
            [part, name or NONE, *_score(score)] for name, score in sorted(getattr(report, part).items())
        ]
    show.table(["of", "which", "precision", "recall", "F1", "right", "false", "missed"], rows)
    show.say(f"{report.documents} documents")


NONE = "(none)"


def _score(score: Any) -> list[object]:
    return [
        f"{score.precision:.3f}",
        f"{score.recall:.3f}",
        f"{score.f1:.3f}",
        score.right,
        score.false,
        score.missed,
    ]
