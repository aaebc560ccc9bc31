"""Putting a backup back, and saying what does not match afterwards.

The backup is read from end to end before anything is touched. The record changes wholly or not at
all; scans are only ever added, for a scan store knows its content by hash.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from scanner.errors import JanaError
from scanner.model.outcome import RefusalReason
from scanner.pages.facts import FileRefusal
from scanner.record import Record, refuse_unknown_schema
from scanner.upkeep.accounts_back import AccountsBack, accounts_of, look_after
from scanner.upkeep.backup import Inspected, Manifest, inspect
from scanner.upkeep.kept_scans import KeptScans
from scanner.upkeep.parcel import DATABASES, SCAN, contents, save, scratch_folder
from scanner.upkeep.reconcile import Mismatches, reconcile


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore came to."""

    manifest: Manifest
    added: int
    """Scans that were not in the store before."""
    damaged: tuple[str, ...]
    """Scans that are spoilt in the backup, and were not put back."""
    before: Path | None
    """Where the embedded record that stood there before is now."""
    mismatches: Mismatches
    accounts: AccountsBack


def restore(
    parcel: Path,
    url: str,
    open_store: Callable[[Record], KeptScans],
    scratch: Path,
    *,
    actor: str,
    replace: bool = False,
    step: Callable[[int], None] = lambda _: None,
) -> Restored:
    """Put record and scans of a backup back, by way of a folder in `scratch`.

    `open_store` opens the scan store of the record that has been put back: it may lie in the same database.

    Raises JanaError when the backup cannot be used, is of another kind of database, or when the record
    holds something and `replace` is not given; then nothing was changed.
    """
    seen = inspect(parcel)
    refuse_unknown_schema(seen.manifest.schema)
    kind = Record.kind(url)
    if seen.manifest.kind != kind:
        raise JanaError(
            f"The backup {parcel} is of a record in {seen.manifest.kind}, and this one is in {kind}: "
            "point JANA_DATABASE_URL at a database of the same kind."
        )
    try:
        with scratch_folder(scratch / ".restore.part") as folder:
            people = accounts_of(url) if replace else None
            before = _record_back(parcel, seen, folder, url, replace=replace)
            with Record.open(url) as record, closing(open_store(record)) as store:
                added = _scans_back(parcel, seen, folder, store, step)
                mismatches = reconcile(record, store, seen.manifest.anchor)
                digest = None if seen.manifest.anchor is None else seen.manifest.anchor.digest
                record.append_audit(actor, "record.restore", "record", anchor=digest, scans=added)
                accounts = look_after(record, people, actor=actor)
    except OSError as error:
        raise JanaError(
            f"{scratch} cannot be written: {error.strerror}. Make room, and try again."
        ) from error
    return Restored(seen.manifest, added, seen.damaged, before, mismatches, accounts)


def _record_back(parcel: Path, seen: Inspected, folder: Path, url: str, *, replace: bool) -> Path | None:
    name = DATABASES[seen.manifest.kind]
    copy = next(save(stream, folder / name) for found, stream in contents(parcel) if found == name)
    before = Record.put_back(url, copy, replace=replace)
    copy.unlink()
    Record.upgrade(url)
    return before


def _scans_back(
    parcel: Path, seen: Inspected, folder: Path, store: KeptScans, step: Callable[[int], None]
) -> int:
    added = 0
    for name, stream in contents(parcel):
        found = SCAN.fullmatch(name)
        if found is None:
            continue
        sha256 = found[1] + found[2]
        step(seen.manifest.scans)
        if sha256 in seen.damaged or store.verify(sha256):
            continue
        copy = save(stream, folder / sha256)
        kept = store.put(copy)
        if isinstance(kept, FileRefusal):
            raise JanaError(_refused(sha256, kept))
        copy.unlink()
        added += 1
    return added


def _refused(sha256: str, why: FileRefusal) -> str:
    remedy = "Lift limits.file_bytes, and restore again." if why.reason is RefusalReason.TOO_LARGE else ""
    return f"The scan {sha256} cannot be put back: {why.detail} {remedy}".rstrip()
