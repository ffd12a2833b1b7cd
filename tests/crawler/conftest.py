"""Fixtures of the crawler's tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.crawls import Crawls
from support.web import Web


@pytest.fixture
def web() -> Iterator[Web]:
    """Sites to be filled."""
    with Web() as web:
        yield web


@pytest.fixture
def crawls(tmp_path: Path) -> Crawls:
    """No sources yet."""
    return Crawls(tmp_path)
