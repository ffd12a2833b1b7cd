"""The desk served on a store with one story in it, and browsers of people with a role."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser as Chromium
from support import chromium as driver
from support.people import Browser, browser_of, join
from support.store import Story
from support.visits import Site, served

from pipelines.store.people import Role
from pipelines.store.session import Store


@pytest.fixture
def story(store: Store, clock) -> Story:
    """A store that stories are told into."""
    return Story(store, clock)


@pytest.fixture
def site(story: Story, clock) -> Iterator[Site]:
    """The desk on that store."""
    with ExitStack() as stack:
        yield stack.enter_context(served(story.store, story.configuration, clock))


@pytest.fixture
def as_role(site: Site, store: Store, clock) -> Callable[..., Browser]:
    """Makes a user of a role and gives their browser, signed in."""

    def come(role: Role, name: str | None = None) -> Browser:
        return browser_of(site, store, clock, join(store, clock, role, name))

    return come


@pytest.fixture
def ana(as_role: Callable[..., Browser]) -> Browser:
    """An analyst's browser."""
    return as_role(Role.ANALYST, "ana")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    """A headless Chromium; skips where there is none, but fails in CI.

    Not for the whole session: as long as it runs, no other test can run an event loop of its own.
    """
    driver.need(driver.binary(), driver.MISSING)
    with driver.running() as browser:
        yield browser
