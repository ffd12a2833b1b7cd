"""Our own style sheet, script and icon. Their addresses change with their content, so browsers may keep them."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException, Response

from review.access.roles import needs
from review.pages import file, version_of

TYPES = {
    "style.css": "text/css",
    "desk.css": "text/css",
    "desk.js": "text/javascript",
    "icon.svg": "image/svg+xml",
}
FOR_EVER = "public, max-age=31536000, immutable"


def router() -> APIRouter:
    """The routes of files."""
    routes = APIRouter(dependencies=[needs(None)])

    @routes.get("/style.css")
    def style() -> Response:
        return Response(file("static/style.css"), media_type=TYPES["style.css"])

    @routes.get("/static/{version}/{name}")
    def static(version: str, name: str) -> Response:
        if name not in TYPES:
            raise HTTPException(404)
        kept = {"Cache-Control": FOR_EVER} if version == version_of(name) else {}
        return Response(file(f"static/{name}"), media_type=TYPES[name], headers=kept)

    return routes
