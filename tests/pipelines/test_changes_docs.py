"""The examples of docs/changes.md are what the fold does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from support.pairs import PAGE, changes, day, report, ruled, sentence

from extract.types import Facets, Stance, Time, identity_of
from pipelines.changes import Change
from pipelines.evidence import Evidence, Version

DOCS = (Path(__file__).parents[2] / "docs" / "changes.md").read_text(encoding="utf-8")
STORIES = re.findall(r"```story\n(.*?)```", DOCS, re.DOTALL)
LINE = re.compile(r"(?P<day>\d+) March +(?P<rest>.+)")
PRESS = re.compile(
    r"(?P<outlet>\w+)(, copy of (?P<copied>\w+))?(, of (?P<published>\d+) March)?: (?P<says>[a-z, ]+?)(?P<past>, as history)?"
)
TOLD = re.compile(r"=> (?P<kind>\w+) +(?P<before>.+?) → (?P<after>.+?)  +(?P<severity>\w+) (?P<status>\w+)")


class Told:
    """What a story has told so far."""

    def __init__(self) -> None:
        self.articles: dict[str, list[Evidence]] = {}
        self.page: list[tuple[float, float, str]] = []  # first day, last day, what it says

    def line(self, line: str) -> None:
        found = LINE.fullmatch(line)
        assert found, line
        at, rest = float(found["day"]) - 1, found["rest"]
        if rest.startswith("own page: "):
            self.look(at, rest.removeprefix("own page: "))
        elif rest.startswith("analyst rejects "):
            outlet = rest.removeprefix("analyst rejects ")
            self.articles |= {k: ruled(v, "reject") for k, v in self.articles.items() if k.startswith(outlet)}
        else:
            self.press(at, rest)

    def look(self, at: float, says: str) -> None:
        if self.page and self.page[-1][2] == says:
            self.page[-1] = (self.page[-1][0], at, says)
        else:
            self.page.append((at, at, says))

    def press(self, at: float, rest: str) -> None:
        found = PRESS.fullmatch(rest)
        assert found, rest
        said = [Stance(s.strip()) for s in found["says"].split(",")]
        published = float(found["published"]) - 1 if found["published"] else at
        self.articles[f"{found['outlet']} {at}"] = report(
            found["outlet"].lower(),
            published,
            *said,
            found=at + 0.25,
            wire=f"{found['copied'] or found['outlet']} {at}",
            time=Time.PAST if found["past"] else Time.NOW,
        )

    def own(self) -> tuple[list[Evidence], list[Version]]:
        evidence, versions = {}, []
        for n, (first, last, says) in enumerate(self.page):
            document = identity_of(PAGE, says)
            versions.append(Version(PAGE, n + 1, document, day(first), day(last)))
            if says != "nothing":
                stance, _, process = says.partition(" on ")
                said = Evidence(
                    id=identity_of(document, stance),
                    company="zoom",
                    authority="HK",
                    stance=Stance(stance),
                    time=Time.NOW,
                    document=document,
                    url=PAGE,
                    first_seen=day(first),
                    facets=(conditions := Facets(process=(process,) if process else ())),
                    sentence=sentence(Stance(stance), conditions),
                    own=True,
                )
                evidence.setdefault(said.id, said)
        return list(evidence.values()), versions

    def changes(self) -> list[Change]:
        return [c for c in changes(*self.articles.values(), self.own()) if not c.baseline]


def shown(change: Change) -> tuple[str, ...]:
    def words(held) -> str:
        return " + ".join(sorted({str(h.stance) for h in held})) or "nothing"

    return change.kind, words(change.before), words(change.after), change.severity, change.status


def expected(line: str) -> list[tuple[str, ...]]:
    if line == "=> nothing":
        return []
    found = TOLD.fullmatch(line)
    assert found, line
    return [found.group("kind", "before", "after", "severity", "status")]


@pytest.mark.parametrize("story", STORIES, ids=[s.splitlines()[-1] for s in STORIES])
def test_every_example_is_what_happens(story):
    told, want = Told(), None
    for line in story.splitlines():
        if line.startswith("=>"):
            want = (want or []) + expected(line)
            continue
        if want is not None:
            assert [shown(c) for c in told.changes()] == want
        told.line(line)
        want = None
    assert [shown(c) for c in told.changes()] == want


def test_a_change_that_is_confirmed_is_the_same_change():
    """The two mails of "A report against the company's own page" are about one id."""
    (story,) = [s for s in STORIES if "→ conditional + pauses" in s and "own page" in s]
    told, seen = Told(), []
    for line in story.splitlines():
        if line.startswith("=>"):
            seen.append(told.changes())
        else:
            told.line(line)
    (first,), (second,) = seen
    assert first.id == second.id
    assert (first.status, second.status) == ("provisional", "confirmed")


def test_there_is_an_example_of_every_kind_severity_and_status_that_is_told():
    told = [
        t for story in STORIES for line in story.splitlines() if line.startswith("=>") for t in expected(line)
    ]
    assert {t[0] for t in told} == {"new", "stance", "terms", "withdrawn", "contradicted"}
    assert {t[3] for t in told} == {"minor", "major"}
    assert {t[4] for t in told} == {"provisional", "confirmed"}
    assert len(STORIES) >= 12
