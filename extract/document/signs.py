"""Reads the signs of a page's structure, before anything is taken out of its tree."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urljoin

from lxml.html import HtmlElement

from extract.document.blocks import clean
from extract.document.jsonld import articles_of
from extract.document.metadata import title_element
from extract.document.page import Signs

_MOUNTS = frozenset(
    {
        "root",
        "app",
        "__next",
        "__nuxt",
        "___gatsby",
        "app-root",
        "react-root",
        "main-app",
        "svelte",
        "ember-app",
    }
)
_REFRESH = re.compile(r"^\s*(\d+)(?:\.\d+)?\s*[;,]\s*url\s*=\s*['\"]?([^'\"\s]+)", re.IGNORECASE)
_SOON_S = 10
_MOST_BUTTONS = 40


def _metered(root: HtmlElement, nodes: list[dict[str, Any]]) -> bool:
    if any(str(node.get("isAccessibleForFree", "")).lower() == "false" for node in nodes):
        return True
    tiers = (
        m.get("content", "").lower() for m in root.iter("meta") if m.get("property") == "article:content_tier"
    )
    return any(tier in ("locked", "metered") for tier in tiers)


def _refresh(root: HtmlElement, url: str) -> str | None:
    for element in root.iter("meta"):
        if element.get("http-equiv", "").lower() == "refresh":
            match = _REFRESH.match(element.get("content", ""))
            if match and int(match.group(1)) <= _SOON_S:
                try:
                    return str(urljoin(url, match.group(2)))
                except ValueError:
                    return None
    return None


def _mount(root: HtmlElement) -> bool:
    for element in root.iter("div", "main", "section", "app-root"):
        known = element.get("id") in _MOUNTS or element.tag == "app-root"
        if known and not clean(
            " ".join(
                t
                for e in element.iter("*")
                if e.tag not in ("script", "style", "noscript")
                for t in (e.text, e.tail)
                if t
            )
        ):
            return True
    return False


def read_signs(root: HtmlElement, nodes: list[dict[str, Any]], url: str) -> Signs:
    """The signs of a page; `visible` is left empty (see html.py)."""
    buttons: list[str] = []
    password = False
    for element in root.iter("button", "input", "a"):
        kind = element.get("type", "").lower()
        if element.tag == "input":
            password = password or kind == "password"
            label = element.get("value", "") if kind in ("submit", "button") else ""
        elif element.tag == "button" or element.get("role") == "button":
            label = clean(" ".join(element.itertext()))
        else:
            label = ""
        if label and len(label) <= 60 and len(buttons) < _MOST_BUTTONS:
            buttons.append(label)
    heading = next(root.iter("h1"), None)
    og_type = (m.get("content", "").lower() for m in root.iter("meta") if m.get("property") == "og:type")
    return Signs(
        title=title_element(root),
        heading=clean(" ".join(heading.itertext())) if heading is not None else "",
        noscript=clean(" ".join(" ".join(e.itertext()) for e in root.iter("noscript")))[:2000],
        scripts=sum(1 for _ in root.iter("script")),
        mount=_mount(root),
        password=password,
        buttons=tuple(buttons),
        metered=_metered(root, nodes),
        article=bool(articles_of(nodes)) or "article" in og_type,
        refresh=_refresh(root, url),
    )
