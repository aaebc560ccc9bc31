"""Nobody else's page may act for a visitor.

Three things must hold for a form, each enough by itself: the browser says that it comes from our own
page (`Sec-Fetch-Site`, `Origin`), the cookie is not sent along from elsewhere (`SameSite`), and the
form carries a token that only who has the cookie's value can know.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from hashlib import sha256

FIELD = "csrf_token"
HEADER = "x-csrf-token"
SAFE_METHODS = frozenset({"GET", "HEAD"})


def token_for(cookie: str) -> str:
    """The token of the forms that are given to whoever has this cookie."""
    return hmac.new(cookie.encode(), b"form", sha256).hexdigest()


def holds(cookie: str | None, token: str) -> bool:
    """Whether a form's token was made for this cookie."""
    return bool(cookie) and hmac.compare_digest(token_for(cookie or "").encode(), token.encode())


def comes_from_us(method: str, headers: Mapping[str, str], *, origin: str) -> bool:
    """Whether the browser does not say that another site's page asks.

    `origin` is our own, such as `https://review.example.org`. Another site may lead a person to a
    page of ours (a link), but may neither send forms nor fetch anything.
    """
    site = headers.get("sec-fetch-site")
    if method in SAFE_METHODS:
        followed_link = (headers.get("sec-fetch-mode"), headers.get("sec-fetch-dest")) == (
            "navigate",
            "document",
        )
        return site in (None, "same-origin", "none") or followed_link
    # Our pages ask for no referrer, and a browser then keeps the origin of their forms to itself as well.
    ours = {origin, "null"} if site == "same-origin" else {origin}
    return site in (None, "same-origin", "none") and headers.get("origin", origin) in ours
