"""How the review page is served, and how long somebody stays signed in."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class OidcProvider:
    """An OpenID Connect provider at which people may sign in instead of with a password here."""

    issuer: str
    """Its address, exactly as it calls itself; `https://`, or on this very machine `http://`."""

    client_id: str
    """What it calls Jana."""

    client_secret_file: Path
    """File with what Jana proves itself with; nobody else may read it."""

    label: str = ""
    """What stands on the button, such as the organisation's name for its log-in."""

    def __post_init__(self) -> None:
        """Raises ValueError for an address over which anybody could listen."""
        here = ("http://127.0.0.1:", "http://localhost:", "http://[::1]:")
        if not self.issuer.startswith(("https://", *here)):
            raise ValueError("issuer must begin with https://")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewRules:
    """Rules of `jana review`. Seconds are those of the record's clock."""

    host: str = "127.0.0.1"
    """The address to answer on. Another one than this machine's own needs TLS, or a proxy that has it."""

    port: int = 8350

    names: tuple[str, ...] = ()
    """The names under which browsers know the page, as in its address. A request for another name is refused:
    it may be another site's page that reaches for ours. Names of this machine itself are always known."""

    tls_cert: Path | None = None
    """Certificate, with those between it and the root, as PEM."""

    tls_key: Path | None = None
    """Its key, as PEM."""

    proxies: tuple[str, ...] = ()
    """Addresses (or networks such as 10.0.0.0/8) of reverse proxies that have TLS: what they say of the
    browser's address and scheme is believed, and what anybody else says is not."""

    key_file: Path | None = None
    """The key that second factors are sealed with; None: `review.key` in the home, made when it is not there.
    Machines that share a database need the same file."""

    idle_s: float = 1800.0
    """Who does nothing for so long has to sign in again."""

    longest_s: float = 36_000.0
    """After so long everybody has to sign in again."""

    require_totp: bool = False
    """Whether everybody with a password here needs a second factor, and sets it up at the first sign-in."""

    second_look_share: float = 0.02
    """Share of the accepted lines, and of the decisions, that another person looks at without knowing the
    value. More: a surer figure of agreement, and more work."""

    oidc: OidcProvider | None = None
    """Where people may sign in instead of here."""

    def __post_init__(self) -> None:
        """Raises ValueError for what nothing could work with."""
        if not 0 < self.port < 65536:
            raise ValueError("port must be from 1 to 65535")
        if not 0 < self.idle_s <= self.longest_s:
            raise ValueError("idle_s must be more than 0, and at most longest_s")
        if not 0 <= self.second_look_share <= 1:
            raise ValueError("second_look_share must be from 0 to 1")
        if (self.tls_cert is None) != (self.tls_key is None):
            raise ValueError("tls_cert and tls_key must be given together")
