"""The feed of changes: sound Atom that feed readers understand, whose entries keep their ids and move with their status."""

from __future__ import annotations

import stat

import feedparser
import pytest
import sqlalchemy as sa
from support.store import Story, config
from support.views import evidence, held, view

from extract.types import Stance
from pipelines import ledger
from pipelines.alerts.feed import MOST, Name, atom, feed_of, write_feed
from pipelines.config import Config
from pipelines.store import queries
from pipelines.store.queries import ChangeFilter

FIRST = "zoom HK pauses: Zoom stopped handling requests from Hong Kong."
SECOND = "zoom HK pauses: Hong Kong's police get no data from Zoom any more, a spokesman told us."


class Desk:
    """A story whose changes are written to a feed."""

    def __init__(self, store, clock, folder) -> None:
        plain = config()
        settings = plain.settings.model_copy(update={"data_dir": folder})
        self.store, self.clock = store, clock
        self.config = Config(settings, plain.sources, plain.knowledge)
        self.story = Story(store, clock, self.config)
        self.file = folder / "feeds" / "changes.atom"

    def write(self) -> bool:
        return write_feed(self.store, self.config).changed

    def read(self):
        feed = feedparser.parse(self.file.read_bytes())
        assert not feed.bozo, feed.get("bozo_exception")
        assert feed.version == "atom10"
        return feed


@pytest.fixture
def desk(store, clock, tmp_path) -> Desk:
    return Desk(store, clock, tmp_path / "data")


def test_a_change_is_an_entry_with_its_step_its_proof_and_its_status(desk):
    desk.story.reports("courier", FIRST)
    assert desk.write()
    (entry,) = desk.read().entries
    assert entry.title == "Zoom → Hong Kong: no stated position → pauses (provisional)"
    assert entry.id.startswith("urn:stancewatch:change:")
    assert entry.link == "https://courier.example/a"
    assert "Zoom stopped handling requests from Hong Kong." in entry.content[0].value
    assert [tag.term for tag in entry.tags] == ["provisional"]
    assert entry.summary.startswith("Not yet confirmed: Zoom has paused")


def test_an_entry_moves_when_its_status_does_and_only_then(desk, clock):
    desk.story.reports("courier", FIRST)
    desk.write()
    first = desk.read().entries[0]
    clock.tick(hours=5)
    assert not desk.write()  # nothing new: the file is left as it is
    desk.story.reports("herald", SECOND)
    assert desk.write()
    feed = desk.read()
    (second,) = feed.entries
    assert second.id == first.id
    assert [tag.term for tag in second.tags] == ["confirmed"]
    assert second.updated == feed.feed.updated == "2026-11-01T17:00:00+00:00"
    assert first.updated == second.published == "2026-11-01T12:00:00+00:00"
    clock.tick(hours=5)
    assert not desk.write()


def test_what_stood_there_before_we_looked_is_no_entry(desk):
    desk.story.shows("zoom-guide", "zoom US conditional: We ask for a warrant.")
    desk.write()
    assert desk.read().entries == []


def test_the_newest_hundred_are_kept(desk, clock):
    for n in range(MOST + 5):
        clock.tick(days=1)
        stance = ("pauses", "complies")[n % 2]
        desk.story.reports("courier", f"zoom HK {stance}: Zoom {stance} again, time {n}.", path=f"/{n}")
    assert write_feed(desk.store, desk.config).entries == MOST
    stamps = [entry.published for entry in desk.read().entries]
    assert stamps == sorted(stamps, reverse=True)
    assert stamps[0].startswith(f"{clock():%Y-%m-%d}")


def test_a_reader_never_sees_half_a_feed_and_no_scraps_are_left(desk):
    desk.write()
    desk.story.reports("courier", FIRST)
    desk.write()
    assert [file.name for file in desk.file.parent.iterdir()] == ["changes.atom"]
    assert stat.S_IMODE(desk.file.stat().st_mode) == 0o644


def test_a_damaged_feed_is_written_anew(desk):
    desk.story.reports("courier", FIRST)
    desk.write()
    for rubbish in (b"", b"<feed", b"<feed xmlns='http://www.w3.org/2005/Atom'><entry/></feed>"):
        desk.file.write_bytes(rubbish)
        assert desk.write()
        assert len(desk.read().entries) == 1


def test_a_folder_that_cannot_be_written_is_said(desk):
    desk.file.parent.parent.mkdir()
    desk.file.parent.write_text("in the way")
    with pytest.raises(OSError, match="feeds"):
        desk.write()


@pytest.mark.parametrize(
    "words", ["<script>alert(1)</script>", "a\x00b\ufffe\ud800", "]]> &amp; &#x0;", "x" * 9000]
)
def test_hostile_words_stay_words(words):
    source = evidence(words, title=words, url=f"javascript:{words}", publisher=words, author=words)
    one = view(company_name=words, reason=words, after=(held(Stance.PAUSES, source),))
    feed = feedparser.parse(atom([one]), sanitize_html=False)
    assert not feed.bozo
    assert feed.entries[0].get("links", []) == []
    assert feed.entries[0].content[0].type == "text/plain"


def test_an_old_entry_that_is_taken_back_is_news_once_more_and_stands_first(desk, clock):
    desk.story.reports("courier", FIRST)
    with desk.store.reading() as session:
        (said,) = queries.statements(session)
    for n in range(MOST + 5):
        clock.tick(days=1)
        stance = ("pauses", "complies")[n % 2]
        desk.story.reports("courier", f"zoom US {stance}: Zoom {stance} again, time {n}.", path=f"/{n}")
    desk.write()
    assert all("Hong Kong" not in entry.title for entry in desk.read().entries)
    ledger.post_verdict(
        desk.store, said.id, "reject", who="ana", now=clock.tick(hours=1), context=desk.story.context
    )
    assert desk.write()
    feed = desk.read()
    first = feed.entries[0]
    assert first.title == "Zoom → Hong Kong: no stated position → pauses (retracted)"
    assert first.published == "2026-11-01T12:00:00+00:00"
    assert first.updated == feed.feed.updated == clock().isoformat()


def test_what_is_told_of_an_entry_is_dated_by_the_same_clock_in_both_feeds(desk, clock):
    desk.story.reports("courier", FIRST)
    clock.tick(hours=5)
    desk.story.reports("herald", SECOND)
    desk.write()
    with desk.store.reading() as session:
        served = feedparser.parse(feed_of(session, ChangeFilter(), desk.config.knowledge, Name()))
    assert [entry.updated for entry in served.entries] == [entry.updated for entry in desk.read().entries]
    assert served.entries[0].updated == "2026-11-01T17:00:00+00:00"


@pytest.mark.parametrize("database", ["sqlite"])
def test_deriving_everything_again_is_no_news(desk, clock):
    desk.story.reports("courier", FIRST)
    desk.write()
    with desk.store.writing() as session:
        for table in ("alerts", "changes", "positions"):
            session.execute(sa.text(f"DELETE FROM {table}"))  # ours
    ledger.rebuild(desk.store, context=desk.story.context, apply_at=clock.tick(days=9))
    assert not desk.write()
