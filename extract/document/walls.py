"""What walls, error pages and shells say, and how much of a text is such talk. Rules on nothing: see outcome.py."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from extract.document.page import Page

# Words of body text. Checked on tests/golden: the longest wall there has 190, the shortest good article 35.
TINY = 40
SHORT = 200
LONG = 400  # a consent wall with its list of purposes may be this long
STUB = 250
ENOUGH = 40
MOSTLY = 0.5  # share of the words that stand in sentences of wall talk

BOT = re.compile(
    r"""verify(?:ing)?\ (?:that\ )?you(?:['’]re|\ are)\ (?:a\ )?(?:human|not\ a\ (?:ro)?bot) | (?:prove|confirm)\ (?:that\ )?you(?:['’]re|\ are)\ (?:a\ )?(?:human|not\ a\ (?:ro)?bot)
      | checking\ (?:if\ the\ site|your\ browser) | needs\ to\ review\ the\ security\ of\ your\ connection | unusual\ (?:traffic|activity)\ from\ your
      | enable\ javascript\ and\ cookies\ to\ continue | are\ you\ a\ (?:human|robot)\b | i['’]?\ ?a?m\ not\ a\ robot | press\ (?:and|&)\ hold
      | (?:complete|solve|enter|type)\ the\ (?:captcha|security\ check|characters) | you\ (?:have\ been|were|are\ being)\ (?:temporarily\ )?(?:blocked|rate\ limited)
      | your\ (?:ip(?:\ address)?|request|access|browser|connection)\ (?:has\ been|was|is)\ (?:temporarily\ )?(?:blocked|denied|flagged)
      | (?:ray|incident|reference|support)\ id\b | you\ don['’]t\ have\ permission\ to\ access | performance\ (?:&|and)\ security\ by | think(?:s)?\ you\ (?:are|might\ be)\ a\ (?:ro)?bot
      | this\ (?:may|process|will)\ (?:take|is\ automatic) | your\ browser\ will\ redirect | why\ (?:did\ this\ happen|have\ i\ been\ blocked) | access\ (?:to\ this\ page\ has\ been\ )?denied
      | something\ about\ your\ browser\ made\ us\ think | too\ many\ requests | protect(?:s|ed)?\ (?:itself|against)\ (?:from\ )?(?:online\ attacks|bots) | security\ service\ to\ protect
    """,
    re.IGNORECASE | re.VERBOSE,
)
NOT_FOUND = re.compile(
    r"""(?:page|article|story|content|link|document|url|address)\b[^.!?]{0,60}(?:(?:can|could)(?:['’]t|not|\ not)\ be\ found|not\ (?:be\ )?found|(?:does|do)(?:n['’]t|\ not)\ exist|no\ longer\ (?:exists?|available|here)|(?:has|may\ have)\ (?:been\ )?(?:moved|removed|deleted))
      | (?:can|could)(?:['’]t|not|\ not)\ find\ (?:the|that|this|a)\ (?:page|article|story|content) | looking\ for\b[^.!?]{0,60}(?:isn['’]t\ here|(?:does|do)(?:n['’]t|\ not)\ exist|moved|removed|not\ found|unavailable)
      | (?:check|try)\b[^.!?]{0,40}\b(?:url|address|spelling|search(?:ing)?|home\s?page) | (?:return|go\ back|back|head)\ to\ (?:the\ |our\ )?(?:home|front)\s?page | error\ 404 | 404\ error | we(?:['’]re|\ are)\ sorry
      | broken\ link | nothing\ (?:to\ see|was\ found)\ here
    """,
    re.IGNORECASE | re.VERBOSE,
)
LOGIN = re.compile(
    r"""(?:please\ )?(?:log|sign)(?:\ |-)?in\ (?:to|with|or|using)\b | (?:log|sign)\ in\ to\ (?:continue|your\ account|view|see) | forgot(?:ten)?\ (?:your\ )?(?:password|account|username)
      | (?:create|need|register|don['’]t\ have)\b[^.!?]{0,20}\baccount | remember\ me | (?:enter|use)\ your\ (?:e-?mail|password|username|phone) | must\ (?:be\ logged|log|sign)\ (?:in|on)
      | already\ (?:have\ an\ account|a\ member|registered) | continue\ with\ (?:google|apple|facebook|e-?mail) | new\ to\ \w+\? | keep\ me\ (?:logged|signed)\ in
    """,
    re.IGNORECASE | re.VERBOSE,
)
CONSENT = re.compile(
    r"""(?:we|partners|vendors|sites?)\b[^.!?]{0,80}\b(?:use|store|set|place|access)\b[^.!?]{0,60}\b(?:cookies|information\ on\ (?:a|your)\ device|trackers) | (?:you|your)\b[^.!?]{0,80}\b(?:consent|preferences|privacy\ (?:choices|settings)|choices)\b
      | (?:accept|reject|agree\ to|allow|decline|refuse|manage|withdraw)\b[^.!?]{0,40}\b(?:all|cookies|consent|partners|purposes|settings|options|preferences|choices) | we\ (?:value|care\ about|respect)\ your\ privacy
      | (?:clicking|click|select(?:ing)?|choos(?:e|ing)|tap(?:ping)?)\ ["“‘']?(?:accept|agree|i\ agree|ok|continue|reject|manage|more\ options) | before\ you\ continue | personali[sz]ed\ (?:ads|advertising|content)\b | legitimate\ interest
      | (?:cookies|identifiers)\b[^.!?]{0,60}\b(?:deliver|measure|personali[sz]e|improve|track|remember) | (?:our|and)\ \d*\ ?partners
    """,
    re.IGNORECASE | re.VERBOSE,
)
SCRIPT = re.compile(
    r"""(?:enable|requires?|need(?:s)?|turn\ on|activate|without|support(?:s)?|supported?|disabled|run|allow)\b[^.!?]{0,50}\bjava\s?script | java\s?script\b[^.!?]{0,50}\b(?:enable[d]?|required|disabled|turned\ off|not\ (?:available|supported|enabled)|to\ (?:run|view|use))
      | ^\s*(?:loading|please\ wait)\b[.… ]*$ | unsupported\ browser | your\ browser\ (?:is\ (?:not\ supported|out\ of\ date)|does\ not\ support)
    """,
    re.IGNORECASE | re.VERBOSE,
)
PAYWALL = re.compile(
    r"""subscribe\ (?:now\ )?(?:to\ (?:continue|read|keep|unlock|access|get\ (?:full|unlimited))|for\ full\ access) | (?:to\ )?(?:continue|keep)\ reading\b[^.!?]{0,60}\b(?:subscri|sign|register|account|free|trial|plan)
      | (?:subscri\w+|register|sign\ (?:in|up)|log\ in)\b[^.!?]{0,40}\bto\ (?:continue|keep|finish)\ reading | already\ a\ (?:subscriber|member)\? | (?:this|the)\ (?:article|story|content|piece)\ is\ (?:reserved\ |only\ |available\ (?:only\ )?)?(?:for|to)\ (?:our\ |paying\ |paid\ )?(?:subscribers|members)
      | (?:for|available\ to)\ subscribers\ only | unlock\ (?:this|the\ full)\ (?:article|story) | you(?:['’]ve|\ have)\ (?:reached|read|used)\b[^.!?]{0,40}\b(?:free\ articles|limit) | become\ a\ (?:subscriber|member)\ to\ (?:read|continue)
      | read\ the\ full\ (?:article|story)\ with\ a\b
    """,
    re.IGNORECASE | re.VERBOSE,
)
CONSENT_PLACE = re.compile(
    r"^(?:consent|cmp|privacy-?gate|cookie-?wall)\.|/(?:consent|cookie-?wall|privacy-?gate|collectconsent)(?:[/?._-]|$)",
    re.IGNORECASE,
)
LOGIN_PLACE = re.compile(
    r"/(?:log-?in|sign-?in|signon|auth|sso|accounts?/login|checkpoint)(?:[/?.]|$)", re.IGNORECASE
)

_BOT_TITLE = re.compile(
    r"""^(?:just\ a\ moment(?:\.\.\.|…)? | attention\ required!?(?:\ \|.*)? | (?:403\ )?access\ (?:to\ this\ page\ has\ been\ )?denied | access\ blocked | are\ you\ (?:a\ )?(?:human|robot)\?? | (?:robot|bot|human|security|browser)\ (?:check|verification|challenge)
      | pardon\ our\ interruption(?:\.\.\.|…)? | please\ (?:wait|verify).* | verif(?:y|ying)\ (?:that\ )?you\ are\ .* | ddos-guard | (?:one|un)\ moment(?:,\ please)?(?:\.\.\.|…)? | (?:error\ )?429.* | too\ many\ requests | captcha | human\ verification
      | (?:\S+\ )?checking\ your\ browser.* | request\ (?:blocked|unsuccessful).* | blocked | sorry,\ you\ have\ been\ blocked)$
    """,
    re.IGNORECASE | re.VERBOSE,
)
_NOT_FOUND_TITLE = re.compile(
    r"""^(?:(?:error|http|status)?[\s:-]*404(?:[\s:.!–—|-]+(?:error|page|file|not\ found|\(?page\ not\ found\)?|that.*error|oops.*))*[\s!.]*
      | (?:oops[!,.…\s]*)?(?:sorry[!,.…\s]*)?(?:the\ |this\ |that\ |requested\ )*(?:page|article|content|story|file|document|url|link)?\ ?(?:you\ requested\ )?(?:is\ |was\ |could\ |can\ ?)?(?:not\ |n['’]t\ )?(?:be\ )?(?:not\ )?found[\s!.]*
      | (?:the\ |this\ |that\ )?(?:page|article|content|story)\ (?:does\ not|doesn['’]t|no\ longer)\ exists?.* | (?:this\ |the\ )?(?:page|content|article)\ (?:is(?:n['’]t|\ not)|is\ no\ longer|not|no\ longer)\ available.*
      | (?:we\ )?can(?:['’]t|not)\ find\ (?:that|the|this)\ page.* | page\ (?:missing|unavailable|removed)[\s!.]*)$
    """,
    re.IGNORECASE | re.VERBOSE,
)
_LOGIN_TITLE = re.compile(
    r"^(?:log|sign)[\s-]?(?:in|on)\b.{0,40}$|^(?:account )?login\b.{0,40}$|^welcome back[\s!.]*$",
    re.IGNORECASE,
)
_CONSENT_BUTTON = re.compile(
    r"^(?:i\s)?(?:accept|agree|reject|allow|decline|consent|refuse|got it|manage|more options|(?:cookie|privacy) settings|customi[sz]e)\b",
    re.IGNORECASE,
)
_SITE_PART = re.compile(r"\s+[|–—·•«»:-]\s+")
_SENTENCE = re.compile(r"(?<=[.!?…])\s+|\n+")

_CHALLENGES = {
    b"_cf_chl_opt": "Cloudflare", b"/cdn-cgi/challenge-platform": "Cloudflare", b"cf-turnstile": "Turnstile", b"cf-error-details": "Cloudflare",
    b"captcha-delivery.com": "DataDome", b"px-captcha": "PerimeterX", b"_incapsula_resource": "Imperva", b"awswafintegration": "AWS WAF",
    b"aws-waf-token": "AWS WAF", b"sucuri_cloudproxy": "Sucuri", b"ddos-guard": "DDoS-Guard", b"errors.edgesuite.net": "Akamai",
    b"kpsdk": "Kasada", b"g-recaptcha": "reCAPTCHA", b"h-captcha": "hCaptcha", b"just a moment": "Just a moment",
    b"captcha": "captcha", b"enable javascript and cookies": "cookie check", b"verify you are human": "human check",
    b"unusual traffic": "traffic check",
}  # fmt: skip


def words_of(text: str) -> int:
    """How many words a text has."""
    return len(text.split())


def share(page: Page, talk: re.Pattern[str]) -> float:
    """The share of a page's words that stand in sentences of such talk, headline aside; of all it shows if it has no text."""
    text = page.body or page.signs.visible
    total = words_of(text)
    if not total:
        return 0.0
    return sum(words_of(s) for s in _SENTENCE.split(text) if talk.search(s)) / total


def challenge_header(headers: Mapping[str, str]) -> str | None:
    """The header by which a server says that it sent a check for robots instead of the page."""
    if headers.get("cf-mitigated", "").lower() == "challenge":
        return "cf-mitigated: challenge"
    if headers.get("x-amzn-waf-action", "").lower() in ("challenge", "captcha"):
        return f"x-amzn-waf-action: {headers['x-amzn-waf-action']}"
    return None


def challenge_body(body: bytes) -> str | None:
    """Whose check for robots stands in a body. Good pages carry such scripts too: ask only about refusals and near-empty pages."""
    low = body[:300_000].lower()
    return next((who for mark, who in _CHALLENGES.items() if mark in low), None)


def bot_title(title: str) -> bool:
    """Whether a whole <title> is one of a check for robots."""
    return bool(_BOT_TITLE.match(title)) or bool(_BOT_TITLE.match(_SITE_PART.split(title)[0]))


def not_found_title(title: str, publisher: str | None) -> bool:
    """Whether a whole title, the site's name aside, says that there is no page; "404 Media" does not."""
    parts = [p for p in _SITE_PART.split(title) if p.casefold() != (publisher or "").casefold()]
    return any(_NOT_FOUND_TITLE.match(part) for part in (title, *parts[:2]) if part)


def login_title(page: Page) -> bool:
    """Whether title or heading is that of a login form."""
    return bool(
        _LOGIN_TITLE.match(page.signs.heading) or _LOGIN_TITLE.match(_SITE_PART.split(page.signs.title)[0])
    )


def consent_buttons(labels: Iterable[str]) -> bool:
    """Whether a page has buttons to accept or refuse something."""
    return any(_CONSENT_BUTTON.match(label) for label in labels)
