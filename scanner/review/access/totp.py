"""The second factor: six digits from an authenticator app, each good once (RFC 6238)."""

from __future__ import annotations

import base64
import hmac
from datetime import datetime

import pyotp
import segno

from scanner.review.access.keys import ServerKey

STEP_S = 30
SLACK_STEPS = 1
"""How far the telephone's clock may be off, in steps, before and after."""

PURPOSE = "totp"
ISSUER = "Jana"


def new_secret() -> str:
    """160 random bits in base32, as authenticator apps take them."""
    return pyotp.random_base32(32)


def uri_of(secret: str, *, name: str) -> str:
    """The `otpauth://` address that the app reads from a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=ISSUER)


def qr_svg(secret: str, *, name: str) -> str:
    """The same as an SVG element without any style, for a page."""
    qr = segno.make(uri_of(secret, name=name), error="m", micro=False)
    return qr.svg_inline(
        scale=4, border=4, light="#fff", dark="#000", svgclass="qr", lineclass=None, omitsize=True
    )


def step_of(secret: str, code: str, *, at: datetime) -> int | None:
    """The step of time that `code` belongs to; None when it is wrong or too old.

    The record says whether that step, or a later one, was used before: each code is good once.
    """
    digits = "".join(code.split())
    now_step = int(at.timestamp()) // STEP_S
    for step in range(now_step - SLACK_STEPS, now_step + SLACK_STEPS + 1):
        expected = pyotp.TOTP(secret).generate_otp(step)
        if hmac.compare_digest(expected.encode(), digits.encode()):
            return step
    return None


def sealed(key: ServerKey, secret: str, *, account_id: int) -> str:
    """A secret as the record keeps it, in base64."""
    kept = key.sealed(secret.encode(), purpose=PURPOSE, owner=_owner(account_id))
    return base64.b64encode(kept).decode()


def opened(key: ServerKey, kept: str, *, account_id: int) -> str:
    """The secret again. Raises SettingsError when another key sealed it."""
    return key.opened(base64.b64decode(kept), purpose=PURPOSE, owner=_owner(account_id)).decode()


def _owner(account_id: int) -> str:
    """Bound into the seal, so that a secret moved to another account in the database opens nothing."""
    return f"account:{account_id}"
