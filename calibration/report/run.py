"""What a run was: everything that stands over its figures, whatever shape they are shown in."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """How some figures came about."""

    source: str
    """`simulated`, or the name of the truth file of real scans."""
    conditions: tuple[str, ...]
    sheets: int
    """Per condition when simulated; else in all."""
    seed: int | None
    """None for real scans."""
    rare_share: float | None
    """Share of the lines with something else than one clear mark; None for real scans."""
    profile_id: str | None
    """None for real scans, which may have been read under several."""
    reader_version: str

    @property
    def in_words(self) -> str:
        """One line for a person."""
        if self.seed is None:
            return f"{self.sheets:,} real sheets of {self.source}, judged by jana {self.reader_version}"
        several = len(self.conditions) != 1
        conditions = f"{len(self.conditions)} conditions" if several else self.conditions[0]
        return (
            f"{self.sheets:,} simulated sheets{' in each of ' if several else ', condition '}{conditions}, "
            f"seed {self.seed}, {100 * (self.rare_share or 0):g} % rare marks, "
            f"profile {self.profile_id}, reader {self.reader_version}"
        )
