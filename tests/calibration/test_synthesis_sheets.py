"""A printed sheet, filled in and spoilt: print, ink and truth belong together in millimetres."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from calibration.synthesis.dirt import SPOIL, Dirt, coffee_ring, fold, punch_holes, show_through, specks
from calibration.synthesis.paper import MM_PER_INCH, Paper
from calibration.synthesis.printers import Printer, office_printer, print_page
from calibration.synthesis.scanners import ScanMode, Scanner, Streak
from calibration.synthesis.sheets import (
    PlannedMark,
    PrintedSheet,
    conditions,
    filled_in_sheet,
    office_treatment,
    plan_marks,
    simulate,
    simulate_back,
)
from calibration.truth import DrawnKind, Expected
from forms.geometry import Line, Point
from tests.calibration.synthesis_sheets import plain_treatment, printed_sheets

__all__ = ["printed_sheets"]

STROKES = (DrawnKind.STROKE, DrawnKind.CROSS, DrawnKind.DOT, DrawnKind.GONE_OVER)


def printed(sheet: PrintedSheet, printer: Printer, seed: int = 1) -> Paper:
    return print_page(sheet.pdf, sheet.page, printer, np.random.default_rng(seed))


def profile(
    paper: Paper, low_mm: Point, high_mm: Point, axis: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean darkness over an area, and the places in mm along the other axis."""
    s = paper.px_per_mm
    left, top, right, bottom = (round(v * s) for v in (low_mm.x_mm, low_mm.y_mm, high_mm.x_mm, high_mm.y_mm))
    dark = 255 - paper.pixels[top:bottom, left:right].mean(axis=axis, dtype=np.float64)
    first = left if axis == 0 else top
    return np.asarray(dark), (first + np.arange(len(dark), dtype=np.float64) + 0.5) / s


@pytest.mark.parametrize(
    "printer", [Printer(), Printer(scale=0.95, offset_mm=(0.7, -0.4)), Printer(scale=1.05, toner=0.6)]
)
def test_lines_are_printed_at_the_printers_scale_and_place(
    printed_sheets: tuple[PrintedSheet, ...], printer: Printer
) -> None:
    sheet = printed_sheets[0]
    paper = printed(sheet, printer)
    for answer in sheet.layout.answer_lines:
        line = printer.line_on_paper(answer.line)
        assert line.length_mm == pytest.approx(100 * printer.scale)
        middle = Point((line.start.x_mm + line.end.x_mm) / 2, line.start.y_mm)
        dark, y_mm = profile(
            paper, Point(middle.x_mm - 20, middle.y_mm - 1), Point(middle.x_mm + 20, middle.y_mm + 1), 1
        )
        assert dark @ y_mm / dark.sum() == pytest.approx(line.start.y_mm, abs=0.01)
        for end in (line.start, line.end):
            dark, x_mm = profile(
                paper, Point(end.x_mm - 1, end.y_mm - 1.8), Point(end.x_mm + 1, end.y_mm - 0.8), 0
            )
            assert dark @ x_mm / dark.sum() == pytest.approx(end.x_mm, abs=0.01)


def test_weak_toner_is_paler_and_uneven_toner_differs_over_the_page(
    printed_sheets: tuple[PrintedSheet, ...],
) -> None:
    sheet = printed_sheets[0]
    full, weak = (printed(sheet, Printer(toner=toner)).pixels for toner in (1.0, 0.6))
    assert int(full.min()) == 0
    assert int(weak.min()) == pytest.approx(255 * 0.4, abs=2)
    np.testing.assert_array_equal(full == 255, weak == 255)
    uneven = printed(sheet, Printer(toner=0.8, uneven=0.3)).pixels
    assert uneven[full == 0].std() > 5


def test_the_paper_can_be_seen_at_another_resolution(printed_sheets: tuple[PrintedSheet, ...]) -> None:
    sheet = printed_sheets[0]
    coarse = print_page(sheet.pdf, sheet.page, Printer(), np.random.default_rng(1), dpi=300)
    assert coarse.pixels.shape == (3508, 2480)
    assert coarse.size_mm == pytest.approx((210, 297), abs=0.05)
    colour = print_page(sheet.pdf, sheet.page, Printer(), np.random.default_rng(1), colour=True, dpi=300)
    np.testing.assert_array_equal(colour.pixels[..., 1], coarse.pixels)


