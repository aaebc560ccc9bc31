"""Figures of units for team leads: what became of the sheets, who settled the lines, how well people agree.

Counts only. A small count is not shown, because it may tell of single persons; and where it could be
worked out from the others of its row, another one is not shown either.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.responses import Response

from scanner.model.decision import Status
from scanner.model.scope import Scope
from scanner.record import Agreement, ReconcileRow, reconcile, unit_figures
from scanner.review.access.roles import Role
from scanner.review.access.rules import Routes, only
from scanner.review.visit import Visit

routes = Routes()

SMALLEST = 5
"""Counts from 1 to one less are not shown."""

SHEETS = ("printed", "outstanding", "in_review", "settled", "void")
SENT = ("delivered", "pending", "rejected", "undeliverable")
SUMS = ((0, 1, 2, 3, 4), (3, 5, 6, 7, 8))
"""Which of these are sums of which: printed = the next four, settled = the last four."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table: a unit, and its counts; None: not shown."""

    unit: str | None
    cells: tuple[int | None, ...]


@routes.get("/figures", only(Role.TEAM_LEAD, limited=True))
def figures(visit: Visit) -> Response:
    """Of the visitor's units."""
    units, targets = visit.known.units, list(visit.site.settings.delivery)
    rows, lines = visit.record.look(
        lambda connection: (
            reconcile.reconcile(connection, targets, by_unit=True, scope=Scope(units)),
            unit_figures.lines_of_units(connection, units),
        )
    )
    visit.log("figures.look", "figures", units=len(rows))
    agreements = visit.record.agreements(Scope(units))
    rows = tuple(sorted(rows, key=lambda row: (row.unit is None, row.unit or "")))
    statuses = list(Status)
    return visit.page(
        "figures.html",
        smallest=SMALLEST,
        unaccounted=sum(row.counts.unaccounted for row in rows),
        columns=(*SHEETS, *SENT),
        sheet_rows=[Row(row.unit, counts_shown(_sheets(row), SUMS)) for row in rows],
        line_rows=[
            Row(row.unit, counts_shown([lines.get(row.unit, {}).get(it, 0) for it in statuses]))
            for row in rows
        ],
        statuses=statuses,
        agreements={"machine": _shown(agreements.machine), "people": _shown(agreements.people)},
    )


def counts_shown(counts: Sequence[int], sums: Sequence[Sequence[int]] = ()) -> tuple[int | None, ...]:
    """A row's counts without the small ones, and without those by which one of them could be worked out.

    Each of `sums` names the places of a sum and of its parts: never is a single one of them missing.
    """
    hidden = {place for place, count in enumerate(counts) if 0 < count < SMALLEST}
    for _ in counts:
        for places in sums:
            others = [(counts[place], place) for place in places if counts[place] and place not in hidden]
            if others and len(hidden.intersection(places)) == 1:
                hidden.add(min(others)[1])
    return tuple(None if place in hidden else count for place, count in enumerate(counts))


def _sheets(row: ReconcileRow) -> list[int]:
    return [getattr(row.counts, name) for name in (*SHEETS, *SENT)]


def _shown(agreement: Agreement) -> Agreement | None:
    return agreement if agreement.looks >= SMALLEST else None
