"""The API: tokens, the filters of the views, pages one after the other, positions as of a day, and rulings."""

from __future__ import annotations

import base64
import json

import pytest
from support.people import Browser, join
from support.visits import Seen

from extract.types import digest_of
from pipelines import ledger
from pipelines.store import people, queries
from pipelines.store.people import Role

PAUSE = "zoom HK pauses: Zoom stopped handling requests from Hong Kong."
REFUSAL = "meta US refuses: Meta refused to hand over the data."


class Program(Browser):
    """A program with a token."""

    def call(self, method: str, path: str, body: object = None) -> Seen:
        from http.client import HTTPConnection

        connection = HTTPConnection("127.0.0.1", self.site.port, timeout=20)
        try:
            sent = dict(self.headers) | ({"Content-Type": "application/json"} if body is not None else {})
            connection.request(method, "/api/v1" + path, json.dumps(body) if body is not None else None, sent)
            answer = connection.getresponse()
            return Seen(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read().decode())
        finally:
            connection.close()

    def read(self, path: str) -> dict:
        answer = self.call("GET", path)
        assert answer.status == 200, (answer.status, answer.text)
        return json.loads(answer.text)


@pytest.fixture
def program(site, store, clock):
    """Gives a program the token of a user."""

    def come(role: Role = Role.READER, user: Role | None = None) -> Program:
        owner = join(store, clock, user or role)
        secret = f"sw_{owner}"
        with store.writing() as session:
            people.add_token(session, owner, "script", role, digest_of(secret), clock())
        return Program(site, headers={"Authorization": f"Bearer {secret}"})

    return come


def test_nobody_without_a_token(site):
    stranger = Program(site, headers={})
    answer = stranger.call("GET", "/statements")
    assert (answer.status, json.loads(answer.text)["error"]) == (401, "Nobody is signed in.")
    assert answer.headers["www-authenticate"] == "Bearer"


def test_a_feed_reader_gives_the_token_as_a_password(site, program):
    bearer = program().headers["Authorization"].removeprefix("Bearer ")
    basic = base64.b64encode(f"anything:{bearer}".encode()).decode()
    assert Program(site, headers={"Authorization": f"Basic {basic}"}).call("GET", "/statements").status == 200
    assert Program(site, headers={"Authorization": "Basic !"}).call("GET", "/statements").status == 401


def test_a_token_ends_with_its_user_or_when_it_is_revoked(store, clock, program):
    one, other = program(), program()
    assert one.call("GET", "/runs").status == 200
    with store.writing() as session:
        mine, theirs = reversed(people.tokens(session))
        people.revoke_token(session, mine.id, None, clock())
        people.disable(session, theirs.user, clock())
    assert [p.call("GET", "/runs").status for p in (one, other)] == [401, 401]


def test_a_token_may_do_no_more_than_its_user_and_no_more_than_it_was_made_for(program):
    assert program(Role.ADMIN, user=Role.READER).call("GET", "/queue").status == 403
    assert program(Role.READER, user=Role.ANALYST).call("GET", "/queue").status == 403
    assert program(Role.ANALYST).call("GET", "/queue").status == 200


def test_pages_follow_one_another_without_gap_or_repetition(story, clock, program):
    for n in range(7):
        clock.tick(hours=1)
        story.reports("courier", PAUSE, path=f"/{n}")
    api, after, seen = program(), "", []
    while after is not None:
        page = api.read(f"/statements?limit=3&after={after}")
        seen += [item["first_seen"] for item in page["items"]]
        after = page["next"]
        if len(seen) == 3:
            clock.tick(hours=1)
            story.reports("herald", PAUSE, path="/meanwhile")
    assert seen == sorted(set(seen), reverse=True)
    assert len(seen) == 7


