"""Whole days on the sample sites: crawled by HTTP, archived, read, stored, mailed."""

import pytest

from stancewatch.demo import Demo, run_demo


@pytest.fixture(scope="session")
def demo(tmp_path_factory) -> Demo:
    """The demo, run once for all tests that look at it."""
    with run_demo(tmp_path_factory.mktemp("demo") / "demo", port=0) as done:
        yield done
