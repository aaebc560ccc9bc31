"""Where every printed sheet and every page has got to: figures that add up, each open into its list.

For whoever settles marks, of their own units or cases; team leads have `figures`, in which no sheet can
be told. That somebody looked at a list is in the log, by the figure and never by what was on it.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import Response

from scanner.record import AccountedSheet, ReconcileRow, accounted, accounted_pages, reconcile_lines
from scanner.record import reconcile as sheets
from scanner.record.accounted_pages import PARTS, PageCount
from scanner.review.access.roles import Role
from scanner.review.access.rules import Routes, only
from scanner.review.figure import BY, Wanted, whole
from scanner.review.found_sheets import grouped, instrument_name
from scanner.review.stage import place
from scanner.review.visit import Visit
from scanner.texts.cells import write_rows

routes = Routes()

OWN = only(Role.REVIEWER, Role.PROFESSIONAL, limited=True)

ROWS = 60
"""Of a table of figures on one page."""
ON_A_PAGE = 50
"""Of a list."""


@dataclass(frozen=True, slots=True)
class Looked:
    """The figures of one moment."""

    rows: tuple[ReconcileRow, ...]
    pages: dict[PageCount, int]

    @property
    def sheets_wrong(self) -> int:
        return sum(row.counts.unaccounted for row in self.rows)

    @property
    def pages_wrong(self) -> int:
        return abs(self.pages[PageCount.SEEN] - sum(self.pages[part] for part in PARTS))


@routes.get("/reconcile", OWN)
def reconcile(visit: Visit) -> Response:
    """The figures over all, or of each unit and day."""
    wanted = Wanted.by_query(visit)
    visit.log("reconcile.look", "sheets", by=wanted.by or None)
    looked = _looked(visit, wanted)
    start = place(visit.query("from"))
    return visit.page(
        "reconcile.html",
        wanted=wanted,
        ways=BY,
        targets=list(visit.site.settings.delivery),
        looked=looked,
        whole=whole(looked.rows, wanted.targets),
        rows=_newest_first(looked.rows, wanted)[start : start + ROWS],
        earlier=max(start - ROWS, 0) if start else None,
        later=start + ROWS if len(looked.rows) > start + ROWS else None,
    )


@routes.get("/reconcile.csv", OWN)
def reconcile_csv(visit: Visit) -> Response:
    """The same for another program."""
    wanted = Wanted.by_query(visit)
    visit.log("reconcile.look", "sheets", by=wanted.by or None)
    rows = _looked(visit, wanted).rows
    return _csv(visit, reconcile_lines.ReconcileLine, list(reconcile_lines.lines_of(rows)))


@routes.get("/reconcile/sheets", OWN)
def reconcile_sheets(visit: Visit) -> Response:
    """The sheets behind a figure."""
    wanted, after, scope = _figure_wanted(visit), place(visit.query("after")), visit.known.scope
    figure = wanted.figure
    visit.log("sheets.read", figure.count, **wanted.logged, after=after or None)
    found = visit.record.look(
        lambda connection: accounted.page_of(
            connection, wanted.targets, figure, scope, after=after, limit=ON_A_PAGE + 1
        )
    )
    shown = found[:ON_A_PAGE]
    return visit.page(
        "reconcile_sheets.html",
        wanted=wanted,
        sheets=shown,
        grouped=grouped,
        form=lambda code: instrument_name(visit, code),
        person=lambda sheet: _person(visit, sheet),
        after=after,
        more=shown[-1].place if len(found) > ON_A_PAGE else None,
    )


@routes.get("/reconcile/sheets.csv", OWN)
def reconcile_sheets_csv(visit: Visit) -> Response:
    """All of them, for another program."""
    wanted, scope = _figure_wanted(visit), visit.known.scope
    visit.log("sheets.read", wanted.figure.count, **wanted.logged)
    found = visit.record.reconciled_sheets(wanted.targets, wanted.figure, scope=scope)
    return _csv(visit, AccountedSheet, list(found))


@routes.get("/reconcile/pages", OWN)
def reconcile_pages(visit: Visit) -> Response:
    """The pages behind a figure."""
    asked, after, scope = visit.query("count"), place(visit.query("after")), visit.known.scope
    if asked not in set(PageCount):
        raise HTTPException(404)
    count = PageCount(asked)
    visit.log("pages.read", count.value, after=after or None)
    found = visit.record.look(
        lambda connection: accounted_pages.pages_of(
            connection, scope, count, after=after, limit=ON_A_PAGE + 1
        )
    )
    shown = found[:ON_A_PAGE]
    more = shown[-1].place if len(found) > ON_A_PAGE else None
    return visit.page(
        "reconcile_pages.html", count=count, pages=shown, grouped=grouped, after=after, more=more
    )


def _figure_wanted(visit: Visit) -> Wanted:
    wanted = Wanted.by_query(visit)
    if wanted.count not in accounted.LISTS:
        raise HTTPException(404)
    return wanted


def _looked(visit: Visit, wanted: Wanted) -> Looked:
    scope = visit.known.scope
    return visit.record.look(
        lambda connection: Looked(
            sheets.reconcile(
                connection, wanted.targets, by_unit=wanted.by_unit, by_day=wanted.by_day, scope=scope
            ),
            accounted_pages.page_counts(connection, scope),
        )
    )


def _newest_first(rows: Sequence[ReconcileRow], wanted: Wanted) -> list[ReconcileRow]:
    """Of each unit; sheets of no unit last."""
    if not wanted.by_day:
        return sorted(rows, key=lambda row: (row.unit is None, row.unit or ""))
    newest = sorted(rows, key=lambda row: row.day or date.min, reverse=True)
    return sorted(newest, key=lambda row: (row.unit is None, row.unit or ""))


def _person(visit: Visit, sheet: AccountedSheet) -> str:
    """About whom a sheet is, and by whom."""
    texts = visit.texts
    about = texts.of("mark", "about", subject=sheet.subject) if sheet.subject else ""
    by = texts.of("mark", "by", rater=texts.of("rater", sheet.rater)) if sheet.rater else ""
    return " · ".join(filter(None, (about, by)))


def _csv(visit: Visit, kind: type[Any], rows: Sequence[object]) -> Response:
    out = io.StringIO()
    write_rows(kind, rows, out)
    name = visit.request.url.path.strip("/").replace("/", "-")
    return Response(
        out.getvalue(),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