def test_filters_say_which_rows(story, clock, program):
    story.reports("courier", PAUSE)
    clock.tick(days=2)
    story.reports("herald", REFUSAL, path="/b")
    api = program()

    def companies(query: str) -> list[str]:
        return [item["company"] for item in api.read(query)["items"]]

    assert companies("/statements?company=zoom") == ["zoom"]
    assert companies("/statements?authority=us&stance=refuses") == ["meta"]
    assert companies("/statements?until=2026-11-01") == ["zoom"]
    assert companies("/statements?since=2026-11-02T00:00Z") == ["meta"]
    assert companies("/statements?ruled=accept") == []
    assert companies("/changes?severity=major&stance=pauses") == ["zoom"]
    assert companies("/positions?stance=refuses") == ["meta"]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("/statements?stance=maybe", "stance: 'maybe' is none of refuses"),
        ("/changes?since=yesterday", "since: 'yesterday' is no time"),
        ("/statements?after=rubbish", "There is no such place in this list."),
        ("/statements?after=WzFd", "There is no such place in this list."),
        ("/changes?after=WyIyMDI2IiwgMV0", "There is no such place"),
        ("/positions?after=WzEsMl0", "There is no such place"),
        ("/documents?q=zoom&after=Wzk5OTk5OTk5OTk5OTk5OTk5OTk5OTld", "There is no such place"),
        ("/documents?q=zoom&after=W3RydWVd", "There is no such place"),
        ("/changes?until=9999-12-31", "too far away"),
        ("/positions?as_of=9999-12-31", "as_of"),
        ("/statements?limit=1000", "The request cannot be read."),
    ],
)
def test_what_cannot_be_asked_is_told_in_words(program, query, words):
    answer = program().call("GET", query)
    assert answer.status in (400, 422)
    said = json.loads(answer.text)
    assert words.lower() in (said["error"] + said["hint"]).lower()


def test_positions_as_of_a_day_and_as_known_then(story, clock, program):
    story.reports("courier", PAUSE)
    clock.tick(days=3)
    midnight = clock().replace(hour=0)  # as what is dated by a day alone
    story.reports(
        "courier", "zoom HK complies: Zoom resumed handing over data.", path="/later", published=midnight
    )
    api = program()

    def stances(query: str) -> list[str]:
        return [held["stance"] for item in api.read(query)["items"] for held in item["held"]]

    assert stances("/positions") == ["complies"]
    assert stances("/positions?as_of=2026-11-03") == ["pauses"]
    assert stances("/positions?as_of=2026-11-02") == ["pauses"]
    assert stances("/positions?as_of=2026-10-30") == []
    assert stances("/positions?known_at=2026-11-02") == ["pauses"]
    assert api.read("/positions/zoom/HK?as_of=2026-11-02")["held"][0]["stance"] == "pauses"
    assert api.call("GET", "/positions/zoom/US").status == 404


def test_ruling_and_taking_back(story, program):
    story.reports("courier", PAUSE)
    api = program(Role.ANALYST)
    statement = api.read("/queue")["items"][0]["statement"]
    answer = api.call(
        "POST", f"/statements/{statement}/verdicts",
        {"ruling": "correct", "after": {"company": "Meta", "stance": "refuses"}, "reason": "wrong company"},
    )  # fmt: skip
    assert answer.status == 201, answer.text
    verdict = json.loads(answer.text)["verdicts"][0]
    assert verdict["after"] == {"company": "meta", "stance": "refuses"}
    assert api.read("/positions")["items"][0]["company"] == "meta"
    assert api.call("POST", f"/verdicts/{verdict['id']}/undo").status == 201
    assert api.read("/positions")["items"][0]["company"] == "zoom"
    assert [v["ruling"] for v in api.read("/verdicts")["items"]] == ["void", "correct"]
    assert api.call("POST", f"/statements/{statement}/comments", {"text": "Odd."}).status == 201
    assert api.read(f"/statements/{statement}")["comments"][0]["text"] == "Odd."


@pytest.mark.parametrize(
    "body",
    [
        {"ruling": "maybe"},
        {"ruling": "correct"},
        {"ruling": "accept", "after": {"stance": "refuses"}},
        {"ruling": "correct", "after": {"authority": "XX"}},
        {"ruling": "correct", "after": {"facets": {"colour": "red"}}},
        {"ruling": "correct", "after": {"evidence": {"start": 0, "end": 3, "text": "no!"}}},
        {"ruling": "accept", "extra": 1},
        ["accept"],
        None,
    ],
)
@pytest.mark.parametrize("database", ["sqlite"])
def test_senseless_rulings_change_nothing(story, program, body):
    story.reports("courier", PAUSE)
    api = program(Role.ANALYST)
    statement = api.read("/queue")["items"][0]["statement"]
    assert api.call("POST", f"/statements/{statement}/verdicts", body).status == 422
    assert api.read("/verdicts")["items"] == []


