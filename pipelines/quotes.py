"""Which statements are quoted for what is in force and for what changed, with their words. Reads them all at one look."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pipelines.positions import Held
from pipelines.store import queries
from pipelines.store.facts import ChangeFacts, StatementFacts
from pipelines.store.session import Session


def moved(change: ChangeFacts) -> tuple[Held, ...]:
    """What a change is about: the stances that came into force, else those with other terms, else those that ended."""
    before = {held.stance: held.facets for held in change.before}
    after = {held.stance for held in change.after}
    fresh = tuple(held for held in change.after if held.stance not in before)
    terms = tuple(held for held in change.after if before.get(held.stance) != held.facets)
    ended = tuple(held for held in change.before if held.stance not in after)
    return fresh or terms or ended or change.after


def quoted(helds: Iterable[Held], found: Mapping[str, StatementFacts]) -> list[StatementFacts]:
    """The statement to quote for each stance, none of them twice."""
    ids = dict.fromkeys(held.statements[0] for held in helds if held.statements)
    return [found[statement] for statement in ids if statement in found]


def first_quotes(session: Session, changes: Iterable[ChangeFacts]) -> dict[str, StatementFacts]:
    """The statements that say best from what to what each change moved, by their ids."""
    return quotes(session, (held for c in changes for held in (*c.before, *c.after)), 1)


def quotes(session: Session, helds: Iterable[Held], most: int) -> dict[str, StatementFacts]:
    """Of each stance the first `most` statements that hold it, by their ids; one that is not stored is left out."""
    ids = dict.fromkeys(statement for held in helds for statement in held.statements[:most])
    return {said.id: said for said in queries.read_statements(session, list(ids))}


def sentences(
    held: Held, found: Mapping[str, StatementFacts]
) -> list[tuple[StatementFacts, list[StatementFacts]]]:
    """What holds a stance, each sentence once: the first that says it, and those of other addresses in the same words."""
    by_words: dict[str, list[StatementFacts]] = {}
    for said in (found[statement] for statement in held.statements if statement in found):
        same = by_words.setdefault(" ".join(said.evidence.casefold().split()), [])
        if said.url not in {other.url for other in same}:
            same.append(said)
    return [(same[0], same[1:]) for same in by_words.values()]
