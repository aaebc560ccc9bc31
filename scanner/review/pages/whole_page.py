"""The whole page that a mark stands on, with its line outlined."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.responses import Response

from scanner.review.pages.marks import SETTLES_ONE
from scanner.review.access.rules import Routes
from scanner.review.visit import Visit

routes = Routes()


@routes.get("/review/{sheet_id}/{item}/page", SETTLES_ONE)
def whole_page(visit: Visit) -> Response:
    """As a page of its own, or for a script as a piece of one."""
    raise HTTPException(404)
