"""/coding: samples that two people code blind: one statement after the other, how far they agree, and the last word."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form, Request, Response

from pipelines import coded, coding
from pipelines.agreement import CATEGORIES
from pipelines.coding import Round, Unit
from pipelines.export import COLUMNS, Format, Kind, encoded
from pipelines.store import coding as stored
from pipelines.store import people, queries
from pipelines.store.people import Role
from pipelines.store.session import Session
from review.access.roles import Who, needs
from review.desk import Desk, back_to
from review.highlight import Paragraph, Place, paragraphs_of

Text = Annotated[str, Form(max_length=2000)]
Number = Annotated[int, Form()]
# One key each, in the order of the codebook.
KEYS = dict(zip(CATEGORIES, "123456780", strict=True))


def router(desk: Desk) -> APIRouter:
    """The routes of samples. What the machine read is shown nowhere before both have coded all."""
    routes = APIRouter(prefix="/coding", dependencies=[needs(Role.ANALYST)])

    @routes.get("")
    def look(request: Request, who: Who) -> Response:
        with desk.store.reading() as session:
            rounds = [coding.round_of(session, one.name) for one in stored.samples(session)]
            coders = [
                user.name for user in people.users(session)
                if user.disabled is None and user.role.covers(Role.ANALYST)
            ]  # fmt: skip
        return desk.page(request, "coding.html", rounds=rounds, coders=coders, mine=who.name)

    @routes.post("")
    def draw(
        who: Who, name: Text, first: Text, second: Text, size: Number = 50, seed: Number = 1,
        company: Text = "", authority: Text = "",
    ) -> Response:  # fmt: skip
        found = coding.draw(
            desk.store, name, (first, second), size, who=who.name, seed=seed, now=desk.clock(),
            company=company.strip().lower() or None, authority=authority.strip().upper() or None,
        )  # fmt: skip
        return back_to(_address(found))

    @routes.get("/{name}")
    def one(request: Request, who: Who, name: str) -> Response:
        with desk.store.reading() as session:
            found = coding.round_of(session, name)
            differ = [] if found.blind else [unit.statement for unit in found.units if unit.differs]
            quoted = {said.id: said for said in queries.read_statements(session, differ)}
        codes = who.name in found.sample.coders
        return desk.page(
            request, "coding_round.html", round=found, said=quoted, codes=codes, agreement=found.agreement(),
            left=found.left_for(who.name) if codes else [], formats=list(Format), columns=COLUMNS[Kind.CODES],
        )  # fmt: skip

    @routes.get("/{name}/{n:int}")
    def unit(request: Request, who: Who, name: str, n: int) -> Response:
        with desk.store.reading() as session:
            found = coding.round_of(session, name)
            shown = next((unit for unit in found.units if unit.n == n), None)
            if shown is None:
                raise LookupError("there is no such unit")
            asked = _asked(session, shown)
        side = found.side_of(who.name) if who.name in found.sample.coders else None
        blind = found.state == "coding"
        if blind and side is None:
            raise LookupError("only its two coders see a sample before it is coded")
        return desk.page(
            request, "coding_unit.html", round=found, unit=shown, keys=KEYS, blind=blind, asked=asked,
            own=shown.codes[side] if side is not None else None,
        )  # fmt: skip

    @routes.post("/{name}/{n:int}")
    def code(who: Who, name: str, n: int, stance: Text, note: Text = "") -> Response:
        coding.code_unit(desk.store, name, n, stance, who=who.name, note=note.strip(), now=desk.clock())
        return back_to(_next(name, who.name))

    @routes.post("/{name}/{n:int}/last-word")
    def adjudicate(who: Who, name: str, n: int, stance: Text, note: Text = "") -> Response:
        coding.adjudicate(desk.store, name, n, stance, who=who.name, note=note.strip(), now=desk.clock())
        with desk.store.reading() as session:
            found = coding.round_of(session, name)
        following = next((unit.n for unit in found.units if unit.result is None), None)
        return back_to(_address(found) + (f"/{following}" if following else ""))

    def _next(name: str, who: str) -> str:
        with desk.store.reading() as session:
            found = coding.round_of(session, name)
        left = found.left_for(who)
        return _address(found) + (f"/{left[0]}" if left else "")

    _what_comes_of_it(desk, routes)
    return routes


def _what_comes_of_it(desk: Desk, routes: APIRouter) -> None:
    """The routes of a sample that both have coded: all codes as a file, and rulings, shown before they are made."""

    @routes.get("/{name}/codes.{form}")
    def codes(name: str, form: Format) -> Response:
        with desk.store.reading() as session:
            rows = list(coded.code_rows(session, coding.round_of(session, name)))
        file = f"stancewatch-codes-{quote(name, safe='')}.{form}"
        headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{file}"}
        return Response(
            b"".join(encoded(Kind.CODES, form, rows)), media_type=form.media_type, headers=headers
        )

    @routes.get("/{name}/rulings")
    def plan(request: Request, name: str) -> Response:
        with desk.store.reading() as session:
            found = coded.plan_of(session, name)
        return desk.page(request, "coding_rulings.html", plan=found, round=found.round)

    @routes.post("/{name}/rulings")
    def apply(who: Who, name: str, seen: Text) -> Response:
        coded.apply(desk.store, name, who=who.name, now=desk.clock(), context=desk.context, seen=seen)
        return back_to(f"/coding/{quote(name, safe='')}/rulings")


def _address(found: Round) -> str:
    return f"/coding/{quote(found.sample.name, safe='')}"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a coder sees of a unit: who is meant, whose demand, the sentence in its text; nothing that the machine made of it."""

    company: str
    authority: str
    paragraphs: list[Paragraph]
    title: str | None
    told: str


def _asked(session: Session, unit: Unit) -> Asked:
    said = queries.statement(session, unit.statement)
    assert said is not None
    document = queries.document(session, said.document)
    assert document is not None
    places = [Place("evidence", said.start, said.end)]
    date = f"{document.published:%Y-%m-%d}" if document.published else "no date"
    told = f"{document.publisher or document.site or document.source}, {date}"
    return Asked(
        said.company,
        said.authority,
        paragraphs_of(document.text, document.paragraphs, places),
        document.title,
        told,
    )
