"""`positions`, `changes`, `statements`, `explain`: what is in force, what moved it, and who said so where."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines import asked
from stancewatch.cli import show
from stancewatch.cli.setup import BAD_NEWS, Setup, UsageError, command

if TYPE_CHECKING:
    from extract.knowledge import Knowledge
    from pipelines.config import Config
    from pipelines.positions import Held
    from pipelines.store.facts import ChangeFacts, Explanation, PositionFacts, StatementFacts
    from pipelines.store.session import Session

Company = Annotated[
    str | None, typer.Option("--company", metavar="SLUG", help="Only this company or service.")
]
Authority = Annotated[
    str | None,
    typer.Option("--authority", metavar="CODE", help="Only this authority: a country code, EU, or '*'."),
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
Limit = Annotated[int, typer.Option("--limit", min=1, help="Most rows shown, the newest first.")]
QUOTE_LIMIT = 160


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    command(
        app,
        "positions",
        "stancewatch positions --company google\nstancewatch positions --authority HK --as-of 2020-07-09 --json",
    )(positions)
    command(app, "changes", "stancewatch changes --since 7d\nstancewatch changes --company apple --json")(
        changes
    )
    command(app, "statements", "stancewatch statements --company telegram --authority RU")(statements)
    command(app, "explain", "stancewatch explain google HK\nstancewatch explain apple '*' --json")(explain)


def positions(
    context: typer.Context,
    company: Company = None,
    authority: Authority = None,
    as_of: Annotated[
        str | None,
        typer.Option(
            "--as-of", metavar="WHEN", help="What was in force at the end of this day, or at this time."
        ),
    ] = None,
    known_at: Annotated[
        str | None, typer.Option("--known-at", metavar="WHEN", help="As far as was known by then.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """What is in force for each company and authority.

    With --as-of, what was in force then, as far as we know today; with --known-at, what we knew then.
    """
    from pipelines.store import queries

    setup: Setup = context.obj
    config = setup.config()
    pair = {"company": company_of(config.knowledge, company), "authority": authority_of(authority)}
    with setup.reading(config) as session:
        if as_of or known_at:
            found = _positions_then(session, config, as_of, known_at, **pair)
        else:
            found = queries.positions(session, **pair)
    if as_json:
        for position in found:
            show.line(position)
        return
    show.table(
        ["company", "authority", "stance", "conditions", "since (UTC)"],
        [row for position in found for row in _position_rows(position)],
        whole=["company", "authority"],
    )
    show.say(f"{len(found)} positions" if found else "no position is known" + _of(company, authority))


def _positions_then(
    session: Session, config: Config, as_of: str | None, known_at: str | None, **pair: str | None
) -> list[PositionFacts]:
    from pipelines.ledger import context_of
    from pipelines.timelines import positions_at

    return positions_at(
        session,
        context_of(config).rules,
        as_of=asked.last_moment("--as-of", as_of or ""),
        known_at=asked.last_moment("--known-at", known_at or ""),
        **pair,
    )


def changes(
    context: typer.Context,
    since: Annotated[
        str | None,
        typer.Option("--since", metavar="WHEN", help="A day (2026-05-01), or an age: 36h, 7d, 4w."),
    ] = None,
    company: Company = None,
    authority: Authority = None,
    limit: Limit = 100,
    as_json: AsJson = False,
) -> None:
    """How positions moved, newest first."""
    from pipelines.clock import utc_now
    from pipelines.store import queries

    setup: Setup = context.obj
    config = setup.config()
    after = moment(since, utc_now()) if since else None
    with setup.reading(config) as session:
        found = queries.changes(
            session, after, company_of(config.knowledge, company), authority_of(authority), limit
        )
    if as_json:
        for change in found:
            show.line(change)
        return
    show.table(
        ["change", "found (UTC)", "company", "authority", "kind", "severity", "status", "from", "to"],
        [_change_row(change) for change in found],
        whole=["change", "company"],
    )
    show.say(f"{len(found)} changes" if found else "no change is known" + _of(company, authority))


def statements(
    context: typer.Context,
    company: Company = None,
    authority: Authority = None,
    limit: Limit = 100,
    as_json: AsJson = False,
) -> None:
    """What pages were read to say, newest first.

    Each with its sentence and where the page is archived.
    """
    from pipelines.store import queries

    setup: Setup = context.obj
    config = setup.config()
    with setup.reading(config) as session:
        found = queries.statements(
            session, company_of(config.knowledge, company), authority_of(authority), limit
        )
    if as_json:
        for statement in found:
            show.line(statement)
        return
    show.table(
        ["statement", "company", "authority", "stance", "time", "published", "source", "capture", "sentence"],
        [_statement_row(statement) for statement in found],
        whole=["statement", "capture"],
    )
    show.say(f"{len(found)} statements" if found else "no statement is known" + _of(company, authority))


def explain(
    context: typer.Context,
    company: Annotated[str, typer.Argument(metavar="COMPANY", help="A slug, name or alias of a company.")],
    authority: Annotated[
        str,
        typer.Argument(metavar="AUTHORITY", help="A country code, EU, or '*' for authorities in general."),
    ],
    as_json: AsJson = False,
) -> None:
    """Everything behind one position.

    The statements that hold it, what does not count and why, the changes, and who was told. Exit code 1 if nothing is
    known of the pair.
    """
    from pipelines.store import queries

    setup: Setup = context.obj
    config = setup.config()
    slug, code = company_of(config.knowledge, company), authority_of(authority)
    assert slug is not None
    assert code is not None
    with setup.reading(config) as session:
        told = queries.explain(session, slug, code)
    if as_json:
        show.line(told)
    else:
        _explain(told)
    if not told.statements and not told.changes:
        raise typer.Exit(BAD_NEWS)


def moment(words: str, now: datetime) -> datetime:
    """A day or an age as a moment, UTC. Raises UsageError."""
    try:
        found = asked.beginning("--since", dated(words, now))
    except asked.AskedError as error:
        raise UsageError(f"{error} or an age (36h, 7d, 4w)") from error
    if found is None:
        raise UsageError("--since: write a day (2026-05-01) or an age (36h, 7d, 4w)")
    return found


def dated(words: str, now: datetime) -> str:
    """An age (36h, 7d, 4w) as the time that it means; other words as they are."""
    age = re.fullmatch(r"(\d{1,5})([hdw])", words)
    if not age:
        return words
    return (now - timedelta(hours=int(age[1]) * {"h": 1, "d": 24, "w": 168}[age[2]])).isoformat()


def held_words(held: tuple[Held, ...]) -> str:
    """The stances in force, in one phrase."""
    return ", ".join(str(h.stance) for h in held) or "nothing known"


def reason_words(change: ChangeFacts) -> str:
    """Its status and why it has it."""
    told = change.reason if change.reason.startswith(change.status) else f"{change.status}: {change.reason}"
    return show.quote(told)


def company_of(knowledge: Knowledge, words: str | None) -> str | None:
    """The slug of a slug, name or alias; what config does not know is taken as a slug, for unlisted companies."""
    if words is None:
        return None
    wanted = words.strip().casefold()
    for company in knowledge.companies:
        if wanted in {company.id, company.name.casefold(), *(a.casefold() for a in company.aliases)}:
            return company.id
    return wanted


def authority_of(code: str | None) -> str | None:
    """An authority's code as it is stored."""
    return code.strip().upper() if code is not None else None


