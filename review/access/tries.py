"""Who waits after wrong passwords: a name from one network, any name from it, and, after many more, a name from anywhere."""

from __future__ import annotations

from datetime import datetime, timedelta

from pipelines.settings import DeskSettings
from pipelines.store import audit
from pipelines.store.session import Session, Store

# A network may fail for many names (a whole office behind one), but not for every name there is.
_NAMES_A_NETWORK = 10
# A name may fail from many networks, but not from all that somebody can hire. Whoever came in from there lately does not
# wait for it: else strangers could shut a user out.
_NETWORKS_A_NAME = 20
_LATELY = timedelta(days=30)


def must_wait(store: Store, settings: DeskSettings, name: str, address: str | None, now: datetime) -> bool:
    """Whether a try is not looked at; that somebody waits is written down once. Raises StoreError."""
    since = now - timedelta(minutes=settings.wait_minutes)
    with store.reading() as session:
        if audit.failures(session, name, address, since) >= settings.failures:
            about, anywhere = name, False
        elif audit.failures(session, None, address, since) >= settings.failures * _NAMES_A_NETWORK:
            about, anywhere = "", False
        elif _too_often_anywhere(session, settings, name, address, since, now):
            about, anywhere = name, True
        else:
            return False
        known = audit.is_noted(session, audit.REFUSED, about, since, near=address, anywhere=anywhere)
    if not known:
        with store.writing() as session:
            audit.note(session, audit.REFUSED, about, who=None, at=now, address=address)
    return True


def _too_often_anywhere(
    session: Session, settings: DeskSettings, name: str, address: str | None, since: datetime, now: datetime
) -> bool:
    return audit.failures_anywhere(
        session, name, since
    ) >= settings.failures * _NETWORKS_A_NAME and not audit.is_noted(
        session, audit.SIGNED_IN, name, now - _LATELY, near=address
    )
