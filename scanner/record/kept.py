"""Which scan files' bytes should be in the scan store."""

from __future__ import annotations

from sqlalchemy import Connection, select

from scanner.record.schema import scan_file


def stored_scans(connection: Connection) -> tuple[str, ...]:
    """Hashes of the files whose bytes are kept, oldest first."""
    wanted = (scan_file.c.stored.is_not(None), scan_file.c.purged_at.is_(None))
    query = select(scan_file.c.sha256).where(*wanted).order_by(scan_file.c.id)
    return tuple(connection.scalars(query))
