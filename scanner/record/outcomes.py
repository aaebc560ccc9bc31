"""What became of each page: read, refused, empty. One outcome per page and reader version.

These are the pieces that `scanner.intake.commit` puts together in one transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select

from scanner.model.decision import Decision, Verdict
from scanner.model.outcome import Refusal, RefusalReason
from scanner.model.result import EmptyPage, SheetResult
from scanner.record import evidence, scans
from scanner.record.database import Transaction, insert_or_ignore
from scanner.record.schema import WHOLE_FILE, crop, outcome, page, reading, scan_file, sheet
from scanner.record.schema_review import page_picture


class PageKind(StrEnum):
    """How a page ended."""

    READ = "read"
    REFUSED = "refused"
    EMPTY = "empty"


class Standing(StrEnum):
    """What a reading is beside the earlier ones of its sheet."""

    FIRST = "first"
    SIGHTING = "sighting"
    """It agrees with an earlier one, which stays."""
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class LockedSheet:
    """A sheet that nobody else can read into, void or decide on until this transaction ends."""

    row: int
    sheet_id: str
    void_reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierReading:
    """A reading that a new one has to be compared with: enough of it for that, and no more."""

    item: str
    accepted: bool
    position_mm: float | None
    marks: tuple[tuple[str, float], ...]
    """Kind and position of every candidate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageOutcomeSeen:
    """The outcome that stands for a page."""

    scan_page: int | None
    """None when it concerns the whole file."""
    kind: PageKind
    standing: Standing | None
    sheet_id: str | None
    reason: RefusalReason | None
    detail: str | None


def lock_sheet(tx: Transaction, sheet_id: str) -> LockedSheet | None:
    """The sheet, kept from others until the transaction ends; None when it was never printed here."""
    query = select(sheet.c.id, sheet.c.void_reason).where(sheet.c.identifier == sheet_id)
    row = tx.connection.execute(query.with_for_update()).first()
    return None if row is None else LockedSheet(row.id, sheet_id, row.void_reason)


def earlier_readings(tx: Transaction, locked: LockedSheet) -> tuple[EarlierReading, ...]:
    """Readings that differ from each other, oldest first.

    Mere sightings are left out: comparing with them would let agreement creep along the line,
    one scan after the other.
    """
    query = (
        select(reading.c.item, reading.c.verdict, reading.c.position_mm, reading.c.candidates)
        .join(outcome)
        .where(outcome.c.sheet_id == locked.row, reading.c.standing != Standing.SIGHTING.value)
        .order_by(reading.c.id)
    )
    return tuple(
        EarlierReading(
            item=row.item,
            accepted=row.verdict == Verdict.ACCEPTED.value,
            position_mm=row.position_mm,
            marks=tuple((mark["kind"], mark["position_mm"]) for mark in row.candidates),
        )
        for row in tx.connection.execute(query)
    )


def add_refused(
    tx: Transaction,
    refusal: Refusal,
    *,
    reader_version: str,
    locked: LockedSheet | None = None,
    word_id: int | None = None,
) -> bool:
    """Record that a page, or the whole file, was refused; False when it has its outcome already."""
    whole_file = refusal.scan_page is None
    number = WHOLE_FILE if refusal.scan_page is None else refusal.scan_page
    if whole_file:
        scans.drop_waiting_pages(tx.connection, refusal.scan_sha256)
    page_id = scans.page_row(tx.connection, refusal.scan_sha256, number)
    row = {
        "page_id": page_id,
        "reader_version": reader_version,
        "kind": PageKind.REFUSED.value,
        "sheet_id": None if locked is None else locked.row,
        "reason": refusal.reason.value,
        "detail": refusal.detail,
        "read_at": tx.now,
        "word_id": word_id,
    }
    if _added(tx, refusal.scan_sha256, row) is None:
        return False
    keep_picture(tx, page_id, refusal.page_png)
    return True


def add_empty(tx: Transaction, empty: EmptyPage, *, reader_version: str, word_id: int | None = None) -> bool:
    """Record that a page has nothing of ours on it; False when it has its outcome already."""
    row = {
        "page_id": scans.page_row(tx.connection, empty.source.scan_sha256, empty.source.scan_page),
        "reader_version": reader_version,
        "kind": PageKind.EMPTY.value,
        "read_at": tx.now,
        "word_id": word_id,
    }
    return _added(tx, empty.source.scan_sha256, row) is not None


