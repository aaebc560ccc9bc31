"""Where every printed sheet has got to, by unit and day.

A sheet counts on the day of its meeting, or of its printing where it names no meeting, and in the unit
that the review page takes it for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, case, func, select

from scanner.model.scope import EVERYTHING, Scope
from scanner.record.accounting import SheetCount, base_of, conditions, of_target


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetCounts:
    """How many sheets; see `SheetCount`."""

    printed: int
    outstanding: int
    in_review: int
    settled: int
    void: int
    delivered: int
    pending: int
    rejected: int
    undeliverable: int

    @property
    def unaccounted(self) -> int:
        """Sheets by which the sums are wrong; 0 when everything adds up."""
        whole = self.outstanding + self.in_review + self.settled + self.void
        sent = self.delivered + self.pending + self.rejected + self.undeliverable
        return abs(self.printed - whole) + abs(self.settled - sent)


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetCounts:
    """The settled sheets as one target has them."""

    delivered: int
    pending: int
    rejected: int
    undeliverable: int
    withdrawing: int
    """Sheets that do not hold any more what was delivered of them, and of which the target has not taken
    that in. These are void, or in review."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconcileRow:
    """The figures of one unit on one day, or of as much as was asked for."""

    unit: str | None
    day: date | None
    counts: SheetCounts
    targets: Mapping[str, TargetCounts]
    """By each target that was named."""


def reconcile(
    connection: Connection,
    targets: Sequence[str],
    *,
    by_unit: bool = False,
    by_day: bool = False,
    scope: Scope = EVERYTHING,
) -> tuple[ReconcileRow, ...]:
    """The figures over all sheets within the scope, one row for each unit, day, or both, in their order.

    Without either there is exactly one row.
    """
    base = base_of(targets, connection.dialect.name, scope)
    keys = [base.c[name] for name, wanted in (("unit", by_unit), ("day", by_day)) if wanted]
    numbers = [
        _number(condition).label(count.value) for count, condition in conditions(base, targets).items()
    ]
    for place in range(len(targets)):
        words = of_target(base, place)
        numbers += [_number(of).label(f"{word}_{place}") for word, of in words.items()]
    query = select(*keys, *numbers).select_from(base).group_by(*keys).order_by(*keys)
    return tuple(_row(row._mapping, targets) for row in connection.execute(query))


def _row(row: Mapping[Any, Any], targets: Sequence[str]) -> ReconcileRow:
    return ReconcileRow(
        unit=row.get("unit"),
        day=row.get("day"),
        counts=SheetCounts(**{count.value: row[count.value] for count in SheetCount}),
        targets={
            name: TargetCounts(**{one.name: row[f"{one.name}_{place}"] for one in fields(TargetCounts)})
            for place, name in enumerate(targets)
        },
    )


def _number(condition: ColumnElement[bool]) -> ColumnElement[int]:
    """How many rows meet a condition; 0, not NULL, where there are none."""
    return func.coalesce(func.sum(_one_if(condition)), 0)


def _one_if(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return case((condition, 1), else_=0)
