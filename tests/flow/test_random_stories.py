"""Weeks of random events through the real store: after each, everything derived anew is what is stored, and the outbox is true.

Pages are touched up, flap and fall silent; outlets report, edit, and report old things; analysts rule and decide; mails
leave. Old reports are left out of the fold early (`thinning`), and few positions may move at once.
"""

from __future__ import annotations

import random
from contextlib import suppress
from dataclasses import replace
from functools import partial

import pytest
from support.store import Story

from pipelines import ledger, positions
from pipelines.store import outbox, queries
from pipelines.suspicion import Limits
from pipelines.thinning import spendable

SAID = {
    "refuses": ["We refuse all requests from {} for user data.", "No data goes to {}, whatever it asks."],
    "complies": ["We hand over data whenever {} asks us to."],
    "conditional process=court_order": ["We disclose user data to {} only on a court order."],
    "conditional process=legal_request": ["We may disclose user data to {} on a valid legal request."],
    "pauses": ["We paused the handling of requests by {} for now."],
    "reviewing": ["We are reviewing our policy towards {} at present."],
    "refuses past": ["Last year we refused what {} asked for."],
}
PLAIN = ["Welcome to our guide.", "Contact us by mail at any time.", "Last updated today.", "More. " * 300]
NAMES = {"HK": "Hong Kong", "US": "the United States", "*": "any authority"}
PAGES = {"zoom-guide": ["zoom"], "meta-guide": ["meta", "whatsapp"]}
RULINGS = [
    ("accept", None),
    ("reject", None),
    ("correct", {"authority": "HK"}),
    ("correct", {"company": "whatsapp"}),
    ("correct", {"stance": "unable"}),
    ("correct", {"time": "past"}),
]


