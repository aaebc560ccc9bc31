"""Scan files as they are taken in: their bytes' identity, where they were seen, what is still to read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, Exists, Row, and_, delete, exists, func, insert, select, update

from scanner.model.outcome import RefusalReason
from scanner.record.database import Transaction, add_if_new, insert_or_ignore
from scanner.record.names import escaped_name
from scanner.record.schema import WHOLE_FILE, outcome, page, scan_file, sighting


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanFile:
    """The bytes of a scan."""

    sha256: str
    """Hex digest."""
    size_bytes: int
    media: str
    """What the bytes are, not what the name says: `pdf`, `tiff`, `jpeg`, `png` or `unknown`."""
    stored: str | None = None
    """Where the scan store keeps the bytes; None when they stay with the user."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """One time that these bytes were met."""

    name: bytes
    """The file's own name, as the file system has it."""
    folder: bytes | None = None
    office: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenFile:
    """What the record knows of a file after it was taken in."""

    sha256: str
    new: bool
    """These bytes were never met before."""
    page_count: int | None
    """None until somebody has looked inside."""
    waiting: tuple[int, ...]
    """Pages without an outcome, as far as the file's pages are known."""
    refusal: RefusalReason | None
    """Why the file as a whole was refused, if it was."""

    @property
    def seen_before(self) -> bool:
        """There is nothing left to do: every page has its outcome, or the whole file was refused."""
        return self.refusal is not None or (self.page_count is not None and not self.waiting)


def take(tx: Transaction, file: ScanFile, seen: Sighting, *, actor: str) -> TakenFile:
    """Record that a file was met: its bytes once, the meeting each time."""
    values = {name: getattr(file, name) for name in ScanFile.__slots__}
    new = add_if_new(tx.connection, scan_file, values | {"taken_at": tx.now})
    row = _row(tx.connection, file.sha256)
    if row.stored is None and file.stored is not None:
        kept = update(scan_file).where(scan_file.c.id == row.id).values(stored=file.stored)
        tx.connection.execute(kept)
    tx.connection.execute(
        insert(sighting).values(
            scan_file_id=row.id, name=seen.name, folder=seen.folder, office=seen.office, seen_at=tx.now
        )
    )
    tx.audit(actor, "scan.take" if new else "scan.again", f"scan:{file.sha256}", size_bytes=file.size_bytes)
    return _taken(tx.connection, row, new=new)


def set_pages(tx: Transaction, sha256: str, page_count: int, *, actor: str) -> tuple[int, ...]:
    """Record how many pages the file has; the pages that are still to be read, in order.

    The newest count holds: another version of a decoder may see more or fewer pages in the same
    damaged bytes, and that must not stop anybody. Outcomes that are there stay.
    """
    row = _row(tx.connection, sha256)
    if row.page_count == page_count:
        return waiting_pages(tx.connection, row.id)
    tx.connection.execute(update(scan_file).where(scan_file.c.id == row.id).values(page_count=page_count))
    rows = [{"scan_file_id": row.id, "number": number} for number in range(1, page_count + 1)]
    if rows:
        tx.connection.execute(insert_or_ignore(tx.connection, page), rows)
    gone = (page.c.scan_file_id == row.id, page.c.number > page_count, ~_has_outcome())
    tx.connection.execute(delete(page).where(*gone))
    tx.audit(actor, "scan.pages", f"scan:{sha256}", pages=page_count)
    return waiting_pages(tx.connection, row.id)


def known(connection: Connection, sha256: str) -> TakenFile | None:
    """What the record knows of these bytes, or None when it never met them."""
    row = connection.execute(select(scan_file).where(scan_file.c.sha256 == sha256)).first()
    return None if row is None else _taken(connection, row, new=False)


def unfinished(connection: Connection) -> Iterator[tuple[ScanFile, TakenFile]]:
    """Files with something left to do, oldest first: pages without an outcome, or never opened."""
    open_page = exists().where(page.c.scan_file_id == scan_file.c.id, ~_has_outcome())
    unopened = and_(scan_file.c.page_count.is_(None), ~_refused_whole())
    query = select(scan_file).where(open_page | unopened).order_by(scan_file.c.id)
    for row in connection.execute(query).all():
        file = ScanFile(sha256=row.sha256, size_bytes=row.size_bytes, media=row.media, stored=row.stored)
        yield file, _taken(connection, row, new=False)


def page_row(connection: Connection, sha256: str, number: int) -> int:
    """The row of a page (or of `WHOLE_FILE`), made when it is not there yet."""
    file = _row(connection, sha256)
    add_if_new(connection, page, {"scan_file_id": file.id, "number": number})
    query = select(page.c.id).where(page.c.scan_file_id == file.id, page.c.number == number)
    return int(connection.execute(query).scalar_one())


def drop_waiting_pages(connection: Connection, sha256: str) -> None:
    """A file that is refused as a whole has no page left to wait for."""
    file = _row(connection, sha256)
    mine = (page.c.scan_file_id == file.id, page.c.number != WHOLE_FILE, ~_has_outcome())
    connection.execute(delete(page).where(*mine))


def waiting_pages(connection: Connection, scan_file_id: int) -> tuple[int, ...]:
    query = select(page.c.number).where(page.c.scan_file_id == scan_file_id, ~_has_outcome())
    return tuple(connection.scalars(query.order_by(page.c.number)))


def first_names(connection: Connection, scan_file_ids: set[int]) -> dict[int, str]:
    """The name under which each file was first met, fit to be shown."""
    first = (
        select(func.min(sighting.c.id))
        .where(sighting.c.scan_file_id.in_(scan_file_ids))
        .group_by(sighting.c.scan_file_id)
    )
    query = select(sighting.c.scan_file_id, sighting.c.name).where(sighting.c.id.in_(first))
    return {row.scan_file_id: escaped_name(row.name) for row in connection.execute(query)}


def _row(connection: Connection, sha256: str) -> Row[tuple[object, ...]]:
    row = connection.execute(select(scan_file).where(scan_file.c.sha256 == sha256)).first()
    if row is None:
        raise LookupError(f"scan {sha256} was never taken in")
    return row


def _taken(connection: Connection, row: Row[tuple[object, ...]], *, new: bool) -> TakenFile:
    query = select(outcome.c.reason).join(page).where(page.c.scan_file_id == row.id)
    reason = connection.scalar(query.where(page.c.number == WHOLE_FILE).limit(1))
    return TakenFile(
        sha256=row.sha256,
        new=new,
        page_count=row.page_count,
        waiting=waiting_pages(connection, row.id),
        refusal=None if reason is None else RefusalReason(reason),
    )


def _has_outcome() -> Exists:
    return exists().where(outcome.c.page_id == page.c.id)


def _refused_whole() -> Exists:
    return exists().where(page.c.scan_file_id == scan_file.c.id, page.c.number == WHOLE_FILE)
