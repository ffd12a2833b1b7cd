"""The conditions that a sentence states: legal process, kind of data, offence, notice. Words as the codebook defines them."""

from __future__ import annotations

import re

from extract.types import Facets

# What a sentence names only to say that it does not count ("a subpoena won't do", "doesn't need a warrant", "no longer on a subpoena").
_NOT_COUNTED = re.compile(
    r"\bsubpoenas?\b[^.;,]{0,20}\b(?:used to|won[’']t|will not|isn[’']t|is not|no longer|are not|aren[’']t|not enough|not suffic\w+)|"
    r"\b(?:never|no longer|not)\b[^.;,]{0,40}\b(?:in response to|on|for|with) (?:an? )?(?:mere )?subpoenas?\b|"
    r"\b(?:doesn[’']t|does not|don[’']t|do not|no longer) (?:need|require|ask for|want)\b[^.;]{0,40}\b(?:warrants?|consent|subpoenas?)\b|"
    r"\bwith or without (?:your |the user[’']s )?(?:consent|notice)(?:,? (?:and|or) with or without notice)?|\bbe content to\b|\bpledged about warrants\b",
    re.IGNORECASE,
)
_COURT = r"(?:courts?|judges?|magistrates?|tribunals?)"
_PROCESS = {
    "mlat": r"mutual[ -](?:legal )?assistance|\bmlats?\b|letters? rogatory|letters? of request|(?:legal|judicial) (?:assistance|co-?operation)|\btreat(?:y|ies)\b|cloud act agreement|executive agreement|"
    r"\b(?:through|via|approval of|by way of) (?:the )?(?:us |u\.s\. |american )?(?:justice department|department of justice)",
    "warrant": r"\bwarrants?\b",
    "court_order": r"\b(?:court|judicial|production|tribunal) (?:order|decision|ruling|approval|authori[sz]ation|permission)s?\b|\bjudicial authorit\w+[\"”]? has|"
    rf"\b{_COURT}[’']s? (?:order|decision|ruling|approval|blessing|permission|authori[sz]ation|go-ahead)|"
    rf"\border(?:s|ed)? (?:\w+ )?(?:of|from|by|issued by|signed by|approved by) (?:an? |the |any )?(?:\w+ ){{0,3}}{_COURT}\b|"
    rf"\b(?:ordered|approved|authori[sz]ed|confirmed|sanctioned|endorsed) (?:to (?:\w+ )?)?by (?:an? |the )?(?:\w+ ){{0,3}}{_COURT}\b|\b2703\(d\)|"
    rf"\b{_COURT}\b(?: \w+){{0,4}}? (?:has |have |had )?(?:orders?|ordered|confirmed|ruled|rules|decided|says? so|said|signed off|tells?|approved|agrees?)\b|"
    rf"\b(?:only|solely|nobody but|no one but|none but)\b (?:to )?(?:\w+ ){{0,2}}{_COURT}\b|\b{_COURT} (?:alone|only)\b|\bthrough (?:an? |the )?(?:\w+ )?courts?\b|judge has (?:ordered|approved)",
    "subpoena": r"\bsubpoenas?\b",
    "consent": r"\bconsents?\b|\bask the owner|\b(?:owner|user|customer|member|subscriber)(?:s|[’']s|s[’'])? (?:written |express |own )?(?:permission|agreement|agrees?|approv\w+)|\bopt(?:ed|s)?[ -]in\b|\bhas agreed\b",
    "emergency": r"\bemergenc|\bexigent|\bimminent (?:\w+ )?(?:harm|danger|threat|risk)|risk of (?:death|serious)|dangers? of death|\bphysical (?:danger|harm|injury)|"
    r"\b(?:life|lives) (?:is|are|was|were|may be|might be)? ?(?:in danger|at stake|at risk|threatened)|life-threatening|(?:danger|threat|risk)s? to (?:a |the |human |someone[’']s |somebody[’']s |a person[’']s )?(?:li(?:fe|ves)|safety)|"
    r"\b(?:may|might|could) (?:die|be killed)|\bbodily (?:injury|harm)",
    "legal_request": r"\b(?:valid|lawful|binding|enforceable|proper|appropriate|formal|official)(?:ly)?[\s,]+(?:and |or )?(?:(?!court|subpoena|warrant|search|judicial)[\w-]+[\s,]+){0,3}(?:requests?|orders?|process(?:es)?|demands?|documents?|inquir(?:y|ies)|letters?|claims?)\b|"
    r"\b(?:requests?|orders?|demands?|paperwork|claims?|instruments?|papers)\b[^.;]{0,30}\b(?:(?:is|are|be|was|were)|(?:that|which)[’']s) (?:\w+ )?(?:valid|lawful|binding|enforceable|in order)|\bcompulsory process|\bcome with paper|"
    r"\blegal (?:process(?:es)?|requests?|demands?|obligations?|requirements?|procedures?|orders?|basis|compulsion)\b|\bdue process\b|\blegally (?:valid|binding|required|obliged|compelled)|\bstatutory (?:provision|power|basis)|\bbasis in (?:\w+ ){0,2}(?:law|act)\b|"
    r"\b(?:required|compelled|obliged|obligated|permitted|forced) (?:to do so )?(?:by|under) (?:\w+ ){0,2}laws?\b|\blaws? (?:requires?|obliges?|compels?|prescribes?|demands?)|\bas required by law|\bin (?:accordance|compliance|line) with (?:the |applicable )?laws?\b|comply with (?:\w+ ){0,2}laws?\b|"
    r"\brequirements of (?:[\w’']+ ){0,3}law\b",
}
_DATA = {
    "content": r"(?<!non-)\bcontents?\b|\bmessages?\b|\bchats?\b|\be-?mails?\b(?! address|[’']? head| and (?:\w+ )?(?:ip|phone)|,? (?:phone|ip))|\bphotos?\b|\bpictures?\b|\brecordings?\b|\bfootage\b|\bvideos?\b(?! maker| programming)|\bclips?\b|\bconversations?\b|\bbackups?\b|\bmailbox(?:es)?\b|\bthe notes\b|\bwall\b|\btyped\b|\bwiretap",
    "metadata": r"\bmetadata\b|(?<!behind an )(?<!behind the )(?<!go with an )(?<!behind )\bips?\b(?: address(?:es)?| logs?)?(?! address)|(?<!chat )\blogs?\b|traffic data|connection (?:records|data)|log-?(?:ins?|ons?)\b|delivery times|\bcall(?: detail)? (?:records|logs|data)|\bheaders?\b|\bsessions?\b|last online|push[ -](?:notification|token)|\bnon-content",
    "subscriber": r"\bsubscriber(?:s|s[’']|[’']s)? (?:data|details|information|names?|records?|identit)|\bbasic subscriber|(?:tele)?phone numbers?|\bphone and|e-?mail address(?:es)?|(?<!that )(?<!which )(?<!it )\bnames?\b(?! the\b| an?\b)|(?<!the )account (?:holder|information|details|basics)|account (?:records?|data)|basic (?:account|user)|\bprofile details|registration (?:data|details)|inventory data|billing|\bwho is behind|\bidentif(?:y|ies|ied)\b|\bidentit(?:y|ies)\b|\bcustomer (?:details|records)|\bnon-content",
    "location": r"\b(?:geo)?locations?\b|geofence|\btrips?\b|\bwhereabouts\b|\bgps\b|\bcell[- ](?:site|tower)|\bwhere (?:an? |the |your |their )?(?:[\w’']+ )?(?:car|phone|vehicle|handset)\b",
    "keys": r"\b(?:encryption|decryption|private|secret|master) keys?\b",
    "device": r"\bdevices?\b|\bhandsets?\b|\bunlock\w*",
}
_OFFENCE = {
    "breach_of_terms": r"(?:crim|suspect|offen[cs]e)\w*[^.;]{0,80}(?:violat|breach|broke)\w*[^.;]{0,40}\b(?:terms|rules)|\brule-breakers?\b|\b(?:users?|those|people|anyone|accounts?) (?:who|that|which) (?:violat|breach|br[eo]ak)\w* [^.;]{0,20}\b(?:terms|rules)",
    "terrorism": r"terror",
    "serious": r"serious (?:crimes?|offen[cs]es?|criminal)|\bfelon",
    "any": r"\bany (?:crime|criminal|offen[cs]e)|criminal suspects|suspects in any",
}
_TELLS = r"\b(?:notif(?:y|ies|ied|ying|ication)|notice|tells?|telling|told|inform(?:s|ed|ing)?|warn(?:s|ed)?|alert(?:s|ed)?|hears?|let (?:you|users|them|customers|members) know|e-?mail you)\b(?! (?:the |an? )?(?:police|law enforcement|officers|authorit|agenc|detectives))"
_NOTICE = {
    "unless_prohibited": rf"{_TELLS}[^.;]{{0,120}}\b(?:unless|except|where not|if not|where no|so long as no|excepted)\b(?:[^.;]{{0,60}}(?:prohibit|forbid|barred|bars|law|gag|court|order|legally|judge))?|"
    rf"{_TELLS}[^.;]{{0,60}}\b(?:where|if|when|wherever) (?:the law|we (?:are|can|may|lawfully)|it (?:is|may|lawfully)|legally|lawfully|permitted|allowed)|\b(?:where|if|when|wherever) (?:the law|we (?:are|can|may|lawfully)|legally)[^.;]{{0,30}}(?:lets?|allow|permit|can)[^.;]{{0,40}}{_TELLS}|\bgag orders excepted",
    "delayed": rf"(?:delayed|later) notice|{_TELLS}[^.;]{{0,60}}\b(?:afterwards|once the|after the fact|later)\b|\bafter the fact\b",
    "before": rf"{_TELLS}[^.;]{{0,60}}\b(?:before|beforehand|prior|in advance|ahead|first)\b|before[^.;]{{0,20}}(?:disclos|provid)[^.;]{{0,40}}notif",
    "none": r"(?:not|never) (?:notify|inform|tell) (?:the |our |its |any )?(?:users?|customers?|members?|account|owners?|subscribers?|you)|without (?:notice|notifying|informing)",
}


def _all(patterns: dict[str, str], text: str) -> tuple[str, ...]:
    return tuple(
        sorted(name for name, pattern in patterns.items() if re.search(pattern, text, re.IGNORECASE))
    )


def _first(patterns: dict[str, str], text: str) -> str | None:
    return next((name for name, pattern in patterns.items() if re.search(pattern, text, re.IGNORECASE)), None)


def facets_in(text: str) -> Facets:
    """The facets that a `conditional` statement's evidence states."""
    text = _NOT_COUNTED.sub(" ", text)
    return Facets(_all(_PROCESS, text), _all(_DATA, text), _first(_OFFENCE, text), _first(_NOTICE, text))


def merged(first: Facets, second: Facets) -> Facets:
    """What two sentences of one document state together of the same stance."""
    return Facets(
        tuple(sorted({*first.process, *second.process})),
        tuple(sorted({*first.data, *second.data})),
        first.offence or second.offence,
        first.notice or second.notice,
    )
