"""Pages to measure on: written here from our own sentences, the same for the same seed; or wrapped around given texts."""

from __future__ import annotations

import html
import json
import random
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from extract.types import Capture, SourceKind

FETCHED = datetime(2026, 11, 20, tzinfo=UTC)
DEMO = Path(__file__).parents[1] / "config" / "demo" / "sites"

_STANCES = (
    "{c} has refused to hand over the data of its users to the authorities in {a}, the company said.",
    "{c} said that it had suspended the processing of data requests from the police in {a}.",
    "{c} is reviewing the new law in {a} and has not decided how to answer requests for user data.",
    "A court in {a} will hear the appeal of {c} against an order to give up the records of four accounts.",
    "{c} complied with two thirds of the requests of {a} for user data last year, its report says.",
    "We disclose the content of an account to law enforcement only in response to a search warrant.",
    "{c} cannot read the messages of its users and so has nothing to hand over, a spokeswoman said.",
)  # fmt: skip
_OTHERS = (
    "The harbour was closed for three days after the storm, and ferries went by the northern route.",
    "{c} opened an office in {a} on Monday, with room for two hundred people and a canteen.",
    "Shares of {c} rose by four per cent after the company had shown a telephone with two hinges.",
    "The mayor promised that the pool would be mended before the summer, for the third time.",
    "Engineers found that the battery lasts a day longer if the screen is dimmed after dusk.",
    "The ministry published figures on rainfall, and farmers in {a} asked for help with the seed.",
    "Readers wrote to say that the crossword of last week had two answers to the ninth question.",
    "In the second half the guests played with ten men, which one could not see from the score.",
    "We collect your name, your address and the hours at which you use the service.",
    "You may ask us at any time to correct what we hold about you, and we answer within a month.",
    "The new version of the app loads twice as fast and takes half of the space on a telephone.",
    "A study over four winters shows that the herring returns to where the water is quiet.",
    "Rain fell on the second day of the fair, which did not keep the brass bands from playing.",
    "The bridge has two lanes for bicycles now, painted green, and a bench in the middle.",
    "Her third novel begins on a tram and ends, four hundred pages later, on the same tram.",
    "Tomatoes were dear this year because the frost came late and the bees came later.",
    "The orchestra has a new conductor, who is twenty-nine and plays the horn for pleasure.",
    "Nobody was hurt when the roof of the old cinema fell in during the night.",
    "The film runs for three hours, of which the last is the best.",
    "Two climbers reached the summit from the north for the first time since 1961.",
    "Its camera is good by day and brave by night, and the battery lasts until supper.",
    "A kilo of flour is eleven cents dearer than in spring, bakers complain.",
    "The keeper of the lighthouse retires after forty years and will move to the mountains.",
    "Tickets for the final were gone within nine minutes.",
    "The museum shows ninety clocks, none of which tells the right time.",
    "Astronomers counted eleven new moons around the ringed planet, the smallest of them a mile wide.",
    "The team trains twice a week in a hall that smells of floor polish.",
    "In the valley the first snow came overnight, and schools began an hour later.",
)  # fmt: skip
_COMPANIES = ("Zoom", "Telegram", "Google", "Apple", "Signal", "Meta", "Microsoft")
_AUTHORITIES = ("Hong Kong", "Russia", "India", "Brazil", "Germany", "the United States")
_LABEL_WORDS = (
    "Home World Business Technology Science Sport Culture Opinion Letters Weather Jobs About Contact Archive"
)
_LABELS = _LABEL_WORDS.split()
_SCRIPT = "(function(){var q=window.q||[];q.push(['load',{id:%d,parts:['a','b','c'],now:+new Date()}]);window.q=q})();"


def _sentences(dice: random.Random, count: int, relevant: bool) -> list[str]:
    company, authority = dice.choice(_COMPANIES), dice.choice(_AUTHORITIES)
    chosen = [dice.choice(_OTHERS) for _ in range(count)]
    if relevant:
        for _ in range(max(1, count // 12)):
            chosen[dice.randrange(count)] = dice.choice(_STANCES)
    return [s.format(c=company, a=authority) for s in chosen]


def _frame(dice: random.Random, title: str, inner: str) -> str:
    links = "".join(f'<li class="item"><a href="/{w.lower()}">{w}</a></li>' for w in dice.sample(_LABELS, 10))
    scripts = "".join(f"<script>{_SCRIPT % n * dice.randint(4, 40)}</script>" for n in range(6))
    teasers = "".join(
        f'<div class="teaser"><a href="/s/{n}"><img src="/i/{n}.jpg" alt=""><h3>{html.escape(dice.choice(_OTHERS).format(c="It", a="town"))}</h3></a></div>'
        for n in range(12)
    )
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)} | Sample</title>'
        f'<meta property="og:title" content="{html.escape(title)}"><meta property="article:published_time" content="2026-11-{dice.randint(1, 19):02d}T08:00:00Z">'
        f"{scripts}<style>{'.a{color:#333}' * 200}</style></head><body><header><nav><ul>{links}</ul></nav></header>"
        f'<main><article><h1>{html.escape(title)}</h1>{inner}</article></main><aside class="related">{teasers}</aside>'
        f"<footer><ul>{links}</ul><p>Sample page of stancewatch</p></footer>{scripts}</body></html>"
    )


def _capture(number: int, kind: SourceKind, body: bytes) -> Capture:
    url = f"https://sample.example/pages/{number}"
    return Capture(
        "bench",
        kind,
        url,
        url,
        FETCHED,
        200,
        {"content-type": "text/html"},
        body,
        publisher="Sample",
        language="en",
    )


def written(count: int, seed: int, relevant: float) -> Iterator[Capture]:
    """Pages of our own: nine in ten are articles of 150 to 900 words, the others policy pages of 3,000 to 6,000."""
    dice = random.Random(seed)
    for number in range(count):
        policy = number % 10 == 9
        sentences = _sentences(
            dice, dice.randint(180, 360) if policy else dice.randint(9, 55), dice.random() < relevant
        )
        parts, place = [], 0
        while place < len(sentences):
            step = dice.randint(1, 4)
            text = html.escape(" ".join(sentences[place : place + step]))
            parts.append(f"<ul><li>{text}</li></ul>" if policy and dice.random() < 0.2 else f"<p>{text}</p>")
            place += step
        yield _capture(
            number,
            SourceKind.PAGE if policy else SourceKind.FEED,
            _frame(dice, sentences[0], "".join(parts)).encode(),
        )


def samples() -> Iterator[Capture]:
    """The pages of the demo's sample sites."""
    for number, path in enumerate(sorted(DEMO.rglob("*.html")), 100_000):
        yield _capture(number, SourceKind.FEED, path.read_bytes())


def wrapped(texts: Path, seed: int) -> Iterator[Capture]:
    """The texts of a JSON Lines file ("title", "text", "site" for a company's own page) inside the same frame."""
    dice = random.Random(seed)
    for number, line in enumerate(texts.read_text(encoding="utf-8").splitlines(), 200_000):
        document = json.loads(line)
        inner = "".join(f"<p>{html.escape(p)}</p>" for p in re.split(r"\n+", document["text"]) if p.strip())
        kind = SourceKind.PAGE if document.get("site") else SourceKind.FEED
        yield _capture(number, kind, _frame(dice, document.get("title") or "Untitled", inner).encode())
