"""Companies that labelled documents name and no configuration lists: where, how often, and what to do about each. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from extract.knowledge import Knowledge


@dataclass(frozen=True, slots=True)
class Stranger:
    """A slug that config does not know, the first line that has it, and how many labels (or pages of its own) it has."""

    slug: str
    line: int
    times: int

    def words(self, file: str) -> str:
        """What to tell whoever made or reads the file, and what to do about it."""
        often = f", {self.times} times in all" if self.times > 1 else ""
        return (
            f"{file}:{self.line}: no company {self.slug!r} is listed{often}: correct the slug, or list it in companies.yml; "
            "until then its statements move nothing, and are mostly missed"
        )


def strangers_among(named: Iterable[tuple[int, Iterable[str]]], knowledge: Knowledge) -> list[Stranger]:
    """The unlisted among the slugs that each line names, in the order of their first lines."""
    first: dict[str, int] = {}
    times: dict[str, int] = {}
    listed = {company.id for company in knowledge.companies}
    for line, slugs in named:
        for slug in slugs:
            if slug not in listed:
                first.setdefault(slug, line)
                times[slug] = times.get(slug, 0) + 1
    return [Stranger(slug, line, times[slug]) for slug, line in first.items()]
