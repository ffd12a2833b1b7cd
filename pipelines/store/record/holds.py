"""Writes which texts are held back, and who decided what about them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from pipelines.store.tables import HoldRow

Decision = Literal["released", "discarded"]
HoldKind = Literal["short", "many"]


def hold(
    session: Session,
    document_id: str,
    url: str,
    source: str,
    run_id: int,
    kind: HoldKind,
    reason: str,
    now: datetime,
) -> None:
    """Hold a text back. One that somebody decided on already stays as decided; one that outlasted a hold is held anew."""
    row = session.get(HoldRow, document_id)
    if row is None or row.state == "outlasted":
        session.merge(
            HoldRow(
                document_id=document_id,
                url=url,
                source=source,
                run_id=run_id,
                at=now,
                kind=kind,
                reason=reason,
                state="held",
                who=None,
                decided=None,
            )
        )
        session.flush()


def outlast(session: Session, document_ids: Collection[str], now: datetime) -> bool:
    """Note that a page has shown nothing but these short texts for so long that they are believed. Whether any was held."""
    held = sa.update(HoldRow).where(
        HoldRow.document_id.in_(list(document_ids)), HoldRow.state == "held", HoldRow.kind == "short"
    )
    options = {"synchronize_session": "fetch"}
    noted = session.execute(
        held.values(state="outlasted", decided=now).returning(HoldRow.document_id), execution_options=options
    )
    return bool(noted.all())


def decide(
    session: Session, document_ids: Iterable[str], decision: Decision, who: str, now: datetime
) -> None:
    """Release texts, or discard them for good."""
    session.execute(
        sa.update(HoldRow)
        .where(HoldRow.document_id.in_(list(document_ids)))
        .values(state=decision, who=who, decided=now),
        execution_options={"synchronize_session": "fetch"},
    )
    session.flush()
