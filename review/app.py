"""The web application: its pages, and what holds for all of them: strict headers, no cookies, no word on failure but plain ones."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from pipelines.clock import Clock
from pipelines.config import Config
from pipelines.store.session import Store, StoreError
from review import unsubscribe
from review.pages import file, page

log = logging.getLogger(__name__)

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
    "Referrer-Policy": "no-referrer",  # addresses here hold tokens
    "Cache-Control": "no-store",
}


def create_app(store: Store, config: Config, clock: Clock) -> FastAPI:
    """The application on an open store, which stays the caller's. Without a secret no link is valid."""
    app = FastAPI(title="stancewatch", docs_url=None, redoc_url=None, openapi_url=None)

    @app.middleware("http")
    async def strict(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        response = await call_next(request)
        response.headers.update(HEADERS)
        return response

    @app.exception_handler(StoreError)
    def unusable(request: Request, error: StoreError) -> Response:  # noqa: ARG001  # as FastAPI calls it
        log.error("%s", error)
        return page("trouble.html", 503)

    @app.get("/healthz")
    def healthz() -> Response:
        sound = store.schema() == "current"
        return JSONResponse({"ok": sound}, 200 if sound else 503)

    @app.get("/style.css")
    def style() -> Response:
        return Response(file("static/style.css"), media_type="text/css")

    app.include_router(unsubscribe.router(store, config.settings.secret, clock))
    return app
