"""JSON Schemas of the files under config/, for editors: completion and red underlines while typing.

The loader does not read them; it checks with the same models, and some things besides (`pipelines.crosscheck`).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from extract.knowledge import Authority, Company, Confidence, DemandWeights, Lexicon, StanceRules
from pipelines.settings import Settings, Source

SHAPES: dict[str, tuple[str, TypeAdapter[Any]]] = {
    "settings.json": ("Settings of stancewatch", TypeAdapter(Settings)),
    "sources.json": ("What stancewatch watches", TypeAdapter(list[Source])),
    "companies.json": ("Companies and services whose stance is followed", TypeAdapter(list[Company])),
    "authorities.json": (
        "Authorities and the names their demands are told under",
        TypeAdapter(list[Authority]),
    ),
    "confidence.json": ("How sure a reading is", TypeAdapter(Confidence)),
    "demands.json": ("Whose demand an act answers", TypeAdapter(DemandWeights)),
    "lexicon.json": ("The words behind the stance rules", TypeAdapter(Lexicon)),
    "stances.json": ("The rules of one stance", TypeAdapter(StanceRules)),
}


def json_schemas() -> dict[str, dict[str, Any]]:
    """Every schema by the name of its file in config/schemas/."""
    schemas: dict[str, dict[str, Any]] = {}
    for name, (title, shape) in SHAPES.items():
        schemas[name] = shape.json_schema() | {
            "title": title
        }  # no $schema: editors that know draft 7 read it too
    settings = schemas["settings.json"]  # a secret may stand in no file, so editors need not offer it
    del (
        settings["$defs"]["SmtpSettings"]["properties"]["password"],
        settings["properties"]["smtp"]["default"]["password"],
        settings["properties"]["secret"],
        settings["properties"]["channels"],
        settings["$defs"]["OidcSettings"]["properties"]["client_secret"],
    )
    return schemas


def write_schemas(folder: Path) -> list[str]:
    """Writes what is missing or stale into `folder` and deletes what is no schema of ours; gives the names."""
    folder.mkdir(parents=True, exist_ok=True)
    names = stale_schemas(folder)
    texts = _texts()
    for name in names:
        if name in texts:
            (folder / name).write_text(texts[name], encoding="utf-8")
        else:
            (folder / name).unlink()
    return names


def stale_schemas(folder: Path) -> list[str]:
    """The names of the schemas in `folder` that are missing, out of date or no longer made."""
    texts = _texts()
    there = {file.name: file.read_text(encoding="utf-8") for file in folder.glob("*.json")}
    return sorted(name for name in texts.keys() | there.keys() if texts.get(name) != there.get(name))


def _texts() -> dict[str, str]:
    return {
        name: json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
        for name, schema in json_schemas().items()
    }
