"""The figures of `reconcile` as the rows of a table for other programs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import date

from scanner.record.reconcile import ReconcileRow


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconcileLine:
    """A row: of all targets together, or what one of them has of the settled sheets."""

    unit: str | None
    day: date | None
    target: str | None
    printed: int | None
    outstanding: int | None
    in_review: int | None
    settled: int | None
    void: int | None
    delivered: int
    pending: int
    rejected: int
    undeliverable: int
    withdrawing: int | None


def lines_of(rows: Iterable[ReconcileRow]) -> Iterator[ReconcileLine]:
    """For each row one of all targets together, and one of each target."""
    for row in rows:
        yield ReconcileLine(unit=row.unit, day=row.day, target=None, **asdict(row.counts), withdrawing=None)
        for name, counts in row.targets.items():
            yield ReconcileLine(
                unit=row.unit,
                day=row.day,
                target=name,
                printed=None,
                outstanding=None,
                in_review=None,
                settled=None,
                void=None,
                **asdict(counts),
            )
