"""Pages that could not be read by themselves: which sheet each shows, or that it is none of ours."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.responses import Response

from forms.identifier import SheetId
from scanner.errors import DatabaseError, JanaError
from scanner.model.outcome import RefusalReason
from scanner.record import SeenPage, WordKind
from scanner.review.access.roles import Role
from scanner.review.access.rules import Routes, only
from scanner.review.found_sheets import Search, found_sheets, instrument_names
from scanner.review.typed_code import CodeTrouble, typed_code
from scanner.review.visit import Visit
from scanner.texts.known_error import said

routes = Routes()

SETTLES = only(Role.REVIEWER, Role.PROFESSIONAL, limited=True)
MOST = 100
"""Pages on one list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A page on a list."""

    page_id: int
    name: str
    reason: str
    said: str
    revocable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A page that somebody looks at."""

    page_id: int
    name: str
    scan_name: str
    scan_page: int
    reason: str
    picture: str
    """Path; empty where none is kept."""
    void: VoidSheet | None


@dataclass(frozen=True, slots=True)
class VoidSheet:
    """The sheet on the page was made void."""

    sheet: str
    reason: str


@routes.get("/pages", SETTLES)
def unidentified(visit: Visit) -> Response:
    """Those that wait, and those of which somebody has said something lately."""
    record, scope = visit.record, visit.known.scope
    return visit.page(
        "unidentified.html",
        waiting=[_listed(visit, page) for page in record.unidentified(scope, limit=MOST)],
        said=[_listed(visit, page) for page in record.said_pages(scope)],
    )


@routes.get("/pages/{page_id}", SETTLES)
def loose_page(visit: Visit) -> Response:
    """One of them, with what can be said of it."""
    return _shown(visit, _page(visit))


@routes.get("/pages/{page_id}/picture", SETTLES)
def page_picture(visit: Visit) -> Response:
    """The picture of a whole page; each look is in the log."""
    png = visit.record.look_at_page(visit.known.scope, _number(visit), actor=visit.known.name)
    if png is None:
        raise HTTPException(404)
    return visit.png(png)


@routes.post("/pages/{page_id}/sheet", SETTLES)
def identify_page(visit: Visit) -> Response:
    """Say which sheet it shows, by the printed code."""
    page, code = _page(visit), visit.form.get("code", "")
    sheet = typed_code(code)
    if isinstance(sheet, CodeTrouble):
        return _shown(visit, page, code=code, trouble=visit.texts.of("loose", sheet.key, **sheet.values))
    trouble = _why_not(visit, sheet)
    if trouble:
        return _shown(visit, page, code=code, trouble=trouble)
    try:
        visit.record.identify_page(visit.known.scope, page.page_id, sheet.text, actor=visit.known.name)
    except DatabaseError:
        raise
    except JanaError as error:
        return _shown(visit, page, code=code, trouble=said(visit.texts, error))
    return visit.see_other("unidentified", say="page_identified")


@routes.post("/pages/{page_id}/search", SETTLES)
def search_sheet(visit: Visit) -> Response:
    """Sheets that have not come back. A form, not a link: what is searched for stands in no address."""
    page, search = _page(visit), Search.by(visit.form)
    visit.log("sheet.search", f"scan:{page.scan_sha256}/{page.scan_page}")
    return _shown(visit, page, search=search)


@routes.post("/pages/{page_id}/not-ours", SETTLES)
def not_ours(visit: Visit) -> Response:
    """Put it aside."""
    visit.record.put_page_aside(visit.known.scope, _number(visit), actor=visit.known.name)
    return visit.see_other("unidentified", say="page_aside")


@routes.post("/pages/{page_id}/take-back", SETTLES)
def take_back(visit: Visit) -> Response:
    """What was said of it last does not hold."""
    visit.record.take_page_word_back(visit.known.scope, _number(visit), actor=visit.known.name)
    return visit.see_other("unidentified", say="page_back")


def _number(visit: Visit) -> int:
    return int(visit.parameter("page_id"))


def _page(visit: Visit) -> SeenPage:
    page = visit.record.seen_page(visit.known.scope, _number(visit))
    if page is None:
        raise HTTPException(404)
    return page


def _why_not(visit: Visit, sheet: SheetId) -> str:
    """Why the page cannot be this sheet; empty when it can."""
    within = visit.record.reaches_sheet(visit.known.scope, sheet.text)
    known = visit.record.find(sheet.text) if within else None
    if known is None:
        return visit.texts.of("loose", "code_unknown")
    if known.void_reason is not None:
        return visit.texts.of("loose", "code_void", reason=known.void_reason)
    return ""


def _listed(visit: Visit, page: SeenPage) -> Listed:
    said = ""
    if page.word is not None and page.word.kind is WordKind.IDENTIFIED:
        sheet = SheetId(page.word.sheet_id or "").grouped()
        said = visit.texts.of("loose", "said_identified", name=page.word.actor, sheet=sheet)
        if page.waits:
            said = " ".join((said, visit.texts.of("loose", "waiting")))
    elif page.word is not None:
        said = visit.texts.of("loose", "said_not_ours", name=page.word.actor)
    return Listed(
        page_id=page.page_id,
        name=_name(visit, page),
        reason=_reason(visit, page),
        said=said,
        revocable=page.waits or (page.word is not None and page.word.kind is WordKind.NOT_OURS),
    )


def _shown(
    visit: Visit, page: SeenPage, *, code: str = "", trouble: str = "", search: Search | None = None
) -> Response:
    void = None
    if page.reason is RefusalReason.VOID_SHEET and page.sheet_id is not None:
        known = visit.record.find(page.sheet_id)
        void = VoidSheet(SheetId(page.sheet_id).grouped(), (known.void_reason if known else None) or "")
    shown = Shown(
        page_id=page.page_id,
        name=_name(visit, page),
        scan_name=page.scan_name,
        scan_page=page.scan_page,
        reason=_reason(visit, page),
        picture=visit.path("page_picture", page_id=page.page_id) if page.has_picture else "",
        void=void,
    )
    return visit.page(
        "loose_page.html",
        status=422 if trouble else 200,
        page=shown,
        code=code,
        trouble=trouble,
        search=search or Search(),
        found=None if search is None else found_sheets(visit, search),
        instruments=instrument_names(visit),
    )


def _name(visit: Visit, page: SeenPage) -> str:
    return visit.texts.of("loose", "page_of", name=page.scan_name, page=page.scan_page)


def _reason(visit: Visit, page: SeenPage) -> str:
    said = "" if page.reason is None else visit.texts.of("page_reason", page.reason.value)
    return said[:1].upper() + said[1:]
