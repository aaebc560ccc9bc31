"""A settled sheet as rows of a table, one for each item: the columns of CSV files and of other databases."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from scanner.model.delivery import SettledSheet


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemRow:
    """One item of one version of a sheet. What the results have too is called as it is there."""

    sheet_id: str
    sheet_version: int
    withdrawn: str | None
    """Why this version holds no more; None while it holds. The values are those that it had."""
    instrument: str
    version: int
    """Of the instrument."""
    language: str
    case: str | None
    session: int | None
    session_date: date | None
    subject: str | None
    rater: str | None
    unit: str | None
    item: str
    item_number: int
    position_mm: Decimal | None
    score: Decimal | None
    missing_reason: str | None
    status: str
    total: Decimal | None
    """Of the whole sheet, so the same in each of its rows."""
    decided_by: str
    reader_version: str
    scan_sha256: str
    read_at: datetime
    settled_at: datetime


def rows_of(sheet: SettledSheet) -> list[ItemRow]:
    """The rows of a sheet, top to bottom."""
    return [
        ItemRow(
            sheet_id=sheet.sheet_id,
            sheet_version=sheet.version,
            withdrawn=None if sheet.withdrawn is None else sheet.withdrawn.value,
            instrument=sheet.instrument,
            version=sheet.instrument_version,
            language=sheet.language,
            case=sheet.case,
            session=sheet.session,
            session_date=sheet.session_date,
            subject=sheet.subject,
            rater=sheet.rater,
            unit=sheet.unit,
            item=item.item,
            item_number=item.item_number,
            position_mm=item.position_mm,
            score=item.score,
            missing_reason=item.missing_reason,
            status=item.status.value,
            total=sheet.total,
            decided_by=item.decided_by,
            reader_version=sheet.reader_version,
            scan_sha256=sheet.scan_sha256,
            read_at=sheet.read_at,
            settled_at=sheet.settled_at,
        )
        for item in sheet.items
    ]
