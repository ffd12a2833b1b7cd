"""/: what changed since yesterday or last week, what needs the one who looks, and what is broken."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from pipelines.findings import Finding, HealthFacts, findings_of
from pipelines.health import read_quickly
from pipelines.quotes import first_quotes, moved, quoted
from pipelines.store import queries
from pipelines.store.facts import HoldFacts, ProposalFacts, SourceHealth, StatementFacts
from pipelines.store.people import Role
from pipelines.store.session import Session
from review.access.roles import Visitor, Who, needs
from review.desk import Desk
from review.pages import without_addresses
from review.telling import lead

# What fits on a page that is looked at in the morning; the list of changes has the rest.
SHOWN, NEEDED = 40, 5
DAYS = (1, 7)


@dataclass(frozen=True, slots=True)
class Needed:
    """What waits for an analyst: the weightiest proposals with their statements, how many there are, texts held back."""

    proposals: tuple[tuple[ProposalFacts, StatementFacts], ...]
    waiting: int
    held: tuple[HoldFacts, ...]

    @property
    def more_than_counted(self) -> bool:
        """Whether more wait than were counted."""
        return self.waiting >= queries.COUNTED


def router(desk: Desk) -> APIRouter:
    """The route of the first page."""
    routes = APIRouter(dependencies=[needs(Role.READER)])

    @routes.get("/")
    def today(request: Request, who: Who, days: Annotated[int, Query()] = 1) -> Response:
        if days not in DAYS:
            raise ValueError(f"days: {days} is none of {', '.join(map(str, DAYS))}")
        now = desk.clock()
        since = now - timedelta(days=days)
        with desk.store.reading() as session:
            moved_last = queries.changes_moved(
                session, queries.ChangeFilter(), SHOWN + 1, since=since, unheard=False
            )
            changes = moved_last[:SHOWN]
            facts = read_quickly(session, desk.config, now)
            return desk.page(
                request, "today.html", days=days, since=since, changes=changes, more=len(moved_last) > SHOWN,
                quotes=first_quotes(session, changes), lead=lead, moved=moved, quoted=quoted,
                needed=_needed(session, who, facts.held), broken=_broken(desk, who, facts), last=facts.last,
                running=facts.running, answering=_answering(facts), failing=_failing(facts),
            )  # fmt: skip

    return routes


def _needed(session: Session, who: Visitor, held: tuple[HoldFacts, ...]) -> Needed | None:
    """What only an analyst can do; None for whoever is none."""
    if not who.may(Role.ANALYST):
        return None
    waiting, _ = queries.queue_length(session, who.name)
    found = queries.proposals(session, who.name, limit=NEEDED)
    said = {one.id: one for one in queries.read_statements(session, [p.statement for p in found])}
    return Needed(tuple((p, said[p.statement]) for p in found), waiting, held)


def _broken(desk: Desk, who: Visitor, facts: HealthFacts) -> list[Finding]:
    """What is wrong with the watch, worst first; texts held back are told of elsewhere, addresses to admins only."""
    found = [one for one in findings_of(facts, desk.config) if one.code != "texts-held"]
    if who.may(Role.ADMIN):
        return found
    return [replace(one, words=without_addresses(one.words)) for one in found]


def _answering(facts: HealthFacts) -> tuple[int, int]:
    """How many of the sources in force answered when they were asked last, and how many there are."""
    enabled = set(facts.enabled)
    return sum(s.source in enabled and not s.failures for s in facts.sources), len(enabled)


def _failing(facts: HealthFacts) -> list[SourceHealth]:
    """The sources in force that did not answer when they were asked last, the longest failing first."""
    enabled = set(facts.enabled)
    failing = [one for one in facts.sources if one.source in enabled and one.failures]
    return sorted(failing, key=lambda one: (-one.failures, one.source))