def test_rulings_and_runs_come_page_by_page_too(story, clock, program):
    for n in range(5):
        story.reports("courier", PAUSE, path=f"/{n}")
        ledger.finish_run(
            story.store, ledger.open_run(story.store, "crawl", clock()), "ok", {}, None, clock()
        )
    with story.store.reading() as session:
        said = queries.statements(session)
    for one in said:
        ledger.post_verdict(story.store, one.id, "accept", who="ana", now=clock(), context=story.context)
    api = program()
    for path in ("/verdicts", "/runs"):
        seen, after = [], ""
        while after is not None:
            page = api.read(f"{path}?limit=2&after={after}")
            seen += [item["id"] for item in page["items"]]
            after = page["next"]
        assert seen == sorted(set(seen), reverse=True)
        assert len(seen) == 5
        for rubbish in ("x", "9" * 10, "9" * 30):
            assert api.call("GET", f"{path}?after={rubbish}").status == 400


@pytest.mark.parametrize("database", ["sqlite"])
def test_it_describes_itself(program):
    schema = program().read("/openapi.json")
    assert schema["info"] == {
        "title": "stancewatch",
        "version": "1",
        "description": schema["info"]["description"],
    }
    assert {"/api/v1/statements", "/api/v1/positions/{company}/{authority}"} <= schema["paths"].keys()
    assert schema["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    parameters = {p["name"]: p for p in schema["paths"]["/api/v1/statements"]["get"]["parameters"]}
    assert parameters.keys() == {
        "company", "authority", "stance", "time", "ruled", "unsure", "by", "source", "since", "until", "after", "limit",
    }  # fmt: skip
    assert parameters["stance"]["schema"]["enum"][:2] == ["", "refuses"]
    routes = [route for path in schema["paths"].values() for route in path.values()]
    assert all(route["description"] for route in routes)
    asked = [p for route in routes for p in route.get("parameters", [])]
    assert [p["name"] for p in asked if not p.get("description")] == []
    failures = {code: r for route in routes for code, r in route["responses"].items() if code[0] in "45"}
    shapes = {r["content"]["application/json"]["schema"]["$ref"] for r in failures.values()}
    assert shapes == {"#/components/schemas/Failure"}


@pytest.mark.parametrize("number", ["-1", "9" * 10, "9" * 30])
def test_a_number_that_is_none_is_no_fault_of_the_database(program, number):
    answer = program(Role.ANALYST).call("POST", f"/verdicts/{number}/undo")
    assert answer.status in (404, 422)
    assert json.loads(answer.text)["error"]


@pytest.mark.parametrize("database", ["sqlite"])
def test_a_program_is_told_in_json_outside_the_api_too(site, program):
    for path in ("/exports/statements.csv?stance=maybe", "/feeds/changes.atom?kind=x", "/exports/users.csv"):
        answer = program().ask("GET", path)
        assert answer.status in (404, 422)
        assert json.loads(answer.text)["error"]


def test_what_is_in_force_or_moved_comes_with_the_words_that_prove_it(story, program):
    story.reports("courier", PAUSE, title="Zoom stops")
    api = program()
    (quote,) = {
        json.dumps(held["quote"], sort_keys=True)
        for held in (
            api.read("/positions")["items"][0]["held"][0],
            api.read("/positions/zoom/HK")["held"][0],
            api.read("/changes")["items"][0]["after"][0],
            api.read(f"/changes/{api.read('/changes')['items'][0]['id']}")["after"][0],
        )
    }
    said = api.read("/statements")["items"][0]
    expected = {"statement": said["id"]} | {
        name: said[name]
        for name in (
            "evidence", "speaker", "url", "title", "publisher", "site", "source", "published", "first_seen", "capture",
        )
    }  # fmt: skip
    assert json.loads(quote) == expected