def _of(company: str | None, authority: str | None) -> str:
    named = " and ".join(str(part) for part in (company, authority) if part)
    return f" of {named}" if named else " yet: `stancewatch run` reads the sources"


def _position_rows(position: PositionFacts) -> list[list[object]]:
    return [
        [position.company, position.authority, _stance_words(position, held), facet_words(held), held.since]
        for held in position.held
    ]


def _stance_words(position: PositionFacts, held: Held) -> str:
    provisional = held.stance in (position.provisional or ())
    return f"{held.stance} (provisional)" if provisional else str(held.stance)


def facet_words(held: Held) -> str:
    """The conditions of a stance in one phrase; empty if it has none."""
    from pipelines.alerts.words import facet_words as words

    return ", ".join(words(held.facets))


def _change_row(change: ChangeFacts) -> list[object]:
    kind = f"{change.kind} (baseline)" if change.baseline else change.kind
    return [
        show.short(change.id), change.found, change.company, change.authority, kind, change.severity,
        change.status, held_words(change.before), held_words(change.after),
    ]  # fmt: skip


def _statement_row(statement: StatementFacts) -> list[object]:
    published = f"{statement.published:%Y-%m-%d}" if statement.published else None
    return [
        show.short(statement.id), statement.company, statement.authority, statement.stance, statement.time,
        published, statement.source, show.short(statement.capture), show.quote(statement.evidence, QUOTE_LIMIT),
    ]  # fmt: skip


