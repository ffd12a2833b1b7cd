"""Who is told of which change: the filters of subscribers, and what is never told to anybody."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pipelines.alerts.matching import Audience, alerts_for, mail_domain_of
from pipelines.changes import Change
from pipelines.config import Subscriber

PARENTS = {"zoom": None, "meta": None, "whatsapp": "meta", "threads": "whatsapp"}
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def change(**more) -> Change:
    return Change(
        **{
            "id": "d" * 64,
            "company": "whatsapp",
            "authority": "IN",
            "kind": "stance",
            "severity": "minor",
            "status": "confirmed",
            "reason": "accepted by an analyst",
            "before": (),
            "after": (),
            "occurred": NOON,
            "found": NOON,
            "baseline": False,
        }
        | more
    )


def told(changes, *subscribers: Subscriber, before=None) -> list[tuple[str, str]]:
    """(recipient, status) of the alerts that changes call for."""
    many = changes if isinstance(changes, list) else [changes]
    intents = alerts_for(many, Audience(subscribers, PARENTS, "desk.example"), before or {}, NOON)
    return [(i.recipient, i.change_status) for i in intents]


def wants(**filters) -> Subscriber:
    return Subscriber(email="ana@desk.example", **filters)


@pytest.mark.parametrize(
    ("filters", "told_of", "not_told_of"),
    [
        ({}, {}, {"kind": "new"}),
        ({"companies": ("whatsapp",)}, {}, {"company": "meta"}),
        ({"companies": ("meta",)}, {}, {"company": "zoom"}),
        ({"companies": ("meta",)}, {"company": "threads"}, {"company": "zoom"}),
        ({"authorities": ("IN", "*")}, {"authority": "*"}, {"authority": "US"}),
        ({"kinds": ("terms",)}, {"kind": "terms"}, {}),
        ({"severity": "major"}, {"severity": "major"}, {"severity": "minor"}),
        ({"when": "confirmed"}, {}, {"status": "provisional"}),
        ({"when": "provisional"}, {"status": "provisional"}, {"kind": "new"}),
        ({"companies": ("meta",), "severity": "major"}, {"severity": "major"}, {}),
    ],
)
def test_a_subscriber_gets_what_all_filters_let_through(filters, told_of, not_told_of):
    assert told(change(**told_of), wants(**filters)) == [("ana@desk.example", change(**told_of).status)]
    assert told(change(**not_told_of), wants(**filters)) == []


@pytest.mark.parametrize("status", ["provisional", "confirmed"])
@pytest.mark.parametrize("quiet", [{"baseline": True}, {"company": "dogcorp"}])
def test_a_baseline_and_an_unlisted_company_alert_nobody_but_who_was_told_is_told_of_the_end(quiet, status):
    everything = wants(kinds=("new", "stance", "terms", "withdrawn"), when="provisional")
    silent = change(status=status, **quiet)
    before = {silent.id: ["ana@desk.example"]}
    assert told(silent, everything, before=before) == []
    over = change(status="retracted", **quiet)
    assert told(over, everything, before=before) == [("ana@desk.example", "retracted")]
    assert told(over, everything) == []


def test_a_retraction_goes_to_whom_was_told_whatever_they_ask_for_today():
    taken_back = change(status="retracted")
    before = {taken_back.id: {"eva@desk.example", "ana@desk.example"}}
    assert told(taken_back, wants(companies=("zoom",)), before=before) == [
        ("ana@desk.example", "retracted"),
        ("eva@desk.example", "retracted"),
    ]
    assert told(taken_back, wants()) == []


def test_the_same_thing_told_to_the_same_person_is_the_same_message():
    audience = Audience((wants(), Subscriber(email="ben@desk.example")), PARENTS, "desk.example")
    first, again = (alerts_for([change()], audience, {}, NOON) for _ in range(2))
    assert first == again
    others = alerts_for([change(status="provisional"), change(id="e" * 64)], audience, {}, NOON)
    assert len({i.message_id for i in (*first, *others)}) == len({i.id for i in (*first, *others)}) == 4


def test_a_subscriber_named_twice_is_told_once():
    assert told([change(), change()], wants(), wants(severity="minor")) == [("ana@desk.example", "confirmed")]


def test_parents_that_go_round_in_circles_end():
    audience = Audience((wants(companies=("zoom",)),), {"a": "b", "b": "a"}, "desk.example")
    assert alerts_for([change(company="a")], audience, {}, NOON) == []


@pytest.mark.parametrize(
    ("sender", "domain"),
    [
        ("Desk <desk@news.example>", "stancewatch.news.example"),
        ("desk@news.example", "stancewatch.news.example"),
    ],
)
def test_message_ids_are_of_the_senders_domain(sender, domain):
    assert mail_domain_of(sender) == domain
