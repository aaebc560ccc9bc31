"""Do the record and the scans belong together? Looked at after a restore, bytes and all."""

from __future__ import annotations

from dataclasses import dataclass

from scanner.record import Anchor, AuditCheck, Record
from scanner.upkeep.kept_scans import KeptScans


@dataclass(frozen=True, slots=True)
class Mismatches:
    """What does not match; hashes of scan files."""

    scans_without_rows: tuple[str, ...]
    """Kept, and not known: newer than the record. Dropping them again takes them in."""
    rows_without_bytes: tuple[str, ...]
    hashes_that_differ: tuple[str, ...]
    """Kept, and no longer what they were."""
    audit: AuditCheck

    @property
    def harmless(self) -> bool:
        """Nothing that the record knows is lost or spoilt."""
        return not self.rows_without_bytes and not self.hashes_that_differ and self.audit.fault is None


def reconcile(record: Record, store: KeptScans, anchor: Anchor | None = None) -> Mismatches:
    """Compare every row with every byte."""
    known, kept = set(record.stored_scans()), set(store.hashes())
    return Mismatches(
        scans_without_rows=tuple(sorted(kept - known)),
        rows_without_bytes=tuple(sorted(known - kept)),
        hashes_that_differ=tuple(sorted(sha256 for sha256 in known & kept if not store.verify(sha256))),
        audit=record.verify(anchor),
    )
