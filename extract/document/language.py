"""Which language a text is in: what the page declares if the content agrees, else what the content reads like."""

from __future__ import annotations

import re
from functools import cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

_LOOKED_AT = 1200  # characters; more takes longer and tells no more
_LEAST_WORDS = 25
_SURE = 0.95
_TAG = re.compile(r"^\s*([A-Za-z]{2})(?:$|[-_\s,;])")


@cache
def _identifier() -> LanguageIdentifier:
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def language_tag(value: str | None) -> str | None:
    """The ISO 639-1 part of a language tag ("en-GB" gives "en"), None if there is none."""
    match = _TAG.match(value or "")
    return match.group(1).lower() if match else None


def content_language(text: str) -> str | None:
    """What a text reads like, as ISO 639-1; None if it is too short or too mixed to tell."""
    sample = text[:_LOOKED_AT]
    if len(sample.split()) < _LEAST_WORDS:
        return None
    language, probability = _identifier().classify(sample)
    return str(language) if probability >= _SURE else None


def agreed(declared: str | None, content: str | None) -> str | None:
    """The language of a document: the content's where it could be told, else the declared one."""
    return content or declared
