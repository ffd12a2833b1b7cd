"""The conditions that a sentence states: legal process, kind of data, offence, notice. Words as the codebook defines them."""

from __future__ import annotations

import re

from extract.types import Facets

_PROCESS = {
    "mlat": r"mutual legal assistance|\bmlats?\b|letters? rogatory|legal assistance treat",
    "warrant": r"\bwarrants?\b",
    "court_order": r"\b(?:court|judicial|judge[’']?s?) (?:order|decision|ruling|authori[sz]ation)s?\b|\border(?:s|ed)? (?:of|from|by|issued by) (?:a|the|any) (?:\w+ )?(?:court|judge|magistrate)|relevant judicial",
    "subpoena": r"\bsubpoenas?\b",
    "consent": r"\bconsent\b",
    "emergency": r"\bemergenc|imminent (?:harm|danger|threat|risk)|risk of (?:death|serious)|danger of death",
    "legal_request": r"\b(?:valid|lawful|binding|enforceable|proper|appropriate|formal)\b[^.;]{0,40}\b(?:requests?|orders?|process|demands?|documents?)\b|legal (?:process|requests?|demands?|obligations?)|(?:required|compelled|obliged|permitted) (?:to do so )?(?:by|under) (?:\w+ )?law",
}
_DATA = {
    "content": r"\bcontents?\b|\bmessages?\b|\be-?mails? (?:bodies|text)|photos?\b|\bcommunications\b",
    "metadata": r"\bmetadata\b|\bip address(?:es)?\b|\blogs?\b|traffic data|connection (?:records|data)|log-?in",
    "subscriber": r"\bsubscriber\b|phone numbers?|email address(?:es)?|\bname and\b|account (?:holder|information|details)|basic (?:account|user)",
    "location": r"\blocations?\b|geofence",
    "keys": r"\bkeys?\b",
    "device": r"\b(?:devices?|handsets?|iphones?)\b",
}
_OFFENCE = {
    "breach_of_terms": r"(?:crim|suspect|offen[cs]e)\w*[^.;]{0,80}(?:violat|breach|broke)\w*[^.;]{0,40}\bterms",
    "terrorism": r"terror",
    "serious": r"serious (?:crimes?|offen[cs]es?|criminal)|\bfelon",
    "any": r"any (?:crime|criminal|offen[cs]e)",
}
_NOTICE = {
    "unless_prohibited": r"(?:notif|notice|tell|inform)[^.;]{0,80}(?:unless|except|where not|if not)[^.;]{0,40}(?:prohibit|forbid|barred|law|gag|court)",
    "before": r"(?:notif|notice|tell|inform)[^.;]{0,60}(?:before|prior|in advance)|before[^.;]{0,20}(?:disclos|provid)[^.;]{0,40}notif",
    "delayed": r"(?:delayed|later) notice|(?:notif|inform)[^.;]{0,40}(?:afterwards|once the)",
    "none": r"(?:not|never) (?:notify|inform|tell)|without (?:notice|notifying|informing)",
}


def _all(patterns: dict[str, str], text: str) -> tuple[str, ...]:
    return tuple(
        sorted(name for name, pattern in patterns.items() if re.search(pattern, text, re.IGNORECASE))
    )


def _first(patterns: dict[str, str], text: str) -> str | None:
    return next((name for name, pattern in patterns.items() if re.search(pattern, text, re.IGNORECASE)), None)


def facets_in(text: str) -> Facets:
    """The facets that a `conditional` statement's evidence states."""
    return Facets(_all(_PROCESS, text), _all(_DATA, text), _first(_OFFENCE, text), _first(_NOTICE, text))


def merged(first: Facets, second: Facets) -> Facets:
    """What two sentences of one document state together of the same stance."""
    return Facets(
        tuple(sorted({*first.process, *second.process})),
        tuple(sorted({*first.data, *second.data})),
        first.offence or second.offence,
        first.notice or second.notice,
    )
