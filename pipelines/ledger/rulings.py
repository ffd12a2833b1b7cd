"""Posts what people decide: verdicts on statements, what is taken back, held texts, and what is put off or written beside."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from extract.knowledge import AUTHORITY_CODE, SLUG
from extract.types import GENERAL, Facets, Stance, Time
from pipelines.alerts.matching import followers_of
from pipelines.evidence import VOID, Ruling
from pipelines.ledger.concluding import Context, Posted, conclude, derived_of, derived_to_the_end, post
from pipelines.store import queries, record
from pipelines.store.facts import StatementFacts, VerdictFacts
from pipelines.store.queries import Pair
from pipelines.store.session import Session, Store
from pipelines.thinning import WINDOW

CORRECTABLE = frozenset({"company", "authority", "stance", "time", "facets", "evidence"})


class UndoError(ValueError):
    """A verdict cannot be taken back; str() says why."""


class RuledError(ValueError):
    """A ruling stands on a statement that whoever rules now did not see; str() says whose."""


def post_verdict(
    store: Store,
    statement_id: str,
    ruling: Ruling,
    *,
    who: str,
    after: Mapping[str, Any] | None = None,
    reason: str = "",
    seen: int | None = None,
    now: datetime,
    context: Context,
    only_if_open: bool = False,
) -> Posted:
    """Store an analyst's ruling on a statement, and what follows for the pair it leaves and the pair it joins.

    `after` holds the corrected fields of a `correct` (company, authority, stance, time, facets, evidence as
    {"start", "end", "text"} in the document's text). `seen` is the newest verdict on it that the analyst saw (0: none;
    None: whatever stands). Raises LookupError if there is no such statement, ValueError if the correction is none,
    RuledError if a newer verdict came since, or if `only_if_open` and a ruling stands, StoreError.
    """
    corrected = _checked(ruling, after or {})
    with store.writing() as session:
        said = queries.statement(session, statement_id)
        if said is None:
            raise LookupError(f"there is no statement {statement_id}")
        _check_evidence(session, said, corrected)
        because = f"{who} ruled on its evidence: {ruling}" + (f" ({reason})" if reason else "")
        pair = (corrected.get("company", said.company), corrected.get("authority", said.authority))
        history = queries.verdicts_of(session, said.id)
        before = standing_of(said, history)
        if seen is not None and history and history[-1].id > seen:
            raise RuledError(f"{history[-1].who} ruled on it since you opened it")
        if only_if_open and before["ruling"] is not None:
            raise RuledError(f"{history[-1].who} ruled on this statement: it stands")
        leaves = queries.ruled_pair(session, said.id)
        record.post_verdict(
            session, said.id, pair, ruling, who=who, at=now, before=before, after=corrected, reason=reason
        )
        record.take_up(session, who, said.id)
        return _follow(session, said, {pair, leaves}, now, context, because)


def undo_verdict(store: Store, number: int, *, who: str, now: datetime, context: Context) -> Posted:
    """Take back a verdict of one's own: what stood before it stands again, and both stay in the log.

    Raises LookupError if there is no such verdict, UndoError if it is somebody else's or no longer the newest on its
    statement, StoreError.
    """
    with store.writing() as session:
        undone = queries.verdict(session, number)
        if undone is None:
            raise LookupError(f"there is no verdict {number}")
        history = queries.verdicts_of(session, undone.statement)
        said = queries.statement(session, undone.statement)
        assert said is not None
        if undone.who != who:
            raise UndoError(f"verdict {number} is {undone.who}'s: rule on the statement yourself instead")
        undoes = {v.undoes for v in history}
        rulings = [v for v in history if v.undoes is None and v.id not in undoes]
        if undone not in rulings:
            raise UndoError(f"verdict {number} was taken back already")
        if rulings[-1] != undone:
            raise UndoError(f"{rulings[-1].who} ruled on this statement since: rule on it again instead")
        earlier = rulings[-2] if len(rulings) > 1 else None
        after = earlier.after if earlier else {}
        pair = (after.get("company", said.company), after.get("authority", said.authority))
        record.post_verdict(
            session,
            said.id,
            pair,
            cast("Ruling", earlier.ruling) if earlier else None,
            who=who,
            at=now,
            before=standing_of(said, history),
            after=after,
            reason=f"takes back: {undone.ruling}",
            undoes=number,
        )
        because = f"{who} took back a ruling on its evidence: {undone.ruling}"
        left = (undone.after.get("company", said.company), undone.after.get("authority", said.authority))
        return _follow(
            session, said, {pair, left} | _undo_carried(session, undone, who, now), now, context, because
        )


def _undo_carried(session: Session, undone: VerdictFacts, who: str, now: datetime) -> set[Pair]:
    """Where it goes on and nobody ruled since, it is taken back too; returns the pairs that this leaves and joins."""
    moved: set[Pair] = set()
    waiting = [undone.id]
    while waiting:
        for carried in queries.carried_from(session, waiting.pop()):
            waiting.append(carried.id)
            history = queries.verdicts_of(session, carried.statement)
            said = queries.statement(session, carried.statement)
            if said is None or history[-1].id != carried.id:
                continue
            own = (said.company, said.authority)
            moved |= {own, (carried.after.get("company", own[0]), carried.after.get("authority", own[1]))}
            record.post_verdict(
                session, said.id, own, None, who=who, at=now, before=standing_of(said, history), after={},
                reason=f"takes back: {carried.ruling}", undoes=carried.id,
            )  # fmt: skip
    return moved


def standing_of(said: StatementFacts, history: Sequence[VerdictFacts]) -> dict[str, Any]:
    """A statement's fields as the newest verdict leaves them, with that ruling (None: no ruling stands)."""
    newest = history[-1] if history and history[-1].ruling != VOID else None
    read = {
        "company": said.company,
        "authority": said.authority,
        "stance": str(said.stance),
        "time": str(said.time),
        "facets": said.facets.as_dict(),
        "evidence": {"start": said.start, "end": said.end, "text": said.evidence},
    }
    return read | (dict(newest.after) if newest else {}) | {"ruling": newest.ruling if newest else None}


