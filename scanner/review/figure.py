"""Which figures somebody asks for, as the addresses of the reconciliation name them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date
from urllib.parse import urlencode

from starlette.exceptions import HTTPException

from scanner.record import Figure, ReconcileRow, SheetCounts, TargetCounts
from scanner.review.found_sheets import day_of
from scanner.review.visit import Visit

BY = ("", "unit", "day", "unit-day")
"""Ways to divide the figures; the first one does not."""

LONGEST_UNIT = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the query of an address says."""

    by: str
    targets: tuple[str, ...]
    """All of the settings, or the one that is looked at alone."""
    target: str | None
    count: str
    unit: str | None
    """"" means: of none."""
    day: date | None

    @classmethod
    def by_query(cls, visit: Visit) -> Wanted:
        """Raises HTTPException (404) for what there is not."""
        known, target = tuple(visit.site.settings.delivery), visit.query("target") or None
        day, by = visit.query("day"), visit.query("by")
        unit = visit.query("unit") if "unit" in visit.request.query_params else None
        found = day_of(day) if day else None
        if by not in BY or (target and target not in known) or (day and found is None):
            raise HTTPException(404)
        if unit is not None and len(unit) > LONGEST_UNIT:
            raise HTTPException(404)
        return cls(
            by=by,
            targets=known if target is None else (target,),
            target=target,
            count=visit.query("count"),
            unit=unit,
            day=found,
        )

    @property
    def by_unit(self) -> bool:
        return "unit" in self.by

    @property
    def by_day(self) -> bool:
        return "day" in self.by

    @property
    def figure(self) -> Figure:
        return Figure(count=self.count, unit=self.unit, day=self.day, target=self.target)

    @property
    def logged(self) -> dict[str, str | None]:
        """What the log says of a list, besides its figure."""
        day = None if self.day is None else self.day.isoformat()
        return {"unit": self.unit, "day": day, "receiver": self.target}

    def query(self, **changed: str | int | None) -> str:
        """The query that asks for the same figures, with these differences; None: without it."""
        said: dict[str, str | int | None] = {"by": self.by or None, "target": self.target}
        return _query(said | changed)

    def list_query(self, count: str, row: ReconcileRow | None = None, *, target: str | None = None) -> str:
        """The query for the list behind a figure of a row, or of the whole."""
        said: dict[str, str | int | None] = {"count": count, "target": target or self.target}
        if row is not None and self.by_unit:
            said["unit"] = row.unit or ""
        if row is not None and row.day is not None:
            said["day"] = row.day.isoformat()
        return _query(said)

    def same_list(self, **changed: str | int | None) -> str:
        """The query for this very list."""
        said: dict[str, str | int | None] = {"count": self.count, "target": self.target, "unit": self.unit}
        said["day"] = None if self.day is None else self.day.isoformat()
        return _query(said | changed)


def whole(rows: Sequence[ReconcileRow], targets: Sequence[str]) -> ReconcileRow:
    """All rows together."""
    return ReconcileRow(
        unit=None,
        day=None,
        counts=SheetCounts(
            **{one.name: sum(getattr(row.counts, one.name) for row in rows) for one in fields(SheetCounts)}
        ),
        targets={
            name: TargetCounts(
                **{
                    one.name: sum(getattr(row.targets[name], one.name) for row in rows)
                    for one in fields(TargetCounts)
                }
            )
            for name in targets
        },
    )


def _query(said: dict[str, str | int | None]) -> str:
    return urlencode({name: value for name, value in said.items() if value is not None})
