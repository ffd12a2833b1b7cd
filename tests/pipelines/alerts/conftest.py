"""Fixtures of the alerts house: a mail server, and a desk that mails to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from support.mailbox import Mailbox
from support.post import Post


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with Mailbox() as box:
        yield box


@pytest.fixture
def post(store, clock, mailbox) -> Callable[..., Post]:
    return lambda *subscribers: Post(store, clock, mailbox, *subscribers)
