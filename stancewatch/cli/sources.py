"""`sources list`, `sources check`: what is watched, how it fares, and whether its address answers as it should."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stancewatch.cli import show
from stancewatch.cli.setup import BAD_NEWS, OK, Setup, command, group

if TYPE_CHECKING:
    from pipelines.config import Config
    from pipelines.store.facts import SourceHealth

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
Ids = Annotated[list[str] | None, typer.Argument(metavar="SOURCE", help="Ids from sources.yml; none: all.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    sources = group("sources", "What is watched (config/sources.yml).")
    command(sources, "list", "stancewatch sources list\nstancewatch sources list --json")(list_sources)
    command(sources, "check", "stancewatch sources check bbc-tech\nstancewatch sources check --json")(
        check_sources
    )
    app.add_typer(sources)


def list_sources(context: typer.Context, as_json: AsJson = False) -> None:
    """Every source with its last good fetch and its failures since."""
    setup: Setup = context.obj
    config = setup.config()
    health = _health(setup, config)
    if as_json:
        for source in config.sources:
            show.line({**source.model_dump(mode="json"), "health": show.plain(health.get(source.id))})
        return
    show.table(
        ["source", "kind", "what", "of", "last ok (UTC)", "failures", "statements", "note", "url"],
        [
            [
                s.id, s.kind, s.what, s.company or s.publisher,
                (h := health.get(s.id)) and h.last_ok, h.failures if h else None, h.statements if h else None,
                _note(enabled=s.enabled, unverified=s.unverified, health=h), s.url,
            ]
            for s in config.sources
        ],
        whole=["source"],
    )  # fmt: skip
    show.say(f"{len(config.sources)} sources, {sum(s.enabled for s in config.sources)} enabled")


def check_sources(context: typer.Context, ids: Ids = None, as_json: AsJson = False) -> None:
    """Try addresses without storing anything: status, robots.txt, items found, newest date, words read."""
    setup: Setup = context.obj
    config = setup.config()
    for source_id in ids or ():
        config.source(source_id)
    failed, findings = 0, []
    for finding in checked(setup.overlay, ids or []):
        failed += not is_good(finding)
        findings.append(finding)
        if as_json:
            show.line(finding)
    if not as_json:
        show.table(
            ["source", "answer", "status", "robots", "items", "newest", "words", "note"],
            [
                [
                    f.get("source"), f.get("outcome"), f.get("status"), f.get("robots"), f.get("items"),
                    str(f.get("newest") or "")[:10], f.get("words"), f.get("note"),
                ]
                for f in findings
            ],
            whole=["source"],
        )  # fmt: skip
        show.say(f"{len(findings)} checked, {failed} failed")
    if failed:
        raise typer.Exit(BAD_NEWS)


def checked(overlay: Path | None, ids: list[str]) -> Iterator[dict[str, Any]]:
    """What the crawler found at each source, as it comes. Leaves with the crawler's exit code if that could not run."""
    from stancewatch.crawl import child_environ

    chosen = [word for source_id in ids for word in ("--source", source_id)]
    command_line = [sys.executable, "-P", "-m", "crawler", "check", "--json", *chosen]
    with subprocess.Popen(  # noqa: S603  # our own interpreter and module
        command_line, env=child_environ(overlay), stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True
    ) as child:
        assert child.stdout is not None
        for words in child.stdout:
            try:
                finding = json.loads(words)
            except ValueError:
                show.note(words)
                continue
            yield finding
    if child.returncode != OK:
        raise typer.Exit(child.returncode if child.returncode > 0 else BAD_NEWS)


def is_good(finding: dict[str, Any]) -> bool:
    """Whether a source answers as a source should: readable, allowed, and an index leads somewhere."""
    leads = finding.get("kind") in ("page", "report") or bool(finding.get("items"))
    return finding.get("outcome") == "ok" and leads


def _health(setup: Setup, config: Config) -> dict[str, SourceHealth]:
    """Source → how it fared; empty where there is no database yet."""
    from pipelines.store import queries
    from pipelines.store.session import StoreError

    try:
        with setup.reading(config) as session:
            return {h.source: h for h in queries.source_health(session)}
    except StoreError as error:
        show.note(f"without figures: {error}")
        return {}


def _note(*, enabled: bool, unverified: bool, health: SourceHealth | None) -> str:
    if not enabled:
        return "off"
    if health is None:
        return "unverified, never asked" if unverified else "never asked"
    return (health.note or str(health.outcome)) if health.failures else ""
