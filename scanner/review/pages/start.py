"""The first page: what there is for this visitor."""

from __future__ import annotations

from starlette.responses import Response

from scanner.review.access.rules import SIGNED_IN, Routes
from scanner.review.visit import Visit

routes = Routes()


@routes.get("/", SIGNED_IN)
def start(visit: Visit) -> Response:
    """Leads on from here are those of the navigation."""
    return visit.page("start.html")
