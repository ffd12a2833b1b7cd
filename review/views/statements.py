"""/statements/…: one statement with all around it, and what an analyst does with it: rule, put off, comment, take back."""

from __future__ import annotations

import re
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request, Response

from extract.types import Facets, Stance, Time
from pipelines import ledger
from pipelines.alerts.words import DATA, NOTICE, OFFENCE, PROCESS
from pipelines.archive import ArchiveError
from pipelines.bundle import BundleError, bundle_of
from pipelines.evidence import Ruling
from pipelines.store import queries
from pipelines.store.facts import StatementFacts
from pipelines.store.people import Role
from pipelines.store.session import Session
from review.access.roles import Who, needs
from review.access.signin import own_path
from review.desk import Desk, back_to
from review.queued import Queue
from review.record import record_of, wording_of

SHOWN = ("text", "page", "wording")
LONGEST = 4000
LONGEST_SLUG = 60
FACETS = {"process": PROCESS, "data": DATA, "offence": OFFENCE, "notice": NOTICE}


Text = Annotated[str, Form(max_length=LONGEST)]
Texts = Annotated[list[str] | None, Form()]
Seen = Annotated[int | None, Form(description="the newest verdict on it that was shown, 0 for none")]


def router(desk: Desk) -> APIRouter:
    """The routes of one statement."""
    routes = APIRouter(prefix="/statements", dependencies=[needs(Role.READER)])
    rules = [needs(Role.ANALYST)]

    @routes.get("/{statement_id}")
    def look(request: Request, statement_id: str, show: Annotated[str, Query()] = "text") -> Response:
        with desk.store.reading() as session:
            said = statement_of(session, statement_id)
            return record_page(desk, request, session, said, show, queue=None)

    @routes.get("/{statement_id}/bundle")
    def bundle(statement_id: str) -> Response:
        try:
            with desk.store.reading() as session:
                said = statement_of(session, statement_id)
                packed = bundle_of(session, desk.config.settings.archive_dir, said.id)
        except (ArchiveError, BundleError) as error:
            raise LookupError(f"there is no bundle of it: {error}") from error
        headers = {"Content-Disposition": f'attachment; filename="statement-{said.id[:12]}.zip"'}
        return Response(packed, media_type="application/zip", headers=headers)

    @routes.post("/{statement_id}/accept", dependencies=rules)
    def accept(
        statement_id: str, who: Who, reason: Text = "", then: Text = "", seen: Seen = None
    ) -> Response:
        # What is accepted is what is shown: a statement as a colleague corrected it, where one did.
        with desk.store.reading() as session:
            history = queries.verdicts_of(session, statement_of(session, statement_id).id)
        if history and history[-1].ruling == "correct":
            return _rule(statement_id, "correct", who.name, then, reason, seen, dict(history[-1].after))
        return _rule(statement_id, "accept", who.name, then, reason, seen)

    @routes.post("/{statement_id}/reject", dependencies=rules)
    def reject(
        statement_id: str, who: Who, reason: Text = "", then: Text = "", seen: Seen = None
    ) -> Response:
        return _rule(statement_id, "reject", who.name, then, reason, seen)

    @routes.post("/{statement_id}/correct", dependencies=rules)
    def correct(
        statement_id: str,
        who: Who,
        company: Text,
        authority: Text,
        stance: Text,
        time: Text,
        evidence: Text = "",
        start: Text = "",
        process: Texts = None,
        data: Texts = None,
        offence: Text = "",
        notice: Text = "",
        reason: Text = "",
        then: Text = "",
        seen: Seen = None,
    ) -> Response:
        facets = Facets.from_dict(
            {"process": process or [], "data": data or [], "offence": offence, "notice": notice}
        )
        with desk.store.reading() as session:
            said = statement_of(session, statement_id)
            text = queries.document_text(session, said.document)
            stands = ledger.rulings.standing_of(said, queries.verdicts_of(session, said.id))
        asked = {
            "company": desk.names.company(company),
            "authority": desk.names.authority(authority),
            "stance": str(Stance(stance)),
            "time": str(Time(time)),
            "facets": facets.as_dict(),
            "evidence": place_of(evidence, text, start, stands["evidence"]),
        }
        differing = _differing(said, asked)
        if not differing and stands["ruling"] not in ("correct", "reject"):
            raise ValueError("nothing was corrected: accept it instead")
        ruling: Ruling = (
            "correct" if differing else "accept"
        )  # nothing differs: it was read rightly after all
        return _rule(statement_id, ruling, who.name, then, reason, seen, differing or None)

    @routes.post("/{statement_id}/skip", dependencies=rules)
    def skip(statement_id: str, who: Who, then: Text = "") -> Response:
        ledger.post_skip(desk.store, statement_id, who=who.name, now=desk.clock())
        return _go_on(statement_id, then)

    @routes.post("/{statement_id}/comment", dependencies=rules)
    def comment(statement_id: str, who: Who, text: Text, then: Text = "") -> Response:
        ledger.post_comment(desk.store, statement_id, text, who=who.name, now=desk.clock())
        return back_to(here(statement_id, then) + "#comments")

    def _rule(
        statement_id: str,
        ruling: Ruling,
        who: str,
        then: str,
        reason: str,
        seen: int | None,
        after: dict[str, Any] | None = None,
    ) -> Response:
        ledger.post_verdict(
            desk.store, statement_id, ruling, who=who, after=after, reason=reason.strip(), seen=seen,
            now=desk.clock(), context=desk.context,
        )  # fmt: skip
        return _go_on(statement_id, then)

    return routes


