"""Signing in at the organisation's OpenID Connect provider: authorization code with PKCE.

A person is known by issuer and subject, never by a name or an address that the provider tells: those
change hands. What must come back unchanged (state, nonce, verifier) travels sealed in a cookie.
"""

from __future__ import annotations

import hmac
import json
import secrets
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.errors import JoseError

from scanner.errors import SettingsError
from scanner.review.access.keys import ServerKey
from scanner.review.access.oidc_provider import Provider, ProviderError

ALGORITHMS = (
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "Ed25519",
    "EdDSA",
)
"""Signatures with a key pair only: `none`, and anything that could be signed with a public key, are not."""

PURPOSE = "oidc"
LONGEST_AWAY_S = 600
"""So long somebody may take to sign in there."""
LEEWAY_S = 60
LONGEST_SUBJECT = 255


@dataclass(frozen=True, slots=True)
class Departure:
    """What has to be remembered while somebody is away."""

    state: str
    nonce: str
    verifier: str
    further: str
    """The path to go on to afterwards."""
    left_at_s: float


@dataclass(frozen=True, slots=True)
class Person:
    """Whom the provider vouches for."""

    issuer: str
    subject: str
    further: str


class OidcSignIn:
    """Sends people there, and checks what they bring back."""

    def __init__(self, provider: Provider, key: ServerKey) -> None:
        self._provider = provider
        self._key = key
        self._used = _UsedOnce()

    def leave(self, *, back: str, further: str, now: datetime) -> tuple[str, str]:
        """The address to send somebody to, and what to keep in a cookie meanwhile; `back`: our address.

        Raises ProviderError when the provider cannot be asked how it works.
        """
        departure = Departure(
            state=secrets.token_urlsafe(32),
            nonce=secrets.token_urlsafe(32),
            verifier=secrets.token_urlsafe(48),
            further=further,
            left_at_s=now.timestamp(),
        )
        url: str = prepare_grant_uri(
            self._provider.endpoint("authorization_endpoint"),
            client_id=self._provider.rules.client_id,
            response_type="code",
            redirect_uri=back,
            scope="openid",
            state=departure.state,
            nonce=departure.nonce,
            code_challenge=create_s256_code_challenge(departure.verifier),
            code_challenge_method="S256",
        )
        kept = self._key.sealed(json.dumps(asdict(departure)).encode(), purpose=PURPOSE, owner=back)
        return url, kept.hex()

    def come_back(self, query: Mapping[str, str], kept: str | None, *, back: str, now: datetime) -> Person:
        """Who it is. Raises ProviderError, with a reason for the log, for anything that does not fit."""
        departure = self._departure(kept, back)
        if not 0 <= now.timestamp() - departure.left_at_s <= LONGEST_AWAY_S:
            raise ProviderError("too_long_away")
        if not hmac.compare_digest(departure.state.encode(), query.get("state", "").encode()):
            raise ProviderError("state")
        if not self._used.first(departure.state, now.timestamp()):
            raise ProviderError("replayed")
        issuer = self._provider.rules.issuer
        if query.get("iss", None if self._provider.names_itself() else issuer) != issuer:
            raise ProviderError("issuer_of_answer")
        if "error" in query or not query.get("code"):
            raise ProviderError("refused_there")
        token = self._provider.id_token(query["code"], verifier=departure.verifier, back=back)
        claims = self._claims(token, departure.nonce, now)
        return Person(issuer, claims["sub"], departure.further)

    def _departure(self, kept: str | None, back: str) -> Departure:
        try:
            opened = self._key.opened(bytes.fromhex(kept or ""), purpose=PURPOSE, owner=back)
            return Departure(**json.loads(opened))
        except (SettingsError, ValueError, TypeError):
            raise ProviderError("never_left") from None

    def _claims(self, token: str, nonce: str, now: datetime) -> dict[str, Any]:
        """What the ID token says, once signature, issuer, audience, times and nonce are right."""
        client_id = self._provider.rules.client_id
        wanted = jwt.JWTClaimsRegistry(
            now=int(now.timestamp()),
            leeway=LEEWAY_S,
            iss={"essential": True, "value": self._provider.rules.issuer},
            aud={"essential": True, "value": client_id},
            exp={"essential": True},
            iat={"essential": True},
            sub={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        try:
            read = jwt.decode(token, self._provider.keys_for(token), algorithms=ALGORITHMS)
            claims: dict[str, Any] = dict(read.claims)
            wanted.validate(claims)
        except (JoseError, ValueError, TypeError) as error:
            raise ProviderError(f"token: {type(error).__name__}") from error
        audiences = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
        if claims.get("azp", client_id) != client_id or (len(audiences) > 1 and "azp" not in claims):
            raise ProviderError("made_for_others")
        if not 0 < len(claims["sub"]) <= LONGEST_SUBJECT:
            raise ProviderError("subject")
        return claims


class _UsedOnce:
    """States that came back. The provider takes each code once too; this also holds where it does not."""

    def __init__(self) -> None:
        self._seen: dict[str, float] = {}
        self._lock = threading.Lock()

    def first(self, state: str, now_s: float) -> bool:
        with self._lock:
            self._seen = {known: at for known, at in self._seen.items() if now_s - at <= LONGEST_AWAY_S}
            new = state not in self._seen
            self._seen.setdefault(state, now_s)
            return new