def _explain(told: Explanation) -> None:
    show.say(f"{told.company} {told.authority}")
    if told.position is None:
        show.say("  nothing is in force")
    else:
        for held in told.position.held:
            conditions = facet_words(held)
            show.say(
                f"  {_stance_words(told.position, held)} since {held.since:%Y-%m-%d}"
                + (f" ({conditions})" if conditions else "")
            )
    holding = {s for held in (told.position.held if told.position else ()) for s in held.statements}
    show.say(f"\nstatements ({len(told.statements)})")
    for statement in told.statements:
        _explain_statement(statement, holds=statement.id in holding)
    show.say(f"\nchanges ({len(told.changes)})")
    for change in told.changes:
        _explain_change(told, change)
    for verdict in told.verdicts:
        words = show.quote(f"{verdict.ruling} by {verdict.who}: {verdict.reason}")
        show.say(f"\nverdict on {show.short(verdict.statement)}, {verdict.at:%Y-%m-%d}: {words}")


def _explain_statement(statement: StatementFacts, *, holds: bool) -> None:
    why = "holds it" if holds else statement.ignored or "does not hold it now"
    published = f"{statement.published:%Y-%m-%d}" if statement.published else "no date"
    show.say(f"  {show.short(statement.id)}  {statement.stance} {statement.time}  {published}: {why}")
    show.say(f"    “{show.quote(statement.evidence)}”")
    where = " · ".join(filter(None, (statement.publisher or statement.site, statement.title, statement.url)))
    show.say(f"    {show.quote(where)}")
    proof = f"rule {statement.rule}, confidence {statement.confidence:.2f}, capture {show.short(statement.capture)}"
    show.say(f"    {proof}" + (f", said by {show.quote(statement.speaker)}" if statement.speaker else ""))


def _explain_change(told: Explanation, change: ChangeFacts) -> None:
    step = f"{held_words(change.before)} → {held_words(change.after)}"
    show.say(
        f"  {show.short(change.id)}  {change.occurred:%Y-%m-%d}  {change.kind}, {change.severity}: {step}"
    )
    show.say(f"    {reason_words(change)}")
    alerts = [a for a in told.alerts if a.change == change.id]
    if change.baseline:
        show.say("    not mailed: the first reading of a source is its baseline")
    elif change.reclassified:
        show.say("    not mailed: our rules read the same pages otherwise now")
    elif not alerts:
        show.say("    not mailed: no subscriber asks for such a change in this status")
    for alert in alerts:
        sent = f" {alert.sent:%Y-%m-%d %H:%M} UTC" if alert.sent else ""
        show.say(f"    {alert.state}{sent} to {show.quote(alert.recipient)} as {alert.status}")
