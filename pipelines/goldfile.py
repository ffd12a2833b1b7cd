"""What analysts ruled, as labelled documents in the codebook's form: what `evaluate` measures the rules against.

A document is given once somebody ruled on one of its statements: accepted ones as they were read, corrected ones as they
were corrected, rejected ones left out. What nobody ruled on is given as it was read (unless it is too unsure) and named under `unreviewed`; such a
document is reviewed in part, and measures the rules kindly there. What the machine missed stands in no document.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from extract.types import Facets, Stance
from pipelines.ledger.rulings import standing_of
from pipelines.store import queries
from pipelines.store.facts import StatementFacts, WholeDocument
from pipelines.store.session import Session


@dataclass(frozen=True, slots=True)
class GoldLine:
    """One labelled document; `whole` if every statement in it was ruled on, or says what one says that was; `corrections`:
    how many were corrected or rejected.
    """

    line: dict[str, Any]
    whole: bool
    corrections: int

    @property
    def text(self) -> str:
        """The JSON line."""
        return json.dumps(self.line, ensure_ascii=False)


def gold_of(session: Session, *, whole: bool = False) -> Iterator[GoldLine]:
    """Every document that analysts ruled on, by id; `whole`: only those of which every statement was ruled on."""
    for document_id in queries.documents_ruled_on(session):
        document = queries.document(session, document_id)
        assert document is not None
        found = _line(session, document, queries.statements_in(session, document_id))
        if found.whole or not whole:
            yield found


def slugs_in(gold: GoldLine) -> list[str]:
    """The companies that a labelled document names: of its labels, and whose own page it is."""
    own = [gold.line["site"]] if "site" in gold.line else []
    return own + [label["company"] for label in gold.line["statements"]]


def _line(session: Session, document: WholeDocument, statements: list[StatementFacts]) -> GoldLine:
    given: list[dict[str, Any]] = []
    keys: set[tuple[str, ...]] = set()
    unreviewed: list[list[str]] = []
    corrections = 0
    read = [(said, standing_of(said, queries.verdicts_of(session, said.id))) for said in statements]
    read.sort(
        key=lambda one: one[1]["ruling"] is None
    )  # of two that say the same, the one that was ruled on is given
    for said, fields in read:
        corrections += fields["ruling"] in ("correct", "reject")
        label = _labelled(fields)
        if fields["ruling"] is None and not said.unread and _key(label) not in keys:
            unreviewed.append(list(_key(label)))
        too_unsure = fields["ruling"] is None and (said.unsure or said.unread)
        if fields["ruling"] == "reject" or too_unsure or _key(label) in keys:
            continue  # a document states each at most once
        keys.add(_key(label))
        given.append(label)
    line = {
        "id": document.id[:12],
        "title": document.title,
        "site": document.site,
        "published": document.published.isoformat() if document.published else None,
        "text": document.text,
        "statements": given,
        "reviewed": "part" if unreviewed else "whole",
        "unreviewed": unreviewed,
        "facts_from": [document.url],
    }
    return GoldLine(
        {name: value for name, value in line.items() if value is not None}, not unreviewed, corrections
    )


def _key(label: dict[str, Any]) -> tuple[str, ...]:
    return tuple(label[name] for name in ("company", "authority", "stance", "time"))


def _labelled(fields: dict[str, Any]) -> dict[str, Any]:
    label = {name: fields[name] for name in ("company", "authority", "stance", "time")}
    conditions = Facets.from_dict(fields["facets"]) if fields["stance"] == Stance.CONDITIONAL else Facets()
    return label | {"evidence": fields["evidence"]["text"], "conditions": conditions.as_dict()}
