"""Better rules over the archive: what moves is ours, recorded and told to nobody; what analysts ruled on stays."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sqlalchemy as sa
from support.store import ScriptReader, Story, capture, config, dump

from extract.types import Analysis, Capture, Outcome
from pipelines import ledger
from pipelines.archive import ArchiveWriter, Exchange
from pipelines.config import Config
from pipelines.reclassify import count, reclassify
from pipelines.store import outbox, queries

MISREAD = "zoom HK complies: Zoom would rather close than hand data to Hong Kong's police."


class BetterReader(ScriptReader):
    """Reads `complies` as `refuses`, and tells nothing of what it is to forget."""

    def __init__(self, forget: str = "nothing") -> None:
        super().__init__()
        self._forget = forget

    def analyse(self, capture: Capture) -> Analysis:
        body = capture.body.decode().replace(" complies:", " refuses:").replace(f" {self._forget}:", " ")
        found = super().analyse(replace(capture, body=body.encode()))
        first = super().analyse(capture)
        return replace(found, document=first.document)


@pytest.fixture
def story(store, clock, tmp_path):
    """A story whose pages lie in an archive."""
    with ArchiveWriter(tmp_path / "archive", clock) as archive:
        told = Story(store, clock, in_folder(config(), tmp_path))

        def reports(body: str, path: str = "/a", source: str = "courier") -> None:
            page = capture(source, body, clock(), url=f"https://{source}.example{path}")
            place = archive.write(
                Exchange(page.url, "GET", (), 200, "OK", (("Content-Type", "text/html"),), page.body, clock())
            )
            told.intake.take(replace(page, warc_file=place.file, warc_offset=place.offset))

        told.archived = reports
        yield told


def in_folder(plain: Config, folder) -> Config:
    settings = plain.settings.model_copy(update={"data_dir": folder})
    return Config(settings, plain.sources, plain.knowledge.model_copy(update={"version": "rules-2"}))


def older(story: Story) -> Config:
    return replace(
        story.configuration, knowledge=story.configuration.knowledge.model_copy(update={"version": "rules-1"})
    )


def read(story: Story, query, *args):
    with story.store.reading() as session:
        return query(session, *args)


def again(story: Story, reader: ScriptReader, **more):
    newer = in_folder(config(), story.configuration.settings.data_dir)
    newer = replace(newer, knowledge=newer.knowledge.model_copy(update={"version": "rules-3"}))
    return list(reclassify(story.store, newer, reader, story.clock, **more))


def test_what_would_change_is_told_before_it_is_changed(story):
    story.archived(MISREAD)
    (one,) = again(story, BetterReader())
    assert (one.added, one.gone, {c.status for c in one.changes}) == (1, 1, {"provisional", "retracted"})
    assert [p.held[0].stance for p in read(story, queries.positions)] == ["complies"]


def test_what_moves_is_recorded_as_ours_and_told_to_nobody(story):
    story.archived(MISREAD)
    before = len(read(story, outbox.alerts))
    again(story, BetterReader(), apply=True)
    assert [p.held[0].stance for p in read(story, queries.positions)] == ["refuses"]
    assert {(c.status, c.reclassified) for c in read(story, queries.changes)} == {
        ("retracted", True),
        ("provisional", True),
    }
    assert sum(a.state in ("queued", "sending") for a in read(story, outbox.alerts)) <= before - 1
    assert again(story, BetterReader(), apply=True) == []
    assert ledger.rebuild(story.store, context=story.context) == []


def test_what_the_world_says_later_is_told_again(story, clock):
    story.archived(MISREAD)
    again(story, BetterReader(), apply=True)
    clock.tick(days=1)
    story.reports("herald", "zoom HK refuses: Zoom says no to Hong Kong.", path="/b")
    moved = [c for c in read(story, queries.changes) if c.status == "confirmed"]
    assert [(c.kind, c.reclassified) for c in moved] == [("new", False)]


def test_what_an_analyst_accepted_stays(story, clock):
    story.archived(MISREAD)
    (said,) = read(story, queries.statements)
    ledger.post_verdict(story.store, said.id, "accept", who="ana", now=clock(), context=story.context)
    again(story, BetterReader("refuses"), apply=True)
    assert [s.id for s in read(story, queries.statements)] == [said.id]


def test_a_page_that_cannot_be_read_again_stays_as_it_was(story):
    class Broken(ScriptReader):
        def analyse(self, capture: Capture) -> Analysis:
            return Analysis(Outcome.ERROR, "took too long")

    story.archived(MISREAD)
    (one,) = again(story, Broken(), apply=True)
    assert one.note == "reads as error now (took too long); left as it was"
    assert [p.held[0].stance for p in read(story, queries.positions)] == ["complies"]
    story.configuration = in_folder(config(), story.configuration.settings.data_dir / "elsewhere")
    (one,) = again(story, BetterReader(), apply=True)
    assert "elsewhere" in one.note


def test_only_what_older_rules_read_is_read_again(story):
    story.archived(MISREAD)
    assert count(story.store, story.configuration) == 0
    assert count(story.store, story.configuration, again=True) == 1
    assert count(story.store, older(story)) == 1
    assert count(story.store, older(story), ("herald",)) == 0


class KeenReader(ScriptReader):
    """Reads what is marked with a tilde, too."""

    def analyse(self, capture: Capture) -> Analysis:
        body = capture.body.decode().replace("~", "zoom HK pauses: ~")
        return replace(
            super().analyse(replace(capture, body=body.encode())), document=super().analyse(capture).document
        )


def test_who_waits_for_an_alert_is_told_how_the_change_stands_by_now(story, clock):
    story.archived("zoom HK complies: Zoom answers.", path="/0")
    clock.tick(days=1)
    story.archived("zoom HK pauses: Zoom stopped.", path="/1")
    story.archived("~ Zoom has stopped.", path="/2", source="herald")
    again(story, KeenReader(), apply=True)
    alerts = [a for a in read(story, outbox.alerts) if a.kind == "stance"]
    assert {(a.change_status, a.state) for a in alerts} == {
        ("provisional", "superseded"),
        ("confirmed", "queued"),
    }


def test_a_page_that_is_read_again_has_its_sentences_looked_for_anew(story):
    """As after the likeness of sentences is measured otherwise."""
    story.archived("zoom HK conditional: Zoom asks for a court order.", source="zoom-guide")
    good = dump(story.store)["standings"]
    assert good
    with story.store.writing() as session:
        session.execute(sa.text("UPDATE standings SET share = 0.1"))
    again(story, ScriptReader(), again=True, apply=True)
    assert dump(story.store)["standings"] == good
