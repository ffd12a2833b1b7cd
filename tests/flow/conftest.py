"""Whole days on the sample sites: crawled by HTTP, archived, read, stored, mailed."""

from contextlib import ExitStack

import pytest

from stancewatch.demo import Demo, run_demo


@pytest.fixture(scope="session")
def demo(tmp_path_factory) -> Demo:
    """The demo, run once for all tests that look at it, by a user whose own database stands in the environment."""
    folder = tmp_path_factory.mktemp("demo")
    with ExitStack() as stack:
        with pytest.MonkeyPatch.context() as environ:
            environ.setenv("STANCEWATCH_DATABASE", f"sqlite:///{folder / 'own.db'}")
            done = stack.enter_context(run_demo(folder / "demo", port=0))
        yield done
