"""What each stance means, in a line: for whoever has to choose one."""

from __future__ import annotations

from extract.types import Stance

STANCES = {
    Stance.REFUSES: "will not, does not or did not give the data or the access that an authority asks for",
    Stance.CHALLENGES: "contests a demand, or the law behind it, in court or formally",
    Stance.PAUSES: "has stopped answering for the time being, or until something happens",
    Stance.REVIEWING: "says that it is still deciding how to answer",
    Stance.CONDITIONAL: "answers only on stated conditions, such as a warrant or notice to the user",
    Stance.COMPLIES: "gives, or gave, what was asked for",
    Stance.UNABLE: "has nothing to give, or cannot read it",
    Stance.WITHDRAWS: "leaves, or moves data out of reach, rather than answer",
}
