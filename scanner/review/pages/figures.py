"""Figures of units for team leads: how the sheets stand, who settled the lines, how well people agree.

Counts only. A small count is not shown, because it may tell of single persons; and where it could be
worked out from the others of its row, another one is not shown either.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.responses import Response

from scanner.model.decision import Status
from scanner.model.scope import Scope
from scanner.record import Agreement, unit_figures
from scanner.record.unit_figures import UnitFigures
from scanner.review.access.roles import Role
from scanner.review.access.rules import Routes, only
from scanner.review.visit import Visit

routes = Routes()

SMALLEST = 5
"""Counts from 1 to one less are not shown."""

SHEETS = ("outstanding", "in_review", "settled", "void")


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table: a unit, and its counts; None: not shown."""

    unit: str | None
    cells: tuple[int | None, ...]


@routes.get("/figures", only(Role.TEAM_LEAD))
def figures(visit: Visit) -> Response:
    """Of the visitor's units."""
    units = visit.known.units
    found = visit.record.look(lambda connection: unit_figures.of_units(connection, units))
    visit.log("figures.look", "figures", units=len(found))
    agreements = visit.record.agreements(Scope(units))
    return visit.page(
        "figures.html",
        smallest=SMALLEST,
        sheet_rows=[Row(of.unit, counts_shown([of.printed, *_sheets(of)], add_up=True)) for of in found],
        line_rows=[
            Row(of.unit, counts_shown([of.lines.get(status, 0) for status in Status], add_up=False))
            for of in found
        ],
        statuses=list(Status),
        agreements={"machine": _shown(agreements.machine), "people": _shown(agreements.people)},
    )


def counts_shown(counts: Sequence[int], *, add_up: bool) -> tuple[int | None, ...]:
    """A row's counts without the small ones; where they `add_up`, never with a single one missing."""
    hidden = {place for place, count in enumerate(counts) if 0 < count < SMALLEST}
    if add_up and len(hidden) == 1:
        others = [(count, place) for place, count in enumerate(counts) if count and place not in hidden]
        hidden |= {place for _, place in sorted(others)[:1]}
    return tuple(None if place in hidden else count for place, count in enumerate(counts))


def _sheets(of: UnitFigures) -> list[int]:
    return [getattr(of, name) for name in SHEETS]


def _shown(agreement: Agreement) -> Agreement | None:
    return agreement if agreement.looks >= SMALLEST else None
