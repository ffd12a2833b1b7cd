"""What comes of a sample that two people coded: the rulings that follow from it, told before they are made, and a list of all.

A ruling outranks the rules: what the machine read the same is accepted, what states nothing rejected, the rest
corrected. A statement with a ruling that stands keeps it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from extract.types import identity_of
from pipelines import ledger
from pipelines.agreement import NONE
from pipelines.coding import CodingError, Round, check_analyst, round_of
from pipelines.evidence import Ruling
from pipelines.ledger import Context
from pipelines.ledger.rulings import RuledError, standing_of
from pipelines.store import queries
from pipelines.store.coding import Code
from pipelines.store.facts import StatementFacts
from pipelines.store.session import Session, Store

if TYPE_CHECKING:
    from pipelines.export import Row


@dataclass(frozen=True, slots=True)
class Intended:
    """What ruling as people found does to the statement of a unit: which stance (or `none`) it has now and gets.

    `ruling` is None where one stands already: it is kept, so `now` and `after` are the same.
    """

    n: int
    said: StatementFacts
    found: str
    now: str
    after: str
    ruling: Ruling | None


@dataclass(frozen=True, slots=True)
class Plan:
    """All that ruling as people found would do to a sample, in the order of its units."""

    round: Round
    intended: tuple[Intended, ...]

    @property
    def to_rule(self) -> tuple[Intended, ...]:
        """Those that would be ruled on."""
        return tuple(one for one in self.intended if one.ruling is not None)

    @property
    def kept(self) -> tuple[Intended, ...]:
        """Those whose ruling stands."""
        return tuple(one for one in self.intended if one.ruling is None)

    @property
    def key(self) -> str:
        """Equal for equal plans: by it `apply` knows that what it does is what somebody looked at."""
        return identity_of(*(f"{one.said.id} {one.ruling} {one.after}" for one in self.intended))


def plan_of(session: Session, name: str) -> Plan:
    """What ruling as people found would do. Raises LookupError, CodingError as long as something is open."""
    found = round_of(session, name)
    found.expect_coded()
    if found.state != "done":
        open_ones = ", ".join(str(unit.n) for unit in found.units if unit.result is None)
        raise CodingError(f"{name} is not done: it is still {found.state}; open: {open_ones}")
    facts = _facts(session, found)
    return Plan(
        found, tuple(_intended(session, unit.n, facts[unit.statement], unit.result) for unit in found.units)
    )


def apply(
    store: Store, name: str, *, who: str, now: datetime, context: Context, seen: str | None = None
) -> int:
    """Rule as people found; returns how many statements were ruled on. Again, it does what was left.

    `seen` is the key of the plan that somebody looked at: another one by now is refused. Raises LookupError, CodingError,
    StoreError.
    """
    with store.reading() as session:
        ruler = check_analyst(session, who)
        plan = plan_of(session, name)
    if seen not in (None, plan.key):
        raise CodingError("what would be ruled has changed since you looked at it: look again")
    both = " and ".join(plan.round.sample.coders)
    ruled = 0
    for one in plan.to_rule:
        assert one.ruling is not None
        try:
            ledger.post_verdict(
                store, one.said.id, one.ruling, who=ruler, after=_corrected(one), now=now, context=context,
                reason=f"sample {plan.round.sample.name}, coded by {both}", only_if_open=True,
            )  # fmt: skip
        except RuledError:
            continue  # somebody did so since the plan was made: theirs stands
        ruled += 1
    return ruled


def code_rows(session: Session, found: Round) -> Iterator[Row]:
    """A row for each unit of a sample, for `export`: both codes, the last word, what follows. Raises CodingError."""
    found.expect_coded()
    facts = _facts(session, found)
    for unit in found.units:
        said = facts[unit.statement]
        standing = standing_of(said, queries.verdicts_of(session, said.id))
        first, second = unit.codes
        yield {
            "sample": found.sample.name,
            "n": unit.n,
            "statement": said.id,
            "company": said.company,
            "authority": said.authority,
            "evidence": said.evidence,
            **_given("first", first),
            **_given("second", second),
            **_given("last_word", unit.last_word),
            "differs": unit.differs,
            "result": unit.result,
            "read": str(said.stance),
            "ruling": standing["ruling"],
            "document": said.document,
            "url": said.url,
        }


def _facts(session: Session, found: Round) -> dict[str, StatementFacts]:
    return {one.id: one for one in queries.read_statements(session, [unit.statement for unit in found.units])}


def _intended(session: Session, n: int, said: StatementFacts, found: str | None) -> Intended:
    assert found is not None
    standing = standing_of(said, queries.verdicts_of(session, said.id))
    if standing["ruling"] is not None:
        stands = NONE if standing["ruling"] == "reject" else standing["stance"]
        return Intended(n, said, found, stands, stands, None)
    ruling: Ruling = "accept" if found == said.stance else "reject" if found == NONE else "correct"
    return Intended(n, said, found, str(said.stance), found, ruling)


def _corrected(one: Intended) -> dict[str, Any]:
    if one.ruling != "correct":
        return {}
    # Conditions were read of the other stance.
    return {"stance": one.after} | ({"facets": {}} if one.said.facets else {})


def _given(whose: str, code: Code | None) -> Row:
    if code is None:
        return {f"{whose}_by": None, whose: None, f"{whose}_note": None, f"{whose}_at": None}
    return {f"{whose}_by": code.who, whose: code.stance, f"{whose}_note": code.note, f"{whose}_at": code.at}
