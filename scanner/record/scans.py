"""Scan files as they are taken in: their bytes' identity, where they were seen, what is still to read."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, Exists, Row, and_, delete, exists, func, select, update

from scanner.model.outcome import RefusalReason
from scanner.model.page import SaidPage
from scanner.record import page_waits
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
    claim: str | None = None
    """Unlike any other meeting's. A service that takes the same claim in once more, after a crash or in
    another's place, has met nothing new."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenFile:
    """What the record knows of a file after it was taken in."""

    sha256: str
    new: bool
    """These bytes were never met before."""
    page_count: int | None
    """None until somebody has looked inside."""
    waiting: tuple[int, ...]
    """Pages that are to be read, as far as the file's pages are known."""
    said: tuple[SaidPage, ...]
    """Pages of which a person has said which sheet they show."""
    refusal: RefusalReason | None
    """Why the file as a whole was refused, if it was."""

    @property
    def seen_before(self) -> bool:
        """There is nothing left to do: every page has its outcome, or the whole file was refused."""
        return self.refusal is not None or (self.page_count is not None and not self.waiting)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnfinishedFile:
    """A file with something left to read, and nothing that is costly to find out."""

    row: int
    """Grows from each file to the next that was taken in."""
    sha256: str
    size_bytes: int
    stored: str | None
    page_count: int | None
    attempts: int
    """How many have begun to read it since a page of it got its outcome."""

    @property
    def suspect(self) -> bool:
        """Whether it is to be read with care, as what may have ended its readers."""
        return SUSPECT_ATTEMPTS <= self.attempts < MOST_ATTEMPTS


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishedFile:
    """A file of which nothing is left to read."""

    refusal: RefusalReason | None
    """Why it was refused as a whole, if it was."""
    detail: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """Somebody begins to read a file, or the rest of one."""

    number: int
    """How many have begun since a page of it got its outcome, this one included."""
    go_on: bool
    """False after `MOST_ATTEMPTS`: something in this file ends its readers, so its rest is given up."""
    scan_name: str
    """Under which it was first met, fit to be shown."""
    page_count: int | None
    waiting: tuple[int, ...]
    """Pages that are to be read, as far as the file's pages are known."""
    said: tuple[SaidPage, ...]
    """Pages of which a person has said which sheet they show."""


MOST_ATTEMPTS = 10
"""A good file is hit by so many crashes in a row, without one page between them, only by great misfortune."""
SUSPECT_ATTEMPTS = 5
"""After so many it may still be the reader that is ended again and again, by whatever, as soon as it starts.
So from here on a file is read with care: alone, and not as the first thing that a reader does."""


def take(tx: Transaction, file: ScanFile, seen: Sighting, *, actor: str) -> TakenFile:
    """Record that a file was met: its bytes once, the meeting each time."""
    values = {name: getattr(file, name) for name in ScanFile.__slots__}
    new = add_if_new(tx.connection, scan_file, values | {"taken_at": tx.now})
    row = _row(tx.connection, file.sha256)
    if row.stored is None and file.stored is not None:
        kept = update(scan_file).where(scan_file.c.id == row.id).values(stored=file.stored, purged_at=None)
        tx.connection.execute(kept)
    meeting = {name: getattr(seen, name) for name in Sighting.__slots__}
    if add_if_new(tx.connection, sighting, meeting | {"scan_file_id": row.id, "seen_at": tx.now}):
        action = "scan.take" if new else "scan.again"
        tx.audit(actor, action, f"scan:{file.sha256}", size_bytes=file.size_bytes)
    return _taken(tx.connection, row, new=new)


def set_pages(tx: Transaction, sha256: str, page_count: int, *, actor: str) -> tuple[int, ...]:
    """Record how many pages the file has; the pages that are still to be read, in order.

    The newest count holds: another version of a decoder may see more or fewer pages in the same
    damaged bytes, and that must not stop anybody. Outcomes that are there stay.
    """
    row = _row(tx.connection, sha256)
    if row.page_count == page_count:
        return waiting_pages(tx.connection, row.id)
    counted = update(scan_file).where(scan_file.c.id == row.id).values(page_count=page_count)
    row = tx.connection.execute(counted.returning(scan_file)).one()
    rows = [{"scan_file_id": row.id, "number": number} for number in range(1, page_count + 1)]
    if rows:
        tx.connection.execute(insert_or_ignore(tx.connection, page), rows)
    gone = (page.c.scan_file_id == row.id, page.c.number > page_count, ~page_waits.has_outcome())
    tx.connection.execute(delete(page).where(*gone))
    _mark_finished(tx, row)
    tx.audit(actor, "scan.pages", f"scan:{sha256}", pages=page_count)
    return waiting_pages(tx.connection, row.id)


def known(connection: Connection, sha256: str) -> TakenFile | None:
    """What the record knows of these bytes, or None when it never met them."""
    row = connection.execute(select(scan_file).where(scan_file.c.sha256 == sha256)).first()
    return None if row is None else _taken(connection, row, new=False)


def attempts_before(connection: Connection, sha256: str) -> int:
    """How many have begun to read a file since a page of it got its outcome."""
    return int(
        connection.execute(select(scan_file.c.attempts).where(scan_file.c.sha256 == sha256)).scalar_one()
    )


def begin_reading(tx: Transaction, sha256: str, before: int) -> Attempt:
    """Count that somebody begins to read a file; see `Attempt` for whether to go on.

    Counted before anything is read, so that a file which ends the process that reads it is known by that.
    Counted from `before` on, so that a transaction which is run again, because nobody knows whether it took
    place, counts once: a good file must not be given up because of a bad line to the database.
    """
    counting = update(scan_file).where(scan_file.c.sha256 == sha256, scan_file.c.attempts <= before)
    tx.connection.execute(counting.values(attempts=before + 1))
    return left(tx.connection, sha256)


