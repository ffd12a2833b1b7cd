"""The newest changes as an Atom feed in a file, for feed readers and programs. Says what mails say; tells no subscriber.

An entry is new to a reader when its `updated` moves: when the change was found, and when its status moved since the
feed was last written. The feed itself remembers that.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
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
from pipelines.clock import Clock
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

# Entry's id → the status and time of update under which it was written.
Earlier = Mapping[str, tuple[str, datetime]]


@dataclass(frozen=True, slots=True)
class Written:
    """The feed as it lies there now: how many entries, and whether this writing changed anything."""

    file: Path
    entries: int
    changed: bool


def write_feed(store: Store, config: Config, clock: Clock) -> Written:
    """Write data_dir/feeds/changes.atom if it says something else than now; a reader sees the old or the new one, whole.

    Raises StoreError, OSError.
    """
    with store.reading() as session:
        newest = [c.id for c in queries.changes(session, limit=MOST, baselines=False)]
        views = [queries.change_view(session, change_id, config.knowledge) for change_id in newest]
    file = config.settings.feeds_dir / NAME
    old = file.read_bytes() if file.exists() else b""
    new = atom(views, earlier_in(old), clock())
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
    """The newest changes that a filter lets through. An entry is dated by when its change was found; it stays so."""
    newest = queries.changes_page(session, wanted, limit=SERVED).rows
    views = [queries.change_view(session, change.id, knowledge, QUOTED) for change in newest]
    return atom(views, {}, datetime(1970, 1, 1, tzinfo=UTC), name)


def atom(views: Iterable[ChangeView], earlier: Earlier, now: datetime, name: Name | None = None) -> bytes:
    """The feed of these changes, newest first, given what an earlier one said of them. The same for the same changes."""
    called = name or Name()
    entries = [_entry(view, _updated(view, earlier, now), called.desk) for view in views]
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


def earlier_in(feed: bytes) -> Earlier:
    """What a feed of ours says of its entries; nothing if it is none."""
    try:
        root = etree.fromstring(feed, etree.XMLParser(resolve_entities=False, no_network=True))
        return {
            entry.findtext(f"{{{ATOM}}}id"): (
                entry.find(f"{{{ATOM}}}category").get("term"),
                datetime.fromisoformat(entry.findtext(f"{{{ATOM}}}updated")),
            )
            for entry in root.iter(f"{{{ATOM}}}entry")
        }
    except (etree.XMLSyntaxError, AttributeError, TypeError, ValueError):  # damaged, or somebody else's
        return {}


def _updated(view: ChangeView, earlier: Earlier, now: datetime) -> datetime:
    status, at = earlier.get(_urn(view), (view.status, view.found))
    return at if status == view.status else now


def _entry(view: ChangeView, updated: datetime, desk: str | None) -> etree._Element:
    subject = clean(words.subject_of(view)).removeprefix("[stancewatch] ")
    entry = _E.entry(
        _E.title(_said(subject)),
        _E.id(_urn(view)),
        _E.updated(_stamp(updated)),
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


def _urn(view: ChangeView) -> str:
    return f"urn:stancewatch:change:{view.id}"


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).replace(microsecond=0).isoformat()


def _said(text: str) -> str:
    return _UNSAYABLE.sub("\N{REPLACEMENT CHARACTER}", text)
