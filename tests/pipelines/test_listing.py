"""Lists of statements go by indexes: SQLite is asked how it would answer each filter."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest
import sqlalchemy as sa

from extract.types import Stance, Time
from pipelines.store import queries
from pipelines.store.queries import StatementFilter

pytestmark = pytest.mark.parametrize("database", ["sqlite"])
STANCE, WHOLE = Stance.REFUSES, StatementFilter(unsure=None)


@pytest.mark.parametrize(
    "wanted",
    [
        WHOLE, replace(WHOLE, company="zoom"), replace(WHOLE, authority="HK"), replace(WHOLE, company="zoom", authority="HK"),
        replace(WHOLE, stance=STANCE), replace(WHOLE, company="zoom", stance=STANCE), replace(WHOLE, time=Time.PAST),
        replace(WHOLE, unsure=True), replace(WHOLE, ruled="none"), replace(WHOLE, source="courier"),
        replace(WHOLE, source="courier", company="zoom", stance=STANCE),
    ],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("since", [None, "2026-01-01T00:00:00+00:00"])
def test_every_filter_has_an_index_with_the_order_of_the_list(store, wanted, since):
    asked = replace(wanted, since=datetime.fromisoformat(since) if since else None)
    sent: list[tuple[str, object]] = []

    def hear(_c: object, _d: object, statement: str, parameters: object, *_: object) -> None:
        sent.append((statement, parameters))

    sa.event.listen(sa.Engine, "before_cursor_execute", hear)
    try:
        with store.reading() as session:
            queries.statements_page(session, asked)
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", hear)
    statement, parameters = next(one for one in sent if " fits" in one[0])
    with store.reading() as session:
        connection = session.connection()
        plan = [
            row[3] for row in connection.exec_driver_sql("EXPLAIN QUERY PLAN " + statement, parameters)
        ]  # fmt: skip
    assert [step for step in plan if step.startswith("SCAN") and "USING" not in step] == []
    assert "USE TEMP B-TREE FOR ORDER BY" not in plan  # sorts all; within one moment of the list is no matter
