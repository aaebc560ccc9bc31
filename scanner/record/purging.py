"""Pictures that are thrown away when their time is over: the scans' bytes, and the pictures of the lines.

Values, evidence and the audit stay, and each purge is an entry there. A scan is purged in two steps,
for its bytes may lie outside the database: first the record says that they go, and the audit with it;
then they go; then the record says that they are gone. Killed in between, the next purge finishes it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, delete, exists, func, select, update

from scanner.model.decision import Status
from scanner.record import events, outcomes, results
from scanner.record.database import Transaction
from scanner.record.schema import case, crop, event, outcome, page, reading, scan_file, sheet
from scanner.record.schema_review import page_picture

LOT = 1000


@dataclass(frozen=True, slots=True)
class Terms:
    """What decides how long a picture is kept."""

    bound: bool
    """It is of a sheet that belongs to a case."""
    retention_class: str | None
    """Of the case; None when it names none."""
    closed: date | None
    """When the case was closed; None while it is open."""
    read_at: datetime


@dataclass(frozen=True, slots=True)
class KeptScan:
    """A scan file that is read to its end and whose bytes are kept."""

    sha256: str
    terms: tuple[Terms, ...]
    """Of everything in it: the file goes as a whole, so the longest term holds."""
    in_review: bool
    """A sheet in it has a line that waits for a person."""


@dataclass(frozen=True, slots=True)
class KeptPicture:
    """A page that was not read, and of which a picture is kept."""

    page_id: int
    name: str
    """Hash of its scan file, and its number in it."""
    terms: Terms


@dataclass(frozen=True, slots=True)
class KeptCrops:
    """A sheet, pictures of whose lines are kept, perhaps with those of its pages."""

    sheet_id: str
    terms: Terms
    in_review: bool


def kept_scans(connection: Connection) -> Iterator[KeptScan]:
    """Every scan file that could be purged if it is time, as they were taken in."""
    rows = connection.execution_options(yield_per=LOT).execute(_scans().order_by(scan_file.c.id))
    with rows:
        for sha256, pages in groupby(rows, key=lambda row: row.sha256):
            seen = list(pages)
            yield KeptScan(sha256, tuple(_terms(row) for row in seen), any(row.in_review for row in seen))


def kept_crops(connection: Connection) -> Iterator[KeptCrops]:
    """Every sheet of whose lines pictures are kept."""
    query = (
        select(
            sheet.c.identifier, *_TERMS, func.max(outcome.c.read_at).label("read_at"), _in_review(sheet.c.id)
        )
        .select_from(crop.join(reading, crop.c.reading_id == reading.c.id).join(outcome))
        .join(sheet, outcome.c.sheet_id == sheet.c.id)
        .outerjoin(case, sheet.c.case_id == case.c.id)
        .group_by(sheet.c.id, sheet.c.identifier, *_TERMS)
        .order_by(sheet.c.id)
    )
    with connection.execution_options(yield_per=LOT).execute(query) as rows:
        for row in rows:
            yield KeptCrops(row.identifier, _terms(row), bool(row.in_review))


def kept_pictures(connection: Connection) -> Iterator[KeptPicture]:
    """Every picture of a whole page that shows no sheet that was read."""
    query = (
        select(page_picture.c.page_id, scan_file.c.sha256, page.c.number, *_TERMS, outcome.c.read_at)
        .select_from(page_picture.join(page).join(scan_file))
        .join(outcome, outcome.c.page_id == page.c.id)
        .outerjoin(sheet, outcome.c.sheet_id == sheet.c.id)
        .outerjoin(case, sheet.c.case_id == case.c.id)
        .where(results.is_newest_outcome(), outcome.c.kind != outcomes.PageKind.READ.value)
        .order_by(page_picture.c.page_id)
    )
    with connection.execution_options(yield_per=LOT).execute(query) as rows:
        for row in rows:
            yield KeptPicture(row.page_id, f"{row.sha256}/{row.number}", _terms(row))


def begin_scan(tx: Transaction, sha256: str, *, actor: str) -> bool:
    """Say that a scan's bytes go; False when that must not be any more, or was said before."""
    going = update(scan_file).where(
        scan_file.c.sha256 == sha256,
        scan_file.c.stored.is_not(None),
        scan_file.c.purged_at.is_(None),
        scan_file.c.finished_at.is_not(None),
    )
    row = tx.connection.execute(going.values(purged_at=tx.now).returning(scan_file.c.id)).first()
    if row is None:
        return False
    pages = tx.connection.execute(_scans(after=True).where(scan_file.c.id == row.id))
    if any(page.in_review for page in pages):
        tx.connection.execute(update(scan_file).where(scan_file.c.id == row.id).values(purged_at=None))
        return False
    tx.audit(actor, "scan.purge", f"scan:{sha256}")
    return True


