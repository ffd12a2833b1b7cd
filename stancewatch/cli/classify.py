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
    from extract.types import Analysis
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
        "stancewatch classify --explain article.html\n"
        "stancewatch classify --json documents.jsonl\n"
        "pdftotext guide.pdf - | stancewatch classify --site apple -",
    )(classify)
    command(
        app,
        "evaluate",
        "stancewatch evaluate gold.jsonl\n"
        "stancewatch evaluate gold.jsonl --errors\n"
        "stancewatch evaluate gold.jsonl --baseline --report docs/classifier.md\n"
        "stancewatch evaluate gold.jsonl --json",
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
    explain: Annotated[
        bool, typer.Option("--explain", help="How each sentence was read, and what stopped it.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """The statements that a text makes.

    Each with its evidence; nothing is stored. With --explain also, for each sentence with an act or beside a
    statement: the cue, scope, rule, authority and company, and for one that gave nothing, which step stopped it.

    A file of JSON lines holds a document a line: {"id", "text"} and, where known, "title", "site", "published".
    An address is fetched as the crawler fetches: robots.txt, limits and all.
    """
    from stancewatch.reading import Input, read_input

    setup: Setup = context.obj
    config = setup.config()
    if site is not None and config.knowledge.company(site) is None:
        raise UsageError(f"--site {site!r} is no company of companies.yml")
    if urlsplit(what).scheme in ("http", "https"):
        _classify_address(setup, config, what, site, explain=explain, as_json=as_json)
        return
    given: Input = read_input(what, sys.stdin.buffer)
    if given.is_json_lines:
        _classify_lines(config, given, explain=explain, as_json=as_json)
    else:
        _classify_page(config, given, site, explain=explain, as_json=as_json)


def evaluate(
    context: typer.Context,
    gold: Annotated[Path, typer.Argument(metavar="GOLD.jsonl", help="Labelled documents, one a line.")],
    errors: Annotated[bool, typer.Option("--errors", help="List each miss and each false one.")] = False,
    baseline: Annotated[
        bool,
        typer.Option("--baseline", help="Put a keyword baseline beside it: company x cue in a sentence."),
    ] = False,
    report_to: Annotated[
        Path | None,
        typer.Option(
            "--report", metavar="FILE.md", help="Rewrite this file's figures, between marks named after GOLD."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Compare what is read with labelled documents.

    Precision, recall and F1 over (company, authority, stance): overall and by stance, genre and event; and what
    confidence was worth. --report writes them, with confusion and errors by step, into a page between
    <!-- figures: NAME --> and <!-- end -->, NAME being GOLD's without its ending.
    """
    from pipelines.evaluate import evaluate as count
    from pipelines.evaluate import keyword_reader, read_gold, strangers_in

    setup: Setup = context.obj
    config = setup.config()
    documents = read_gold(gold)
    for stranger in strangers_in(documents, config.knowledge):
        show.note(stranger.words(str(gold)))
    report = count(documents, config.knowledge)
    naive = count(documents, config.knowledge, keyword_reader(config.knowledge)) if baseline else None
    if report_to is not None:
        from pipelines.scorecard import write_figures

        try:
            write_figures(report_to, gold.stem, report, naive)
        except OSError as error:
            raise UsageError(f"{report_to}: {error.strerror or error}") from error
    if as_json:
        show.line(report.as_dict() | ({"baseline": naive.now.as_dict()} if naive else {}))
        return
    _report(report, naive)
    if errors:
        _errors(report)


def _errors(report: Report) -> None:
    show.say()
    show.table(
        ["document", "kind", "company", "authority", "stance", "time", "rule", "lost at", "sentence"],
        [
            [e.document, e.kind, e.company, e.authority, e.stance, e.time, e.rule, e.lost, e.evidence]
            for e in report.errors
        ],
        whole=["document"],
    )


def _classify_lines(config: Config, given: Any, *, explain: bool, as_json: bool) -> None:
    from pipelines.evaluate import classify as classified
    from pipelines.evaluate import documents_in
    from pipelines.steps import explained

    documents = documents_in(given.lines(), given.name)
    for found in (explained if explain else classified)(documents, config.knowledge):
        if as_json:
            show.line(found)
        else:
            show.say(show.quote(found["id"]))
            _tell(found)


def _classify_page(config: Config, given: Any, site: str | None, *, explain: bool, as_json: bool) -> None:
    from pipelines.clock import utc_now
    from stancewatch.reading import analyse_input

    found = analyse_input(given, site, config, utc_now())
    _tell_page(config, given.name, found, explain=explain, as_json=as_json)


def _classify_address(
    setup: Setup, config: Config, url: str, site: str | None, *, explain: bool, as_json: bool
) -> None:
    from stancewatch.reading import fetch_once

    found = fetch_once(url, site, setup.overlay, config)
    _tell_page(config, url, found, explain=explain, as_json=as_json)


def _tell_page(config: Config, name: str, found: Analysis, *, explain: bool, as_json: bool) -> None:
    from pipelines.evaluate import statement_as_dict
    from pipelines.steps import steps_in

    told: dict[str, Any] = {
        "id": name,
        "statements": [statement_as_dict(statement) for statement in found.statements],
    }
    if explain:
        told["sentences"] = steps_in(found, config.knowledge)
    if as_json:
        show.line(told | {"outcome": found.outcome, "note": found.note})
    else:
        if found.document is not None and found.document.title:
            show.say(show.quote(found.document.title))
        _tell(told)
    if found.outcome != "ok":
        show.complain(
            f"{name} is not a readable page: {found.outcome}" + (f" ({found.note})" if found.note else "")
        )
        raise typer.Exit(BAD_NEWS)


def _tell(found: dict[str, Any]) -> None:
    from stancewatch.cli.steps import tell

    _statements(found["statements"])
    if "sentences" in found:
        tell(found["sentences"])


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


def _report(report: Report, baseline: Report | None) -> None:
    rows: list[list[object]] = [["now", "all", *_score(report.now)], ["past", "all", *_score(report.past)]]
    if baseline is not None:
        rows.append(["baseline", "now", *_score(baseline.now)])
    for part in ("stance", "genre", "event"):
        rows += [
            [part, name or NONE, *_score(score)] for name, score in sorted(getattr(report, part).items())
        ]
    show.table(["of", "which", "precision", "recall", "F1", "right", "false", "missed"], rows)
    show.say(f"{report.documents} documents")
    sure = report.confidence.sure
    show.say(f"{sure.right} of {sure.statements} statements above confidence 0.9 right")


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
