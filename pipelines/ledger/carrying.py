"""Lets a ruling go on where the same is said again: in an edited article, or in other words of one text that better rules quote."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from extract.statements.standing import sentence_key
from pipelines.evidence import VOID, Ruling
from pipelines.ledger.rulings import standing_of
from pipelines.store import queries, record
from pipelines.store.facts import StatementFacts, VerdictFacts
from pipelines.store.session import Session


def carry_rulings(session: Session, document_id: str, now: datetime, *, edited: bool) -> None:
    """Rule on a document's statements as somebody ruled on the same ones before; each such ruling names whose it goes on.

    `edited`: in another text at the document's address; else in an earlier reading of this one. The same is filed for the
    same company, authority, stance and time, and quotes the same sentence, or in one text a place that overlaps. Of several
    rulings the newest goes on, and none if that one was taken back; nothing is ruled where somebody ruled already. In another
    reading of a text the ruling keeps its time: it is no newer word than those since.
    """
    ruled = queries.ruled_beside(session, document_id, elsewhere=edited)
    if not ruled:
        return
    for said in queries.statements_in(session, document_id):
        if said.unread or queries.verdicts_of(session, said.id):
            continue
        verdict = max(
            (v for other, v in ruled if _same(said, other)), key=lambda verdict: verdict.id, default=None
        )
        if verdict is None or verdict.ruling == VOID:
            continue
        after = _placed(verdict, queries.document_text(session, document_id))
        ruling = "accept" if verdict.ruling == "correct" and not after else verdict.ruling
        pair = (after.get("company", said.company), after.get("authority", said.authority))
        record.post_verdict(
            session, said.id, pair, cast("Ruling", ruling), who=verdict.who, at=now if edited else verdict.at,
            before=standing_of(said, []), after=after, reason=verdict.reason, carries=verdict.id,
        )  # fmt: skip


def _same(one: StatementFacts, other: StatementFacts) -> bool:
    filed = all(
        getattr(one, name) == getattr(other, name) for name in ("company", "authority", "stance", "time")
    )
    overlap = one.document == other.document and one.start < other.end and other.start < one.end
    return filed and (overlap or sentence_key(one.evidence) == sentence_key(other.evidence))


def _placed(verdict: VerdictFacts, text: str) -> dict[str, Any]:
    """What it corrected; corrected evidence only where this text has it."""
    after = dict(verdict.after)
    if "evidence" in after:
        words = after.pop("evidence")["text"]
        start = text.find(words)
        if start >= 0:
            after["evidence"] = {"start": start, "end": start + len(words), "text": words}
    return after
