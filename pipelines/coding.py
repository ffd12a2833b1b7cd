"""Two people code the same statements blind: how the sample is drawn, who may code when, where they differ, what follows.

draw        of every stance as many as there are, as evenly as that goes; at random, the same for the same seed
code        each sees text, company, authority and sentence; never the machine's stance, nor the other's code
agree       Cohen's kappa (agreement), once both have coded all
adjudicate  the last word where they differ
apply       what people found becomes verdicts: it outranks the rules
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from extract.types import Stance, digest_of
from pipelines import ledger
from pipelines.agreement import CATEGORIES, NONE, Agreement, agreement_of
from pipelines.evidence import Ruling
from pipelines.ledger import Context
from pipelines.store import coding, people, queries
from pipelines.store.coding import Code, Drawable, Sample
from pipelines.store.people import Role
from pipelines.store.session import Session, Store

LARGEST = 2000
POOL = 10_000  # of a stance, from which is drawn
State = Literal["coding", "adjudicating", "done"]


class CodingError(ValueError):
    """A sample cannot be drawn, coded or applied so; str() says why."""


@dataclass(frozen=True, slots=True)
class Unit:
    """One statement of a sample with what people said of it; a code is None until it is given.

    `result` is what both agree on, else the last word.
    """

    n: int
    statement: str
    codes: tuple[Code | None, Code | None]
    last_word: Code | None

    @property
    def coded(self) -> bool:
        """Whether both have coded it."""
        return None not in self.codes

    @property
    def differs(self) -> bool:
        """Whether both have coded it, and otherwise."""
        first, second = self.codes
        return first is not None and second is not None and first.stance != second.stance

    @property
    def result(self) -> str | None:
        """The stance that people find, or `none`; None as long as it is open."""
        if self.last_word is not None:
            return self.last_word.stance
        first = self.codes[0]
        return first.stance if first is not None and self.coded and not self.differs else None


@dataclass(frozen=True, slots=True)
class Round:
    """A sample as far as it got."""

    sample: Sample
    units: tuple[Unit, ...]

    @property
    def state(self) -> State:
        """Coding until both have coded all; then adjudicating until nothing is open."""
        if not all(unit.coded for unit in self.units):
            return "coding"
        return "adjudicating" if any(unit.result is None for unit in self.units) else "done"

    def left_for(self, who: str) -> list[int]:
        """The units that a coder has not coded."""
        side = self.side_of(who)
        return [unit.n for unit in self.units if unit.codes[side] is None]

    def side_of(self, who: str) -> int:
        """Which of the two somebody is. Raises CodingError."""
        if who not in self.sample.coders:
            raise CodingError(
                f"{who} does not code {self.sample.name}: {' and '.join(self.sample.coders)} do"
            )
        return self.sample.coders.index(who)

    def agreement(self) -> Agreement | None:
        """How far the two agree, on what both have coded; None as long as that is nothing."""
        pairs = [(a.stance, b.stance) for a, b in (unit.codes for unit in self.units) if a and b]
        return agreement_of(pairs) if pairs else None


def draw(
    store: Store,
    name: str,
    coders: tuple[str, str],
    size: int,
    *,
    who: str,
    seed: int,
    now: datetime,
    company: str | None = None,
    authority: str | None = None,
) -> Round:
    """Draw a sample. Of a stance statements are taken from among those that follow a random point in the order of their
    ids, which are hashes, so none has to be counted. Where a stance has more than POOL, chances are only nearly equal:
    who stands behind a wide gap comes a little more often. Raises CodingError, StoreError.
    """
    if not 1 <= size <= LARGEST:
        raise CodingError(f"a sample has 1 to {LARGEST} statements")
    if not name.strip() or len(name) > 60 or "/" in name:
        raise CodingError(f"{name!r} cannot be a sample's name: up to 60 characters, without a slash")
    plain = name.strip()
    with store.writing() as session:
        if coding.sample(session, plain) is not None:
            raise CodingError(f"there is a sample {plain} already")
        coders = _check_coders(session, coders)
        chance = random.Random(seed)  # noqa: S311  # a sample that can be drawn again, no secret
        chosen = _drawn(session, size, chance, company, authority)
        if not chosen:
            raise CodingError("there is no such statement to draw")
        asked = {"company": company, "authority": authority, "size": size}
        coding.add_sample(session, plain, who, coders, seed, asked, chosen, now)
        return round_of(session, plain)


def round_of(session: Session, name: str) -> Round:
    """A sample as far as it got. Raises LookupError."""
    found = coding.sample(session, name)
    if found is None:
        raise LookupError(f"there is no sample {name}")
    codes = coding.codes(session, found.id)
    given = {(code.n, code.who): code for code in codes if not code.adjudicates}
    last = {code.n: code for code in sorted(codes, key=lambda c: c.at) if code.adjudicates}
    first, second = found.coders
    units = tuple(
        Unit(n, statement, (given.get((n, first)), given.get((n, second))), last.get(n))
        for n, statement in coding.units(session, found.id).items()
    )
    return Round(found, units)


def code_unit(
    store: Store, name: str, n: int, stance: str, *, who: str, note: str = "", now: datetime
) -> None:
    """What a coder finds in a unit: a stance, or `none`. May be coded anew until both have coded all.

    Raises LookupError, CodingError, StoreError.
    """
    with store.writing() as session:
        _check_analyst(session, who)
        found = round_of(session, name)
        found.side_of(who)
        if found.state != "coding":
            raise CodingError("both have coded all of it: what differs is for adjudication now")
        coding.add_code(
            session, found.sample.id, Code(_unit(found, n).n, who, now, _known(stance), False, note)
        )


def adjudicate(
    store: Store, name: str, n: int, stance: str, *, who: str, note: str = "", now: datetime
) -> None:
    """The last word on a unit that the two coded differently. Raises LookupError, CodingError, StoreError."""
    with store.writing() as session:
        found = round_of(session, name)
        unit = _unit(found, n)
        if found.state == "coding":
            raise CodingError("not both have coded all of it yet")
        _check_analyst(session, who)
        if not unit.differs:
            raise CodingError(f"the two agree on unit {n}")
        coding.add_code(session, found.sample.id, Code(n, who, now, _known(stance), True, note))


def apply(store: Store, name: str, *, who: str, now: datetime, context: Context) -> int:
    """Rule as people found: accept what the machine read the same, reject what states nothing, correct the rest.

    Returns how many were ruled on; a statement with a ruling that stands keeps it. Raises LookupError, CodingError, StoreError.
    """
    with store.reading() as session:
        _check_analyst(session, who)
        found = round_of(session, name)
        if found.state != "done":
            raise CodingError(f"{name} is not done: it is still {found.state}")
        facts = {one.id: one for one in queries.read_statements(session, [u.statement for u in found.units])}
        standing = {
            one.id: ledger.rulings.standing_of(one, queries.verdicts_of(session, one.id))
            for one in facts.values()
        }
    both = " and ".join(found.sample.coders)
    ruled = 0
    for unit in found.units:
        said, stands = facts[unit.statement], standing[unit.statement]
        ruling: Ruling = (
            "accept" if unit.result == said.stance else "reject" if unit.result == NONE else "correct"
        )
        if stands["ruling"] is not None:
            continue
        corrected: dict[str, Any] = {"stance": unit.result} | (
            {"facets": {}} if said.facets else {}
        )  # they were of the other stance
        ledger.post_verdict(
            store, said.id, ruling, who=who, after=corrected if ruling == "correct" else {},
            reason=f"sample {name}, coded by {both}", now=now, context=context,
        )  # fmt: skip
        ruled += 1
    return ruled


def _drawn(
    session: Session, size: int, chance: random.Random, company: str | None, authority: str | None
) -> list[str]:
    taken: dict[str, list[Drawable]] = {}
    for stance in Stance:
        start = digest_of(f"{chance.random()}")
        found = coding.pool(session, stance, start, POOL, company=company, authority=authority)
        if len(found) < POOL:  # around the end, from the beginning again
            first = coding.pool(session, stance, "", POOL, company=company, authority=authority)
            found += [one for one in first if one.statement <= start][: POOL - len(found)]
        found.sort(key=lambda one: one.statement)
        chance.shuffle(found)
        taken[stance] = found
    chosen: dict[tuple[str, str, str], str] = {}
    while len(chosen) < size and any(taken.values()):
        for stance in Stance:
            if taken[stance] and len(chosen) < size:
                one = taken[stance].pop()
                chosen.setdefault(one.question, one.statement)
    statements = list(chosen.values())
    chance.shuffle(statements)
    return statements


def _check_coders(session: Session, coders: tuple[str, str]) -> tuple[str, str]:
    first, second = (_check_analyst(session, name) for name in coders)
    if first == second:
        raise CodingError("two people code a sample, not one twice")
    return first, second


def _check_analyst(session: Session, name: str) -> str:
    """The name of an analyst, as it is stored. Raises CodingError."""
    user = people.user(session, name)
    if user is None or user.disabled is not None or not user.role.covers(Role.ANALYST):
        raise CodingError(f"{name} cannot code: no analyst of this name may use the desk")
    return user.name


def _unit(found: Round, n: int) -> Unit:
    unit = next((unit for unit in found.units if unit.n == n), None)
    if unit is None:
        raise LookupError(f"{found.sample.name} has no unit {n}")
    return unit


def _known(stance: str) -> str:
    if stance not in CATEGORIES:
        raise CodingError(f"{stance!r} is none of {', '.join(CATEGORIES)}")
    return stance
