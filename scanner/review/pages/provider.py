"""Signing in at the organisation's provider: away, and back."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from scanner.record import SessionStage, SignInWay
from scanner.review.access import cookies
from scanner.review.access.oidc import LONGEST_AWAY_S, OidcSignIn
from scanner.review.access.oidc_provider import ProviderError
from scanner.review.access.rules import ANYBODY, Routes
from scanner.review.pages.sign_in import own_path, sign_in_form
from scanner.review.visit import SEE_OTHER, Visit

routes = Routes()


@routes.get("/sign-in/provider", ANYBODY)
def provider(visit: Visit) -> Response:
    """Off to the provider, with what must come back kept in this browser."""
    oidc = _oidc(visit)
    further = own_path(visit.query("next"))
    try:
        address, kept = oidc.leave(back=_back(visit), further=further, now=visit.now)
    except ProviderError as error:
        return _failed(visit, error)
    response = RedirectResponse(address, status_code=SEE_OTHER)
    visit.site.cookies.set(response, cookies.PROVIDER, kept, max_age_s=LONGEST_AWAY_S)
    return response


@routes.get("/sign-in/provider/back", ANYBODY)
def provider_back(visit: Visit) -> Response:
    """Who comes back with a good word of the provider, and has an account here, is in."""
    oidc = _oidc(visit)
    kept = visit.cookie(cookies.PROVIDER)
    try:
        person = oidc.come_back(visit.request.query_params, kept, back=_back(visit), now=visit.now)
    except ProviderError as error:
        return _failed(visit, error)
    account = visit.record.account_by_oidc(person.issuer, person.subject)
    if account is None or account.disabled_at is not None:
        visit.site.note("sign_in_without_account", subject=person.subject)
        response = sign_in_form(visit, "/", said="provider_unknown", subject=person.subject, status=403)
    else:
        response = visit.lead_to(person.further)
        visit.site.sessions.begin(
            response,
            account,
            stage=SessionStage.WHOLE,
            way=SignInWay.OIDC,
            replaces=visit.cookie(cookies.SESSION),
        )
        visit.site.cookies.drop(response, cookies.VISIT)
    visit.site.cookies.drop(response, cookies.PROVIDER)
    return response


def _oidc(visit: Visit) -> OidcSignIn:
    if visit.site.oidc is None:
        raise HTTPException(404)
    return visit.site.oidc


def _back(visit: Visit) -> str:
    """Our address for the way back. The host is one of our names: others were refused before."""
    return f"{visit.origin}{visit.path('provider_back')}"


def _failed(visit: Visit, error: ProviderError) -> Response:
    visit.site.note("provider_failed", why=str(error))
    response = sign_in_form(visit, "/", said="provider_failed", status=422)
    visit.site.cookies.drop(response, cookies.PROVIDER)
    return response