def test_marks_stand_on_the_printed_line_where_the_truth_says(
    printed_sheets: tuple[PrintedSheet, ...],
) -> None:
    sheet = printed_sheets[0]
    printer = Printer(scale=0.94, offset_mm=(1.0, 2.0))
    treatment = replace(plain_treatment(), printer=printer)
    plan = [PlannedMark(kind, place) for kind, place in zip(STROKES, (5.0, 40.0, 63.0, 95.0), strict=True)]
    paper, items = filled_in_sheet(sheet, plan, treatment, np.random.default_rng(3))
    bare = printed(sheet, printer).pixels
    for answer, planned, truth in zip(sheet.layout.answer_lines, plan, items, strict=True):
        assert (truth.item, truth.number) == (answer.item, answer.number)
        assert (truth.kind, truth.position_mm) == (planned.kind, planned.position_mm)
        assert (truth.expected, truth.pen) == (Expected.ACCEPT, "ballpoint_blue")
        line = printer.line_on_paper(answer.line)
        level = round(line.start.y_mm * paper.px_per_mm)
        near = slice(level - 60, level + 60)
        ink = (bare[near].astype(int) - paper.pixels[near] > 60).sum(axis=0)
        columns_mm = (np.arange(len(ink)) + 0.5) / paper.px_per_mm
        at_mm = 100 * (ink @ columns_mm / ink.sum() - line.start.x_mm) / line.length_mm
        assert at_mm == pytest.approx(planned.position_mm, abs=0.7), "about: a lean moves the mean"


def test_a_plan_holds_clear_marks_and_as_many_rare_ones_as_asked(
    printed_sheets: tuple[PrintedSheet, ...],
) -> None:
    rng = np.random.default_rng(5)
    clear = [mark for _ in range(100) for mark in plan_marks(printed_sheets[0].layout, rng)]
    mixed = [mark for _ in range(100) for mark in plan_marks(printed_sheets[0].layout, rng, rare_share=0.5)]
    usual = {mark.kind for mark in clear}
    assert usual == {*STROKES, DrawnKind.SLANTED, DrawnKind.BLOB}
    assert 0.4 < sum(mark.kind not in usual for mark in mixed) / len(mixed) < 0.6
    assert {mark.kind for mark in mixed} == set(DrawnKind)
    assert all(0.5 < mark.position_mm < 99.5 for mark in clear)


def test_a_plan_that_does_not_fit_the_sheet_is_refused(printed_sheets: tuple[PrintedSheet, ...]) -> None:
    with pytest.raises(ValueError, match="zip"):
        filled_in_sheet(
            printed_sheets[0], [PlannedMark(DrawnKind.DOT, 50.0)], plain_treatment(), np.random.default_rng(1)
        )


def test_the_same_seed_makes_the_same_page(printed_sheets: tuple[PrintedSheet, ...]) -> None:
    def page(seed: int) -> NDArray[np.uint8]:
        rng = np.random.default_rng(seed)
        treatment = replace(office_treatment(rng), dirt=(Dirt.COFFEE, Dirt.FOLD, Dirt.PUNCHED, Dirt.SPECKS))
        treatment = replace(treatment, scanner=Scanner(dpi=150))
        plan = plan_marks(printed_sheets[0].layout, rng)
        return simulate(printed_sheets[0], plan, treatment, rng).picture.pixels

    first, again, other = page(6), page(6), page(7)
    np.testing.assert_array_equal(first, again)
    assert (first != other).mean() > 0.01


def test_the_truth_keeps_the_conditions(printed_sheets: tuple[PrintedSheet, ...]) -> None:
    scanner = Scanner(
        dpi=200, mode=ScanMode.FIXED, turn=180, skew_deg=1.5, jpeg_quality=None,
        streaks=(Streak(at_mm=50, width_mm=0.2, strength=0.5),),
    )  # fmt: skip
    treatment = replace(plain_treatment(), scanner=scanner, printer=Printer(scale=0.95), dirt=(Dirt.FOLD,))
    kept = conditions(treatment)
    assert (kept.dpi, kept.mode, kept.turn, kept.skew_deg, kept.print_scale) == (200, "fixed", 180, 1.5, 0.95)
    assert (kept.jpeg_quality, kept.dirt) == (None, ("fold", "streak"))


def test_office_printers_print_full_size_or_fit_to_the_page() -> None:
    rng = np.random.default_rng(8)
    scales = np.array([office_printer(rng).scale for _ in range(200)])
    fitted = scales < 0.99
    assert 0.2 < fitted.mean() < 0.4
    assert np.all((scales > 0.93) & (scales < 1.005))


def clean(*, colour: bool = False) -> Paper:
    shape = (round(297 * 100 / MM_PER_INCH), round(210 * 100 / MM_PER_INCH))
    return Paper(np.full((*shape, 3) if colour else shape, 255, np.uint8), 100)


