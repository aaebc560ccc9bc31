"""Where on the picture is every place of the paper: refine the corner marks and fit the mapping."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from forms.layout import FormLayout
from scanner.model.outcome import Refusal, RefusalReason
from scanner.reading.fiducials import refine_corners
from scanner.reading.mapping import MM_PER_INCH, FloatArray, PaperToPixel, fit_mapping
from scanner.reading.stages import IdentifiedPage, RegisteredPage

MIN_DPI = 100.0
"""Below this a pen stroke is two pixels wide and a millimetre four: too coarse to be sure of anything."""
MAX_RESIDUAL_MM = 0.6
"""A corner mark that fits the others worse than this is not where it was printed (folded, or false)."""


def register(identified: IdentifiedPage) -> RegisteredPage | Refusal:
    """Fit the mapping from paper to pixels through two corner marks or more."""
    corners = refine_corners(identified.page.pixels, identified.fiducials)
    fitted = _fit(identified.sheet.layout, corners)
    if fitted is None:
        return _refuse(
            identified,
            RefusalReason.NOT_REGISTERED,
            "The corner marks cannot be located; scan the whole page, unfolded.",
        )
    mapping, residual_mm = fitted
    if mapping.mirrored:
        return _refuse(identified, RefusalReason.NOT_REGISTERED, "The picture is mirrored.")
    page = identified.sheet.layout.page
    centre = (page.x_mm + page.width_mm / 2, page.y_mm + page.height_mm / 2)
    dpi = mapping.px_per_mm(*centre) * MM_PER_INCH
    if dpi < MIN_DPI:
        return _refuse(
            identified, RefusalReason.LOW_RESOLUTION, f"The page has {dpi:.0f} dpi; scan at 200 dpi or more."
        )
    return RegisteredPage(identified.page, identified.sheet, mapping, residual_mm, mapping.turn(*centre), dpi)


def _fit(layout: FormLayout, corners: dict[int, FloatArray]) -> tuple[PaperToPixel, float] | None:
    """The mapping through as many corner marks as agree with each other, at least two, and its error."""
    for count in range(len(corners), 1, -1):
        fits = (_fit_through(layout, corners, tag_ids) for tag_ids in combinations(corners, count))
        mapping, residual_mm = min(fits, key=lambda fit: fit[1])
        if residual_mm <= MAX_RESIDUAL_MM:
            return mapping, residual_mm
    return None


def _fit_through(
    layout: FormLayout, corners: dict[int, FloatArray], tag_ids: tuple[int, ...]
) -> tuple[PaperToPixel, float]:
    squares = {mark.tag_id: mark.square for mark in layout.corner_marks}
    points_mm = np.array([[p.x_mm, p.y_mm] for i in tag_ids for p in squares[i].corners], dtype=np.float64)
    points_px = np.vstack([corners[i] for i in tag_ids])
    return fit_mapping(points_mm, points_px, perspective=len(tag_ids) == len(squares))


def _refuse(identified: IdentifiedPage, reason: RefusalReason, detail: str) -> Refusal:
    source = identified.page.source
    return Refusal(source.scan_sha256, source.scan_name, source.scan_page, reason, detail)
