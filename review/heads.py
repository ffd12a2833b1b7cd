"""HEAD, which monitors and link checkers send: answered as GET is, of which the server then sends no body."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send


class Heads:
    """Lets every route that answers GET answer HEAD."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request. The server keeps the scope it made, and knows by it that the body is not wanted."""
        asked_as = {"method": "GET"} if scope["type"] == "http" and scope["method"] == "HEAD" else {}
        await self._app({**scope, **asked_as}, receive, send)
