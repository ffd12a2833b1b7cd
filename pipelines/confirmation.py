"""When a change is confirmed, and why in words: by the company itself, by an analyst, or by two independent reports.

Pure. Copies of one wire text are one report, however many outlets carry it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from extract.types import Stance
from pipelines.evidence import Reading, similarity

# Share of equal MinHash values from which two texts are taken as one: a wire text under another headline,
# with a paragraph cut or added, stays well above; two reporters' own texts on one event well below.
COPY_SIMILARITY = 0.5


@dataclass(frozen=True, slots=True)
class Confirmation:
    """Whether it is confirmed, and why or why not yet: words that stand behind the status in mails and lists."""

    confirmed: bool
    words: str


def independent(reports: Sequence[Reading]) -> tuple[Reading, Reading] | None:
    """Two of these reports, oldest first, that different outlets wrote apart; None if there are no such two.

    Texts that are alike are one text, and it is the voice of whoever had it first. The second one must come from an
    outlet that had not carried the first before: who prints a wire's text and then writes his own repeats what he read.
    A text without fingerprint is too short to tell from a copy, so it never counts.
    """
    texts: list[list[Reading]] = []
    for report in reports:
        if not report.fingerprint:
            continue
        known = next((t for t in texts if _alike(t[0], report)), None)
        if known is not None:
            known.append(report)
            continue
        for text in texts:
            if not any(_same_house(carrier, report) for carrier in text):
                return text[0], report
        texts.append([report])
    return None


def _alike(a: Reading, b: Reading) -> bool:
    return similarity(a.fingerprint, b.fingerprint) >= COPY_SIMILARITY


def _same_house(a: Reading, b: Reading) -> bool:
    return a.publisher.casefold() == b.publisher.casefold() or a.host == b.host


def confirm(stance: Stance, reports: Sequence[Reading]) -> Confirmation:
    """Judges the readings that say the same stance, oldest first, with none in between that ended it."""
    own = next((r for r in reports if r.own and not r.doubt), None) or next(
        (r for r in reports if r.own), None
    )
    if own is not None and own.doubt and not own.says[stance].ruled:
        return Confirmation(False, f"{own.doubt}, {own.url}: only there so far")
    if own is not None:
        where = "the company's own page" if own.page else "the company's own words at"
        return Confirmation(True, f"{where} {own.url}")
    if any(r.says[stance].ruled for r in reports):
        return Confirmation(True, "accepted by an analyst")
    both = independent(reports)
    if both is not None:
        return Confirmation(True, f"reported by {both[0].publisher} and {both[1].publisher} independently")
    first = reports[0]
    copies = sorted({r.publisher for r in reports} - {first.publisher})
    words = f"only {first.publisher} so far"
    if copies:
        words += f" (what {_list(copies)} carr{'ies' if len(copies) == 1 else 'y'} is the same text or house, or too short to tell)"
    return Confirmation(False, words)


def _list(names: Sequence[str], most: int = 4) -> str:
    shown = list(names[:most])
    if len(names) > most:
        shown.append(f"{len(names) - most} more")
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
