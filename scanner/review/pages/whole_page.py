"""The whole page that a mark stands on, with its line outlined."""

from __future__ import annotations

from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import Response

from scanner.record import SeenLine, WaitingMark
from scanner.review.access.roles import Role
from scanner.review.access.rules import Routes, only
from scanner.review.visit import Visit

routes = Routes()


@routes.get("/review/{sheet_id}/{item}/page", only(Role.REVIEWER, Role.PROFESSIONAL, limited=True))
def whole_page(visit: Visit) -> Response:
    """As a page of its own, or for a script as a piece of one."""
    sheet_id, item = visit.parameter("sheet_id"), visit.parameter("item")
    mark = visit.record.mark(visit.known.scope, sheet_id, item)
    if mark is None:
        raise HTTPException(404)
    back = visit.path("one_mark", sheet_id=sheet_id, item=item)
    return page_shown(visit, sheet_id, item, _newest(mark).page_id, back=back)


def page_shown(visit: Visit, sheet_id: str, item: str, page_id: int, *, back: str) -> Response:
    """The page with the line of an item outlined, and the way `back`; for a script as a piece of a page."""
    seen = visit.record.seen_page(visit.known.scope, page_id)
    path = visit.path("page_picture", page_id=page_id)
    shown: dict[str, Any] = {
        "picture": path if seen is not None and seen.has_picture else "",
        "width": 0,
        "height": 0,
        "outline": "",
    }
    known = visit.record.find(sheet_id)
    answers = () if known is None else known.layout.answer_lines
    for answer in answers:
        if known is not None and answer.item == item:
            zone = answer.zone
            shown |= {
                "width": known.layout.page.width_mm,
                "height": known.layout.page.height_mm,
                "outline": " ".join(f"{corner.x_mm},{corner.y_mm}" for corner in zone.corners),
            }
    if visit.wants_json:
        return visit.json({"html": visit.fragment("_whole_page.html", **shown)})
    return visit.page("whole_page.html", back=back, **shown)


def _newest(mark: WaitingMark) -> SeenLine:
    """The scan to show: the one that the state is based on, or in a conflict the last one that differs."""
    return next(line for line in mark.readings if line.reading_id == mark.reading_id)
