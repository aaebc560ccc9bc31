"""The provider itself: what it says of how it works, its keys, and its answer to a code."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import httpx
from authlib.oauth2.auth import ClientAuth
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jws import extract_compact

from scanner.settings_review import OidcProvider

PATIENCE_S = 10.0
KEPT_S = 3600.0
"""How long what it said of itself, and its keys, are taken for current."""
LEAST_BETWEEN_S = 60.0
"""A token signed with a key that we do not know makes us ask for keys again, but no more often than this."""


class ProviderError(Exception):
    """Signing in there came to nothing. The text is a reason for the log, not for the person."""


class Provider:
    """Asked over HTTPS; what it said is kept for an hour. May be used by several threads."""

    def __init__(
        self,
        rules: OidcProvider,
        secret: str,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.rules = rules
        self._secret = secret
        self._monotonic = monotonic
        self._client = httpx.Client(timeout=PATIENCE_S, follow_redirects=False)
        self._lock = threading.Lock()
        self._metadata: tuple[float, dict[str, Any]] | None = None
        self._keys: tuple[float, KeySet] | None = None

    def endpoint(self, name: str) -> str:
        """One of its addresses. Raises ProviderError when it cannot be asked, or tells a foolish one."""
        address = self._told().get(name)
        safe = ("https://", "http://") if self.rules.issuer.startswith("http://") else ("https://",)
        if not isinstance(address, str) or not address.startswith(safe):
            raise ProviderError(f"no {name}")
        return address

    def names_itself(self) -> bool:
        """Whether it puts its name into every answer (RFC 9207), so that one without is not its own."""
        return self._told().get("authorization_response_iss_parameter_supported") is True

    def id_token(self, code: str, *, verifier: str, back: str) -> str:
        """What it gives for a code: the signed word on who somebody is, still to be checked."""
        fields = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": back,
            "client_id": self.rules.client_id,
            "code_verifier": verifier,
        }
        offered = self._told().get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        headers: dict[str, str] = {}
        if "client_secret_basic" in offered:
            ClientAuth(self.rules.client_id, self._secret).prepare("POST", "", headers, "")
        else:
            fields["client_secret"] = self._secret
        answer = self._ask("POST", self.endpoint("token_endpoint"), data=fields, headers=headers)
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise ProviderError("no id_token")
        return token

    def keys_for(self, token: str) -> KeySet:
        """Its public keys, asked for anew when the token names one that we do not have."""
        try:
            key_id = extract_compact(token.encode()).headers().get("kid")
        except (JoseError, ValueError) as error:
            raise ProviderError("token: unreadable") from error
        held = self._held_keys(key_id)
        if held is not None:
            return held
        fetched = self._ask("GET", self.endpoint("jwks_uri"))
        try:
            keys = KeySet.import_key_set(fetched)  # type: ignore[arg-type]
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise ProviderError("keys") from error
        with self._lock:
            self._keys = (self._monotonic(), keys)
        return keys

    def _held_keys(self, key_id: str | None) -> KeySet | None:
        """The keys that we have, as long as they are current and this one is among them."""
        with self._lock:
            if self._keys is None:
                return None
            fetched_at, keys = self._keys
        age_s = self._monotonic() - fetched_at
        known = key_id is None or any(key.kid == key_id for key in keys.keys)
        return keys if age_s <= (KEPT_S if known else LEAST_BETWEEN_S) else None

    def _told(self) -> dict[str, Any]:
        with self._lock:
            held = self._metadata
        if held is not None and self._monotonic() - held[0] <= KEPT_S:
            return held[1]
        address = self.rules.issuer.rstrip("/") + "/.well-known/openid-configuration"
        metadata = self._ask("GET", address)
        if metadata.get("issuer") != self.rules.issuer:
            raise ProviderError("it calls itself otherwise")
        with self._lock:
            self._metadata = (self._monotonic(), metadata)
        return metadata

    def _ask(self, method: str, address: str, **more: Any) -> dict[str, Any]:
        """Its answer as an object. Never follows it elsewhere."""
        try:
            answer = self._client.request(method, address, **more)
            said = answer.json() if answer.status_code == httpx.codes.OK else None
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise ProviderError(f"not reached: {type(error).__name__}") from error
        if not isinstance(said, dict):
            raise ProviderError(f"it answered {answer.status_code}")
        return said
