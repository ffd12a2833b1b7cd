"""A change, or a digest of several, as a mail: subject, plain text and HTML, from the same facts. Does not send or store.

Everything scraped is text: cleaned of unseen characters here, escaped by the HTML environment, and never a link.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

import css_inline
from jinja2 import BaseLoader, Environment, FunctionLoader, StrictUndefined

from extract.types import Side
from pipelines.alerts import words
from pipelines.alerts.text import Pieces, brings_marks, clean, differences, wrap
from pipelines.alerts.view import ChangeView, EvidenceView, HeldView
from pipelines.settings import Deliver

SUBJECT_LIMIT = 200
SENTENCE_LIMIT = 1200
# Sources told in full; the others are named. One event in twelve outlets need not be read twelve times.
FULL_SOURCES = 2
SIDES = {Side.COOPERATING: "cooperating", Side.WITHHOLDING: "withholding", Side.UNDECIDED: "undecided"}


@dataclass(frozen=True, slots=True)
class Mail:
    """What a recipient reads. `subject` is one line of at most 200 visible characters."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class Source:
    """One piece of evidence, ready to show."""

    sentence: str
    own_marks: bool
    pieces: Pieces
    title: str
    publisher: str
    byline: str
    url: str
    dates: str
    said_by: str
    rule: str
    confidence: str
    capture: str


@dataclass(frozen=True, slots=True)
class Block:
    """One stance before or after the change, with its sources."""

    stance: str
    side: str
    conditions: str
    since: str
    sources: list[Source]
    others: str


@dataclass(frozen=True, slots=True)
class Item:
    """One change in a digest. `source` is what it rests on, in the words that say it best; None if none are stored.

    `over`: those words are what it said before.
    """

    authority: str
    before: str
    after: str
    lead: str
    kind: str
    occurred: str
    status: str
    reason: str
    source: Source | None
    over: bool
    explain: str


@dataclass(frozen=True, slots=True)
class Part:
    """All changes of one severity in a digest, by company."""

    severity: str
    label: str
    companies: list[tuple[str, list[Item]]]


def render(view: ChangeView, stop: str | None = None) -> Mail:
    """The mail about a change. `stop` is the address where its recipient unsubscribes."""
    return _mail("alert", words.subject_of(view), _facts(view) | {"stop": stop})


def text_of(view: ChangeView) -> str:
    """The plain text of the mail about a change, alone."""
    return _text("alert", _facts(view) | {"stop": None})


def render_digest(views: Sequence[ChangeView], deliver: Deliver, stop: str | None = None) -> Mail:
    """One mail about several changes, major ones first, then by company. `stop` as in `render`.

    Instant: what one text moved of one company.
    """
    lead = clean(words.digest_lead(views))
    label = "Told together" if deliver == "instant" else f"{deliver.capitalize()} digest"
    title = lead if deliver == "instant" else f"{label}: {lead}"
    facts = {"title": title, "lead": lead, "label": label, "parts": _parts(views), "stop": stop}
    return _mail("digest", f"[stancewatch] {title}", facts)


def _mail(template: str, subject: str, facts: Mapping[str, Any]) -> Mail:
    html = (
        _environment(escape=True).get_template(f"{template}.html").render(facts, style=_template("alert.css"))
    )
    inliner = css_inline.CSSInliner(load_remote_stylesheets=False, keep_at_rules=True)
    return Mail(
        subject=clean(subject, SUBJECT_LIMIT),
        text=_text(template, facts),
        html=inliner.inline(html),
    )


def _text(template: str, facts: Mapping[str, Any]) -> str:
    return _environment(escape=False).get_template(f"{template}.txt").render(facts).strip() + "\n"


def _parts(views: Sequence[ChangeView]) -> list[Part]:
    parts = []
    for severity, label in (("major", "Major: changes of side"), ("minor", "Minor")):
        companies: dict[str, list[Item]] = {}
        ordered = sorted(views, key=lambda v: (v.company_name.casefold(), v.occurred, v.id))
        for view in (v for v in ordered if v.severity == severity):
            companies.setdefault(clean(view.company_name), []).append(_item(view))
        if companies:
            parts.append(Part(severity, label, list(companies.items())))
    return parts


def _item(view: ChangeView) -> Item:
    fresh = [h for h in view.after if not _holds_on(h, view.before)]
    shown = next((e for h in (*fresh, *view.after, *view.before) for e in h.evidence), None)
    return Item(
        authority=clean(view.authority_name),
        before=words.position_words(view.before, terms=view.kind == "terms"),
        after=words.position_words(view.after, terms=view.kind == "terms"),
        lead=clean(words.lead_of(view)),
        kind=words.kind_words(view),
        occurred=_day(view.occurred),
        status=view.status,
        reason=clean(words.why(view)),
        source=_source(view, shown, None, new=True) if shown else None,
        over=not any(h.evidence for h in view.after),
        explain=_explain(view),
    )


