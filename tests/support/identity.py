"""An OpenID provider at a port of loopback: it knows one person, and signs what it says with a key of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import SimpleQueue
from threading import Event, Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

from pipelines.clock import Clock

CLIENT = "stancewatch-desk"


@dataclass
class IdentityProvider:
    """What it answers with; a test changes what it wants to be wrong."""

    clock: Clock
    issuer: str = ""
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one"}))
    claims: dict[str, Any] = field(
        default_factory=lambda: {"sub": "4711", "email": "ana@desk.example", "email_verified": True}
    )
    lies: dict[str, Any] = field(default_factory=dict)  # claims that it gives in place of the right ones
    signs_with: RSAKey | None = None
    asked: list[dict[str, str]] = field(default_factory=list)
    nonce: str = ""
    answers: Event = field(default_factory=Event)  # cleared: whoever asks what it is has to wait
    asked_what_it_is: SimpleQueue[None] = field(default_factory=SimpleQueue)
    ill: bool = False

    def sends_back(self, leaving: str, code: str = "a-code") -> str:
        """The person agreed: the path to which the provider sends the browser that came by this address."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(leaving).query).items()}
        self.nonce = query["nonce"]
        back = urlsplit(query["redirect_uri"])
        return f"{back.path}?code={code}&state={query['state']}"

    def token(self) -> dict[str, Any]:
        """What it gives for a code."""
        now = int(self.clock().timestamp())
        said = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": self.nonce}
        signed = jwt.encode(
            {"alg": "RS256", "kid": "one"}, said | self.claims | self.lies, self.signs_with or self.key
        )
        return {"access_token": "x", "token_type": "Bearer", "expires_in": 300, "id_token": signed}


@contextmanager
def identity_provider(clock: Clock) -> Iterator[IdentityProvider]:
    """The provider, answering."""
    provider = IdentityProvider(clock)
    provider.answers.set()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/.well-known/openid-configuration":
                issuer = provider.issuer
                provider.asked_what_it_is.put(None)
                provider.answers.wait(60)
                self._say(
                    {"issuer": issuer, "authorization_endpoint": f"{issuer}/authorize",
                     "token_endpoint": f"{issuer}/token", "jwks_uri": f"{issuer}/keys"},
                    500 if provider.ill else 200,
                )  # fmt: skip
            else:
                self._say({"keys": [provider.key.as_dict(private=False)]})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            provider.asked.append({name: values[0] for name, values in parse_qs(body).items()})
            wrong = provider.asked[-1]["code"] != "a-code"
            self._say({"error": "invalid_grant"} if wrong else provider.token(), 400 if wrong else 200)

        def _say(self, answer: dict[str, Any], status: int = 200) -> None:
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
