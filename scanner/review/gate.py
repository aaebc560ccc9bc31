"""What stands before every handler: where the request comes from, who asks, and whether they may."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from scanner.errors import DatabaseError, JanaError
from scanner.record import ChangedMeanwhileError
from scanner.review import errors
from scanner.review.access import cookies, csrf
from scanner.review.access.reach import within_reach
from scanner.review.access.rules import RuledRoute
from scanner.review.access.visitor import Duty
from scanner.review.access_log import ACCOUNT
from scanner.review.site import Site
from scanner.review.visit import Visit
from scanner.texts.known_error import said

MOST_FIELDS = 200

WHERE_TO = {Duty.CODE: "code", Duty.PASSWORD: "own_password", Duty.TOTP: "own_totp"}
"""The page on which each duty is done."""


def endpoint(site: Site, route: RuledRoute) -> Callable[[Request], Awaitable[Response]]:
    """What Starlette calls for a route. The record is waited for in a thread, never in the event loop."""

    async def answer(request: Request) -> Response:
        fields = await _fields(request) if route.method == "POST" else FormData()
        return await run_in_threadpool(_answer, site, route, request, fields)

    return answer


def _answer(site: Site, route: RuledRoute, request: Request, fields: FormData) -> Response:
    lists = {name: tuple(_texts(fields.getlist(name))) for name in fields}
    form = {name: values[-1] for name, values in lists.items() if values}
    visit = Visit(site, request, None, form, lists)
    try:
        if not csrf.comes_from_us(request.method, request.headers, origin=visit.origin):
            raise HTTPException(403)
        _refuse_unstorable([*request.path_params.values()], 404)
        _refuse_unstorable([*form.values(), *request.query_params.values()], 422)
        visitor = site.sessions.visitor(visit.cookie(cookies.SESSION))
        visit = Visit(site, request, visitor, form, lists)
        request.scope[ACCOUNT] = None if visitor is None else visitor.account_id
        return _admitted(visit, route) or route.handler(visit)
    except HTTPException as refused:
        return errors.page(visit, refused.status_code)
    except ChangedMeanwhileError:
        return errors.page(visit, 409)
    except DatabaseError:
        return errors.page(visit, 503)
    except JanaError as error:
        return errors.page(visit, 422, detail=said(visit.texts, error))


def _admitted(visit: Visit, route: RuledRoute) -> Response | None:
    """None when the visitor may go on; else where to go first. Raises HTTPException for who may not."""
    rule, visitor = route.rule, visit.visitor
    if not rule.public:
        if visitor is None:
            return _to_sign_in(visit, route)
        if visitor.duty is not None and visitor.duty not in rule.duties:
            return _to_duty(visit, route, visitor.duty)
        if not rule.admits(visitor.roles):
            raise HTTPException(403)
    if route.method == "POST" and not visit.token_holds():
        raise HTTPException(403)
    if rule.limited and visitor is not None:
        found = within_reach(visit.record, visitor, visit.request.path_params)
        if not found:
            raise HTTPException(404)
    return None


def _to_sign_in(visit: Visit, route: RuledRoute) -> Response:
    if route.method != "GET" or visit.wants_json:
        raise HTTPException(401)
    return visit.lead_to(f"{visit.path('sign_in')}?{errors.came_from(visit.request)}")


def _to_duty(visit: Visit, route: RuledRoute, duty: Duty) -> Response:
    if route.method != "GET" or visit.wants_json:
        raise HTTPException(403)
    return visit.see_other(WHERE_TO[duty])


def _refuse_unstorable(values: Iterable[object], status: int) -> None:
    """What no database can hold as text, and nobody can mean, is not handed on."""
    for value in values:
        said = str(value)
        if "\x00" in said or any("\ud800" <= letter <= "\udfff" for letter in said):
            raise HTTPException(status)


async def _fields(request: Request) -> FormData:
    try:
        return await request.form(max_files=0, max_fields=MOST_FIELDS)
    except ClientDisconnect:
        # Nobody hears the answer, and it is no bug of ours.
        raise HTTPException(400) from None


def _texts(values: Iterable[object]) -> Iterable[str]:
    return (value for value in values if isinstance(value, str))
