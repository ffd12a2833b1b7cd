"""What the reading commands answer, for people and for programs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipelines.store import outbox
from stancewatch.cli.positions import moment
from stancewatch.cli.setup import UsageError

READING = (
    ("positions",), ("changes",), ("statements",), ("explain", "zoom", "HK"), ("captures", "list"),
    ("captures", "show", "abc"), ("alerts", "list"), ("alerts", "send"), ("runs",), ("health",), ("db", "rebuild"),
)  # fmt: skip


@pytest.mark.parametrize("command", READING, ids=" ".join)
def test_without_a_database_a_command_says_how_to_make_one(desk: Any, command: tuple[str, ...]):
    answer = desk(*command)
    assert answer.code == 4
    assert answer.out == ""
    assert answer.err.startswith("stancewatch: no database at ")
    assert "`stancewatch run`" in answer.err
    assert len(answer.err.splitlines()) == 1


@pytest.mark.parametrize("command", READING, ids=" ".join)
def test_a_broken_configuration_is_told_fault_by_fault(desk: Any, command: tuple[str, ...]):
    (desk.config / "sources.yml").write_text("- {id: x, kind: feed}\n", encoding="utf-8")
    answer = desk(*command)
    assert answer.code == 4
    assert "sources.yml:1:" in answer.err
    assert "Traceback" not in answer.err


def test_positions_are_shown_and_filtered(desk: Any, told: Any):
    answer = desk("positions")
    assert answer.code == 0
    assert [line.split()[:3] for line in answer.out.splitlines()[1:3]] == [
        ["zoom", "HK", "pauses"], ["zoom", "US", "conditional"],
    ]  # fmt: skip
    assert "warrant" in answer.out
    assert desk("positions", "--authority", "us", "--json").objects == [
        {
            "company": "zoom",
            "authority": "US",
            "held": [
                {
                    "stance": "conditional",
                    "facets": {"process": ["warrant"]},
                    "since": "2026-11-01T12:00:00+00:00",
                    "statements": [desk("statements", "--authority", "US", "--json").objects[0]["id"]],
                }
            ],
            "since": "2026-11-01T12:00:00+00:00",
            "provisional": [],
        }
    ]


def test_a_company_may_be_called_by_its_name_or_alias(desk: Any, told: Any):
    companies = "- {id: zoom, name: Zoom, aliases: [Zoom Video Communications]}\n- {id: meta, name: Meta}\n"
    (desk.config / "companies.yml").write_text(companies, encoding="utf-8")
    for name in ("zoom", "Zoom", "zoom video communications"):
        assert len(desk("positions", "--company", name, "--json").objects) == 2


def test_nothing_known_is_said_in_words(desk: Any, story: Any):
    assert (
        "no position is known of meta and HK"
        in desk("positions", "--company", "meta", "--authority", "HK").out
    )
    assert "no change is known yet" in desk("changes").out
    assert "no statement is known yet" in desk("statements").out
    assert "no capture is stored" in desk("captures", "list").out
    assert "no alert was ever queued" in desk("alerts", "list").out
    assert "nothing ran yet" in desk("runs").out
    answer = desk("explain", "meta", "HK")
    assert (answer.code, "nothing is in force" in answer.out) == (1, True)


def test_changes_tell_from_what_to_what(desk: Any, told: Any):
    new = desk("changes", "--authority", "HK", "--json").objects
    assert [(c["kind"], c["status"], c["before"], c["after"][0]["stance"]) for c in new] == [
        ("new", "confirmed", [], "pauses")
    ]
    assert new[0]["id"][:12] in desk("changes").out
    assert "(baseline)" in desk("changes", "--authority", "US").out
    assert desk("changes", "--since", "2026-11-03", "--json").objects == []
    assert len(desk("changes", "--since", "2026-11-02", "--json").objects) == 1


def test_statements_carry_their_proof(desk: Any, told: Any):
    found = desk("statements", "--authority", "HK", "--json").objects
    assert {s["source"] for s in found} == {"courier", "herald"}
    assert all(
        {"evidence", "start", "end", "url", "capture", "warc_file", "warc_offset", "rule"} <= s.keys()
        for s in found
    )


@pytest.mark.parametrize("command", [("statements",), ("explain", "zoom", "HK")], ids=" ".join)
def test_scraped_words_are_neither_markup_nor_control_characters(
    desk: Any, told: Any, command: tuple[str, ...]
):
    out = desk(*command).out
    assert "[red]requests[/red] [31mfrom" in out
    assert "\x1b" not in out
    assert "\u202e" not in out


def test_in_a_pipe_every_row_is_one_line_and_ids_are_whole(desk: Any, story: Any):
    story.reports("courier", f"zoom HK pauses: Zoom {'really ' * 60}stopped.", path="/" + "x" * 300)
    lines = desk("statements").out.splitlines()
    assert len(lines) == 3
    statement = desk("statements", "--json").objects[0]
    assert statement["id"][:12] in lines[1]
    assert statement["capture"][:12] in lines[1]
    assert statement["url"] in desk("captures", "list").out.splitlines()[1]


def test_explain_says_what_holds_what_does_not_and_who_was_told(desk: Any, told: Any):
    told.reports("courier", "zoom HK complies past: Zoom answered in 2019.", path="/c")
    out = desk("explain", "Zoom", "hk").out
    assert "pauses since 2026-11-02" in out
    assert out.count(": holds it") == 2
    assert "complies past" in out
    assert ": told as history" in out
    assert "new, major: nothing known → pauses" in out
    assert "queued to desk@example.org" in out
    assert "baseline" in desk("explain", "zoom", "US").out
    told_json = desk("explain", "zoom", "HK", "--json").objects
    assert len(told_json) == 1
    assert len(told_json[0]["statements"]) == 3


def test_a_stored_page_comes_back_byte_for_byte(desk: Any, told: Any, tmp_path: Path):
    listed = desk("captures", "list", "--source", "zoom-guide", "--json").objects
    identity = listed[0]["id"]
    answer = desk("captures", "show", identity[:12])
    assert answer.out == "zoom US conditional process=warrant: We ask for a warrant."
    assert "https://zoom.example/guide fetched 2026-11-01 12:00:00 UTC, status 200, ok" in answer.err
    page = tmp_path / "page.html"
    assert desk("captures", "show", identity, "--output", str(page)).out == ""
    assert page.read_text() == answer.out
    headers = desk("captures", "show", identity, "--headers").out
    assert headers.startswith("HTTP 200\n")
    assert "content-type: text/html" in headers
    assert "\x1b" not in headers
    assert desk("captures", "show", identity, "--json").objects[0]["headers"]["content-type"] == "text/html"


def test_an_unknown_or_ambiguous_capture_is_said(desk: Any, told: Any):
    unknown = desk("captures", "show", "ffffffffffffffff")
    assert (unknown.code, "captures list" in unknown.err) == (2, True)
    ambiguous = desk("captures", "show", "")
    assert (ambiguous.code, "give more of the id" in ambiguous.err) == (2, True)


def test_a_page_that_is_gone_from_the_archive_is_bad_news_not_a_crash(desk: Any, told: Any):
    identity = desk("captures", "list", "--source", "courier", "--json").objects[0]["id"]
    answer = desk("captures", "show", identity)
    assert (answer.code, answer.out) == (1, "")
    assert "test.warc.gz" in answer.err
    assert len(answer.err.splitlines()) == 1


def test_captures_can_be_had_by_outcome(desk: Any, story: Any):
    story.reports("courier", "! wall: asks for consent")
    assert [c["outcome"] for c in desk("captures", "list", "--outcome", "wall", "--json").objects] == ["wall"]
    assert desk("captures", "list", "--outcome", "ok", "--json").objects == []
    assert desk("captures", "list", "--outcome", "fine").code == 2


def test_the_outbox_is_shown_by_state(desk: Any, told: Any):
    queued = desk("alerts", "list", "--state", "queued", "--json").objects
    assert {a["recipient"] for a in queued} == {"desk@example.org"}
    out = desk("alerts", "list").out
    assert queued[0]["id"][:12] in out
    assert f"{len(queued)} queued" in out
    assert desk("alerts", "list", "--state", "lost").code == 2


def test_alerts_that_were_given_up_can_be_queued_again(desk: Any, told: Any):
    with told.store.writing() as session:
        (alert,) = outbox.due(session, told.clock())
        outbox.claim(session, alert, told.clock(), told.clock())
        outbox.mark_dead(session, alert.id, "550 nobody here")
    assert desk("alerts", "retry", "--to", "other@example.org", "--json").objects == [{"queued": 0}]
    assert "1 alert queued again" in desk("alerts", "retry").out
    assert [a["id"] for a in desk("alerts", "list", "--state", "queued", "--json").objects] == [alert.id]


def test_sources_are_listed_with_and_without_a_database(desk: Any, clock: Any):
    answer = desk("sources", "list")
    assert answer.code == 0
    assert "3 sources, 2 enabled" in answer.out
    assert "without figures: no database" in answer.err
    assert [s["id"] for s in desk("sources", "list", "--json").objects] == ["courier", "herald", "old"]


def test_sources_show_how_they_fare(desk: Any, story: Any):
    story.intake.failed("courier", "https://courier.example/feed", "the name does not resolve")
    listed = {s["id"]: s["health"] for s in desk("sources", "list", "--json").objects}
    assert listed["courier"]["failures"] == 1
    assert listed["herald"] is None
    assert "the name does not resolve" in desk("sources", "list").out


def test_rebuilding_what_is_right_finds_nothing(desk: Any, told: Any):
    answer = desk("db", "rebuild")
    assert (answer.code, answer.out) == (
        0,
        "company  authority  what\neverything is stored as it is derived\n",
    )
    assert desk("db", "rebuild", "--json").out == ""


def test_the_database_can_be_made_ahead(desk: Any):
    assert desk("db", "upgrade").out == f"database {desk.data}/stancewatch.db is current\n"
    assert desk("db", "upgrade", "--json").objects == [
        {"database": f"{desk.data}/stancewatch.db", "schema": "current"}
    ]
    assert desk("positions").code == 0


def test_settings_are_shown_without_their_secrets(desk: Any):
    desk.environ |= {
        "STANCEWATCH_SMTP__PASSWORD": "hunter2",
        "STANCEWATCH_DATABASE": "postgresql://watch:hunter3@db.example/watch?sslpassword=hunter4",
    }
    answer = desk("config", "show")
    assert "crawl.delay_s" in answer.out
    assert "postgresql://watch:***@db.example/watch" in answer.out
    assert desk("config", "show", "--json").objects[0]["settings"]["smtp"]["password"] == "**********"
    assert "hunter" not in answer.out + answer.err + desk("config", "show", "--json").out


def test_an_unreachable_database_is_one_line_without_the_password(desk: Any):
    desk.environ["STANCEWATCH_DATABASE"] = "postgresql://watch:hunter3@127.0.0.1:1/watch"
    answer = desk("positions")
    assert answer.code == 4
    assert "127.0.0.1:1" in answer.err
    assert "hunter3" not in answer.err
    assert len(answer.err.splitlines()) == 1


def test_fresh_schemas_are_said_to_be_fresh(desk: Any):
    assert desk("config", "schemas", "--check").code in (0, 1)
    assert desk("config", "schemas", "--check", "--json").objects[0].keys() == {"stale"}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("36h", datetime(2026, 10, 31, tzinfo=UTC)),
        ("7d", datetime(2026, 10, 25, 12, tzinfo=UTC)),
        ("2w", datetime(2026, 10, 18, 12, tzinfo=UTC)),
        ("2026-05-01", datetime(2026, 5, 1, tzinfo=UTC)),
        ("2026-05-01T06:00+02:00", datetime(2026, 5, 1, 4, tzinfo=UTC)),
    ],
)
def test_a_moment_is_a_day_or_an_age(words: str, expected: datetime, clock: Any):
    assert moment(words, clock()) == expected


def test_a_moment_that_is_none_is_refused(desk: Any, story: Any):
    answer = desk("changes", "--since", "yesterday")
    assert (answer.code, "36h" in answer.err) == (2, True)
    with pytest.raises(UsageError):
        moment("99999w9", datetime(2026, 1, 1, tzinfo=UTC) + timedelta())


def test_positions_of_another_day_and_as_known_then(desk, told):
    def stances(*options: str) -> set[str]:
        found = desk("positions", "--company", "zoom", "--authority", "HK", "--json", *options).objects
        return {held["stance"] for position in found for held in position["held"]}

    assert stances("--as-of", "2026-11-01") == set()
    assert stances("--as-of", "2026-11-03") == {"pauses"}
    assert stances("--known-at", "2026-11-01T12:30Z") == set()
    assert "is no time: write a day (2020-07-09)" in desk("positions", "--as-of", "soon").err


def test_a_held_text_is_shown_and_released(desk, story, clock):
    long = "zoom HK conditional process=warrant: We ask for a warrant.\n" + "And much else. " * 100
    for body in (long, "Nothing."):
        story.shows("zoom-guide", body)
        clock.tick(days=1)
    story.unchanged("zoom-guide")
    (held,) = desk("holds", "list", "--json").objects
    assert "its text shrank" in held["reason"]
    released = desk("holds", "release", held["document"][:12], "--who", "ana")
    assert (released.code, released.out) == (0, "released; 1 change follows\n")
    assert desk("holds", "list").out.endswith("nothing is held back\n")
    assert desk("holds", "list", "--all", "--json").objects[0]["who"] == "ana"
    assert desk("holds", "discard", "feed").code == 2


def test_what_today_s_rules_read_otherwise_is_told_first(desk, story):
    page = "<html><body><p>Zoom refuses all requests of Hong Kong's police for user data.</p></body></html>"
    story.shows("zoom-guide", page)
    tried = desk("reclassify", "--json").objects
    assert tried[-1]["applied"] is False
    assert tried[-1]["documents"] == 1