def record_page(
    desk: Desk, request: Request, session: Session, said: StatementFacts, show: str, queue: Queue | None
) -> Response:
    """The page of one statement; `queue` is what the queue adds to it, None outside of it."""
    record = record_of(session, said)
    shown = show if show in SHOWN and (show != "wording" or record.earlier) else "text"
    wording = wording_of(session, record) if shown == "wording" else []
    template = "queue.html" if queue else "statement.html"
    return desk.page(
        request, template, record=record, show=shown, wording=wording, queue=queue, facets=FACETS,
        then=queue.address if queue else "",
    )  # fmt: skip


def statement_of(session: Session, statement_id: str) -> StatementFacts:
    """The statement of an id in an address. Raises LookupError."""
    found = queries.statement(session, statement_id) if re.fullmatch("[0-9a-f]{6,64}", statement_id) else None
    if found is None:
        raise LookupError("there is no such statement")
    return found


def place_of(evidence: str, text: str, start: str, stands: dict[str, Any]) -> dict[str, Any]:
    """Where the evidence that an analyst chose stands in the text: at `start` if it says so, else nearest to the old one.

    `stands` is the old one, which stays if nothing is chosen. Raises ValueError if the text does not have it.
    """
    chosen = evidence.strip().replace("\r\n", "\n")
    if not chosen:
        return dict(stands)
    hint = int(start) if start.isdecimal() and len(start) < 9 else stands["start"]
    places = [m.start() for m in re.finditer(re.escape(chosen), text)]
    if not places:  # a selection may run over a line that the page shows otherwise than the text has it
        loose = r"\s+".join(map(re.escape, chosen.split()))
        found = [(m.start(), m.end()) for m in re.finditer(loose, text)]
        if not found:
            raise ValueError("the document's text does not have this evidence: select it in the text")
        begin, end = min(found, key=lambda place: abs(place[0] - hint))
        return {"start": begin, "end": end, "text": text[begin:end]}
    begin = min(places, key=lambda place: abs(place - hint))
    return {"start": begin, "end": begin + len(chosen), "text": chosen}


def _differing(said: StatementFacts, asked: dict[str, Any]) -> dict[str, Any]:
    """What of a correction is one: what is otherwise than it was read."""
    read = ledger.rulings.standing_of(said, [])
    return {name: value for name, value in asked.items() if value != read[name]}


def here(statement_id: str, then: str) -> str:
    """The statement where the analyst looks at it: in the queue that they came from, or by itself."""
    queue = _queue_in(then)
    if queue is None:
        return f"/statements/{statement_id}"
    return f"{queue}{'&' if '?' in queue else '?'}at={statement_id}"


def _go_on(statement_id: str, then: str) -> Response:
    return back_to(_queue_in(then) or f"/statements/{statement_id}")


def _queue_in(then: str) -> str | None:
    return then if own_path(then) == then and then.partition("?")[0] == "/queue" else None
