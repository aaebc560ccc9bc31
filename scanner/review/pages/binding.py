"""Sheets that were printed without a case and came back: whose they are."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.responses import Response

from forms.instrument import Rater
from scanner.errors import DatabaseError, JanaError
from scanner.model.sheet import SheetPurpose
from scanner.record import ListedSheet, sheet_lists
from scanner.review.access.roles import Role
from scanner.review.access.rules import Routes, only
from scanner.review.found_sheets import day_of, in_words
from scanner.review.visit import Visit
from scanner.texts.known_error import said as error_said

routes = Routes()

BINDS = only(Role.REVIEWER, limited=True)
FIELDS = ("case", "session", "date", "subject", "rater", "unit")
LARGEST_SESSION = 100_000


@dataclass(frozen=True, slots=True)
class Filled:
    """A form that was filled in: the purpose, or what to look at again, by field."""

    purpose: SheetPurpose
    troubles: dict[str, str]


@routes.get("/sheets", BINDS)
def unbound(visit: Visit) -> Response:
    """Those that came back and have no case yet."""
    scope = visit.known.scope
    sheets = visit.record.look(lambda connection: sheet_lists.unbound(connection, scope))
    return visit.page("unbound.html", sheets=[in_words(visit, sheet) for sheet in sheets])


@routes.get("/sheets/{sheet_id}/bind", BINDS)
def bind(visit: Visit) -> Response:
    """The form, with what the sheet says already."""
    sheet = _unbound(visit)
    visit.log("sheet.look", f"sheet:{sheet.sheet_id}")
    said = sheet.purpose
    values = {
        "session": "" if said.session is None else str(said.session),
        "date": "" if said.session_date is None else said.session_date.isoformat(),
        "subject": said.subject or "",
        "rater": said.rater or "",
        "unit": said.unit or _only_unit(visit),
    }
    return _form(visit, sheet, dict.fromkeys(FIELDS, "") | values)


@routes.post("/sheets/{sheet_id}/bind", BINDS)
def bind_sheet(visit: Visit) -> Response:
    """Give the sheet its case. Every field that is not right is named."""
    sheet = _unbound(visit)
    values = {name: visit.form.get(name, "").strip() for name in FIELDS}
    filled = _filled(visit, values)
    if filled.troubles:
        said = visit.texts.of("bind", "check")
        return _form(visit, sheet, values, trouble=said, troubles=filled.troubles)
    try:
        visit.record.bind(sheet.sheet_id, filled.purpose, actor=visit.known.name)
    except DatabaseError:
        raise
    except JanaError as error:
        return _form(visit, sheet, values, trouble=error_said(visit.texts, error))
    return visit.see_other("unbound", say="sheet_bound")


def _unbound(visit: Visit) -> ListedSheet:
    scope, sheet_id = visit.known.scope, visit.parameter("sheet_id")
    sheet = visit.record.look(lambda connection: sheet_lists.unbound_sheet(connection, scope, sheet_id))
    if sheet is None:
        raise HTTPException(404)
    return sheet


def _only_unit(visit: Visit) -> str:
    units = visit.known.units
    return next(iter(units)) if units is not None and len(units) == 1 else ""


def _filled(visit: Visit, values: dict[str, str]) -> Filled:
    """What the form says. The unit must be one of the visitor's: nobody binds out of their own sight."""
    troubles = {}
    text, units = visit.texts, visit.known.units
    if not values["case"]:
        troubles["case"] = text.of("bind", "need_case")
    elif _is_foreign(visit, values["case"]):
        troubles["case"] = text.of("bind", "need_own_case")
    session = int(values["session"]) if values["session"].isascii() and values["session"].isdigit() else 0
    if values["session"] and not 0 < session < LARGEST_SESSION:
        troubles["session"] = text.of("bind", "need_number")
    day = day_of(values["date"])
    if values["date"] and day is None:
        troubles["date"] = text.of("bind", "need_date")
    if values["rater"] and values["rater"] not in set(Rater):
        troubles["rater"] = text.of("bind", "check")
    if units is not None and values["unit"] not in units:
        troubles["unit"] = text.of("bind", "need_unit")
    purpose = SheetPurpose(
        case=values["case"] or None,
        session=session or None,
        session_date=day,
        subject=values["subject"] or None,
        rater=values["rater"] or None,
        unit=values["unit"] or None,
    )
    return Filled(purpose, troubles)


def _is_foreign(visit: Visit, reference: str) -> bool:
    scope = visit.known.scope
    return visit.record.look(lambda connection: sheet_lists.case_is_foreign(connection, scope, reference))


def _form(
    visit: Visit,
    sheet: ListedSheet,
    values: dict[str, str],
    *,
    trouble: str = "",
    troubles: dict[str, str] | None = None,
) -> Response:
    units = visit.known.units
    return visit.page(
        "bind.html",
        status=422 if trouble else 200,
        sheet=in_words(visit, sheet),
        values=values,
        trouble=trouble,
        troubles=dict.fromkeys(FIELDS, "") | (troubles or {}),
        raters=list(Rater),
        units=None if units is None else sorted(units),
        picture=_picture(visit, sheet),
    )


def _picture(visit: Visit, sheet: ListedSheet) -> str:
    """The path of the picture of its page; empty where none is kept."""
    seen = None if sheet.page_id is None else visit.record.seen_page(visit.known.scope, sheet.page_id)
    return visit.path("page_picture", page_id=sheet.page_id) if seen is not None and seen.has_picture else ""
