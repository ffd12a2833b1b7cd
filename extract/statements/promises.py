"""What a company says that it never came to: "so far, this has never happened", said beside a statement on its own page.

It is no stance, but a change of terms that takes such words away is another one than a change that leaves them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from extract.statements.sentences import Sentence
from extract.types import Statement, Time

_REACH = 2  # sentences of the paragraph behind a statement in which "this" still means it
_THIS = r"\b(?:this|that|it|such an? \w+|none of (?:this|these|those)|neither)\b"
_HAPPENED = (
    r"(?:happened|occurred|taken place|arisen|come (?:up|to (?:this|that|pass))|(?:been|become) (?:the case|necessary|needed|used|invoked|required|done)|"
    r"been (?:asked|ordered|compelled|forced|required|obliged)(?: to do (?:so|this|that))?|"
    r"(?:had (?:cause |reason |occasion )?to (?:do|make use of)|done|made use of) (?:so|this|that|it))"
)
_NEVER = re.compile(
    rf"{_THIS}[^.;]{{0,20}}\b(?:has|have|had)(?: so far| to date| to this day)? never (?:yet |once |actually )?{_HAPPENED}|"
    rf"\b(?:we|\w+) ha(?:s|ve) never (?:yet |once |actually )?(?:{_HAPPENED})|"
    rf"{_THIS}[^.;]{{0,20}}\b(?:has|have) (?:yet|still) to (?:happen|occur|arise|take place)\b|"
    rf"{_THIS}[^.;]{{0,20}}\b(?:has|have)(?: not|n[’']t) (?:yet )?(?:happened|occurred|taken place|been (?:the case|necessary))(?: yet| so far| to date)?\b|"
    r"\bno such (?:order|request|demand|disclosure|case|warrant|transfer)s? (?:has|have) (?:ever |yet |so far |to date )?(?:been|happened|occurred|come|reached)\b|"
    r"\bwe (?:have )?(?:never|not once) received (?:any |one |a )?such\b",
    re.IGNORECASE,
)


def is_promise(text: str) -> bool:
    """Whether a sentence says that what was told before it never came to pass."""
    return bool(_NEVER.search(text))


def with_promises(statements: Sequence[Statement], sentences: Sequence[Sentence]) -> tuple[Statement, ...]:
    """The statements of a company's own page, each with the promise that stands in or right behind one of its sentences."""
    promises = [s for s in sentences if is_promise(s.text)]
    if not promises:
        return tuple(statements)
    return tuple(_with_promise(s, sentences, promises) for s in statements)


def _with_promise(
    statement: Statement, sentences: Sequence[Sentence], promises: Sequence[Sentence]
) -> Statement:
    if statement.time is Time.PAST:
        return statement
    said = [support.text for support in statement.supports]
    for place in (s for s in sentences if any(s.text in text for text in said)):
        for promise in promises:
            if promise.paragraph == place.paragraph and 0 <= promise.index - place.index <= _REACH:
                return replace(statement, promise=promise.text)
    return statement
