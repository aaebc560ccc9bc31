"""Pages for what went wrong: what happened, and what to do; never how it came about."""

from __future__ import annotations

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from scanner.review.visit import Visit

SAID = (400, 401, 403, 404, 405, 409, 413, 422, 429, 500, 503)
"""Statuses that have words of their own in the table `error`."""


def page(visit: Visit, status: int, *, detail: str = "") -> Response:
    """The page of a status, or for a script an object with `error` and `status`.

    `detail` is a known error's text, which was written to be read.
    """
    known = status if status in SAID else 400 if status < 500 else 500
    title = visit.texts.of("error", f"title_{known}")
    advice = visit.texts.of("error", f"advice_{known}")
    if visit.wants_json:
        return visit.json(
            {"status": status, "error": title, "advice": advice, "detail": detail}, status=status
        )
    return visit.page("error.html", status=status, title=title, advice=advice, detail=detail, code=status)


def came_from(request: Request) -> str:
    """The query that leads back to a page after signing in."""
    return urlencode({"next": request.url.path})
