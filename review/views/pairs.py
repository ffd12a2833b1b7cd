"""/pairs/…: everything behind one position: what holds it and since when, what does not count and why, who was told."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from pipelines.quotes import quotes, sentences
from pipelines.store import queries
from pipelines.store.facts import PositionFacts
from pipelines.store.people import Role
from pipelines.store.session import Session
from review.access.roles import Who, needs
from review.desk import Desk
from review.queued import queue_of
from review.telling import sort_of, why_not_mailed
from review.views.companies import SLUG

# Statements a page; changes and verdicts of one pair are few, and what is beyond is in the list of changes.
ROWS, CHANGES, VERDICTS, QUOTED = 25, 25, 25, 20
SHOWN = ("all", "left-out")


def router(desk: Desk) -> APIRouter:
    """The route of one pair."""
    routes = APIRouter(prefix="/pairs", dependencies=[needs(Role.READER)])

    @routes.get("/{company}/{authority}")
    def explain(
        request: Request,
        who: Who,
        company: str,
        authority: str,
        show: Annotated[str, Query()] = "all",
        after: Annotated[str, Query()] = "",
    ) -> Response:
        if not SLUG.fullmatch(company) or len(authority) > 20:
            raise LookupError("there is no such pair")
        shown = show if show in SHOWN else SHOWN[0]
        with desk.store.reading() as session:
            position = queries.position(session, company, authority)
            wanted = queries.ChangeFilter(company, authority, baselines=True)
            changes = queries.changes_page(session, wanted, limit=CHANGES)
            holding = _holding(position)
            said = _said(session, company, authority, shown, after or None, holding)
            if not position and not changes.rows and not said.rows and not after:
                _refuse_unknown(desk, company, authority)
            verdicts = queries.verdicts(session, pairs=[(company, authority)], limit=VERDICTS)
            analyst = who.may(Role.ANALYST)
            queue = queue_of(session, who.name, company, authority) if analyst else None
            told = queries.told_of(session, [change.id for change in changes.rows])
            return desk.page(
                request, "pair.html", company=company, authority=authority, position=position,
                quotes=quotes(session, position.held if position else (), QUOTED), changes=changes, told=told,
                said=said, show=shown, count=queries.statement_count_of(session, company, authority),
                counted=queries.COUNTED, verdicts=verdicts, queue=queue, holding=holding, sentences=sentences, standing=standing, sort_of=sort_of,
                brought=queries.ruled_into(session, company, authority) if not after and shown == SHOWN[0] else [],
                why_not={change.id: why_not_mailed(change, told[change.id], desk.companies) for change in changes.rows},
            )  # fmt: skip

    return routes


def standing(copies: queries.Copies, holding: frozenset[str]) -> str:
    """What a statement does for the position, in words; one copy that holds it speaks for all."""
    if copies.statements & holding:
        return "holds it"
    return _left_out(copies, holding) or "counts, and holds nothing now"


def _left_out(copies: queries.Copies, holding: frozenset[str]) -> str | None:
    """Why it does not count for its pair, in words; None if it may."""
    said = copies.said
    after = said.corrected or {}
    company, authority = after.get("company", said.company), after.get("authority", said.authority)
    if (company, authority) != (said.company, said.authority):
        return f"corrected: it is about {company} and {authority}"
    return None if copies.statements & holding else said.ignored


def _said(
    session: Session, company: str, authority: str, shown: str, after: str | None, holding: frozenset[str]
) -> queries.Page[queries.Copies]:
    def left_out(copies: queries.Copies) -> bool:
        return _left_out(copies, holding) is not None

    wanted = left_out if shown == "left-out" else bool
    return queries.statements_once(session, company, authority, after, ROWS, wanted)


def _holding(position: PositionFacts | None) -> frozenset[str]:
    return frozenset(s for held in (position.held if position else ()) for s in held.statements)


def _refuse_unknown(desk: Desk, company: str, authority: str) -> None:
    """Raises LookupError for what neither config nor the store knows; of the rest nothing is known, and that is said."""
    if company not in desk.companies or not (authority in desk.authorities or authority == "*"):
        raise LookupError("there is no such pair")
