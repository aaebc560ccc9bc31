"""What lies in a watched folder, for whoever asks beside the service: nothing is changed, nothing opened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from scanner.watch.inbox import OURS, Inbox, Unlisted


@dataclass(frozen=True, slots=True, kw_only=True)
class Lying:
    """Files that the record may not know yet, or that have not gone to their place yet."""

    waiting: int
    """In the inbox and its offices' folders, junk left out."""
    oldest_at: datetime | None
    """When the oldest of those was last written, by the clock of the file system; None without any."""
    claimed: int
    """Taken by a service and not finished, whether that service lives or not."""
    unlisted: int
    """Folders that cannot be looked into, of which we know nothing."""


def lying_in(inbox: Path) -> Lying:
    """Look once. Raises OSError when the inbox cannot be listed."""
    waiting, unlisted, oldest_ns = 0, 0, None
    for found in Inbox(inbox).entries():
        if isinstance(found, Unlisted):
            unlisted += 1
            continue
        waiting += 1
        written_ns = found.signature.mtime_ns
        oldest_ns = written_ns if oldest_ns is None else min(oldest_ns, written_ns)
    claims = (inbox / OURS / "claims").glob("*/*/*")
    return Lying(
        waiting=waiting,
        oldest_at=None if oldest_ns is None else datetime.fromtimestamp(oldest_ns / 1e9, UTC),
        claimed=sum(not path.name.startswith(".") for path in claims),
        unlisted=unlisted,
    )
