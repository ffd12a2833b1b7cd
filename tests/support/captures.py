"""Captures for tests: one call, with what the test is about as keywords."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from extract.types import Capture, SourceKind

FETCHED = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


def capture(
    body: str | bytes = "",
    *,
    url: str = "https://courier.example/2026/11/zoom-stops",
    final_url: str | None = None,
    kind: SourceKind = SourceKind.FEED,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    **more: Any,
) -> Capture:
    """A capture of an English source, fetched on 20 November 2026."""
    return Capture(
        source="courier",
        kind=kind,
        url=url,
        final_url=final_url or url,
        fetched=more.pop("fetched", FETCHED),
        status=status,
        headers={"content-type": "text/html; charset=utf-8"} if headers is None else headers,
        body=body.encode() if isinstance(body, str) else body,
        language=more.pop("language", "en"),
        **more,
    )
