"""/runs: what ran when and how it ended; /runs/…: one run, source by source."""

from __future__ import annotations

from dataclasses import replace

from fastapi import APIRouter, Request, Response

from pipelines.health import CRAWL, HEALTH, OPERATOR
from pipelines.store import queries
from pipelines.store.facts import RunFacts
from pipelines.store.people import Role
from review.access.roles import Visitor, Who, needs
from review.desk import Desk
from review.filters import Before, Number, Word, among
from review.pages import query_of, without_addresses

JOBS = {CRAWL: "Crawls", "deliver": "Deliveries", HEALTH: "Health", OPERATOR: "Operator's mail", "all": "All"}
SHOWN = 50


def router(desk: Desk) -> APIRouter:
    """The routes of runs."""
    routes = APIRouter(prefix="/runs", dependencies=[needs(Role.READER)])

    @routes.get("")
    def listed(request: Request, who: Who, job: Word = CRAWL, before: Before = None) -> Response:
        chosen = among("job", job, JOBS) or CRAWL
        of = None if chosen == "all" else chosen
        with desk.store.reading() as session:
            found = queries.runs(session, of, SHOWN + 1, sources=False, before=before)
        rows = [shown_to(who, run) for run in found[:SHOWN]]
        further = query_of([("job", chosen), ("before", rows[-1].id)]) if len(found) > SHOWN else ""
        return desk.page(
            request, "runs.html", rows=rows, job=chosen, jobs=JOBS, took=took, next=f"/runs{further}" if further else "",
        )  # fmt: skip

    @routes.get("/{number}")
    def look(request: Request, who: Who, number: Number) -> Response:
        with desk.store.reading() as session:
            run = queries.run(session, number)
        if run is None:
            raise LookupError("there is no such run")
        return desk.page(request, "run.html", run=shown_to(who, run), took=took)

    return routes


def shown_to(who: Visitor, run: RunFacts) -> RunFacts:
    """A run as somebody may see it: addresses in its error, of recipients and the operator, are an admin's to see."""
    if run.error is None or who.may(Role.ADMIN):
        return run
    return replace(run, error=without_addresses(run.error))


def took(run: RunFacts) -> str:
    """How long a run took, in words; empty while it runs."""
    if run.finished is None:
        return ""
    seconds = max(0, round((run.finished - run.started).total_seconds()))
    hours, minutes = divmod(seconds // 60, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {seconds % 60} s" if minutes else f"{seconds} s"
