"""What somebody does with the own account: look at it, change the password, set up a second factor."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.responses import Response

from scanner.errors import SettingsError
from scanner.record import Account, SessionStage, SignInWay
from scanner.review.access import cookies, totp
from scanner.review.access.passwords import SHORTEST, trouble_with
from scanner.review.access.rules import SIGNED_IN, Routes, also_for
from scanner.review.access.throttle import BusyError, TooManyError
from scanner.review.access.visitor import Duty
from scanner.review.pages.own import account_of
from scanner.review.visit import Visit

routes = Routes()

SET_UP = "totp-set-up"
"""What a new secret is sealed for, while it is on the page and not yet in the record."""


@routes.get("/account", SIGNED_IN)
def own(visit: Visit) -> Response:
    """Who the visitor is here, and what the account may do."""
    return visit.page("own_account.html")


@routes.get("/account/password", also_for(Duty.PASSWORD))
def own_password(visit: Visit) -> Response:
    _require_local(visit)
    return _password_form(visit)


@routes.post("/account/password", also_for(Duty.PASSWORD))
def own_password_send(visit: Visit) -> Response:
    """Change it; every other session of the account ends."""
    _require_local(visit)
    account = account_of(visit)
    new = visit.form.get("new", "")
    trouble = _trouble_with_old(visit, account) or _trouble_with_new(visit, account, new)
    if trouble is not None:
        return _password_form(visit, said=trouble, status=422)
    visit.record.set_password(
        account.account_id, visit.site.passwords.hashed(new), must_change=False, actor=account.name
    )
    return _begun_anew(visit, account, say="password_changed")


@routes.get("/account/totp", also_for(Duty.TOTP))
def own_totp(visit: Visit) -> Response:
    """A new secret, to be taken into an authenticator app."""
    _require_local(visit)
    return _totp_form(visit, totp.new_secret())


@routes.post("/account/totp", also_for(Duty.TOTP))
def own_totp_send(visit: Visit) -> Response:
    """Take the secret of the page into use, once a code shows that the app has it."""
    _require_local(visit)
    account = account_of(visit)
    try:
        sealed = bytes.fromhex(visit.form.get("sealed", ""))
        secret = visit.site.key.opened(sealed, purpose=SET_UP, owner=_owner(visit)).decode()
    except (ValueError, SettingsError):
        return _totp_form(visit, totp.new_secret(), said="stale", status=422)
    step = totp.step_of(secret, visit.form.get("code", ""), at=visit.now)
    trouble = _trouble_with_old(visit, account) if visit.known.duty is None else None
    if step is None or trouble is not None:
        return _totp_form(visit, secret, said=trouble or "wrong_code", status=422)
    kept = totp.sealed(visit.site.key, secret, account_id=account.account_id)
    visit.record.set_totp(account.account_id, kept, actor=account.name)
    visit.record.use_totp_step(account.account_id, step)
    return _begun_anew(visit, account, say="totp_set")


def _require_local(visit: Visit) -> None:
    """Whoever comes by a provider has password and second factor there."""
    if visit.known.by_provider:
        raise HTTPException(404)


def _trouble_with_old(visit: Visit, account: Account) -> str | None:
    """What speaks against the present password that was given again."""
    try:
        right = visit.site.sign_in.knows_password(
            account,
            visit.form.get("old", ""),
            address=visit.address,
            device_cookie=visit.cookie(cookies.DEVICE),
        )
    except TooManyError:
        return "too_many"
    except BusyError:
        return "busy"
    return None if right else "wrong_old"


def _trouble_with_new(visit: Visit, account: Account, new: str) -> str | None:
    if new != visit.form.get("again", ""):
        return "differs"
    if new == visit.form.get("old", ""):
        return "same"
    return trouble_with(new, name=account.name)


def _begun_anew(visit: Visit, account: Account, *, say: str) -> Response:
    """What changed has ended all sessions; this one goes on under a new token."""
    response = visit.see_other("start" if visit.known.duty else "own", say=say)
    visit.site.sessions.begin(response, account, stage=SessionStage.WHOLE, way=SignInWay.LOCAL, replaces=None)
    return response


def _password_form(visit: Visit, *, said: str | None = None, status: int = 200) -> Response:
    return visit.page("own_password.html", said=said, shortest=SHORTEST, status=status)


def _totp_form(visit: Visit, secret: str, *, said: str | None = None, status: int = 200) -> Response:
    sealed = visit.site.key.sealed(secret.encode(), purpose=SET_UP, owner=_owner(visit))
    groups = " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))
    return visit.page(
        "own_totp.html",
        qr=totp.qr_svg(secret, name=visit.known.name),
        secret=groups,
        sealed=sealed.hex(),
        said=said,
        status=status,
    )


def _owner(visit: Visit) -> str:
    """The secret on the page is of use in this very session only."""
    return f"{visit.known.account_id}:{visit.cookie(cookies.SESSION)}"
