"""One answer line on a slip of paper: all that happens to a sheet, on the part of it that a line needs.

The slip is cut out of an A4 sheet, so that everything happens where and as often as it does on a whole
one; the functions are the same. Only what reading must find out from the rest of the page is given:
where the corner marks would have put the slip's places in the picture.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from calibration.synthesis.dirt import show_through
from calibration.synthesis.paper import MM_PER_INCH, Paper, Pixels
from calibration.synthesis.printers import Printer, in_colour, lay_toner, print_lines
from calibration.synthesis.scanners import Picture
from calibration.synthesis.sheets import (
    FilledInBack,
    PlannedMark,
    Treatment,
    conditions,
    fill_in,
    place_of_a_mark,
    plan_marks,
    spoil,
)
from calibration.synthesis.way import Way, taken
from calibration.truth import ItemTruth, PageConditions
from forms.geometry import Rect
from forms.layout import AnswerLine, FormLayout, frame

MARGIN_MM = 8.0
"""Paper round the line's zone."""
_CORNER_ERROR_MM = 0.05
"""Standard deviation by which a corner mark is found beside its place, all its corners alike: its own
print is rough, and it may lie in a shadow or under a speck."""
_EDGE_ERROR_MM = 0.02
"""The same for each corner of it by itself."""

_FINE_DPI = ((200, 300), (400, 400))
"""Up to which resolution of a device the paper is seen how finely; beyond, at the printer's resolution."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Slip:
    """One answer line as a picture, and what is on it."""

    picture: Picture
    to_picture: Floats
    """Shape (3, 3): from mm on the form, in the frame of the layout's page, to pixel centres of the picture,
    as the page's corner marks would give it, with their error."""
    answer: AnswerLine
    truth: ItemTruth
    conditions: PageConditions
    way: Way
    """Where on the picture every place of the paper really lies; for tests of the slip, not for a reader."""
    printer: Printer
    """Where on the paper every place of the form lies."""


def make_slip(answer: AnswerLine, planned: PlannedMark, treatment: Treatment, rng: Generator) -> Slip:
    """Print one answer line, fill it in, spoil it, and copy, scan or photograph it."""
    layout = _layout(answer)
    printed = treatment.printer
    paper = _printed(layout, printed, treatment, rng)
    if treatment.in_colour:
        paper = in_colour(paper)
    items = fill_in(paper, layout, [planned], treatment, rng)
    spoil(paper, layout, treatment, rng)
    if treatment.back is not None:
        other = _filled_in_back(paper, layout, treatment, treatment.back, rng)
        show_through(paper, other, treatment.back.strength)
    mark_mm = place_of_a_mark(layout, items, treatment, rng)
    corners_mm = _on_paper(printed, answer.zone.grown(MARGIN_MM))
    picture, way = taken(paper, treatment.device, rng, mark_mm=mark_mm, part_mm=corners_mm)
    return Slip(
        picture=picture,
        to_picture=_registered(layout, printed, way, treatment, rng),
        answer=answer,
        truth=items[0],
        conditions=conditions(treatment),
        way=way,
        printer=printed,
    )


def _layout(answer: AnswerLine) -> FormLayout:
    """A form with this line and nothing else."""
    fixed = frame()
    return FormLayout(
        version=fixed.version,
        page=fixed.page,
        corner_marks=fixed.corner_marks,
        codes=fixed.codes,
        answer_lines=(answer,),
        printed=(),
    )


def _on_paper(printer: Printer, area: Rect) -> Floats:
    """The corners of an area of the form as it is printed, shape (4, 2) in mm."""
    return np.array([(at.x_mm, at.y_mm) for at in map(printer.on_paper, area.corners)])


def _printed(layout: FormLayout, printer: Printer, treatment: Treatment, rng: Generator) -> Paper:
    """The slip with its line, in grey, as finely as shows in the end."""
    dpi = next((fine for look, fine in _FINE_DPI if treatment.fine_dpi <= look), printer.dpi)
    sheet_mm = (layout.page.width_mm, layout.page.height_mm)
    corners = _on_paper(printer, layout.answer_lines[0].zone.grown(MARGIN_MM)) * dpi / MM_PER_INCH
    first = np.maximum(np.floor(corners.min(axis=0)).astype(int), 0)
    last = np.minimum(np.ceil(corners.max(axis=0)), np.array(sheet_mm) * dpi / MM_PER_INCH).astype(int)
    width, height = last - first
    paper = Paper(np.full((height, width), 255, np.uint8), dpi, (int(first[0]), int(first[1])), sheet_mm)
    print_lines(paper, layout.answer_lines, printer)
    lay_toner(paper, printer, rng)
    return paper


def _filled_in_back(
    paper: Paper, layout: FormLayout, treatment: Treatment, back: FilledInBack, rng: Generator
) -> Pixels:
    """The part of the other side that lies behind the slip, as one looks at it, in grey."""
    width = paper.pixels.shape[1]
    sheet_px = round(paper.size_mm[0] * paper.px_per_mm)
    corner = (sheet_px - paper.corner_px[0] - width, paper.corner_px[1])
    blank = Paper(np.full(paper.pixels.shape[:2], 255, np.uint8), paper.dpi, corner, paper.sheet_mm)
    # Which line comes to lie behind this one, and how near, is chance when the sheet was turned over.
    down = rng.uniform(-15, 15) if back.upside_down else 0.0
    printer = replace(back.printer, offset_mm=(back.printer.offset_mm[0], back.printer.offset_mm[1] + down))
    print_lines(blank, layout.answer_lines, printer)
    lay_toner(blank, printer, rng)
    other = replace(treatment, printer=printer, hand=back.hand, pen=back.pen)
    fill_in(blank, layout, plan_marks(layout, rng), other, rng)
    return np.ascontiguousarray(np.rot90(blank.pixels, 2)) if back.upside_down else blank.pixels


def _registered(
    layout: FormLayout, printer: Printer, way: Way, treatment: Treatment, rng: Generator
) -> Floats:
    """The mapping through the corner marks, found with their errors.

    An uneven feed and curled paper move the marks against the slip, and so does a fit over the page.
    """
    squares = [mark.square for mark in layout.corner_marks]
    form_mm = np.array([(at.x_mm, at.y_mm) for square in squares for at in square.corners])
    paper_mm = np.concatenate([_on_paper(printer, square) for square in squares])
    wrong_mm = np.repeat(rng.normal(0, _CORNER_ERROR_MM, (len(squares), 2)), 4, axis=0)
    wrong_mm += rng.normal(0, _EDGE_ERROR_MM, paper_mm.shape)
    found_px = way.to_picture_px(paper_mm + wrong_mm)
    return np.asarray(cv2.findHomography(form_mm, found_px, 0)[0], np.float64)
