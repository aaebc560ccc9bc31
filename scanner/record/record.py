"""The record as the rest of the product sees it: one object, one method for each thing to do.

Each method is one transaction. What has to happen together with other things is composed from
the functions of the subjects' files inside `Record.write`, as `scanner.intake.commit` does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from scanner.model.delivery import Withdrawal
from scanner.model.reading import LineReading
from scanner.model.sheet import KnownSheet, SheetLookup, SheetPurpose
from scanner.record import (
    audit_chain,
    copying,
    decisions,
    events,
    kept,
    migrate,
    outcomes,
    overview,
    purging,
    queue,
    results,
    scan_bytes,
    scans,
    sheets,
    verify,
)
from scanner.record import counts as figures
from scanner.record import story as stories
from scanner.record.access_methods import AccessMethods
from scanner.record.case_methods import CaseMethods
from scanner.record.database import Clock, Database, Transaction, utc_now
from scanner.record.delivery_methods import DeliveryMethods
from scanner.record.results import OutstandingRow, RefusedRow, ResultRow
from scanner.record.review_methods import ReviewMethods
from scanner.record.schema import HEAD


@dataclass(frozen=True, slots=True)
class Upgrade:
    """What became of a record's schema."""

    before: str | None
    """Its version before; None: the record was empty."""
    after: str


