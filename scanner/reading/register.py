"""Where on the picture is every place of the paper: refine the corner marks and fit the mapping."""

from __future__ import annotations

from itertools import combinations, permutations

import numpy as np

from forms.geometry import Rect
from forms.layout import FormLayout
from scanner.model.outcome import Refusal, RefusalReason
from scanner.reading.codes import FoundCode
from scanner.reading.fiducials import refine_corners
from scanner.reading.mapping import MM_PER_INCH, FloatArray, PaperToPixel, fit_mapping
from scanner.reading.stages import IdentifiedPage, RegisteredPage

MIN_DPI = 100.0
"""Below this a pen stroke is two pixels wide and a millimetre four: too coarse to be sure of anything."""
MAX_RESIDUAL_MM = 0.6
"""A corner mark that fits the others worse than this is not where it was printed (folded, or false)."""


def register(identified: IdentifiedPage) -> RegisteredPage | Refusal:
    """Fit the mapping from paper to pixels through two corner marks or more.

    With fewer the QR codes help out: less exactly, but well enough to find the printed lines, which
    then are the reference.
    """
    layout = identified.sheet.layout
    corners = refine_corners(identified.page.pixels, identified.fiducials)
    fitted = _fit(layout, corners) or _fit_with_codes(layout, corners, identified.codes)
    if fitted is None:
        return _refuse(
            identified,
            RefusalReason.NOT_REGISTERED,
            "The corner marks cannot be located; scan the whole page, unfolded.",
        )
    mapping, residual_mm = fitted
    if mapping.mirrored:
        return _refuse(identified, RefusalReason.NOT_REGISTERED, "The picture is mirrored.")
    page = layout.page
    centre = (page.x_mm + page.width_mm / 2, page.y_mm + page.height_mm / 2)
    dpi = mapping.px_per_mm(*centre) * MM_PER_INCH
    if dpi < MIN_DPI:
        return _refuse(
            identified, RefusalReason.LOW_RESOLUTION, f"The page has {dpi:.0f} dpi; scan at 200 dpi or more."
        )
    turn = mapping.turn(*centre)
    return RegisteredPage(
        identified.page, identified.sheet, mapping, residual_mm, turn, dpi, identified.small
    )


def _fit(layout: FormLayout, corners: dict[int, FloatArray]) -> tuple[PaperToPixel, float] | None:
    """The mapping through as many corner marks as agree with each other, at least two, and its error."""
    for count in range(len(corners), 1, -1):
        fits = (_fit_through(layout, corners, tag_ids) for tag_ids in combinations(corners, count))
        mapping, residual_mm = min(fits, key=lambda fit: fit[1])
        if residual_mm <= MAX_RESIDUAL_MM:
            return mapping, residual_mm
    return None


def _fit_with_codes(
    layout: FormLayout, corners: dict[int, FloatArray], codes: tuple[FoundCode, ...]
) -> tuple[PaperToPixel, float] | None:
    """The mapping through QR codes and what there is of corner marks; which code is which is tried."""
    count = min(len(codes), len(layout.codes))
    if count + len(corners) < 2:
        return None
    fits = []
    for places in permutations(layout.codes, count):
        matched = [(place.qr, code.corners_px) for place, code in zip(places, codes, strict=False)]
        fits.append(_fit_squares(matched + _matched(layout, corners), perspective=False))
    mapping, residual_mm = min(fits, key=lambda fit: fit[1])
    return (mapping, residual_mm) if residual_mm <= MAX_RESIDUAL_MM else None


def _fit_through(
    layout: FormLayout, corners: dict[int, FloatArray], tag_ids: tuple[int, ...]
) -> tuple[PaperToPixel, float]:
    chosen = {tag_id: corners[tag_id] for tag_id in tag_ids}
    return _fit_squares(_matched(layout, chosen), perspective=len(tag_ids) == len(layout.corner_marks))


def _matched(layout: FormLayout, corners: dict[int, FloatArray]) -> list[tuple[Rect, FloatArray]]:
    return [(m.square, corners[m.tag_id]) for m in layout.corner_marks if m.tag_id in corners]


def _fit_squares(matched: list[tuple[Rect, FloatArray]], *, perspective: bool) -> tuple[PaperToPixel, float]:
    """The mapping through the corners of squares on paper and in the picture."""
    points_mm = np.array(
        [[p.x_mm, p.y_mm] for square, _ in matched for p in square.corners], dtype=np.float64
    )
    points_px = np.vstack([corners_px for _, corners_px in matched])
    return fit_mapping(points_mm, points_px, perspective=perspective)


def _refuse(identified: IdentifiedPage, reason: RefusalReason, detail: str) -> Refusal:
    source = identified.page.source
    return Refusal(source.scan_sha256, source.scan_name, source.scan_page, reason, detail)
