"""Lists leave the desk as files and feeds, by the filters of the views; a statement leaves with its evidence."""

from __future__ import annotations

import feedparser
import pytest
from support.people import Browser

from pipelines.store.people import Role

PAUSE = "zoom HK pauses: Zoom stopped handling <b>requests</b> from Hong Kong."


@pytest.fixture
def reader(story, as_role) -> Browser:
    story.reports("courier", PAUSE, title="Zoom & others")
    story.reports("herald", "meta US refuses: Meta refused to hand over the data.", path="/b")
    return as_role(Role.READER)


def test_a_feed_of_a_filter_leads_to_the_desk(reader, site):
    answer = reader.get("/feeds/changes.atom?company=zoom")
    feed = feedparser.parse(answer.text, sanitize_html=False)
    assert not feed.bozo
    assert feed.feed.title == "stancewatch: changes of stance (company zoom)"
    assert feed.feed.id == "urn:stancewatch:changes?company=zoom"
    (entry,) = feed.entries
    assert entry.link.startswith(f"http://127.0.0.1:{site.port}/changes/")
    assert reader.get(entry.link.partition(str(site.port))[2]).status == 200


@pytest.mark.parametrize("kind", ["statements", "changes", "positions"])
@pytest.mark.parametrize(("form", "begins"), [("csv", ""), ("jsonl", "{"), ("parquet", "PAR1")])
@pytest.mark.parametrize("database", ["sqlite"])
def test_lists_are_files(reader, kind, form, begins):
    answer = reader.get(f"/exports/{kind}.{form}?company=zoom")
    assert answer.status == 200
    assert answer.headers["content-disposition"] == f'attachment; filename="stancewatch-{kind}.{form}"'
    assert answer.text.startswith(begins)
    assert "zoom" in answer.text
    assert "meta" not in answer.text.replace("metadata", "")


@pytest.mark.parametrize(
    "path", ["/exports/changes.xml", "/exports/users.csv", "/exports/changes.csv?stance=maybe"]
)
@pytest.mark.parametrize("database", ["sqlite"])
def test_what_is_no_list_or_no_filter_is_refused(reader, path):
    assert reader.get(path).status in (404, 422)
