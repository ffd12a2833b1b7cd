"""A real browser: the system's Chromium, driven by Playwright; and axe-core, which finds what shuts people out."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, sync_playwright

ROOT = Path(__file__).parents[2]
AXE = ROOT / ".tools" / "axe" / "node_modules" / "axe-core" / "axe.min.js"
NAMES = ("chromium", "chromium-browser", "google-chrome")
# A name for this machine that is not localhost, of which browsers think better than of others.
NAMED = "desk.lan"
MISSING = "no Chromium here: scripts/install-test-services.sh installs it"
NO_AXE = "no axe-core here: scripts/install-test-services.sh installs it"


def binary() -> str | None:
    """The system's Chromium."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


def need(there: object, words: str) -> None:
    """Skip a test where something is missing, but fail in CI."""
    if not there:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(words)


@contextmanager
def running() -> Iterator[Browser]:
    """A headless Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=binary(), args=["--no-sandbox", f"--host-resolver-rules=MAP {NAMED} 127.0.0.1"]
        )
        yield browser
        browser.close()


class Watched:
    """A page of whose life we hear: what its console said, which addresses it asked for, and which of them answered.

    What the page's own policy forbids is asked for and never sent.
    """

    def __init__(self, context: BrowserContext) -> None:
        self.page: Page = context.new_page()
        self.said: list[str] = []
        self.asked: list[str] = []
        self.answered: list[str] = []
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("request", self._see)
        self.page.on("response", lambda answer: self.answered.append(answer.url))

    def _hear(self, message: ConsoleMessage) -> None:
        self.said.append(message.text)

    def _see(self, request: Request) -> None:
        self.asked.append(request.url)

    def press(self, *keys: str) -> None:
        """Press keys one after the other, as fingers do."""
        for key in keys:
            self.page.keyboard.press(key)

    def settled(self) -> None:
        """Wait until what was asked for is there."""
        self.page.wait_for_load_state("networkidle")


def barriers(page: Page) -> list[str]:
    """What axe-core finds serious or critical on a page: rule, how often, and the first place."""
    page.evaluate(AXE.read_text(encoding="utf-8") + "; null")
    # Archived pages stand in frames of their own, which are not ours to mend.
    found = page.evaluate("axe.run(document, {iframes: false}).then((all) => JSON.stringify(all.violations))")
    return [
        f"{one['id']} ({one['impact']}, {len(one['nodes'])}×): {one['nodes'][0]['html'][:160]}"
        for one in json.loads(found)
        if one["impact"] in ("serious", "critical")
    ]
