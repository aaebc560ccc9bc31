"""An OpenID Connect provider on this machine, over real HTTP: honest, unless a test tells it otherwise."""

from __future__ import annotations

import base64
import json
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT = "jana"
SECRET = "between the two of us"


@cache
def signing_key() -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": "first"})


@cache
def foreign_key() -> RSAKey:
    """Of somebody else, who gives it the same name."""
    return RSAKey.generate_key(2048, {"kid": "first"})


@dataclass
class Grant:
    """What stands behind a code."""

    nonce: str
    challenge: str
    back: str


@dataclass
class FakeProvider:
    """Answers from a thread between `__enter__` and `__exit__`."""

    now: Callable[[], float]
    subject: str = "person-17"
    claims: dict[str, Any] = field(default_factory=dict)
    """Laid over the honest ones; None takes one out."""
    metadata: dict[str, Any] = field(default_factory=dict)
    algorithm: str = "RS256"
    key: RSAKey = field(default_factory=signing_key)
    codes: dict[str, Grant] = field(default_factory=dict)
    token_requests: int = 0
    key_requests: int = 0

    def __enter__(self) -> Self:
        fake = self

        class Answers(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer(*fake.get(urlsplit(self.path).path))

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                fields = {name: values[0] for name, values in parse_qs(body).items()}
                self._answer(*fake.token(fields, self.headers.get("Authorization", "")))

            def _answer(self, status: int, said: dict[str, Any]) -> None:
                body = json.dumps(said).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_arguments: object) -> None:
                """Tests have nothing to read there."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def sign_in(self, address: str) -> dict[str, str]:
        """What a person's browser brings back after having been sent to `address` and having signed in."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(16)
        self.codes[code] = Grant(asked["nonce"], asked["code_challenge"], asked["redirect_uri"])
        return {"code": code, "state": asked["state"]}

    def get(self, path: str) -> tuple[int, dict[str, Any]]:
        if path == "/.well-known/openid-configuration":
            told = {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
            }
            return 200, told | self.metadata
        if path == "/keys":
            self.key_requests += 1
            return 200, {"keys": [signing_key().as_dict(private=False)]}
        return 404, {}

    def token(self, fields: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        self.token_requests += 1
        grant = self.codes.pop(fields.get("code", ""), None)
        basic = "Basic " + base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        digest = sha256(fields.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if grant is None or authorization != basic or challenge != grant.challenge:
            return 400, {"error": "invalid_grant"}
        if fields.get("redirect_uri") != grant.back:
            return 400, {"error": "invalid_grant"}
        return 200, {"token_type": "Bearer", "access_token": "none", "id_token": self._signed(grant)}

    def _signed(self, grant: Grant) -> str:
        now = int(self.now())
        honest = {
            "iss": self.issuer,
            "aud": CLIENT,
            "sub": self.subject,
            "nonce": grant.nonce,
            "iat": now,
            "exp": now + 300,
        }
        claims = {name: value for name, value in (honest | self.claims).items() if value is not None}
        if self.algorithm == "none":
            parts = ({"alg": "none", "kid": "first"}, claims)
            return ".".join([*(encoded(part) for part in parts), ""])
        return jwt.encode({"alg": self.algorithm, "kid": "first"}, claims, self.key)


def encoded(part: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
