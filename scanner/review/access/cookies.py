"""The page's cookies.

Over TLS their names begin with `__Host-`: the browser then takes them only with `Secure`, for this
very host and the whole of it, so that no neighbour can plant one. Over plain HTTP, which is served on
this machine only, they have neither: Chromium would accept `Secure` on localhost, Safari and the
ordinary HTTP libraries would not, and there is no wire to listen on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.responses import Response

SESSION = "jana-session"
"""Whoever is signed in."""
VISIT = "jana-visit"
"""Whoever is not, for the forms' token."""
DEVICE = "jana-device"
"""Somebody has signed in here before: strangers elsewhere cannot use this device's tries up."""
LANGUAGE = "jana-language"
FLASH = "jana-flash"
"""A message for the page after the next redirect."""
PROVIDER = "jana-provider"
"""What has to come back from the organisation's provider."""


@dataclass(frozen=True, slots=True)
class Cookies:
    """Reads and writes them."""

    secure: bool
    """Browsers reach the page over TLS."""

    def name_of(self, name: str) -> str:
        return f"__Host-{name}" if self.secure else name

    def get(self, cookies: Mapping[str, str], name: str) -> str | None:
        """The cookie's value; None when there is none."""
        return cookies.get(self.name_of(name)) or None

    def set(self, response: Response, name: str, value: str, *, max_age_s: int | None = None) -> None:
        """Set one, until the browser is closed unless `max_age_s` is given.

        Lax, not Strict: a link to the page from elsewhere, and the way back from a provider, are to
        find the person signed in. Forms from elsewhere are refused in other ways too (see `csrf`).
        """
        response.set_cookie(
            self.name_of(name),
            value,
            max_age=max_age_s,
            path="/",
            secure=self.secure,
            httponly=True,
            samesite="lax",
        )

    def drop(self, response: Response, name: str) -> None:
        response.delete_cookie(
            self.name_of(name), path="/", secure=self.secure, httponly=True, samesite="lax"
        )
