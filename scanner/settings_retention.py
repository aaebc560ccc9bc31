"""How long pictures are kept. Values and the audit stay; what is kept for whom the organisation decides."""

from __future__ import annotations

from dataclasses import dataclass

DEFAULT = "default"
"""The class of a case that was closed without naming one."""

UNBOUND = "unbound"
"""The class of what belongs to no case: sheets of the pool, pages that could not be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """One class. Days count from the day on which the case was closed; for `unbound` from the reading.
    What has no number is kept for good, and so is everything of a class that is not in the settings."""

    scans_days: int | None = None
    """Then the scan files go. Without them nothing can be read again by a better reader."""

    crops_days: int | None = None
    """Then the pictures of the single lines go. Without them nobody can look again at what was marked."""

    def __post_init__(self) -> None:
        """Raises ValueError for a number of days that is less than none."""
        if min(self.scans_days or 0, self.crops_days or 0) < 0:
            raise ValueError("a number of days must not be less than 0")
