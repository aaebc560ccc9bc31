"""The review page put together: `create_app` is all that others need."""

from __future__ import annotations

from collections.abc import Callable

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from scanner.errors import DatabaseError
from scanner.record import Record
from scanner.review import errors, rendering
from scanner.review.access.cookies import SESSION, Cookies
from scanner.review.access.headers import SecurityHeaders
from scanner.review.access.keys import ServerKey, read_secret
from scanner.review.access.oidc import OidcSignIn
from scanner.review.access.oidc_provider import Provider
from scanner.review.access.only_tls import OnlyTls
from scanner.review.access.passwords import Passwords
from scanner.review.access.rules import Routes, RuledRoute, all_routes
from scanner.review.access.sessions import Sessions
from scanner.review.access.sign_in import SignIn
from scanner.review.access.throttle import Throttle
from scanner.review.access_log import AccessLog, Answered
from scanner.review.gate import endpoint
from scanner.review.pages import (
    accounts,
    audit_log,
    binding,
    figures,
    marks,
    own_account,
    provider,
    reconcile,
    second,
    service,
    sign_in,
    start,
    unidentified,
    whole_page,
)
from scanner.review.site import HERE, Note, Serving, Site
from scanner.review.visit import Visit
from scanner.settings import Settings
from scanner.settings_review import OidcProvider

Hear = Callable[[Answered], object]

LARGEST_REQUEST = 64 * 1024
"""Bytes. Forms are small, and nothing is uploaded."""

SUBJECTS: tuple[Routes, ...] = (
    service.routes,
    start.routes,
    sign_in.routes,
    provider.routes,
    own_account.routes,
    marks.routes,
    whole_page.routes,
    second.routes,
    unidentified.routes,
    binding.routes,
    accounts.routes,
    audit_log.routes,
    figures.routes,
    reconcile.routes,
)
"""Everything that can be asked for, in the order in which it is tried."""


class ReviewApp(Starlette):
    """The application. Its headers go round everything, also round what answers for a bug."""

    def __init__(self, site: Site, routes: tuple[RuledRoute, ...], hear: Hear | None) -> None:
        self.site = site
        self.ruled = routes
        self._hear = hear
        hosts = Middleware(TrustedHostMiddleware, allowed_hosts=list(site.serving.names), www_redirect=False)
        super().__init__(
            routes=[_route(site, route) for route in routes],
            middleware=[Middleware(OnlyTls), hosts] if site.serving.secure else [hosts],
            exception_handlers={HTTPException: _refused(site), Exception: _bug(site)},
            max_body_size=LARGEST_REQUEST,
        )
        # A path that is not there is not found; nobody is led to another that looks like it.
        self.router.redirect_slashes = False
        require_rules(self.routes)

    def build_middleware_stack(self) -> ASGIApp:
        inner = SecurityHeaders(super().build_middleware_stack(), secure=self.site.serving.secure)
        return inner if self._hear is None else AccessLog(inner, self._hear)


def _nowhere(_event: str, **_facts: object) -> None:
    """Where nobody listens."""


def create_app(
    record: Record,
    settings: Settings,
    *,
    serving: Serving = HERE,
    passwords: Passwords | None = None,
    subjects: tuple[Routes, ...] = SUBJECTS,
    hear: Hear | None = None,
    note: Note = _nowhere,
) -> ReviewApp:
    """The review page over an open record, whose clock it goes by.

    `passwords` may hash at another cost; `hear` is told of every answer, `note` (event, facts)
    of what an administrator wants to know. Raises
    SettingsError when the key file cannot be used, and ValueError for routes whose rules are not clear.
    """
    routes = all_routes(*subjects)
    cookies = Cookies(secure=serving.secure)
    key = ServerKey.open(settings.review_key)
    hashing = passwords or Passwords()
    throttle = Throttle(record, key)
    site = Site(
        record=record,
        settings=settings,
        serving=serving,
        cookies=cookies,
        key=key,
        passwords=hashing,
        sign_in=SignIn(record, hashing, key, throttle),
        throttle=throttle,
        sessions=Sessions(record, settings.review, cookies),
        oidc=_oidc(settings.review.oidc, key),
        rendering=rendering.shared(),
        paths={route.name: route for route in routes},
        note=note,
    )
    return ReviewApp(site, routes, hear)


def _oidc(rules: OidcProvider | None, key: ServerKey) -> OidcSignIn | None:
    if rules is None:
        return None
    secret = read_secret(rules.client_secret_file, setting="client_secret_file")
    return OidcSignIn(Provider(rules, secret), key)


def require_rules(routes: list[BaseRoute]) -> None:
    """Raises ValueError for a route that no rule stands before, however it came in."""
    for route in routes:
        if not isinstance(getattr(getattr(route, "endpoint", None), "ruled", None), RuledRoute):
            raise ValueError(f"{route!r} has no rule: add it through a Routes of scanner.review.access.rules")


def _route(site: Site, route: RuledRoute) -> Route:
    answer = endpoint(site, route)
    answer.ruled = route  # type: ignore[attr-defined] # what `require_rules` looks for
    return Route(route.path, answer, methods=[route.method], name=route.name)


def _refused(site: Site) -> Callable[[Request, Exception], Response]:
    """Answers what no handler was asked for: a path that is not there, a body that is too large."""

    def answer(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 400
        response = errors.page(_visit(site, request), status)
        allowed = (error.headers or {}).get("Allow") if isinstance(error, HTTPException) else None
        if allowed is not None:
            response.headers["Allow"] = allowed
        return response

    return answer


def _visit(site: Site, request: Request) -> Visit:
    """With whoever is signed in, if that can be told: the page has the same head as all."""
    try:
        return Visit.of(site, request, site.sessions.visitor(site.cookies.get(request.cookies, SESSION)))
    except DatabaseError:
        return Visit.of(site, request, None)


def _bug(site: Site) -> Callable[[Request, Exception], Response]:
    """Answers for a bug, without a word about it; the log has it."""

    def answer(request: Request, _error: Exception) -> Response:
        return errors.page(Visit.of(site, request, None), 500)

    return answer
