"""Which scan store belongs to a record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from scanner.intake.database_store import DatabaseScanStore
from scanner.intake.scan_store import FolderScanStore
from scanner.record import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class StorePlace:
    """Where scans are kept."""

    kind: str
    """`folder`, `database`, or `auto`: beside an embedded record, and in a central one."""
    scans: Path
    """The folder, if it is that."""
    copies: Path
    """Folder of this machine for scans from the database that are just being read."""
    file_bytes: int
    """A larger file is not kept."""


def open_store(
    record: Record,
    place: StorePlace,
    *,
    step: Callable[[], None] = lambda: None,
    copy_step: Callable[[], None] = lambda: None,
) -> FolderScanStore | DatabaseScanStore:
    """Open the store; see `FolderScanStore` and `DatabaseScanStore` for what the steps are.

    Raises StoreError when its folder cannot be used.
    """
    if place.kind == "folder" or (place.kind == "auto" and not record.central):
        return FolderScanStore(place.scans, place.file_bytes, step)
    return DatabaseScanStore(record, place.copies, place.file_bytes, step=step, copy_step=copy_step)
