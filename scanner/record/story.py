"""Everything that the record knows of one sheet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, exists, select

from scanner.model.decision import Reason, Verdict
from scanner.model.outcome import RefusalReason
from scanner.model.reading import LineReading
from scanner.model.sheet import KnownSheet
from scanner.record import events, evidence, results, scans, sheets
from scanner.record.events import ItemState
from scanner.record.outcomes import PageKind, Standing
from scanner.record.schema import crop, outcome, page, reading, scan_file, sheet


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredReading:
    """One line as one reading of the sheet saw it."""

    reading_id: int
    item: str
    item_number: int
    position_mm: float | None
    verdict: Verdict
    reasons: tuple[Reason, ...]
    confidence: float | None
    standing: Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetScan:
    """One time that the sheet was met on a scanned page."""

    scan_sha256: str
    scan_name: str
    scan_page: int
    read_at: datetime
    reader_version: str
    kind: PageKind
    standing: Standing | None
    refusal: RefusalReason | None
    profile_id: str | None
    readings: tuple[StoredReading, ...]
    scan_kept: bool
    """The bytes of the file are there."""
    scan_purged_at: datetime | None
    crops_purged: bool
    """It was read, and the pictures of its lines are gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetStory:
    """A sheet from its printing to this day."""

    sheet: KnownSheet
    printed_at: datetime
    voided_at: datetime | None
    voided_by: str | None
    scans: tuple[SheetScan, ...]
    """Oldest first."""
    rows: tuple[results.ResultRow, ...]
    """Current values; empty before it was read."""
    current: tuple[ItemState, ...]
    """The same, with the revisions that a decision has to name."""
    history: tuple[ItemState, ...]
    """Every event, oldest first."""


def story(connection: Connection, sheet_id: str, layouts: sheets.Layouts) -> SheetStory | None:
    """The story of a sheet, or None when this record never printed it."""
    known = sheets.find(connection, sheet_id, layouts)
    if known is None:
        return None
    columns = (sheet.c.id, sheet.c.printed_at, sheet.c.voided_at, sheet.c.voided_by)
    row = connection.execute(select(*columns).where(sheet.c.identifier == sheet_id)).one()
    return SheetStory(
        sheet=known,
        printed_at=row.printed_at,
        voided_at=row.voided_at,
        voided_by=row.voided_by,
        scans=_scans(connection, row.id),
        rows=results.rows_of_sheet(connection, sheet_id),
        current=events.current(connection, row.id),
        history=events.history(connection, row.id),
    )


def measured(connection: Connection, reading_id: int) -> LineReading:
    """A stored reading with all its evidence, as the reader measured it.

    Raises LookupError when there is none, ValueError when an older reader measured too little.
    """
    row = connection.execute(select(reading).where(reading.c.id == reading_id)).first()
    if row is None:
        raise LookupError(f"there is no reading {reading_id}")
    return evidence.line_reading(row.item, row.item_number, row.position_mm, row.candidates, row.evidence)


def crop_png(connection: Connection, reading_id: int) -> bytes | None:
    """The picture of the line with its surroundings; None once it was purged."""
    png = connection.scalar(select(crop.c.png).where(crop.c.reading_id == reading_id))
    return None if png is None else bytes(png)


def _scans(connection: Connection, sheet_row: int) -> tuple[SheetScan, ...]:
    query = (
        select(
            outcome,
            page.c.number,
            scan_file.c.sha256,
            scan_file.c.id.label("file"),
            scan_file.c.stored,
            scan_file.c.purged_at,
            _has_crops().label("has_crops"),
        )
        .join(page, outcome.c.page_id == page.c.id)
        .join(scan_file, page.c.scan_file_id == scan_file.c.id)
        .where(outcome.c.sheet_id == sheet_row)
        .order_by(outcome.c.id)
    )
    rows = connection.execute(query).all()
    names = scans.first_names(connection, {row.file for row in rows})
    readings = _readings(connection, sheet_row)
    return tuple(
        SheetScan(
            scan_sha256=row.sha256,
            scan_name=names[row.file],
            scan_page=row.number,
            read_at=row.read_at,
            reader_version=row.reader_version,
            kind=PageKind(row.kind),
            standing=None if row.standing is None else Standing(row.standing),
            refusal=None if row.reason is None else RefusalReason(row.reason),
            profile_id=row.profile_id,
            readings=tuple(readings.get(row.id, ())),
            scan_kept=row.stored is not None and row.purged_at is None,
            scan_purged_at=row.purged_at,
            crops_purged=row.id in readings and not row.has_crops,
        )
        for row in rows
    )


def _has_crops() -> Any:
    kept = crop.join(reading, crop.c.reading_id == reading.c.id)
    return exists().select_from(kept).where(reading.c.outcome_id == outcome.c.id)


def _readings(connection: Connection, sheet_row: int) -> dict[int, list[StoredReading]]:
    """The readings of a sheet by their outcome."""
    query = select(reading).join(outcome).where(outcome.c.sheet_id == sheet_row)
    found: dict[int, list[StoredReading]] = {}
    for row in connection.execute(query.order_by(reading.c.outcome_id, reading.c.item_number)):
        found.setdefault(row.outcome_id, []).append(_stored(row))
    return found


def _stored(row: Row[Any]) -> StoredReading:
    return StoredReading(
        reading_id=row.id,
        item=row.item,
        item_number=row.item_number,
        position_mm=row.position_mm,
        verdict=Verdict(row.verdict),
        reasons=events.reasons(row.reasons),
        confidence=row.confidence,
        standing=Standing(row.standing),
    )
