"""Takes the pictures of docs/desk.md: runs the demo, serves its desk, and looks at each view with the system's Chromium.

python scripts/pictures.py [FOLDER]        # FOLDER: docs/images by default
"""

from __future__ import annotations

import sys
import tempfile
from datetime import timedelta
from pathlib import Path

from playwright.sync_api import BrowserContext, sync_playwright

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from support.chromium import binary
from support.people import browser_of, join
from support.visits import running

from pipelines import ledger
from pipelines.clock import standing
from pipelines.store import queries
from pipelines.store.people import Role
from review.app import create_app
from stancewatch.demo import Demo, run_demo

ROOT = Path(__file__).parents[1]
WIDE, NARROW = {"width": 1280, "height": 860}, {"width": 360, "height": 740}
# Name of the picture → where it is taken, of which size, in which colours, and which keys are pressed before.
PICTURES = {
    "today": ("/", WIDE, "light", ""),
    "queue": ("/queue", WIDE, "light", ""),
    "queue-dark": ("/queue", WIDE, "dark", "c"),
    "queue-narrow": ("/queue", NARROW, "light", ""),
    "wording": ("{changed}?show=wording", WIDE, "light", ""),
    "archived": ("{statement}?show=page", WIDE, "light", ""),
    "matrix": ("/matrix", WIDE, "light", ""),
    "matrix-narrow": ("/matrix", NARROW, "dark", ""),
    "company": ("/companies/{company}", WIDE, "light", ""),
    "pair": ("/pairs/{company}/{authority}", WIDE, "light", ""),
    "changes": ("/changes?baselines=true", WIDE, "light", ""),
    "statements": ("/statements?unsure=both", WIDE, "light", "j"),
    "change": ("/changes/{change}", WIDE, "light", ""),
    "search": ("/search?q=police+records", WIDE, "light", ""),
    "document": ("/documents/{document}", WIDE, "light", ""),
    "sources": ("/sources", WIDE, "light", ""),
    "source": ("/sources/{source}", WIDE, "light", ""),
    "runs": ("/runs", WIDE, "light", ""),
    "coding": ("/coding", WIDE, "light", ""),
    "subscriptions": ("/subscriptions", WIDE, "light", ""),
    "users": ("/users", WIDE, "light", ""),
    "audit": ("/audit", WIDE, "light", ""),
    "account": ("/account", WIDE, "dark", ""),
    "keys": ("/queue", WIDE, "light", "?"),
    "help": ("/help", WIDE, "light", ""),
}


def main() -> None:
    """Takes them all."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "images"
    with tempfile.TemporaryDirectory() as place, run_demo(Path(place) / "demo", 8643) as demo:
        clock = standing(demo.visits[-1].moment + timedelta(hours=3))
        app = create_app(demo.store, demo.config, clock)
        with running(app) as site, sync_playwright() as playwright:
            browser = browser_of(site, demo.store, clock, join(demo.store, clock, Role.ADMIN, "ada"))
            chromium = playwright.chromium.launch(executable_path=binary(), args=["--no-sandbox"])
            names = _names(demo)
            _rule(demo, clock())
            for name, (path, size, colours, keys) in PICTURES.items():
                context = chromium.new_context(
                    base_url=f"http://127.0.0.1:{site.port}", viewport=size, color_scheme=colours
                )
                context.add_cookies(
                    [{"name": "stancewatch", "value": browser.cookies["stancewatch"], "url": f"http://127.0.0.1:{site.port}"}]
                )  # fmt: skip
                _take(context, path.format(**names), keys, folder / f"desk-{name}.png", whole=size is NARROW)
                context.close()
            chromium.close()


def _names(demo: Demo) -> dict[str, str]:
    """What the addresses speak of: the demo's one great change, and a page that changed."""
    with demo.store.reading() as session:
        change = next(c for c in queries.changes(session, baselines=False) if c.severity == "major")
        said = queries.statement(session, change.after[0].statements[0])
        assert said is not None
        pages = [
            s for s in queries.statements(session, limit=None) if queries.versions_with(session, s.document)
        ]
        changed = max(pages, key=lambda s: s.first_seen)
    return {
        "company": change.company, "authority": change.authority, "change": change.id, "source": said.source,
        "document": said.document, "statement": f"/statements/{said.id}", "changed": f"/statements/{changed.id}",
    }  # fmt: skip


def _rule(demo: Demo, now: object) -> None:
    """Two rulings, so that there is something to see."""
    with demo.store.reading() as session:
        first, second = queries.proposals(session, "ada", limit=2)
    context = ledger.context_of(demo.config)
    ledger.post_verdict(demo.store, first.statement, "reject", who="ada", now=now, context=context)  # type: ignore[arg-type]
    ledger.post_comment(demo.store, second.statement, "The Ledger said this first.", who="ada", now=now)  # type: ignore[arg-type]


def _take(context: BrowserContext, path: str, keys: str, file: Path, *, whole: bool) -> None:
    page = context.new_page()
    page.goto(path)
    for key in keys:
        page.keyboard.press(key)
    page.wait_for_load_state("networkidle")
    page.screenshot(path=file, full_page=not whole, animations="disabled")
    print(file.relative_to(ROOT) if file.is_relative_to(ROOT) else file, page.title())


if __name__ == "__main__":
    main()
