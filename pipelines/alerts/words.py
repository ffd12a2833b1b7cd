"""How changes are said in words: stances, conditions and authorities as an analyst reads them in a mail. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from extract.types import Facets, Stance
from pipelines.alerts.view import ChangeView, HeldView
from pipelines.terms import Direction, compare

# "Zoom {now} …" and "before, it {before}"; {requests} is "data requests from authorities in Hong Kong".
NOW = {
    Stance.REFUSES: "refuses {requests}",
    Stance.CHALLENGES: "is challenging {requests}",
    Stance.PAUSES: "has paused handling {requests}",
    Stance.REVIEWING: "is reviewing how to answer {requests}",
    Stance.CONDITIONAL: "answers {requests} on stated conditions only",
    Stance.COMPLIES: "complies with {requests}",
    Stance.UNABLE: "says it has no data to give on {requests}",
    Stance.WITHDRAWS: "withdraws rather than answer {requests}",
}
BEFORE = {
    Stance.REFUSES: "refused them",
    Stance.CHALLENGES: "challenged them",
    Stance.PAUSES: "had paused handling them",
    Stance.REVIEWING: "was reviewing how to answer them",
    Stance.CONDITIONAL: "answered them on stated conditions only",
    Stance.COMPLIES: "complied with them",
    Stance.UNABLE: "said it had no data to give",
    Stance.WITHDRAWS: "was withdrawing",
}
PROCESS = {
    "consent": "with the user's consent",
    "emergency": "in an emergency",
    "subpoena": "on a subpoena",
    "court_order": "on a court order",
    "warrant": "on a warrant",
    "mlat": "through a mutual legal assistance treaty",
    "legal_request": "on a valid legal request",
}
DATA = {
    "content": "content",
    "metadata": "metadata",
    "subscriber": "subscriber details",
    "location": "location data",
    "keys": "encryption keys",
    "device": "access to a device",
}
OFFENCE = {
    "terrorism": "in terrorism cases",
    "serious": "in cases of serious crime",
    "breach_of_terms": "in cases that also break its terms of service",
    "any": "whatever the offence",
}
NOTICE = {
    "before": "telling the user beforehand",
    "delayed": "telling the user afterwards",
    "unless_prohibited": "telling the user unless the law forbids it",
    "none": "without telling the user",
}
# Companies that a digest names in its subject.
DIGEST_NAMES = 3
# Names of countries that want an article in a sentence.
WITH_ARTICLE = (
    "United ",
    "European ",
    "Czech Republic",
    "Netherlands",
    "Philippines",
    "Bahamas",
    "Gambia",
    "Maldives",
)


def position_words(held: Sequence[HeldView], *, terms: bool = False) -> str:
    """The stances in force in the product's own words: "pauses + reviewing"; with `terms` each with its conditions."""
    named = (
        f"{h.stance} ({', '.join(said)})" if terms and (said := facet_words(h.facets)) else h.stance
        for h in held
    )
    return " + ".join(dict.fromkeys(named)) or "no stated position"


def facet_words(facets: Facets) -> list[str]:
    """Each condition as a phrase, in the codebook's order: what data, by which process, for what, telling whom."""
    return [
        *(DATA.get(data, data) for data in sorted(facets.data)),
        *(PROCESS.get(process, process) for process in sorted(facets.process)),
        *([OFFENCE.get(facets.offence, facets.offence)] if facets.offence else []),
        *([NOTICE.get(facets.notice, facets.notice)] if facets.notice else []),
    ]


def conditions_changed(view: ChangeView) -> tuple[list[str], list[str]]:
    """The conditions that a change gained and lost, over the stances held both before and after."""
    before = {h.stance: facet_words(h.facets) for h in view.before}
    gained, lost = [], []
    for held in view.after:
        if held.stance in before:
            now = facet_words(held.facets)
            gained += [words for words in now if words not in before[held.stance]]
            lost += [words for words in before[held.stance] if words not in now]
    return gained, lost


def direction_words(view: ChangeView) -> str:
    """Which way the terms moved: "widened", "narrowed", or "changed" where both or neither can be said."""
    before = {h.stance: h.facets for h in view.before}
    moved = [compare(before[h.stance], h.facets) for h in view.after if h.stance in before]
    found = {change.direction for change in moved if change is not None}
    return found.pop() if len(found) == 1 else Direction.CHANGED