def _facts(view: ChangeView) -> dict[str, Any]:
    """All that both templates show."""
    # What differs; where one side has nothing of its own, what it stands against is shown.
    before = [h for h in view.before if not _holds_on(h, view.after)] or list(view.before)
    after = [h for h in view.after if not _holds_on(h, view.before)] or list(view.after)
    return {
        "lead": clean(words.lead_of(view)),
        "company": clean(view.company_name),
        "authority": clean(view.authority_name),
        "before": words.position_words(view.before, terms=view.kind == "terms"),
        "after": words.position_words(view.after, terms=view.kind == "terms"),
        "kind": words.kind_words(view),
        "status": view.status,
        "reason": clean(words.why(view)),
        "label_new": "Told then" if view.status == "retracted" else "Now",
        "old": _blocks(view, before, after, new=False),
        "new": _blocks(view, before, after, new=True),
        "unchanged": ", ".join(h.stance for h in view.after if _holds_on(h, view.before)),
        "occurred": _day(view.occurred),
        "found": _moment(view.found),
        "explain": _explain(view),
    }


def _explain(view: ChangeView) -> str:
    return shlex.join(["stancewatch", "explain", view.company, view.authority])


def _holds_on(held: HeldView, others: Iterable[HeldView]) -> bool:
    return any(o.stance == held.stance and o.facets == held.facets for o in others)


def _blocks(view: ChangeView, before: list[HeldView], after: list[HeldView], *, new: bool) -> list[Block]:
    """One side of the change, each first sentence compared with its counterpart on the other side."""
    blocks = []
    own, other = (after, before) if new else (before, after)
    for i, held in enumerate(own):
        match = next((o for o in other if o.stance == held.stance), other[i] if i < len(other) else None)
        against = match.evidence[0].sentence if match and match.evidence else None
        blocks.append(_block(view, held, against, new=new))
    return blocks


def _block(view: ChangeView, held: HeldView, against: str | None, *, new: bool) -> Block:
    distinct = {e.sentence: e for e in reversed(held.evidence)}
    shown = [e for e in held.evidence if distinct[e.sentence] is e][:FULL_SOURCES]
    named = [e for e in held.evidence if e not in shown]
    return Block(
        stance=held.stance,
        side=SIDES[held.stance.side],
        conditions=", ".join(words.facet_words(held.facets)),
        since=_day(held.since),
        sources=[_source(view, e, against if i == 0 else None, new=new) for i, e in enumerate(shown)],
        others=_list_others(shown, named),
    )


def _list_others(shown: list[EvidenceView], named: list[EvidenceView]) -> str:
    """Who else carries it, of those whose words are not shown."""
    told = {_publisher(e) for e in shown}
    return ", ".join(dict.fromkeys(name for e in named if (name := _publisher(e)) not in told))


def _source(view: ChangeView, evidence: EvidenceView, against: str | None, *, new: bool) -> Source:
    sentence = clean(evidence.sentence, SENTENCE_LIMIT)
    pieces: Pieces = [(sentence, False)]
    if against is not None:
        other = clean(against, SENTENCE_LIMIT)
        pieces = differences(other, sentence)[1] if new else differences(sentence, other)[0]
    speaker = view.company_name if evidence.speaker == view.company else evidence.speaker
    return Source(
        sentence=sentence,
        own_marks=brings_marks(sentence),
        pieces=pieces,
        title=clean(evidence.title or "(no title)", 300),
        publisher=_publisher(evidence),
        byline=clean(evidence.author or "", 120),
        url=clean(evidence.url, 500),
        dates=f"{_published(evidence)}; first seen {_moment(evidence.fetched)}",
        said_by=clean(speaker or "", 120),
        rule=evidence.rule,
        confidence=f"{evidence.confidence:.2f}",
        capture=evidence.capture,
    )


def _published(evidence: EvidenceView) -> str:
    return f"published {_day(evidence.published)}" if evidence.published else "no date given"


def _publisher(evidence: EvidenceView) -> str:
    if evidence.own:
        return f"{clean(evidence.own, 100)}, its own page"
    return clean(evidence.publisher or "", 120) or _host(evidence.url)


def _host(url: str) -> str:
    try:
        return clean(urlsplit(url).hostname or url, 120)
    except ValueError:  # urlsplit refuses some malformed hosts; the address is still shown
        return clean(url, 120)


def _day(moment: datetime) -> str:
    return f"{moment.day} {moment:%B %Y}"


def _moment(moment: datetime) -> str:
    return f"{_day(moment)}, {moment:%H:%M} UTC"


def _template(name: str) -> str:
    return files("pipelines.alerts").joinpath("templates", name).read_text(encoding="utf-8")


@cache
def _environment(*, escape: bool) -> Environment:
    """Two environments, because autoescape must never depend on a file's suffix."""
    loader: BaseLoader = FunctionLoader(_template)
    environment = Environment(
        loader=loader,
        autoescape=escape,  # noqa: S701  # off only for the plain-text part
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
    )
    environment.filters["wrap"] = wrap
    return environment
