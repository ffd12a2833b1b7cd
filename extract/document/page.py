"""What reading a body gives: the Document, and the signs by which its outcome is judged. Decides nothing."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from extract.types import Document


class UnreadableError(Exception):
    """A body that cannot be turned into text; the words say why. It never means that a statement is gone."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(f"{url}: {reason}")
        self.url = url
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Signs:
    """What the structure of a page tells beside its text. A PDF or plain text has none of it."""

    title: str = ""  # as in <title>
    heading: str = ""  # the first <h1>
    visible: str = ""  # what a reader sees of a page with little text: all of it, boilerplate too
    noscript: str = ""  # what it shows to a browser without JavaScript
    scripts: int = 0
    mount: bool = False  # an empty element that a script would fill
    password: bool = False  # a field for a password
    buttons: tuple[str, ...] = ()
    metered: bool = False  # says itself that the text is not free to read
    article: bool = False  # says itself that it is an article (JSON-LD, Open Graph)
    refresh: str | None = None  # where <meta http-equiv=refresh> leads within seconds


@dataclass(frozen=True)
class Page:
    """A read body. `document` is None if there is no text at all, and then `nothing` says why.

    `headline` counts the characters at the front of the text that are the headline and not the body;
    `content_language` is what the body reads like, None if it is too short to tell.
    """

    document: Document | None
    signs: Signs = Signs()
    nothing: str = ""
    headline: int = 0
    content_language: str | None = None

    @cached_property
    def body(self) -> str:
        """The text without its headline."""
        return self.document.text[self.headline :].lstrip() if self.document else ""

    @cached_property
    def words(self) -> int:
        """How many words the body has."""
        return len(self.body.split())