def end_scan(tx: Transaction, sha256: str) -> None:
    """Say that a scan's bytes are gone."""
    mine = (scan_file.c.sha256 == sha256, scan_file.c.purged_at.is_not(None))
    tx.connection.execute(update(scan_file).where(*mine).values(stored=None))


def begun(connection: Connection) -> tuple[str, ...]:
    """Scans that go, and of whose bytes nobody has said that they are gone."""
    mine = (scan_file.c.purged_at.is_not(None), scan_file.c.stored.is_not(None))
    return tuple(connection.scalars(select(scan_file.c.sha256).where(*mine).order_by(scan_file.c.id)))


def crops_of_sheet(tx: Transaction, sheet_id: str, *, actor: str) -> int:
    """Throw the pictures of a sheet away, of its lines and its pages; of how many lines.

    Of none while a line waits for a person.
    """
    locked = outcomes.lock_sheet(tx, sheet_id)
    if locked is None or tx.connection.scalar(select(_in_review(locked.row))):
        return 0
    mine = select(reading.c.id).join(outcome).where(outcome.c.sheet_id == locked.row)
    removing = delete(crop).where(crop.c.reading_id.in_(mine)).returning(crop.c.reading_id)
    gone = len(tx.connection.execute(removing).all())
    of_sheet = select(outcome.c.page_id).where(outcome.c.sheet_id == locked.row)
    tx.connection.execute(delete(page_picture).where(page_picture.c.page_id.in_(of_sheet)))
    if gone:
        tx.audit(actor, "crops.purge", f"sheet:{sheet_id}", count=gone)
    return gone


def picture(tx: Transaction, page_id: int, name: str, *, actor: str) -> bool:
    """Throw the picture of a page away; whether it was there."""
    mine = page_picture.c.page_id == page_id
    removing = delete(page_picture).where(mine).returning(page_picture.c.page_id)
    gone = tx.connection.execute(removing).first() is not None
    if gone:
        tx.audit(actor, "picture.purge", f"scan:{name}")
    return gone


_TERMS = (sheet.c.case_id, case.c.retention_class, case.c.closed)


def _scans(*, after: bool = False) -> Select[Any]:
    """A row for each outcome in each file that is kept (or, `after` it was begun to purge, is going)."""
    whole = and_(
        scan_file.c.stored.is_not(None),
        scan_file.c.finished_at.is_not(None),
        scan_file.c.purged_at.is_not(None) if after else scan_file.c.purged_at.is_(None),
    )
    return (
        select(scan_file.c.sha256, *_TERMS, outcome.c.read_at, _in_review(outcome.c.sheet_id))
        .select_from(scan_file.join(page).join(outcome))
        .outerjoin(sheet, outcome.c.sheet_id == sheet.c.id)
        .outerjoin(case, sheet.c.case_id == case.c.id)
        .where(whole)
    )


def _in_review(of: ColumnElement[Any] | int) -> Any:
    """Whether a line of the sheet waits for a person."""
    waits = (event.c.sheet_id == of, event.c.status == Status.REVIEW.value, events.is_newest())
    return exists().where(*waits).label("in_review")


def _terms(row: Any) -> Terms:
    return Terms(row.case_id is not None, row.retention_class, row.closed, row.read_at)
