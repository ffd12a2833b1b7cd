"""Small folders of configuration: two companies and a service, three authorities, one source."""

from pathlib import Path

SMALL = {
    "companies.yml": "- {id: meta, name: Meta}\n- {id: whatsapp, name: WhatsApp, parent: meta}\n- {id: apple, name: Apple}\n",
    "authorities.yml": "- {code: NO, name: Norway}\n- {code: US, name: United States}\n- {code: IN, name: India}\n",
    "sources.yml": "- {id: courier, kind: feed, url: https://courier.example/rss, publisher: The Courier}\n",
    "stancewatch.yml": "{}\n",
}


def overlay_of(folder: Path, **files: str) -> Path:
    """A folder in `folder` that replaces companies, authorities, sources and settings; `files` replace more."""
    overlay = folder / "overlay"
    for name, text in (SMALL | files).items():
        place = overlay / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    return overlay
