"""What programs ask for: static files, and whether the page is well."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.responses import Response

from scanner.errors import DatabaseError
from scanner.review.access.rules import ANYBODY, Routes
from scanner.review.visit import Visit

routes = Routes()

FOR_GOOD = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"
NO_SHEET = "-"


@routes.get("/static/{name}", ANYBODY)
def static_file(visit: Visit) -> Response:
    """A style sheet, a script, a picture of the product itself; never anything of the record."""
    file = visit.site.rendering.files.get(visit.parameter("name"))
    if file is None:
        raise HTTPException(404)
    etag = f'"{file.digest}"'
    headers = {"ETag": etag, "Cache-Control": FOR_GOOD if visit.query("v") == file.digest else ASK_AGAIN}
    if etag in visit.request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(file.content, media_type=file.media, headers=headers)


@routes.get("/healthz", ANYBODY)
def health(visit: Visit) -> Response:
    """Whether the record answers; nothing else is told."""
    try:
        well = visit.record.find(NO_SHEET) is None
    except DatabaseError:
        well = False
    return visit.json({"well": well}, status=200 if well else 503)


@routes.get("/favicon.ico", ANYBODY)
def favicon(visit: Visit) -> Response:
    """Browsers ask for it whatever the page says."""
    return visit.lead_to(visit.site.rendering.static("icon.svg"))