class Events:
    """Draws one event after the other."""

    def __init__(self, story: Story, seed: int) -> None:
        self.story, self.draw = story, random.Random(seed)
        self.shown: dict[str, list[list[str]]] = {page: [["Welcome to our guide."]] for page in PAGES}

    def next(self) -> None:
        """Something happens, and time goes on."""
        what = [
            self.page,
            self.report,
            self.ruling,
            self.undoing,
            self.decision,
            self.delivery,
            self.unchanged,
        ]
        self.draw.choices(what, [8, 8, 4, 1, 1, 2, 2])[0]()
        self.story.clock.tick(hours=self.draw.choice([1, 3, 13, 24, 24, 48, 24 * 7, 24 * 50]))

    def line(self, companies: list[str]) -> str:
        stance, sentences = self.draw.choice(list(SAID.items()))
        authority = self.draw.choice(["HK", "HK", "US", "*"])
        said = self.draw.choice(sentences).format(NAMES[authority])
        perhaps = " perhaps" if self.draw.random() < 0.1 else ""
        return f"{self.draw.choice(companies)} {authority} {stance}{perhaps}: {said}"

    def page(self) -> None:
        """It goes back to an earlier text, is touched up at one line, or is written anew."""
        page = self.draw.choice(list(PAGES))
        lines, before = list(self.shown[page][-1]), self.draw.choice(self.shown[page])
        kind = self.draw.choice(["back", "put in", "put in", "changed", "taken out", "anew"])
        at = self.draw.randrange(len(lines))
        if kind == "back":
            lines = before
        elif kind == "put in":
            lines.insert(at, self.draw.choice([self.line(PAGES[page]), self.draw.choice(PLAIN)]))
        elif kind == "changed":
            lines[at] = self.line(PAGES[page])
        elif kind == "taken out":
            del lines[at]
        else:
            lines = [self.line(PAGES[page]) for _ in range(self.draw.randrange(3))]
        lines = list(dict.fromkeys(lines)) or ["Nothing."]
        self.shown[page].append(lines)
        self.story.shows(page, "\n".join(lines))

    def unchanged(self) -> None:
        self.story.unchanged(self.draw.choice(list(PAGES)))

    def report(self) -> None:
        """One outlet, or a dozen of its articles; new or edited, dated or not."""
        body = "\n".join(
            dict.fromkeys(self.line(["zoom", "meta"]) for _ in range(self.draw.choice([1, 1, 2])))
        )
        for n in range(self.draw.choice([1, 1, 1, 12])):
            self.story.reports(
                self.draw.choice(["courier", "herald"]),
                f"{body}\nNumber {self.draw.choice([n, n, 0])}.",
                path=f"/{self.draw.choice([self.draw.randrange(4), self.draw.random()])}",
                published=self.draw.choice([None, self.story.clock() if n else None]),
            )
            self.story.clock.tick(hours=5)

    def ruling(self) -> None:
        """On anything, or on what is new."""
        with self.story.store.reading() as session:
            statements = sorted(queries.statements(session, limit=None), key=lambda s: (s.first_seen, s.id))
        if statements:
            said = self.draw.choice(statements[-self.draw.choice([5, len(statements)]) :])
            ruling, after = self.draw.choice(RULINGS)
            now, context = self.story.clock(), self.story.context
            ledger.post_verdict(
                self.story.store, said.id, ruling, who="ana", after=after, now=now, context=context
            )

    def undoing(self) -> None:
        with self.story.store.reading() as session:
            ruled = queries.verdicts(session, limit=1)
        for verdict in ruled:
            now, context = self.story.clock(), self.story.context
            with suppress(ledger.UndoError):
                ledger.undo_verdict(self.story.store, verdict.id, who="ana", now=now, context=context)

    def decision(self) -> None:
        with self.story.store.reading() as session:
            held = sorted(h.document for h in queries.holds(session, None))
        if held:
            decision = self.draw.choice(["released", "discarded"])
            now, context = self.story.clock(), self.story.context
            ledger.post_decision(
                self.story.store, self.draw.choice(held), decision, who="ana", now=now, context=context
            )

    def delivery(self) -> None:
        with self.story.store.writing() as session:
            for alert in outbox.due(session, self.story.clock()):
                if outbox.claim(session, alert, self.story.clock(), self.story.clock.tick(minutes=1)):
                    outbox.mark_sent(session, alert.id, self.story.clock())


def faults_of(story: Story) -> list[str]:
    """What is not as it should be at this moment."""
    faults = [f"derived otherwise: {d}" for d in ledger.rebuild(story.store, context=story.context)]
    with story.store.reading() as session:
        changes = {c.id: c for c in queries.changes(session, limit=None)}
        alerts = outbox.alerts(session, limit=None)
    for alert in alerts:
        change = changes[alert.change_id]
        if alert.state == "queued" and alert.change_status != change.status:
            faults.append(f"waits with a status that is over: {alert}")
        if alert.state == "queued" and change.baseline and change.status != "retracted":
            faults.append(f"waits about a baseline: {alert}")
    takers_back = {(a.change_id, a.recipient) for a in alerts if a.change_status == "retracted"}
    for alert in alerts:
        retracted = changes[alert.change_id].status == "retracted"
        if alert.state == "sent" and retracted and (alert.change_id, alert.recipient) not in takers_back:
            faults.append(f"never taken back: {alert}")
    return faults


@pytest.mark.parametrize("by_text", [12, 1])
@pytest.mark.parametrize("seed", range(6))
def test_whatever_happens_what_is_stored_is_what_is_derived(store, clock, monkeypatch, seed, by_text):
    monkeypatch.setattr(ledger.concluding, "spendable", partial(spendable, worth=5))
    monkeypatch.setattr(positions, "STATEMENTS_NAMED", 2)
    plain = ledger.context_of
    monkeypatch.setattr(ledger, "context_of", lambda of: replace(plain(of), limits=Limits(by_text=by_text)))
    story = Story(store, clock)
    events = Events(story, seed)
    for n in range(30):
        events.next()
        assert faults_of(story) == [], f"after event {n}"