def left(connection: Connection, sha256: str) -> Attempt:
    """What is left to read of a file, and how many have begun to read it in vain."""
    row = _row(connection, sha256)
    return Attempt(
        number=row.attempts,
        go_on=row.attempts <= MOST_ATTEMPTS,
        scan_name=first_names(connection, {row.id}).get(row.id, ""),
        page_count=row.page_count,
        waiting=waiting_pages(connection, row.id),
        said=page_waits.said_pages(connection, row.id),
    )


def release(tx: Transaction, sha256: str) -> None:
    """Take the count of an attempt back that was ended from outside, as when the service is stopped."""
    mine = (scan_file.c.sha256 == sha256, scan_file.c.attempts > 0)
    tx.connection.execute(update(scan_file).where(*mine).values(attempts=scan_file.c.attempts - 1))


def got_on(tx: Transaction, sha256: str) -> None:
    """A page got its outcome: the file's readers are not going round in a circle, and may have finished."""
    # Locks the row, so that of two that write the last two pages one sees the other's.
    row = tx.connection.execute(
        update(scan_file).where(scan_file.c.sha256 == sha256).values(attempts=0).returning(scan_file)
    ).one()
    _mark_finished(tx, row)


def reopened(tx: Transaction, scan_file_id: int) -> None:
    """A person has said something of a page: the file may have something left to read, or no more."""
    row = tx.connection.execute(
        update(scan_file).where(scan_file.c.id == scan_file_id).values(attempts=0).returning(scan_file)
    ).one()
    _mark_finished(tx, row)


def _mark_finished(tx: Transaction, row: Row[tuple[object, ...]]) -> None:
    """Hold `finished_at` to what the pages say, in the transaction that changed them."""
    mine = scan_file.c.id == row.id
    open_page = exists().where(page.c.scan_file_id == scan_file.c.id, page_waits.waits())
    finished = _refused_whole() | and_(scan_file.c.page_count.is_not(None), ~open_page)
    if tx.connection.scalar(select(scan_file.c.id).where(mine, finished)) is None:
        if row.finished_at is not None:
            tx.connection.execute(update(scan_file).where(mine).values(finished_at=None))
    elif row.finished_at is None:
        tx.connection.execute(update(scan_file).where(mine).values(finished_at=tx.now))


def unfinished(connection: Connection, limit: int | None = None, after: int = 0) -> list[UnfinishedFile]:
    """Files with something left to do, oldest first: the first `limit` of those after the row `after`."""
    query = (
        select(*(scan_file.c[name] for name in UnfinishedFile.__slots__ if name != "row"))
        .add_columns(scan_file.c.id.label("row"))
        .where(scan_file.c.finished_at.is_(None), scan_file.c.id > after)
        .order_by(scan_file.c.id)
        .limit(limit)
    )
    return [UnfinishedFile(**row._mapping) for row in connection.execute(query)]


def finished(connection: Connection, sha256: str) -> FinishedFile | None:
    """How a file ended; None when something is left to read, or when it was never met."""
    whole = and_(page.c.scan_file_id == scan_file.c.id, page.c.number == WHOLE_FILE)
    query = (
        select(outcome.c.reason, outcome.c.detail)
        .select_from(scan_file.outerjoin(page, whole).outerjoin(outcome, outcome.c.page_id == page.c.id))
        .where(scan_file.c.sha256 == sha256, scan_file.c.finished_at.is_not(None))
        .order_by(outcome.c.id)
        .limit(1)
    )
    row = connection.execute(query).first()
    if row is None:
        return None
    return FinishedFile(refusal=None if row.reason is None else RefusalReason(row.reason), detail=row.detail)


def page_row(connection: Connection, sha256: str, number: int) -> int:
    """The row of a page (or of `WHOLE_FILE`), made when it is not there yet."""
    known = select(page.c.id).join(scan_file).where(scan_file.c.sha256 == sha256, page.c.number == number)
    if (row := connection.scalar(known)) is not None:
        return int(row)
    file = _row(connection, sha256)
    add_if_new(connection, page, {"scan_file_id": file.id, "number": number})
    query = select(page.c.id).where(page.c.scan_file_id == file.id, page.c.number == number)
    return int(connection.execute(query).scalar_one())


def drop_waiting_pages(connection: Connection, sha256: str) -> None:
    """A file that is refused as a whole has no page left to wait for."""
    file = _row(connection, sha256)
    mine = (page.c.scan_file_id == file.id, page.c.number != WHOLE_FILE, ~page_waits.has_outcome())
    connection.execute(delete(page).where(*mine))


def waiting_pages(connection: Connection, scan_file_id: int) -> tuple[int, ...]:
    query = select(page.c.number).where(page.c.scan_file_id == scan_file_id, page_waits.waits())
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


def first_offices(connection: Connection, scan_file_ids: set[int]) -> dict[int, str | None]:
    """The office in whose folder each file was first met, where it was in one."""
    found: dict[int, str | None] = dict.fromkeys(scan_file_ids)
    query = select(sighting.c.scan_file_id, sighting.c.office).where(
        sighting.c.scan_file_id.in_(scan_file_ids), sighting.c.office.is_not(None)
    )
    for row in connection.execute(query.order_by(sighting.c.id.desc())):
        found[row.scan_file_id] = row.office
    return found


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
        said=page_waits.said_pages(connection, row.id),
        refusal=None if reason is None else RefusalReason(reason),
    )


def _refused_whole() -> Exists:
    return exists().where(page.c.scan_file_id == scan_file.c.id, page.c.number == WHOLE_FILE)
