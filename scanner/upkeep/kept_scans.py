"""What looking after the scans needs of a scan store, beyond putting a scan in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from scanner.intake.scan_store import ScanStore


class KeptScans(ScanStore, Protocol):
    """A store whose content can be listed, and thrown away."""

    def hashes(self) -> Iterator[str]:
        """Every scan that is kept, whether its bytes are right or not."""

    def remove(self, sha256: str) -> None:
        """Throw a scan's bytes away; not being there is right too. Raises StoreError when it cannot."""
