"""Changes as a mail shows them: Zoom and Hong Kong, from complies to pauses, with what the test is about as keywords."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from extract.types import Facets, Stance
from pipelines.alerts.view import ChangeView, EvidenceView, HeldView

OLD = "Zoom hands account data to Hong Kong's police, it said."
NEW = "Zoom has stopped answering Hong Kong's police, it said."


def evidence(sentence: str = NEW, **more: Any) -> EvidenceView:
    """One statement of The Courier's, proven by a stored page."""
    return EvidenceView(
        **{
            "statement": "5" * 64,
            "sentence": sentence,
            "title": "Zoom and the police",
            "url": "https://courier.example/zoom",
            "publisher": "The Courier",
            "author": "Petra Solano",
            "published": datetime(2026, 3, 1, tzinfo=UTC),
            "fetched": datetime(2026, 3, 2, 5, 15, tzinfo=UTC),
            "speaker": None,
            "capture": "c" * 12,
            "warc_file": "a.warc.gz",
            "warc_offset": 99,
            "rule": "pauses.stops-answering",
            "confidence": 0.95,
        }
        | more
    )


def held(stance: Stance, *sources: EvidenceView, facets: Facets = Facets()) -> HeldView:  # noqa: B008 - a frozen value
    """One stance since 1 March."""
    return HeldView(stance, facets, datetime(2026, 3, 1, tzinfo=UTC), sources or (evidence(),))


def view(**more: Any) -> ChangeView:
    """A confirmed major change of stance."""
    return ChangeView(
        **{
            "id": "d" * 64,
            "company": "zoom",
            "company_name": "Zoom",
            "authority": "HK",
            "authority_name": "Hong Kong",
            "kind": "stance",
            "severity": "major",
            "status": "confirmed",
            "reason": "reported by The Courier and The Herald independently",
            "before": (held(Stance.COMPLIES, evidence(OLD)),),
            "after": (held(Stance.PAUSES),),
            "occurred": datetime(2026, 3, 2, tzinfo=UTC),
            "found": datetime(2026, 3, 2, 5, 15, tzinfo=UTC),
            "moved": datetime(2026, 3, 2, 5, 15, tzinfo=UTC),
        }
        | more
    )