def add_read(
    tx: Transaction,
    result: SheetResult,
    locked: LockedSheet,
    standings: Sequence[Standing],
    *,
    word_id: int | None = None,
) -> list[int] | None:
    """Record a page that was read, with a standing for each decision.

    Returns the rows of the readings, in the decisions' order; None when the page has its
    outcome already, and then nothing is written.
    """
    page_id = scans.page_row(tx.connection, result.source.scan_sha256, result.source.scan_page)
    row = {
        "page_id": page_id,
        "reader_version": result.reader_version,
        "kind": PageKind.READ.value,
        "sheet_id": locked.row,
        "standing": whole_standing(standings).value,
        "turn": result.turn,
        "matrix": [float(number) for number in result.mapping.matrix],
        "residual_mm": float(result.residual_mm),
        "profile_id": result.profile_id,
        "read_at": tx.now,
        "word_id": word_id,
    }
    outcome_id = _added(tx, result.source.scan_sha256, row)
    if outcome_id is None:
        return None
    rows = [_reading_row(outcome_id, d, s) for d, s in zip(result.decisions, standings, strict=True)]
    adding = insert(reading).returning(reading.c.id, sort_by_parameter_order=True)
    ids = list(tx.connection.scalars(adding, rows))
    crops = [{"reading_id": of, "png": png} for of, png in zip(ids, result.crops, strict=True)]
    tx.connection.execute(insert(crop), crops)
    keep_picture(tx, page_id, result.page_png)
    return ids


def keep_picture(tx: Transaction, page_id: int, png: bytes | None) -> None:
    """Keep the picture of a page in place of the one that there was; None: none is of use any more."""
    tx.connection.execute(delete(page_picture).where(page_picture.c.page_id == page_id))
    if png is not None:
        tx.connection.execute(insert(page_picture), {"page_id": page_id, "png": png})


def whole_standing(standings: Sequence[Standing]) -> Standing:
    """One conflicting item makes the page a conflict; one first item makes it a first reading."""
    for standing in (Standing.CONFLICT, Standing.FIRST):
        if standing in standings:
            return standing
    return Standing.SIGHTING


def outcome_of(
    connection: Connection, sha256: str, number: int | None, reader_version: str | None = None
) -> PageOutcomeSeen | None:
    """The outcome that this reader version (None: whichever) gave a page, or (number None) the file, last."""
    query = _seen().where(
        scan_file.c.sha256 == sha256, page.c.number == (WHOLE_FILE if number is None else number)
    )
    if reader_version is not None:
        query = query.where(outcome.c.reader_version == reader_version)
    row = connection.execute(query.order_by(outcome.c.id.desc()).limit(1)).first()
    return None if row is None else _page_outcome(row)


def outcomes_of_file(connection: Connection, sha256: str) -> tuple[PageOutcomeSeen, ...]:
    """The newest outcome of each page that has one, in the pages' order."""
    query = _seen().where(scan_file.c.sha256 == sha256).order_by(page.c.number, outcome.c.id)
    newest = {row.number: _page_outcome(row) for row in connection.execute(query)}
    return tuple(newest.values())


def _added(tx: Transaction, sha256: str, row: dict[str, Any]) -> int | None:
    """Write an outcome, and what it means for its file; its row, None when the page has it already."""
    adding = insert_or_ignore(tx.connection, outcome).returning(outcome.c.id)
    new: int | None = tx.connection.scalar(adding, row)
    if new is not None:
        scans.got_on(tx, sha256)
    return new


def _seen() -> Any:
    return (
        select(
            page.c.number,
            outcome.c.kind,
            outcome.c.standing,
            outcome.c.reason,
            outcome.c.detail,
            sheet.c.identifier,
        )
        .join(page, outcome.c.page_id == page.c.id)
        .join(scan_file, page.c.scan_file_id == scan_file.c.id)
        .outerjoin(sheet, outcome.c.sheet_id == sheet.c.id)
    )


def _page_outcome(row: Row[Any]) -> PageOutcomeSeen:
    return PageOutcomeSeen(
        scan_page=row.number if row.number != WHOLE_FILE else None,
        kind=PageKind(row.kind),
        standing=None if row.standing is None else Standing(row.standing),
        sheet_id=row.identifier,
        reason=None if row.reason is None else RefusalReason(row.reason),
        detail=row.detail,
    )


def _reading_row(outcome_id: int, decision: Decision, standing: Standing) -> dict[str, Any]:
    measured = decision.reading
    return {
        "outcome_id": outcome_id,
        "item": measured.item,
        "item_number": measured.number,
        "position_mm": None if measured.position_mm is None else float(measured.position_mm),
        "verdict": decision.verdict.value,
        "reasons": ";".join(decision.reasons),
        "confidence": decision.confidence,
        "standing": standing.value,
        "evidence": evidence.evidence_to_json(measured),
        "candidates": evidence.candidates_to_json(measured),
    }
