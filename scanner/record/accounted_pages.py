"""What became of every page that was seen, and the list behind every figure.

A page is of the unit of its sheet, else of the office that scanned it (`scopes.reaches_page`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, func, or_, select, true

from scanner.model.outcome import RefusalReason
from scanner.model.scope import Scope
from scanner.record import page_waits, scans, schema
from scanner.record.outcomes import PageKind
from scanner.record.results import is_newest_outcome
from scanner.record.schema import WHOLE_FILE, outcome, page, scan_file, sheet
from scanner.record.scopes import reaches_page


class PageCount(StrEnum):
    """The figures; seen = read + refused + empty + waiting. A file that was refused whole is one page."""

    SEEN = "seen"
    READ = "read"
    REFUSED = "refused"
    EMPTY = "empty"
    WAITING = "waiting"
    """To be read, for the first time or by what a person said of it."""


PARTS = (PageCount.READ, PageCount.REFUSED, PageCount.EMPTY, PageCount.WAITING)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountedPage:
    """A page behind a figure."""

    place: int
    """Grows from each page to the next one, for `after`."""
    scan_name: str
    """Fit to be shown."""
    scan_page: int | None
    """None: the file as a whole."""
    taken_at: datetime
    stands: PageCount | None
    """One of `PARTS`; None where the figures do not add up."""
    sheet_id: str | None
    reason: RefusalReason | None
    """Why it was refused."""


def page_counts(connection: Connection, scope: Scope) -> dict[PageCount, int]:
    """How many pages within the scope, by each figure."""
    numbers = [
        func.coalesce(func.sum(case((condition, 1), else_=0)), 0).label(count.value)
        for count, condition in _conditions().items()
    ]
    row = connection.execute(_pages(select(*numbers), scope)).one()
    return {count: row._mapping[count.value] for count in PageCount}


def pages_of(
    connection: Connection, scope: Scope, count: PageCount, *, after: int = 0, limit: int = 50
) -> tuple[AccountedPage, ...]:
    """So many of the pages behind a figure, behind the place `after`."""
    conditions = _conditions()
    columns = (page.c.id, page.c.scan_file_id, page.c.number, scan_file.c.taken_at)
    standings = [conditions[part].label(part.value) for part in PARTS]
    query: Any = select(*columns, outcome.c.reason, sheet.c.identifier, *standings)
    query = _pages(query, scope).where(conditions[count], page.c.id > after).order_by(page.c.id).limit(limit)
    rows = connection.execute(query).all()
    names = scans.first_names(connection, {row.scan_file_id for row in rows})
    found = []
    for row in rows:
        refused = row.refused and row.reason is not None
        found.append(
            AccountedPage(
                place=row.id,
                scan_name=names[row.scan_file_id],
                scan_page=None if row.number == WHOLE_FILE else row.number,
                taken_at=row.taken_at,
                stands=next((part for part in PARTS if row._mapping[part.value]), None),
                sheet_id=row.identifier,
                reason=RefusalReason(row.reason) if refused else None,
            )
        )
    return tuple(found)


def _pages(query: Any, scope: Scope) -> Any:
    """Of pages with their newest outcomes, the ones within the scope."""
    return (
        query.select_from(page)
        .join(scan_file, page.c.scan_file_id == scan_file.c.id)
        .outerjoin(outcome, outcome.c.page_id == page.c.id)
        .outerjoin(sheet, outcome.c.sheet_id == sheet.c.id)
        .outerjoin(schema.case, sheet.c.case_id == schema.case.c.id)
        .where(or_(outcome.c.id.is_(None), is_newest_outcome()), reaches_page(scope))
    )


def _conditions() -> dict[PageCount, ColumnElement[bool]]:
    waiting = or_(outcome.c.id.is_(None), page_waits.waits_again())
    became = {PageCount(kind.value): and_(outcome.c.kind == kind.value, ~waiting) for kind in PageKind}
    return {PageCount.SEEN: true(), **became, PageCount.WAITING: waiting}
