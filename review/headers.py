"""What every response says: headers that close doors, unless it says so itself."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# A page of ours shows itself and its own files; the one frame in it is an archived page (review.views.captures).
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; frame-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
    # Nothing stricter: without a referrer browsers say `Origin: null` of our own forms, and by plain http nothing else.
    "Referrer-Policy": "same-origin",
    "X-DNS-Prefetch-Control": "off",  # no name that stands in a link is looked up before somebody follows it
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
# Addresses under it hold a token, which is nobody's to read; its form may come from anywhere.
UNSUBSCRIBE = "/unsubscribe/"


def headers_of(path: str) -> dict[str, str]:
    """What a response at this path says unless it says so itself."""
    return HEADERS | {"Referrer-Policy": "no-referrer"} if path.startswith(UNSUBSCRIBE) else HEADERS


class Strict:
    """Sets the headers that a response does not set itself."""

    def __init__(self, app: ASGIApp, *, secure: bool = False) -> None:
        self._app = app
        self._secure = {"Strict-Transport-Security": "max-age=31536000"} if secure else {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""

        async def closed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in (headers_of(scope["path"]) | self._secure).items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, closed)
