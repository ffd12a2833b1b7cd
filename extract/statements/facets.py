"""The conditions that a sentence states: legal process, kind of data, offence, notice. Words as the codebook defines them."""

from __future__ import annotations

import re

from extract.types import Facets

_PROCESS = {
    "mlat": r"mutual (?:legal )?assistance|\bmlats?\b|letters? rogatory|(?:legal|judicial) assistance|\btreat(?:y|ies)\b|cloud act agreement|executive agreement",
    "warrant": r"\bwarrants?\b",
    "court_order": r"\b(?:court|judicial|judge[’']?s?|production) (?:order|decision|ruling|authori[sz]ation)s?\b|\border(?:s|ed)? (?:of|from|by|issued by|signed by) (?:a|the|any) (?:\w+ )?(?:court|judge|magistrate)|\b2703\(d\)|\bcourt (?:has )?(?:orders?|ordered)\b|judge has (?:ordered|signed|approved)",
    "subpoena": r"\bsubpoenas?\b",
    "consent": r"\bconsents?\b",
    "emergency": r"\bemergenc|\bexigent|imminent (?:\w+ )?(?:harm|danger|threat|risk)|risk of (?:death|serious)|dangers? of death|\b(?:life|lives) (?:is|are|was|were|may be|might be)? ?(?:in danger|at stake|at risk)|life-threatening|(?:danger|threat|risk) to (?:a |the |human |someone[’']s |somebody[’']s )?li(?:fe|ves)",
    "legal_request": r"\b(?:valid|lawful|binding|enforceable|proper|appropriate|formal|official)(?:ly)?[\s,]+(?:and |or )?(?:(?!court|subpoena|warrant|search|judicial)[\w-]+[\s,]+){0,3}(?:requests?|orders?|process(?:es)?|demands?|documents?|inquir(?:y|ies))\b|"
    r"\b(?:requests?|orders?|demands?)\b[^.;]{0,30}\b(?:is|are|be|was|were) (?:\w+ )?(?:valid|lawful|binding|enforceable)|"
    r"\blegal (?:process(?:es)?|requests?|demands?|obligations?|requirements?|procedures?|orders?|basis)\b|\bdue process\b|\blegally (?:valid|binding|required|obliged|compelled)|"
    r"\b(?:required|compelled|obliged|obligated|permitted|forced) (?:to do so )?(?:by|under) (?:\w+ ){0,2}laws?\b|\blaws? (?:requires?|obliges?|compels?)|\bas required by law|\bin (?:accordance|compliance|line) with (?:the |applicable )?laws?\b|comply with (?:\w+ ){0,2}laws?\b",
}
_DATA = {
    "content": r"\bcontents?\b|\bmessages?\b|\bchats?\b|\be-?mails? (?:bodies|text)|\bphotos?\b|\brecordings?\b|\bfootage\b|\bconversations?\b",
    "metadata": r"\bmetadata\b|\bip address(?:es)?\b|\blogs?\b|traffic data|connection (?:records|data)|log-?ins?\b|delivery times",
    "subscriber": r"\bsubscribers?\b|(?:tele)?phone numbers?|e-?mail address(?:es)?|\bname and\b|account (?:holder|information|details|records?|data)|basic (?:account|user)|registration data|inventory data|billing (?:record|address|info)",
    "location": r"\blocations?\b|geofence|\btrips?\b|\bwhereabouts\b",
    "keys": r"\b(?:encryption|decryption|private|secret|master) keys?\b",
    "device": r"\b(?:devices?|handsets?|iphones?)\b",
}
_OFFENCE = {
    "breach_of_terms": r"(?:crim|suspect|offen[cs]e)\w*[^.;]{0,80}(?:violat|breach|broke)\w*[^.;]{0,40}\b(?:terms|rules)",
    "terrorism": r"terror",
    "serious": r"serious (?:crimes?|offen[cs]es?|criminal)|\bfelon",
    "any": r"\bany (?:crime|criminal|offen[cs]e)|criminal suspects|suspects in any",
}
_NOTICE = {
    "unless_prohibited": r"(?:notif|notice|tell|inform)[^.;]{0,120}(?:unless|except|where not|if not|where no)[^.;]{0,60}(?:prohibit|forbid|barred|law|gag|court|order|legally)|(?:notif|inform|tell)[^.;]{0,60}(?:where|if|when|wherever) (?:the law|we (?:are|can|may)|it is)[^.;]{0,30}(?:law|permit|allow|lets)",
    "before": r"(?:notif|notice|tell|inform)[^.;]{0,60}(?:before|prior|in advance|ahead)|before[^.;]{0,20}(?:disclos|provid)[^.;]{0,40}notif",
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
