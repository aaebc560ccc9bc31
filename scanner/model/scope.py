"""How much of the record somebody may see."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scope:
    """What is of one of the units, or of one of the cases. What is outside is as if it were not there.

    The unit of a sheet is the one that it was printed for, else that of its case, else the office in
    whose folder its scans were; the unit of a page that nobody knows is the office.
    """

    units: frozenset[str] | None = frozenset()
    """None: all units, and what belongs to none."""
    cases: frozenset[str] = frozenset()
    """References of cases."""


EVERYTHING = Scope(None)
