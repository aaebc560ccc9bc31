"""The second factor: six digits from an authenticator app, each good once (RFC 6238)."""

from __future__ import annotations

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


def step_of(secret: str, code: str, *, at: datetime, last_step: int | None) -> int | None:
    """The step of time that `code` belongs to; None when it is wrong, too old, or was used before.

    `last_step` is the step of the last code that was taken: it and all before it are spent.
    """
    digits = "".join(code.split())
    now_step = int(at.timestamp()) // STEP_S
    for step in range(now_step - SLACK_STEPS, now_step + SLACK_STEPS + 1):
        expected = pyotp.TOTP(secret).generate_otp(step)
        if hmac.compare_digest(expected.encode(), digits.encode()):
            return step if last_step is None or step > last_step else None
    return None


def sealed(key: ServerKey, secret: str, *, account_id: int) -> bytes:
    """A secret as the record keeps it."""
    return key.sealed(secret.encode(), purpose=PURPOSE, owner=f"account:{account_id}")


def opened(key: ServerKey, kept: bytes, *, account_id: int) -> str:
    """The secret again. Raises SettingsError when another key sealed it."""
    return key.opened(kept, purpose=PURPOSE, owner=f"account:{account_id}").decode()
