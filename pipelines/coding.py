"""Two people code the same statements blind: how the sample is drawn, who may code when, where they differ, what follows.

draw        of every stance as many as there are, as evenly as that goes; at random, the same for the same seed
code        each sees text, company, authority and sentence; never the machine's stance, nor the other's code
agree       Cohen's kappa (agreement), once both have coded all
adjudicate  the last word where they differ
rule        what people found becomes verdicts (coded)
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from extract.types import Stance, digest_of
from pipelines.agreement import CATEGORIES, Agreement, agreement_of
from pipelines.store import coding, people
from pipelines.store.coding import Code, Drawable, Sample
from pipelines.store.people import Role
from pipelines.store.session import Session, Store

LARGEST = 2000
POOL = 10_000  # of a stance, from which is drawn
LARGEST_SEED = 2**31 - 1  # what both databases keep as a whole number
TRIES = 3
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

    @property
    def blind(self) -> bool:
        """Whether not both have coded all yet: until then nobody is shown a code but whoever gave it."""
        return self.state == "coding"

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

    @property
    def left(self) -> dict[str, int]:
        """How many units each coder has not coded."""
        return {who: len(self.left_for(who)) for who in self.sample.coders}

    def agreement(self) -> Agreement | None:
        """How far the two agree; None until both have coded all, because a figure of few units tells their codes."""
        pairs = [(a.stance, b.stance) for a, b in (unit.codes for unit in self.units) if a and b]
        return None if self.blind else agreement_of(pairs)

    def expect_coded(self) -> None:
        """Raises CodingError, which tells who has how many left, until both have coded all."""
        if self.blind:
            left = ", ".join(f"{who} has {n} left" for who, n in self.left.items())
            raise CodingError(f"not both have coded all of it yet: {left}")


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
    who stands behind a wide gap comes a little more often. They are read before anything is written, so that nobody
    waits for that; if one has gone since, all are drawn again. Raises CodingError, StoreError.
    """
    if not 1 <= size <= LARGEST:
        raise CodingError(f"a sample has 1 to {LARGEST} statements")
    if not 0 <= seed <= LARGEST_SEED:
        raise CodingError(f"a seed is a whole number from 0 to {LARGEST_SEED}")
    plain = _plain(name)
    asked = {"company": company, "authority": authority, "size": size}
    for _ in range(TRIES):
        with store.reading() as session:
            _check_new(session, plain, coders)
            chance = random.Random(seed)  # noqa: S311  # a sample that can be drawn again, no secret
            chosen = _drawn(session, size, chance, company, authority)
        if not chosen:
            raise CodingError("there is no such statement to draw")
        with store.writing() as session:
            both = _check_new(session, plain, coders)
            if coding.are_drawable(session, chosen):
                coding.add_sample(session, plain, who, both, seed, asked, chosen, now)
                return round_of(session, plain)
    raise CodingError("what is drawn goes at once, because texts are being read again: draw after that")


def round_of(session: Session, name: str) -> Round:
    """A sample as far as it got. Raises LookupError."""
    found = coding.sample(session, name)
    if found is None:
        raise LookupError(f"there is no sample {name}")
    codes = coding.codes(session, found.id)
    given = {(code.n, code.who): code for code in codes if not code.adjudicates}
    last = {code.n: code for code in codes if code.adjudicates}  # of several the newest, which comes last
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
        check_analyst(session, who)
        found = round_of(session, name)
        found.side_of(who)
        if not found.blind:
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
        found.expect_coded()
        check_analyst(session, who)
        if not unit.differs:
            raise CodingError(f"the two agree on unit {n}")
        coding.add_code(session, found.sample.id, Code(n, who, now, _known(stance), True, note))


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


def _plain(name: str) -> str:
    """A sample's name without the blanks around it. Raises CodingError for one that no address can have."""
    plain = name.strip()
    if not plain.strip(".") or len(plain) > 60 or "/" in plain or not plain.isprintable():
        raise CodingError(
            f"{name!r} cannot be a sample's name: up to 60 characters, without a slash, and not only dots"
        )
    return plain


def _check_new(session: Session, name: str, coders: tuple[str, str]) -> tuple[str, str]:
    """The coders of a new sample, as their names are stored. Raises CodingError."""
    if coding.sample(session, name) is not None:
        raise CodingError(f"there is a sample {name} already")
    first, second = (check_analyst(session, name) for name in coders)
    if first == second:
        raise CodingError("two people code a sample, not one twice")
    return first, second


def check_analyst(session: Session, name: str) -> str:
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