@pytest.mark.parametrize("colour", [False, True])
def test_coffee_leaves_a_brown_ring_round_its_middle(colour: bool) -> None:
    paper = clean(colour=colour)
    coffee_ring(paper, np.random.default_rng(1), (100.0, 150.0))
    grey = paper.pixels.mean(axis=2) if colour else paper.pixels
    rows, columns = np.nonzero(grey < 230)
    from_middle = np.hypot(columns / paper.px_per_mm - 100, rows / paper.px_per_mm - 150)
    assert from_middle.size > 300
    assert from_middle.min() > 24
    assert from_middle.max() < 46
    assert grey.min() > 90, "coffee is never as dark as print"
    if colour:
        red, _, blue = paper.pixels[rows, columns].mean(axis=0)
        assert red > blue + 20


def test_a_fold_runs_across_at_its_level() -> None:
    paper = clean()
    fold(paper, np.random.default_rng(2), 120.0)
    middle = paper.pixels[:, round(105 * paper.px_per_mm)]
    assert (int(middle.argmin()) + 0.5) / paper.px_per_mm == pytest.approx(120.0, abs=0.3)
    assert middle.min() > 150
    assert np.all(paper.pixels[: round(100 * paper.px_per_mm)] == 255)


def test_holes_are_six_millimetres_wide_and_eighty_apart() -> None:
    paper = clean()
    punch_holes(paper, np.random.default_rng(3))
    rows, columns = np.nonzero(paper.pixels < 255)
    y_mm, x_mm = rows / paper.px_per_mm, columns / paper.px_per_mm
    assert np.ptp(x_mm) == pytest.approx(6.0, abs=0.7)
    assert np.median(x_mm) == pytest.approx(12.0, abs=2.5)
    upper = y_mm < y_mm.mean()
    assert y_mm[~upper].mean() - y_mm[upper].mean() == pytest.approx(80.0, abs=0.3)


def test_specks_are_small_and_as_many_as_asked() -> None:
    paper = Paper(np.full((2400, 2400), 255, np.uint8), 600)
    specks(paper, np.random.default_rng(4), 40)
    dark = paper.pixels < 200
    assert 0 < dark.mean() < 40 * 0.25**2 / 101**2 * 4
    assert dark.any()


def test_the_other_side_shines_through_mirrored_and_faint() -> None:
    paper, other = clean(), clean()
    other.pixels[100:200, 50:150] = 0
    show_through(paper, other.pixels, 0.1)
    width = paper.pixels.shape[1]
    assert paper.pixels[150, width - 100] == pytest.approx(255 * 0.9, abs=2)
    assert paper.pixels[150, 100] == 255


@pytest.mark.parametrize("colour", [False, True])
@pytest.mark.parametrize("dirt", Dirt)
def test_dirt_touches_some_of_the_paper_and_the_same_with_its_seed(dirt: Dirt, colour: bool) -> None:
    pages = []
    for seed in (1, 1, 2):
        paper = clean(colour=colour)
        paper.pixels[300:500, 100:300] = 0
        SPOIL[dirt](paper, np.random.default_rng(seed), [Line(Point(55, 90), Point(155, 90))])
        pages.append(paper.pixels)
    np.testing.assert_array_equal(pages[0], pages[1])
    assert (pages[0] != pages[2]).any()
    changed = (pages[0] < 255).reshape(*pages[0].shape[:2], -1).any(axis=2)
    assert 0.00005 < changed.mean() - 200 * 200 / changed.size < 0.2


def test_a_back_is_empty_but_for_what_shines_through(printed_sheets: tuple[PrintedSheet, ...]) -> None:
    sheet = printed_sheets[0]
    plan = plan_marks(sheet.layout, np.random.default_rng(9))
    treatment = replace(plain_treatment(), scanner=Scanner(dpi=150, noise=0.0))
    back = simulate_back(sheet, plan, treatment, np.random.default_rng(9), 0.05)
    assert back.items == ()
    assert back.picture.pixels.min() > treatment.scanner.white - 20
    front = simulate(sheet, plan, treatment, np.random.default_rng(9)).picture.pixels
    mark = sheet.layout.corner_marks[0].square
    at = [round((v + 6) * 150 / MM_PER_INCH) for v in (mark.y_mm, mark.x_mm)]
    assert front[at[0] - 30 : at[0] + 30, at[1] - 30 : at[1] + 30].min() < 40
    shone = back.picture.pixels[at[0] - 30 : at[0] + 30, -at[1] - 30 : -at[1] + 30]
    assert shone.mean() < treatment.scanner.white - 2


def test_a_line_keeps_its_direction_on_paper() -> None:
    line = Printer(scale=0.9, offset_mm=(1, 1)).line_on_paper(Line(Point(55, 90), Point(155, 90)))
    assert line.start.y_mm == line.end.y_mm
    assert line.length_mm == pytest.approx(90)
