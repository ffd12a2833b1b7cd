"""From what is stored for one pair (company, authority) to readings: what the company was heard to say, and when.

Pure. Here lie the rules about single texts: what counts at all, and when an article was told. What a watched page said
is `watched`'s business, how readings move a position `positions`'.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from extract.types import Stance, Time
from pipelines.evidence import Dropped, Evidence, Reading, Said, Version
from pipelines.watched import PageHistory, page_history


def readings_of(
    company: str, authority: str, evidence: Iterable[Evidence], versions: Iterable[Version], settle: timedelta
) -> list[Reading]:
    """All readings of the pair, oldest first; the order in which anything was stored does not show.

    History, unlisted companies, rejected statements and superseded articles give none.
    """
    pair = company, authority
    shown: dict[str, list[Version]] = {}
    for version in versions:
        shown.setdefault(version.page, []).append(version)
    watched = {v.document for page in shown.values() for v in page}
    filed: dict[str, list[Evidence]] = {}
    for one in sorted(evidence, key=lambda e: e.id):
        filed.setdefault(one.document, []).append(one)
    texts = {document: told for document, all_of in filed.items() if (told := _counted(all_of, pair))}
    pages: list[PageHistory] = []
    for page, page_versions in shown.items():
        on_page = [
            e
            for d in dict.fromkeys(v.document for v in page_versions)
            for e in filed.get(d, ())
            if e.own or e.filed_own
        ]
        if on_page:
            # While it was another's page (a company's id changed), it was not silent: it did not speak for this one.
            said_in = {e.document for e in on_page}
            theirs = {v.site for v in page_versions if v.document in said_in}
            spoke = [v for v in page_versions if v.site in theirs and v.believed]
            pages.append(page_history(page, spoke, on_page, pair, settle))
    found = list(_not_only_moved(pages, settle))
    since = _since(e for statements in texts.values() for e in statements)
    for document, statements in texts.items():
        first = statements[0]
        if document in watched:
            # A watched page that is not the company's own is a report about it, dated by when we saw it.
            if not first.own:
                found.append(_report(statements, {}))
        elif not first.superseded:
            found.append(_report(statements, since))
    return sorted(found, key=_turn)


def _turn(reading: Reading) -> tuple[Any, ...]:
    """Readings in their turn: of two pages at one time, what one tells comes before what another no longer says."""
    only_gone = bool(reading.gone) and not reading.tells
    return reading.at, reading.page is None, only_gone, reading.found, reading.page or "", reading.document


def _not_only_moved(pages: Sequence[PageHistory], settle: timedelta) -> Iterator[Reading]:
    """The pages' readings. What goes from one page and comes on another within the settle time is still said.

    It goes when it has come there; while it has to be seen there once more, it has not gone.
    """
    for this in pages:
        others = [page for page in pages if page is not this]
        told = [(s, r.at) for page in others for r in page.readings if not r.baseline for s in r.tells]
        coming = [(s, at) for page in others for s, at in page.coming.items()]
        for n, reading in enumerate(this.readings):
            if not reading.gone or reading.tells:
                yield reading
                continue
            if any(s in reading.gone and abs(at - reading.at) <= settle for s, at in coming):
                continue
            until = min((reading.at + settle, *(r.at for r in this.readings[n + 1 : n + 2])))
            near = (at for s, at in told if s in reading.gone and reading.at <= at <= until)
            yield replace(reading, at=max((reading.at, *near)))


def _counted(evidence: Iterable[Evidence], pair: tuple[str, str]) -> list[Evidence]:
    """What a text tells of the pair as in force, as analysts left it; what is too unsure counts once one accepted it."""
    ruled = (e.as_ruled() for e in evidence)
    return [
        e
        for e in ruled
        if e is not None
        and e.pair == pair
        and e.time is Time.NOW
        and not e.unlisted
        and (e.ruled or not e.unsure)
    ]


def dropped_of(company: str, authority: str, evidence: Iterable[Evidence]) -> list[Dropped]:
    """What articles told of the pair until an analyst rejected or corrected it, oldest first."""
    found = []
    for filed in evidence:
        ruled, verdict = filed.as_ruled(), filed.verdict
        if verdict is None or verdict.at is None or filed.superseded or filed.unlisted:
            continue
        if filed.time is Time.PAST or filed.unsure or filed.pair != (company, authority):
            continue
        if ruled is not None and ruled.key == filed.key:
            continue
        found.append(Dropped(filed.stance, filed.occurred, filed.url, filed.first_seen, verdict.at))
    return sorted(found, key=lambda d: (d.at, d.found, d.url, d.stance))


_Since = Mapping[tuple[str, datetime | None, Stance], datetime]


def _since(evidence: Iterable[Evidence]) -> _Since:
    """When an address first said each stance under its present date: editing an article makes no new event of it."""
    since: dict[tuple[str, datetime | None, Stance], datetime] = {}
    for e in evidence:
        key = e.url, e.published, e.stance
        since[key] = min(since.get(key, e.first_seen), e.first_seen)
    return since


def _says(statements: Iterable[Evidence], since: _Since) -> dict[Stance, Said]:
    """Each stance of a text once: by the statement that an analyst ruled on, where a correction left two of one stance."""
    return {
        e.stance: Said(
            e.id,
            e.facets,
            since.get((e.url, e.published, e.stance), e.first_seen),
            ruled=e.verdict is not None,
        )
        for e in sorted(statements, key=lambda e: (e.stance, e.verdict is None, e.id), reverse=True)
    }


def _report(statements: list[Evidence], since: _Since) -> Reading:
    first, says = statements[0], _says(statements, since)
    found = min(said.found for said in says.values())
    reading = Reading(
        at=min(first.published or found, found) if since else found,
        found=found,
        document=first.document,
        url=first.url,
        publisher=first.publisher or "",
        own=first.own,
        says=says,
        tells=frozenset(says),
        fingerprint=first.fingerprint,
    )
    return reading if reading.publisher else replace(reading, publisher=reading.host)
