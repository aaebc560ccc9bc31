"""Pages that were looked at, and those among them that wait for somebody to say what they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, exists, func, or_, select

from scanner.model.outcome import RefusalReason
from scanner.model.scope import Scope
from scanner.record import page_waits, scans
from scanner.record.outcomes import PageKind
from scanner.record.page_waits import WordKind
from scanner.record.results import is_newest_outcome
from scanner.record.schema import WHOLE_FILE, case, outcome, page, scan_file, sheet
from scanner.record.schema_review import page_picture, page_word
from scanner.record.scopes import reaches_page

FOR_A_PERSON = (
    RefusalReason.NO_CODE,
    RefusalReason.UNKNOWN_SHEET,
    RefusalReason.VOID_SHEET,
    RefusalReason.TWO_SHEETS,
    RefusalReason.NOT_REGISTERED,
)
"""Reasons with which a page may be what somebody is waiting for. The others call for another scan."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageWord:
    """What was said of a page last."""

    kind: WordKind
    sheet_id: str | None
    actor: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenPage:
    """A page with its newest outcome, as a person needs it who is to say what it is."""

    place: int
    """Grows from each outcome to the next one, for `after`."""
    page_id: int
    scan_sha256: str
    scan_name: str
    """Fit to be shown."""
    scan_page: int
    office: str | None
    kind: PageKind
    sheet_id: str | None
    """The sheet that it shows, or of which it was refused, where that is known."""
    reason: RefusalReason | None
    detail: str | None
    read_at: datetime
    waits: bool
    """It is to be read again, by what was said of it."""
    scan_kept: bool
    """Its bytes are there, so that it can be."""
    has_picture: bool
    word: PageWord | None


def unidentified(
    connection: Connection, scope: Scope, *, after: int | None = None, limit: int = 20
) -> tuple[SeenPage, ...]:
    """Refused pages that wait for somebody to say what they are, the oldest first, behind `after`."""
    query = _waiting(_pages(), scope).where(outcome.c.id > (after or 0)).order_by(outcome.c.id)
    return _filled(connection, connection.execute(query.limit(limit)).all())


def said(connection: Connection, scope: Scope, *, limit: int = 20) -> tuple[SeenPage, ...]:
    """Pages of which somebody has said something that holds, what was said last first."""
    query = _pages().where(
        page_word.c.kind.in_([WordKind.IDENTIFIED.value, WordKind.NOT_OURS.value]),
        is_newest_outcome(),
        reaches_page(scope),
        # Of few pages anything was said: a planner is to begin at these, not at all outcomes.
        page.c.id.in_(select(page_word.c.page_id).correlate(None)),
    )
    rows = connection.execute(query.order_by(page_word.c.id.desc()).limit(limit)).all()
    return _filled(connection, rows)


def left(connection: Connection, scope: Scope) -> int:
    """How many pages wait for somebody to say what they are."""
    counting: Any = _joined(select(func.count()))
    return int(connection.execute(_waiting(counting, scope)).scalar_one())


def seen_page(connection: Connection, scope: Scope, page_id: int) -> SeenPage | None:
    """One page, whatever became of it; None when it is not within the scope, or was never looked at."""
    query = _pages().where(page.c.id == page_id, is_newest_outcome(), reaches_page(scope))
    return next(iter(_filled(connection, connection.execute(query).all())), None)


def picture_png(connection: Connection, page_id: int) -> bytes | None:
    """The picture of the whole page; None when there is none, or none any more."""
    png = connection.scalar(select(page_picture.c.png).where(page_picture.c.page_id == page_id))
    return None if png is None else bytes(png)


@cache
def _pages() -> Select[Any]:
    said_sheet = sheet.alias("said_sheet")
    columns = (
        outcome.c.id.label("place"),
        page.c.id.label("page_id"),
        page.c.scan_file_id,
        page.c.number,
        *(scan_file.c[name] for name in ("sha256", "stored", "purged_at")),
        *(outcome.c[name] for name in ("kind", "reason", "detail", "read_at", "word_id")),
        sheet.c.identifier,
        page_word.c.id.label("said"),
        page_word.c.kind.label("said_kind"),
        page_word.c.actor.label("said_by"),
        page_word.c.at.label("said_at"),
        said_sheet.c.identifier.label("said_sheet"),
        page_waits.waits_again().label("waits"),
        exists().where(page_picture.c.page_id == page.c.id).label("has_picture"),
    )
    joined: Select[Any] = _joined(select(*columns)).outerjoin(
        said_sheet, page_word.c.sheet_id == said_sheet.c.id
    )
    return joined


def _joined(query: Any) -> Any:
    """Outcomes with their pages, files, sheets and cases, and the newest word of each page."""
    return (
        query.select_from(outcome)
        .join(page, outcome.c.page_id == page.c.id)
        .join(scan_file, page.c.scan_file_id == scan_file.c.id)
        .outerjoin(sheet, outcome.c.sheet_id == sheet.c.id)
        .outerjoin(case, sheet.c.case_id == case.c.id)
        .outerjoin(page_word, and_(page_word.c.page_id == page.c.id, page_waits.is_newest_word()))
        .where(page.c.number != WHOLE_FILE)
    )


def _waiting(query: Any, scope: Scope) -> Any:
    """Of these the ones that wait for a person."""
    unsaid = or_(
        page_word.c.id.is_(None),
        page_word.c.kind == WordKind.TAKEN_BACK.value,
        and_(page_word.c.kind == WordKind.IDENTIFIED.value, outcome.c.word_id == page_word.c.id),
    )
    return query.where(
        outcome.c.kind == PageKind.REFUSED.value,
        outcome.c.reason.in_([reason.value for reason in FOR_A_PERSON]),
        scan_file.c.purged_at.is_(None),
        is_newest_outcome(),
        unsaid,
        reaches_page(scope),
    )


def _filled(connection: Connection, rows: Sequence[Row[Any]]) -> tuple[SeenPage, ...]:
    files = {row.scan_file_id for row in rows}
    names, offices = scans.first_names(connection, files), scans.first_offices(connection, files)
    return tuple(_page(row, names[row.scan_file_id], offices[row.scan_file_id]) for row in rows)


def _page(row: Row[Any], scan_name: str, office: str | None) -> SeenPage:
    word = None
    if row.said is not None:
        word = PageWord(
            kind=WordKind(row.said_kind), sheet_id=row.said_sheet, actor=row.said_by, at=row.said_at
        )
    return SeenPage(
        place=row.place,
        page_id=row.page_id,
        scan_sha256=row.sha256,
        scan_name=scan_name,
        scan_page=row.number,
        office=office,
        kind=PageKind(row.kind),
        sheet_id=row.identifier,
        reason=None if row.reason is None else RefusalReason(row.reason),
        detail=row.detail,
        read_at=row.read_at,
        waits=bool(row.waits),
        scan_kept=row.stored is not None and row.purged_at is None,
        has_picture=bool(row.has_picture),
        word=word,
    )