class Record(AccessMethods, CaseMethods, DeliveryMethods, ReviewMethods):
    """An open record. May be used by several threads; open another one after a fork."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._layouts: sheets.Layouts = {}

    @classmethod
    def open(cls, url: str, *, read_only: bool = False, clock: Clock = utc_now) -> Record:
        """Open a record by its SQLAlchemy URL, and create or upgrade its schema when need be.

        With `read_only` nothing is changed, so the record must be there and be current.
        `clock` must give moments with a time zone. Raises SettingsError for a URL that is none
        of ours, DatabaseError when the database cannot be used or knows a newer schema.
        """
        database = Database(url, read_only=read_only, clock=clock)
        try:
            if read_only:
                migrate.require_current(database)
            else:
                migrate.prepare(database)
        except BaseException:
            database.close()
            raise
        return cls(database)

    @staticmethod
    def upgrade(url: str, *, clock: Clock = utc_now) -> Upgrade:
        """Create or upgrade the schema of a record, and do nothing else. Raises as `open` does."""
        database = Database(url, clock=clock)
        try:
            return Upgrade(migrate.prepare(database), HEAD)
        finally:
            database.close()

    @staticmethod
    def kind(url: str) -> str:
        """`sqlite` or `postgresql`. Raises SettingsError for a URL that is none of ours."""
        return copying.kind_of(Database(url))

    @staticmethod
    def put_back(url: str, copy: Path, *, replace: bool) -> Path | None:
        """Make the record what a copy says; see `copying.put_back`. Nobody may have it open."""
        database = Database(url)
        try:
            return copying.put_back(database, copy, replace=replace)
        finally:
            database.close()

    def copy_to(self, path: Path) -> copying.RecordCopy:
        """Copy the record as it is at one moment into a new file, while others write."""
        return copying.copy_to(self._database, path)

    def close(self) -> None:
        self._database.close()

    def __enter__(self) -> Record:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    @property
    def conninfo(self) -> str:
        """Where a central record is, password included, as libpq wants it."""
        return self._database.url.set(drivername="postgresql").render_as_string(hide_password=False)

    # Sheets

    def register(
        self, new: Sequence[sheets.NewSheet], *, printed_at: datetime, actor: str, once: bool = False
    ) -> None:
        """Record sheets in the order of their printing, all or none, before the PDF appears; see
        `sheets.register` for `once`."""
        self.write(lambda tx: sheets.register(tx, new, printed_at=printed_at, actor=actor, once=once))

    def find(self, sheet_id: str) -> KnownSheet | None:
        """The sheet, or None when this record never printed it. Fit to be a `SheetLookup`."""
        with self._database.reading() as connection:
            return sheets.find(connection, sheet_id, self._layouts)

    def void(
        self, sheet_id: str, *, reason: str, actor: str, withdrawal: Withdrawal = Withdrawal.VOID
    ) -> None:
        """Take a sheet out of use for good. Raises JanaError when it is void or unknown."""
        self.write(lambda tx: sheets.void(tx, sheet_id, reason=reason, actor=actor, withdrawal=withdrawal))

    def bind(self, sheet_id: str, purpose: SheetPurpose, *, actor: str) -> None:
        """Say for whom a sheet of the pool was used; see `sheets.bind` for what is refused."""
        self.write(lambda tx: sheets.bind(tx, sheet_id, purpose, actor=actor))

    def show(self, sheet_id: str) -> stories.SheetStory:
        """Everything about a sheet. Raises JanaError when it is not in this record."""
        with self._database.reading() as connection:
            told = stories.story(connection, sheet_id, self._layouts)
        if told is None:
            raise sheets.unknown(sheet_id)
        return told

    # Scans

    def take(
        self, file: scans.ScanFile, seen: scans.Sighting, *, actor: str, queued: bool = False
    ) -> scans.TakenFile:
        """Record that a file was met, and learn whether there is anything left to read in it.

        With `queued` a new one is put into the queue of a central record, for whoever reads.
        """

        def work(tx: Transaction) -> scans.TakenFile:
            taken = scans.take(tx, file, seen, actor=actor)
            if queued and taken.new:
                queue.add_file(tx, file.sha256)
            return taken

        return self.write(work)

    def already_read(self, sha256: str) -> bool:
        """Whether these bytes have nothing left to read."""
        with self._database.reading() as connection:
            known = scans.known(connection, sha256)
        return known is not None and known.seen_before

    def set_pages(self, sha256: str, page_count: int, *, actor: str) -> tuple[int, ...]:
        """Record how many pages a file has; the pages that are still to be read."""
        return self.write(lambda tx: scans.set_pages(tx, sha256, page_count, actor=actor))

    def known(self, sha256: str) -> scans.TakenFile | None:
        """What is known of these bytes; None when they were never met."""
        with self._database.reading() as connection:
            return scans.known(connection, sha256)

    def unfinished(self, limit: int | None = None, after: int = 0) -> list[scans.UnfinishedFile]:
        """Files with something left to read, oldest first, from the one after the row `after` on."""
        with self._database.reading() as connection:
            return scans.unfinished(connection, limit, after)

    def begin_reading(self, sha256: str) -> scans.Attempt:
        """Count that the reading of a file, or of the rest of it, begins; whether to go on."""
        with self._database.reading() as connection:
            before = scans.attempts_before(connection, sha256)
        return self.write(lambda tx: scans.begin_reading(tx, sha256, before))

    def left(self, sha256: str) -> scans.Attempt:
        """What is left to read of a file, without counting that anybody begins."""
        with self._database.reading() as connection:
            return scans.left(connection, sha256)

    def release(self, sha256: str) -> None:
        """Uncount an attempt that ended for a reason that was not the file's."""
        self.write(lambda tx: scans.release(tx, sha256))

    def finished(self, sha256: str) -> scans.FinishedFile | None:
        """How a file ended; None while something of it is left to read."""
        with self._database.reading() as connection:
            return scans.finished(connection, sha256)

    def stored_scans(self) -> tuple[str, ...]:
        """Hashes of the files whose bytes should be in the scan store, oldest first."""
        with self._database.reading() as connection:
            return kept.stored_scans(connection)

    def outcomes_of_file(self, sha256: str) -> tuple[outcomes.PageOutcomeSeen, ...]:
        """What became of each page that has an outcome, in the pages' order."""
        with self._database.reading() as connection:
            return outcomes.outcomes_of_file(connection, sha256)

    def bytes_of(self, sha256: str) -> Iterator[bytes]:
        """A scan that is kept in the database, in pieces; fewer or none when it is not whole there."""
        with self._database.reading() as connection:
            yield from scan_bytes.pieces(connection, sha256)

    def kept_bytes(self) -> Iterator[str]:
        """Hashes of the scans that are kept in the database."""
        with self._database.reading() as connection:
            yield from scan_bytes.hashes(connection)

    # Values

    def results(self) -> Iterator[ResultRow]:
        """Current values, as sheets were printed, items top down; one lot at a time in memory."""
        with self._database.reading() as connection:
            yield from results.result_rows(connection)

    def rows_of_sheet(self, sheet_id: str) -> tuple[ResultRow, ...]:
        """Current values of one sheet; empty when it has not been read."""
        with self._database.reading() as connection:
            return results.rows_of_sheet(connection, sheet_id)

    def refused_rows(self) -> Iterator[RefusedRow]:
        """Pages and files that were refused, oldest first."""
        with self._database.reading() as connection:
            yield from results.refused_rows(connection)

    def outstanding_rows(self) -> Iterator[OutstandingRow]:
        """Sheets that have not come back, as they were printed."""
        with self._database.reading() as connection:
            yield from results.outstanding_rows(connection)

    def counts(self) -> figures.Counts:
        """Figures of one moment, which add up."""
        with self._database.reading() as connection:
            return figures.counts(connection)

    def overview(self) -> overview.Overview:
        """The same, with what waits and since when, and why pages were refused; of one moment too."""
        with self._database.reading() as connection:
            return overview.overview(connection)

    def measured(self, reading_id: int) -> LineReading:
        """A stored reading with all its evidence."""
        with self._database.reading() as connection:
            return stories.measured(connection, reading_id)

    def crop_png(self, reading_id: int) -> bytes | None:
        """The picture of a line that was read; None once it was purged."""
        with self._database.reading() as connection:
            return stories.crop_png(connection, reading_id)

    # Purging

    def kept_scans(self) -> Iterator[purging.KeptScan]:
        """Scan files that could be purged if it is time, one lot at a time in memory."""
        with self._database.reading() as connection:
            yield from purging.kept_scans(connection)

    def kept_crops(self) -> Iterator[purging.KeptCrops]:
        """Sheets of whose lines pictures are kept."""
        with self._database.reading() as connection:
            yield from purging.kept_crops(connection)

    def begin_purge(self, sha256: str, *, actor: str) -> bool:
        """Say that a scan's bytes go; see `purging.begin_scan`. Then remove them, then `end_purge`."""
        return self.write(lambda tx: purging.begin_scan(tx, sha256, actor=actor))

    def end_purge(self, sha256: str) -> None:
        """Say that a scan's bytes are gone."""
        self.write(lambda tx: purging.end_scan(tx, sha256))

    def purges_begun(self) -> tuple[str, ...]:
        """Scans between the two."""
        with self._database.reading() as connection:
            return purging.begun(connection)

    def purge_crops(self, sheet_id: str, *, actor: str) -> int:
        """Throw the pictures of a sheet's lines away; how many that were."""
        return self.write(lambda tx: purging.crops_of_sheet(tx, sheet_id, actor=actor))

    def kept_pictures(self) -> Iterator[purging.KeptPicture]:
        """Pages that were not read, and of which pictures are kept."""
        with self._database.reading() as connection:
            yield from purging.kept_pictures(connection)

    def purge_picture(self, kept: purging.KeptPicture, *, actor: str) -> bool:
        """Throw the picture of a page away; whether it was there."""
        return self.write(lambda tx: purging.picture(tx, kept.page_id, kept.name, actor=actor))

    # Decisions

    def decide(
        self,
        sheet_id: str,
        item: str,
        value: Decimal | events.MissingReason,
        *,
        actor: str,
        seen_revision: int,
        reading_id: int | None = None,
        second_look_share: float = 0.0,
    ) -> events.ItemState:
        """Record what a person says of an item; see `decisions.decide`."""
        return self.write(
            lambda tx: decisions.decide(
                tx,
                sheet_id,
                item,
                value,
                actor=actor,
                seen_revision=seen_revision,
                reading_id=reading_id,
                second_look_share=second_look_share,
            )
        )

    def undo(self, sheet_id: str, item: str, *, actor: str, seen_revision: int) -> events.ItemState:
        """Take the last decision on an item back; see `decisions.undo`."""
        return self.write(
            lambda tx: decisions.undo(tx, sheet_id, item, actor=actor, seen_revision=seen_revision)
        )

    # Audit

    def append_audit(self, actor: str, action: str, target: str, **detail: audit_chain.Detail) -> None:
        """Log a read, or anything else that does not log itself: ids and digests only, never a score."""
        self.write(lambda tx: tx.audit(actor, action, target, **detail))

    def audit_entries(self) -> Iterator[audit_chain.AuditEntry]:
        """The audit from its first entry on."""
        with self._database.reading() as connection:
            yield from audit_chain.entries(connection)

    def verify(self, anchor: audit_chain.Anchor | None = None) -> verify.AuditCheck:
        """Check the audit's chain, and that it vouches for every event."""
        with self._database.reading() as connection:
            return verify.verify(connection, anchor)


def sheet_lookup(url: str) -> SheetLookup:
    """A way to look sheets up, for a process that does nothing else with the record.

    Call it in the process that uses it, after the fork. It keeps one record open for good.
    """
    return Record.open(url, read_only=True).find