def post_skip(store: Store, statement_id: str, *, who: str, now: datetime) -> None:
    """Somebody looks at a proposal later. Raises LookupError if it waits for nobody, StoreError."""
    with store.writing() as session:
        record.skip(session, statement_id, who, now)


def take_up_skipped(store: Store, who: str, statement_id: str | None = None) -> None:
    """What somebody put off (all of it, or this) is in their queue again. Raises StoreError."""
    with store.writing() as session:
        record.take_up(session, who, statement_id)


def post_comment(store: Store, statement_id: str, text: str, *, who: str, now: datetime) -> None:
    """Write something beside a statement. Raises LookupError, ValueError if there is nothing to write, StoreError."""
    words = text.strip()
    if not words:
        raise ValueError("an empty comment says nothing")
    with store.writing() as session:
        said = queries.statement(session, statement_id)
        if said is None:
            raise LookupError(f"there is no statement {statement_id}")
        record.comment(session, said.id, who, words, now)


def weigh_audience(store: Store, context: Context) -> int:
    """Rank what waits by who follows it by now; returns how many pairs that moved. Raises StoreError."""
    with store.writing() as session:
        return record.weigh_audience(
            session, lambda company, authority: 1 + followers_of(company, authority, context.audience)
        )


def _follow(
    session: Session,
    said: StatementFacts,
    pairs: Collection[Pair | None],
    now: datetime,
    context: Context,
    because: str,
) -> Posted:
    """What a ruling moves: the pairs it leaves and joins, the statement's own, and those that lean on it.

    What was left out of the fold leaves no trace whatever becomes of recent texts, so only a ruling on an old one folds
    all there is.
    """
    moved = {pair for pair in pairs if pair is not None} | {(said.company, said.authority)}
    if any(authority == GENERAL for _, authority in moved):  # it may keep what the page says of one alive
        moved |= queries.pairs_around(session, said.document)
    told = queries.told_since(session, said.url)
    if min(said.first_seen, told or said.first_seen) < now - WINDOW:
        record.unspend(session, moved)
        derived = derived_of(session, moved, context)
    else:
        derived = derived_to_the_end(session, moved, queries.stored_changes(session, moved), now, context)
    return Posted(0, tuple(post(session, derived, now, context, because)))


def _place(evidence: Any) -> dict[str, Any]:
    """Raises ValueError."""
    match evidence:
        case {"start": int(start), "end": int(end), "text": str(text)} if 0 <= start < end:
            return {"start": start, "end": end, "text": text}
    raise ValueError('evidence is {"start": …, "end": …, "text": …}, a place in the document\'s text')


def _check_evidence(session: Session, said: StatementFacts, corrected: Mapping[str, Any]) -> None:
    """Raises ValueError unless corrected evidence stands in the document where it says."""
    evidence = corrected.get("evidence")
    if evidence is None:
        return
    text = queries.document_text(session, said.document)
    if not evidence["text"].strip() or text[evidence["start"] : evidence["end"]] != evidence["text"]:
        raise ValueError("the evidence does not stand in the document's text: select it there")


def _checked(ruling: Ruling, after: Mapping[str, Any]) -> dict[str, Any]:
    """The correction in its stored form. Raises ValueError."""
    if (ruling == "correct") != bool(after):
        raise ValueError("a correction names what is corrected, and nothing else does")
    if unknown := sorted(after.keys() - CORRECTABLE):
        raise ValueError(f"cannot be corrected: {', '.join(unknown)}")
    corrected = dict(after)
    # Labelled documents and the configuration take no others, so a ruling that did would be in nobody's reach.
    if not re.fullmatch(SLUG, corrected.get("company", "any")):
        raise ValueError(
            f"{corrected['company']!r} is no slug of a company: lower case and digits, joined by single hyphens"
        )
    if not re.fullmatch(AUTHORITY_CODE, corrected.get("authority", "*")):
        raise ValueError(f"{corrected['authority']!r} is no authority: two capital letters, or *")
    if "stance" in corrected:
        corrected["stance"] = str(Stance(corrected["stance"]))
    if "time" in corrected:
        corrected["time"] = str(Time(corrected["time"]))
    if "evidence" in corrected:
        corrected["evidence"] = _place(corrected["evidence"])
    if "facets" in corrected:
        facets = corrected["facets"]
        try:
            corrected["facets"] = (
                facets if isinstance(facets, Facets) else Facets.from_dict(facets)
            ).as_dict()
        except TypeError as error:
            raise ValueError(str(error)) from error
    return corrected


def post_decision(
    store: Store, id_or_prefix: str, decision: record.Decision, *, who: str, now: datetime, context: Context
) -> Posted:
    """Release a held text, so that what it says counts from when it was seen, or discard it for good.

    Raises LookupError if no text of this id is or was held, StoreError.
    """
    with store.writing() as session:
        held = queries.hold(session, id_or_prefix)
        if held is None:
            raise LookupError(f"no text {id_or_prefix} was held back")
        record.decide(session, [held.document], decision, who, now)
        pairs = queries.pairs_around(session, held.document)
        record.unspend(session, pairs)
        because = f"{who} {decision} the text that it rested on"
        return Posted(0, tuple(conclude(session, pairs, now, context, because)))
