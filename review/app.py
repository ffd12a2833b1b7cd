"""The web application: its routes, and what holds for all of them: who may come in, strict headers, plain words on failure."""

from __future__ import annotations

from urllib.parse import urlsplit

from fastapi import FastAPI, Response
from fastapi.responses import JSONResponse
from starlette.middleware.trustedhost import TrustedHostMiddleware

from pipelines.clock import Clock
from pipelines.config import Config
from pipelines.store.session import Store
from review import assets, unsubscribe
from review.access import provider, signin
from review.access.roles import needs, rules_of
from review.api import v1
from review.desk import Desk
from review.failures import answer_failures
from review.headers import Strict
from review.views import VIEWS

LARGEST_BODY = 2**20
LOCAL_NAMES = ("localhost", "127.0.0.1", "[::1]")


def create_app(store: Store, config: Config, clock: Clock, hosts: tuple[str, ...] = ("*",)) -> FastAPI:
    """The application on an open store, which stays the caller's. Without a secret no link in a mail is valid.

    `hosts` are the names by which it may be addressed, where config gives no address (desk.url). Raises RuntimeError
    if a route does not say who may use it.
    """
    app = FastAPI(
        title="stancewatch", docs_url=None, redoc_url=None, openapi_url=None, max_body_size=LARGEST_BODY
    )
    desk = Desk(store, config, clock)
    app.state.door, app.state.names = desk.door, desk.names
    url = config.settings.desk.url
    app.add_middleware(
        TrustedHostMiddleware,
        allowed_hosts=[urlsplit(url).hostname or "", *LOCAL_NAMES] if url else list(hosts),
        www_redirect=False,
    )
    app.add_middleware(Strict, secure=(url or "").startswith("https:"))
    answer_failures(app, desk)

    @app.get("/healthz", dependencies=[needs(None)])
    def healthz() -> Response:
        sound = store.schema() == "current"
        return JSONResponse({"ok": sound}, 200 if sound else 503)

    app.include_router(assets.router())
    app.include_router(unsubscribe.router(store, config.settings.secret, clock))
    app.include_router(signin.router(desk))
    app.include_router(provider.router(desk))
    app.include_router(v1.router(desk))
    for view in VIEWS:
        app.include_router(view.router(desk))
    rules_of(app)
    return app
