"""Signing in by name and password, the code after it, signing out, and the choice of a language."""

from __future__ import annotations

import re

from starlette.responses import Response

from scanner.record import SessionStage, SignInWay
from scanner.review.access import cookies
from scanner.review.access.rules import ALWAYS, ANYBODY, Routes, also_for
from scanner.review.access.throttle import DEVICE_DAYS, WINDOW_S, BusyError, TooManyError
from scanner.review.access.visitor import Duty
from scanner.review.pages.own import account_of
from scanner.review.visit import Visit
from scanner.texts import LANGUAGES

routes = Routes()

OWN_PATH = re.compile(r"/(?![/\\])(?!.*(?://|\.\.|/\.))[\w/.~-]{0,200}")
DAY_S = 86_400
YEAR_S = 365 * DAY_S


@routes.get("/sign-in", ANYBODY)
def sign_in(visit: Visit) -> Response:
    """The form; whoever is signed in already has no need of it."""
    if visit.visitor is not None:
        return visit.see_other("start")
    return sign_in_form(visit, own_path(visit.query("next")))


@routes.post("/sign-in", ANYBODY)
def sign_in_send(visit: Visit) -> Response:
    """With the right password on to the code, or in."""
    name, password = visit.form.get("name", "").strip(), visit.form.get("password", "")
    further = own_path(visit.form.get("next", ""))
    device_cookie = visit.cookie(cookies.DEVICE)
    try:
        account = visit.site.sign_in.by_password(
            name, password, address=visit.address, device_cookie=device_cookie
        )
    except TooManyError:
        return sign_in_form(visit, further, said="too_many", status=429)
    except BusyError:
        return sign_in_form(visit, further, said="busy", status=503)
    if account is None:
        return sign_in_form(visit, further, said="wrong", status=422)
    whole = account.totp_secret is None
    response = visit.lead_to(further if whole else f"{visit.path('code')}?next={further}")
    visit.site.sessions.begin(
        response,
        account,
        stage=SessionStage.WHOLE if whole else SessionStage.PASSWORD,
        way=SignInWay.LOCAL,
        replaces=visit.cookie(cookies.SESSION),
    )
    if whole:
        remember_device(visit, response, account.account_id)
    visit.site.cookies.drop(response, cookies.VISIT)
    return response


@routes.get("/sign-in/code", also_for(Duty.CODE))
def code(visit: Visit) -> Response:
    """Asks for the code of the second factor."""
    if visit.known.duty is not Duty.CODE:
        return visit.see_other("start")
    return visit.page("code.html", next=own_path(visit.query("next")), said=None)


@routes.post("/sign-in/code", also_for(Duty.CODE))
def code_send(visit: Visit) -> Response:
    """With the right code in."""
    further = own_path(visit.form.get("next", ""))
    if visit.known.duty is not Duty.CODE:
        return visit.lead_to(further)
    account = account_of(visit)
    said, status = "wrong", 422
    try:
        right = visit.site.sign_in.takes_code(
            account, visit.form.get("code", ""), device_cookie=visit.cookie(cookies.DEVICE)
        )
    except TooManyError:
        right, said, status = False, "too_many", 429
    if not right:
        return visit.page("code.html", next=further, said=said, status=status)
    response = visit.lead_to(further)
    visit.site.sessions.begin(
        response,
        account,
        stage=SessionStage.WHOLE,
        way=SignInWay.LOCAL,
        replaces=visit.cookie(cookies.SESSION),
    )
    remember_device(visit, response, account.account_id)
    return response


@routes.post("/sign-out", ALWAYS)
def sign_out(visit: Visit) -> Response:
    """The session is over, here and on the server."""
    response = visit.see_other("sign_in", say="signed_out")
    visit.site.sessions.end(response, visit.cookie(cookies.SESSION), actor=visit.known.name)
    return response


@routes.post("/language", ANYBODY)
def language(visit: Visit) -> Response:
    """Speak another language from now on: to this browser, and to this account wherever it is used."""
    chosen = visit.form.get("language", "")
    response = visit.lead_to(own_path(visit.form.get("next", "")))
    if chosen in LANGUAGES:
        visit.site.cookies.set(response, cookies.LANGUAGE, chosen, max_age_s=YEAR_S)
        if visit.visitor is not None and visit.visitor.language != chosen:
            visit.record.set_account_language(visit.visitor.account_id, chosen, actor=visit.visitor.name)
    return response


def remember_device(visit: Visit, response: Response, account_id: int) -> None:
    """Give this browser a budget of tries of its own for this account."""
    if visit.site.throttle.device_of(visit.cookie(cookies.DEVICE), account_id) is None:
        device = visit.site.throttle.new_device(account_id)
        visit.site.cookies.set(response, cookies.DEVICE, device, max_age_s=DEVICE_DAYS * DAY_S)


def sign_in_form(
    visit: Visit, further: str, *, said: str | None = None, subject: str = "", status: int = 200
) -> Response:
    """Names that were typed are not put back: the next person at this browser need not see them."""
    provider = visit.site.rules.oidc
    label = None if provider is None else provider.label or provider.issuer
    response = visit.page(
        "sign_in.html", next=further, said=said, subject=subject, provider=label, status=status
    )
    if status == 429:
        response.headers["Retry-After"] = f"{WINDOW_S:.0f}"
    return response


def own_path(path: str) -> str:
    """The path to go on to: only one of our own, else the first page."""
    return path if OWN_PATH.fullmatch(path) else "/"
