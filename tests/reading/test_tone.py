"""A pen has sharp edges and a stain has soft ones; a mark on a stain is told from it."""

from __future__ import annotations

import numpy as np
import pytest

from calibration.synthesis.dirt import coffee_ring
from calibration.synthesis.pens import BALLPOINT_BLUE, FELT_BLACK, PENCIL_SOFT, Pen
from calibration.synthesis.printers import Printer
from calibration.synthesis.scanners import Scanner, scan
from calibration.synthesis.sheets import PlannedMark, PrintedSheet, Treatment, filled_in_sheet
from calibration.truth import DrawnKind
from scanner.model.decision import Decision, Verdict
from tests.reading.sheets import practised, read_picture


def read_with_coffee(
    sheet: PrintedSheet, kind: DrawnKind, at_mm: float, pen: Pen, beside_mm: float, dpi: int
) -> Decision:
    """The first line, with a mark at `at_mm` and the rim of a cup `beside_mm` to the right of it."""
    rng = np.random.default_rng(round(at_mm))
    treatment = Treatment(hand=practised(), pen=pen, printer=Printer(), scanner=Scanner(dpi=dpi))
    plan = [
        PlannedMark(kind, at_mm),
        *[PlannedMark(DrawnKind.BLANK, 0.0)] * (len(sheet.layout.answer_lines) - 1),
    ]
    paper, _ = filled_in_sheet(sheet, plan, treatment, rng)
    line = sheet.layout.answer_lines[0].line
    # The cup has a chance of its own: it does not fall elsewhere when hands draw in another way.
    cup = np.random.default_rng(round(at_mm) + 2)
    coffee_ring(paper, cup, (line.start.x_mm + at_mm + beside_mm + 35.0, line.start.y_mm))
    return read_picture(scan(paper, treatment.scanner, rng), sheet).decisions[0]


@pytest.mark.parametrize("pen", [BALLPOINT_BLUE, PENCIL_SOFT, FELT_BLACK], ids=lambda pen: pen.name)
@pytest.mark.parametrize("dpi", [150, 300])
def test_a_pen_has_sharper_edges_than_coffee(sheet: PrintedSheet, pen: Pen, dpi: int) -> None:
    reading = read_with_coffee(sheet, DrawnKind.STROKE, 30.0, pen, 12.0, dpi).reading
    pens = [c for c in reading.candidates if abs(c.position_mm - 30.0) < 1.0]
    coffee = [c for c in reading.candidates if abs(c.position_mm - 30.0) > 5.0 and c.area_mm2 > 3.0]
    assert reading.candidates[0] is pens[0]
    assert coffee
    assert 1.3 * pens[0].softness_mm < min(c.softness_mm for c in coffee)


@pytest.mark.parametrize("beside_mm", [-1.0, 0.0, 4.0, 20.0])
def test_coffee_on_or_beside_a_mark_moves_it_by_nothing(sheet: PrintedSheet, beside_mm: float) -> None:
    decision = read_with_coffee(sheet, DrawnKind.CROSS, 40.0, BALLPOINT_BLUE, beside_mm, 300)
    assert decision.reading.position_mm == pytest.approx(40.0, abs=0.5)


def test_coffee_beside_a_mark_is_no_second_mark(sheet: PrintedSheet) -> None:
    assert (
        read_with_coffee(sheet, DrawnKind.STROKE, 30.0, BALLPOINT_BLUE, 20.0, 200).verdict is Verdict.ACCEPTED
    )


def test_coffee_alone_is_no_mark(sheet: PrintedSheet) -> None:
    for at_mm in (5.0, 25.0, 45.0):
        decision = read_with_coffee(sheet, DrawnKind.BLANK, at_mm, BALLPOINT_BLUE, 0.0, 200)
        assert decision.verdict is Verdict.REVIEW