def why(view: ChangeView) -> str:
    """Why it has its status; how terms moved is left out where the mail is about nothing else and says it better."""
    return view.reason.partition("; terms of ")[0] if view.kind == "terms" else view.reason


def kind_words(view: ChangeView) -> str:
    """What sort of change it is: "Major change of stance"."""
    if view.kind == "stance":
        return f"{view.severity.capitalize()} change of stance"
    if view.kind == "terms":
        return f"Terms {direction_words(view)}"
    return {
        "new": "First stated position",
        "withdrawn": "Statement withdrawn",
        "contradicted": "Report against the company's own page",
    }[view.kind]


def subject_of(view: ChangeView) -> str:
    """The subject line: "[stancewatch] Zoom → Hong Kong: complies → pauses (confirmed)"."""
    before, after = position_words(view.before), position_words(view.after)
    step = f"{after}, terms {direction_words(view)}" if view.kind == "terms" else f"{before} → {after}"
    return f"[stancewatch] {view.company_name} → {view.authority_name}: {step} ({view.status})"


def lead_of(view: ChangeView) -> str:
    """One sentence that says what changed."""
    said = (
        _withdrawn(view)
        if not view.after
        else {"terms": _terms, "withdrawn": _withdrawn}.get(view.kind, _moved)(view)
    )
    if view.status == "retracted":
        return f"Retracted: we told you that {said}. That no longer stands."
    return f"Not yet confirmed: {said}." if view.status == "provisional" else f"{said}."


def digest_lead(views: Sequence[ChangeView]) -> str:
    """What a digest holds: "3 changes at Meta and Zoom"."""
    names = sorted({view.company_name for view in views}, key=str.casefold)
    shown = (
        names if len(names) <= DIGEST_NAMES else [*names[:DIGEST_NAMES], f"{len(names) - DIGEST_NAMES} more"]
    )
    return f"{len(views)} change{'' if len(views) == 1 else 's'} at {_list(shown)}"


def _moved(view: ChangeView) -> str:
    held, holds = {h.stance for h in view.before}, {h.stance for h in view.after}
    fresh = _each(NOW, [h for h in view.after if h.stance not in held])
    ended = _each(BEFORE, [h for h in view.before if h.stance not in holds])
    kept = _each(NOW, [h for h in view.after if h.stance in held])
    requests = _requests(view)
    if not fresh:  # what it newly says only ends what was said otherwise
        now = _list(kept).format(requests=requests)
        over = f"; that it {_list(ended)} no longer holds" if ended else ""
        return f"{view.company_name} {now}{over}"
    now = _list([fresh[0].format(requests=requests), *(f.format(requests="them") for f in fresh[1:])])
    if not view.before:
        return f"{view.company_name} {now}; no position of it was known before"
    words = [f"{view.company_name} {now}"]
    if ended:
        words.append(f"before, it {_list(ended)}")
    if kept:
        still = _list(kept).format(requests="them")
        words.append(
            f"what was known before stands until then: it {still}"
            if view.status == "provisional"
            else f"as before, it {still}"
        )
    return "; ".join(words)


def _each(phrases: Mapping[Stance, str], held: Sequence[HeldView]) -> list[str]:
    return [phrases[stance] for stance in dict.fromkeys(h.stance for h in held)]


def _terms(view: ChangeView) -> str:
    gained, lost = conditions_changed(view)
    step = direction_words(view)
    steps = [f"now also {', '.join(gained)}"] if gained else []
    steps += [f"no longer {', '.join(lost)}"] if lost else []
    how = f": {'; '.join(steps)}" if steps else ", in other words than before"
    return f"{view.company_name} {step} the terms on which it answers {_requests(view)}{how}"


def _withdrawn(view: ChangeView) -> str:
    kept = {h.stance for h in view.after}
    gone = [BEFORE[h.stance] for h in view.before if h.stance not in kept]
    before = f"; before, it {_list(gone)}" if gone else ""
    return f"{view.company_name} no longer says how it answers {_requests(view)}{before}"


def _requests(view: ChangeView) -> str:
    if view.authority == "*":
        return "data requests from authorities in general"
    article = "the " if view.authority_name.startswith(WITH_ARTICLE) else ""
    return f"data requests from authorities in {article}{view.authority_name}"


def _list(parts: Sequence[str]) -> str:
    *most, last = parts
    return f"{', '.join(most)} and {last}" if most else last
