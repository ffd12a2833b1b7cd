"""Lists leave the desk as files and feeds, by the filters of the views; a statement leaves with its evidence."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from queue import SimpleQueue
from threading import Event

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
    assert feed.feed.id == "urn:stancewatch:changes:company=zoom"
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


@pytest.mark.parametrize("database", ["sqlite"])
def test_a_file_that_nobody_reads_on_holds_no_transaction(reader, site, store, monkeypatch):
    many = [bytes(2**20)] * 64  # more than lies between the desk and a client

    def large(kind, form, rows):
        assert list(rows)
        yield from many

    monkeypatch.setattr("review.views.exports.encoded", large)
    connection = HTTPConnection("127.0.0.1", site.port, timeout=60)
    cookie = {"Cookie": f"stancewatch={reader.cookies['stancewatch']}"}
    connection.request("GET", "/exports/statements.jsonl", headers=cookie)
    answer = connection.getresponse()
    assert len(answer.read(1)) == 1
    assert store._engine.pool.checkedout() == 0
    assert len(answer.read()) == sum(map(len, many)) - 1
    connection.close()


@pytest.mark.parametrize("database", ["sqlite"])
def test_few_files_are_made_at_once_and_the_desk_goes_on(reader, monkeypatch):
    begun, goes_on = SimpleQueue(), Event()

    def slow(kind, form, rows):
        begun.put(None)
        goes_on.wait(60)
        yield b"a file"

    monkeypatch.setattr("review.views.exports.encoded", slow)
    with ThreadPoolExecutor(4) as many:
        waiting = [many.submit(reader.get, "/exports/changes.csv") for _ in range(4)]
        for _ in waiting:
            begun.get(timeout=60)
        refused = reader.get("/exports/changes.csv")
        assert (refused.status, "try again in a minute" in refused.text) == (503, True)
        assert reader.get("/changes").status == 200
        goes_on.set()
        assert [one.result().text for one in waiting] == ["a file"] * 4
    assert reader.get("/exports/changes.csv").status == 200


@pytest.fixture
def busy(story, clock, as_role) -> Browser:
    """Eight days of reports, some of the same moment, and a page that changes its mind."""
    for n in range(8):
        company, stance = ("zoom", "meta")[n % 2], ("pauses", "complies", "refuses")[n % 3]
        body = f"{company} HK {stance}: {company}, time {n}.\nwhatsapp US unable past: It had none, time {n}."
        story.reports("courier", body, path=f"/{n}")
        story.shows("zoom-guide", f"zoom * {stance}: We do, time {n}.")
        clock.tick(hours=(0, 24, 30)[n % 3])
    return as_role(Role.READER)


@pytest.mark.parametrize(
    ("kind", "query"),
    [
        *[("statements", q) for q in ("", "company=zoom", "stance=pauses", "time=past", "unsure=both", "ruled=none")],
        *[("statements", q) for q in ("since=2026-11-03", "until=2026-11-03&authority=HK")],
        *[("changes", q) for q in ("", "kind=stance", "severity=major", "status=provisional", "baselines=true")],
        *[("changes", q) for q in ("stance=refuses", "since=2026-11-02&until=2026-11-04", "authority=*")],
    ],
)  # fmt: skip
@pytest.mark.parametrize("database", ["sqlite"])
def test_file_api_and_view_show_the_same_rows(busy, kind, query):
    exported = [json.loads(line) for line in busy.get(f"/exports/{kind}.jsonl?{query}").text.splitlines()]
    assert exported
    told, after = [], ""
    while after is not None:
        page = json.loads(busy.get(f"/api/v1/{kind}?limit=3&after={after}&{query}").text)
        told, after = told + page["items"], page["next"]
    assert [one["id"] for one in told] == [row["id"] for row in exported]
    for one, row in zip(told, exported, strict=True):
        for name in row.keys() & one.keys() - {"before", "after"}:
            assert row[name] in (one[name], str(one[name]).replace("Z", "+00:00")), name
    if kind == "changes":
        shown = re.findall("/changes/([0-9a-f]{64})", busy.get(f"/changes?{query}").text)
        assert list(dict.fromkeys(shown)) == [row["id"] for row in exported]


@pytest.mark.parametrize(
    "times", ["", "as_of=2026-11-02", "as_of=2026-11-04", "as_of=2026-10-01", "known_at=2026-11-03"]
)
@pytest.mark.parametrize("query", ["", "company=zoom", "stance=complies", "authority=HK"])
@pytest.mark.parametrize("database", ["sqlite"])
def test_file_api_and_matrix_show_the_same_positions_of_any_day(busy, times, query):
    asked = f"{times}&{query}"
    stance = query.removeprefix("stance=") if "stance" in query else None
    exported = [json.loads(line) for line in busy.get(f"/exports/positions.jsonl?{asked}").text.splitlines()]
    told = json.loads(busy.get(f"/api/v1/positions?{asked}").text)["items"]
    assert [(row["company"], row["authority"], row["stance"]) for row in exported] == [
        (one["company"], one["authority"], held["stance"])
        for one in told
        for held in one["held"]
        if stance in (None, held["stance"])
    ]
    if "known_at" not in times:
        cells = re.findall('href="/pairs/([a-z]+)/([^"]+)"', busy.get(f"/matrix?columns=all&{asked}").text)
        assert set(cells) == {(one["company"], one["authority"]) for one in told}


@pytest.mark.parametrize(
    "path", ["/exports/changes.xml", "/exports/users.csv", "/exports/changes.csv?stance=maybe"]
)
@pytest.mark.parametrize("database", ["sqlite"])
def test_what_is_no_list_or_no_filter_is_refused(reader, path):
    assert reader.get(path).status in (404, 422)


@pytest.mark.parametrize("database", ["sqlite"])
def test_every_request_of_the_documentation_is_answered(reader):
    page = (Path(__file__).parents[2] / "docs/exports.md").read_text(encoding="utf-8")
    paths = re.findall(r'^curl .*"https://watch.example.org(/[^"]*)"$', page, re.MULTILINE)
    assert len(paths) > 5
    assert {path: reader.get(path).status for path in paths} == dict.fromkeys(paths, 200)
