"""/help: all keys, and what the words of the desk mean."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from extract.types import Outcome
from pipelines.store.people import Role
from review.access.roles import needs
from review.desk import Desk
from review.views.coding import KEYS as CODES

# Where they work → key → what it does.
KEYS = {
    "Everywhere": {
        "?": "the keys of the page you are on",
        "g t": "Today",
        "g q": "Queue",
        "g m": "Matrix",
        "g c": "Changes",
        "g l": "Statements",
        "g s": "Search",
        "g o": "Sources",
        "g r": "Runs",
        "g d": "Coding",
        "g e": "Exports",
        "g b": "Subscriptions",
        "g u": "Users",
        "g a": "Audit",
        "/": "into the search field of the page, if it has one",
        "j": "the next row of a list; Enter opens it",
        "k": "the row before",
        "n": "the next page of a list",
        "Esc": "out of a field, so that keys work again",
        "Ctrl Enter": "send the form of the field you are in",
    },
    "In the queue and on a statement": {
        "a": "accept",
        "r": "reject",
        "c": "correct",
        "s": "skip: look at it later",
        "u": "undo your last ruling",
        "w": "give a reason with accept or reject",
        "0": "the whole queue, from that of one company or pair",
        "m": "comment",
        "x": "the whole text",
        "e": "explain the position",
        "1": "the text",
        "2": "the page as archived",
        "3": "old and new wording",
    },
    "On other pages": {
        "1": "Today: the last 24 hours; a pair: all its statements",
        "2": "a pair: the statements that do not count, and why",
        "7": "Today: the last 7 days",
        "w": "a company, a pair: what waits for your ruling there",
        "v": "statements: those that you ruled on",
    },
    "When coding a sample": {
        "o": "code the next one",
        "p": "the one before",
        **{key: name for name, key in CODES.items()},
        "x": "the whole text",
    },
    "On a text that is held back": {"a": "release: believe it", "r": "discard: never believe it"},
    "On a capture": {"d": "download the bytes as received"},
}
STATUSES = {
    "provisional": "one independent publisher says so; nobody else yet",
    "confirmed": "the company's own page, two independent publishers or an analyst say so",
    "retracted": "what it rested on turned out not to hold",
    "baseline": "what a source said when it was read for the first time: recorded, told to nobody",
    "reclassified": "better rules found it in what was stored, not the company's doing: told to nobody",
    "major": "the company changed sides between cooperating, withholding and undecided",
    "minor": "another stance on the same side, or other terms of the same stance",
}
OUTCOMES = {
    Outcome.OK: "the page, as it should be: the only one that may begin or end a statement",
    Outcome.NOT_MODIFIED: "the site says that nothing changed since the last look",
    Outcome.MOVED: "the page lies at another address now",
    Outcome.WALL: "a request to sign in or to consent in place of the page",
    Outcome.BOT_WALL: "a page that keeps programs out",
    Outcome.SOFT_404: "a page that says that there is no such page, with a status that says otherwise",
    Outcome.SCRIPT_SHELL: "nothing to read without JavaScript",
    Outcome.LANGUAGE_FLIPPED: "the page in another language than its source is read in",
    Outcome.PAYWALL_STUB: "the beginning of a text that must be paid for",
    Outcome.EMPTY: "no text",
    Outcome.ERROR: "no answer, or one that could not be read",
}
OTHERS = {
    "statement": "a company's stance towards an authority, as one text tells it, with the sentence that proves it",
    "position": "what is in force for a company and an authority, worked out from all statements and rulings",
    "change": "a position's step from one state to the next",
    "capture": "one answer of a site, kept as it was received",
    "document": "the text that was read out of a capture",
    "ruling": "what an analyst says of a statement; it outranks every rule, and a later one replaces it",
    "held back": "not believed until an analyst looked: the page shrank, or the text would move many positions at once",
    "unsure": "read with too little certainty to move anything by itself",
    "*": "authorities in general",
}


def router(desk: Desk) -> APIRouter:
    """The route of the help."""
    routes = APIRouter(prefix="/help", dependencies=[needs(Role.READER)])

    @routes.get("")
    def look(request: Request) -> Response:
        return desk.page(
            request, "help.html", keys=KEYS, statuses=STATUSES, outcomes=OUTCOMES, others=OTHERS,
        )  # fmt: skip

    return routes
