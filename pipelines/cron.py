"""Whether five cron fields say what the scheduler will understand. It reads no clock and starts nothing.

Stricter than cron where programs disagree: weekdays are names, because 0 is Sunday to cron and Monday to others.
"""

from __future__ import annotations

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
FIELDS: tuple[tuple[str, int, int, tuple[str, ...]], ...] = (
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day", 1, 31, ()),
    ("month", 1, 12, MONTHS),
    ("weekday", 0, 6, WEEKDAYS),
)


def cron_fault(words: str) -> str | None:
    """What is wrong with a cron expression, in plain words; None if nothing is."""
    parts = words.split()
    if len(parts) != len(FIELDS):
        return f"five fields are wanted (minute hour day month weekday), not {len(parts)}: {words!r}"
    for part, (name, low, high, names) in zip(parts, FIELDS, strict=True):
        for term in part.split(","):
            if fault := _term_fault(term, low, high, names):
                return f"{name} {term!r}: {fault}"
    return None


def _term_fault(term: str, low: int, high: int, names: tuple[str, ...]) -> str | None:
    """What is wrong with one of `*`, `5`, `1-5`, `mon-fri`, each also with `/step`."""
    span, slash, step = term.partition("/")
    first, dash, last = span.partition("-")
    if names == WEEKDAYS and span != "*" and any(end.isdigit() for end in (first, last)):
        return "write weekdays as mon, tue, …: programs disagree on which day is 0"
    ends = (
        (low, high)
        if span == "*"
        else (_value(first, low, names), _value(last if dash else first, low, names))
    )
    if ends[0] is None or ends[1] is None or not low <= ends[0] <= high or not low <= ends[1] <= high:
        return f"not within {names[0]}-{names[-1]}" if names == WEEKDAYS else f"not within {low}-{high}"
    if ends[0] > ends[1]:
        return "the range runs backwards"
    if not slash:
        return None
    if span != "*" and not dash:
        return "a step wants * or a range before it"
    longest = ends[1] - ends[0]
    if not step.isdigit() or not 1 <= int(step) <= longest:
        return f"a step is a number from 1 to {longest} here" if longest else "one value has no steps"
    return None


def _value(word: str, low: int, names: tuple[str, ...]) -> int | None:
    if word.lower() in names:
        return names.index(word.lower()) + low
    return int(word) if word.isascii() and word.isdigit() else None
