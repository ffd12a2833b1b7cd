"""Changes as an Atom feed, in a file and by the desk, for feed readers and programs. Says what mails say; tells no subscriber.

An entry keeps its id and the date on which its change was found (`published`). It is new to a reader when its `updated`
moves: when the change came, and whenever it is told anew, in another status or taken back. The feed holds those that
moved last, so that an old one that is taken back is in it once more.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from lxml import etree
from lxml.builder import ElementMaker

from extract.knowledge import Knowledge
from pipelines.alerts import words
from pipelines.alerts.render import text_of
from pipelines.alerts.text import clean
from pipelines.alerts.view import ChangeView
from pipelines.config import Config
from pipelines.files import write_whole
from pipelines.store import queries
from pipelines.store.queries import ChangeFilter
from pipelines.store.session import Session, Store

NAME = "changes.atom"
MOST = 100
QUOTED = 3
SERVED = 25  # of a feed that is made anew each time it is asked for
ATOM = "http://www.w3.org/2005/Atom"
_E = ElementMaker(namespace=ATOM, nsmap={None: ATOM})
_UNSAYABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # what XML 1.0 cannot hold


@dataclass(frozen=True, slots=True)
class Written:
    """The feed as it lies there now: how many entries, and whether this writing changed anything."""

    file: Path
    entries: int
    changed: bool


def write_feed(store: Store, config: Config) -> Written:
    """Write data_dir/feeds/changes.atom if it says something else than now; a reader sees the old or the new one, whole.

    Raises StoreError, OSError.
    """
    with store.reading() as session:
        newest = queries.changes_moved(session, ChangeFilter(), MOST)
        views = queries.change_views(session, newest, config.knowledge)
    file = config.settings.feeds_dir / NAME
    old = file.read_bytes() if file.exists() else b""
    new = atom(views)
    if new != old:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(file, [new])
    return Written(file, len(views), new != old)


@dataclass(frozen=True, slots=True)
class Name:
    """What a feed is called: its title, its permanent id, where it lies, and the address of the desk that entries lead to."""

    title: str = "stancewatch: changes of stance"
    id: str = "urn:stancewatch:changes"
    address: str | None = None
    desk: str | None = None


def feed_of(session: Session, wanted: ChangeFilter, knowledge: Knowledge, name: Name) -> bytes:
    """Of the changes that a filter lets through those that moved last."""
    newest = queries.changes_moved(session, wanted, SERVED)
    views = queries.change_views(session, newest, knowledge, QUOTED)
    return atom(views, name)


def atom(views: Iterable[ChangeView], name: Name | None = None) -> bytes:
    """The feed of these changes, in their order. The same for the same changes."""
    called = name or Name()
    entries = [_entry(view, called.desk) for view in views]
    times = [entry.findtext(f"{{{ATOM}}}updated") or "" for entry in entries]
    written: bytes = etree.tostring(
        _E.feed(
            _E.title(_said(called.title)),
            _E.id(_said(called.id)),
            *([_E.link(rel="self", href=_said(called.address))] if called.address else []),
            _E.updated(max(times, default=_stamp(datetime(1970, 1, 1, tzinfo=UTC)))),
            _E.author(_E.name("stancewatch")),
            *entries,
        ),
        xml_declaration=True,
        encoding="utf-8",
        pretty_print=True,
    )
    return written


def _entry(view: ChangeView, desk: str | None) -> etree._Element:
    subject = clean(words.subject_of(view)).removeprefix("[stancewatch] ")
    entry = _E.entry(
        _E.title(_said(subject)),
        _E.id(f"urn:stancewatch:change:{view.id}"),
        _E.updated(_stamp(max(view.moved, view.found))),
        _E.published(_stamp(view.found)),
        _E.category(term=view.status),
        _E.summary(_said(clean(words.lead_of(view)))),
        _E.content(_said(text_of(view)), type="text"),
    )
    held = [h for h in (*view.after, *view.before) if h.evidence]
    if desk is not None:
        entry.append(_E.link(rel="alternate", href=f"{desk}/changes/{view.id}"))
    elif held and re.match(r"https?://\S+$", url := clean(held[0].evidence[0].url)):
        entry.append(_E.link(rel="alternate", href=_said(url)))
    return entry


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).replace(microsecond=0).isoformat()


def _said(text: str) -> str:
    return _UNSAYABLE.sub("\N{REPLACEMENT CHARACTER}", text)
