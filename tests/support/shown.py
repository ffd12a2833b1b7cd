"""What a page of the desk shows to whoever reads it: its words, its tables, and where its links lead."""

from __future__ import annotations

import html as entities
import re
from dataclasses import dataclass

from lxml import html
from support.visits import Seen


@dataclass(frozen=True)
class Shown:
    """A page: its main part as words, and where its links lead."""

    text: str

    @property
    def main(self) -> html.HtmlElement:
        return html.document_fromstring(self.text).get_element_by_id("main")

    @property
    def words(self) -> str:
        """What is read on it, with single spaces."""
        return re.sub(r"\s+", " ", self.main.text_content()).strip()

    @property
    def links(self) -> list[str]:
        return [str(a.get("href")) for a in self.main.iter("a")]

    def part(self, heading: str) -> str:
        """The words of the section that a heading (its id) names."""
        (found,) = self.main.xpath(f"//*[@aria-labelledby='{heading}']")
        return re.sub(r"\s+", " ", found.text_content()).strip()

    def rows(self) -> list[list[str]]:
        """The cells of all tables' rows, without heads."""
        cells = [row.xpath("./th|./td") for row in self.main.xpath("//tbody/tr")]
        return [
            [re.sub(r"\s+", " ", entities.unescape(c.text_content())).strip() for c in row] for row in cells
        ]

    def link(self, words: str) -> str:
        """Where the link with these words leads."""
        found = [a for a in self.main.iter("a") if words in re.sub(r"\s+", " ", a.text_content())]
        assert found, f"no link says {words!r}: {self.words}"
        return str(found[0].get("href"))


def shown(seen: Seen) -> str:
    """What a person reads on a page: its text without the tags, blanks as one."""
    body = re.sub(r"(?s)<(script|style|svg|head)\b.*?</\1>", " ", seen.text)
    return re.sub(r"\s+", " ", entities.unescape(re.sub(r"<[^>]+>", " ", body))).strip()


def links(seen: Seen) -> list[str]:
    """Where its links lead."""
    return [entities.unescape(href) for href in re.findall(r'<a [^>]*?href="([^"]*)"', seen.text)]
