"""The ruler sheet: what is measured stands where the layout says, and nothing stands in its way."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pypdfium2 as pdfium
import pytest
from numpy.typing import NDArray

from forms.geometry import Rect
from forms.identifier import SheetId, SheetIdError
from forms.ruler_layout import PAYLOAD, ruler_layout
from forms.ruler_sheet import LANGUAGES, render_ruler

PX_PER_MM = 8
LAYOUT = ruler_layout()


def drawn(language: str) -> NDArray[np.uint8]:
    """The page in grey, eight pixels a millimetre."""
    file = BytesIO()
    render_ruler(file, language)
    document = pdfium.PdfDocument(file.getvalue())
    try:
        picture = document[0].render(scale=PX_PER_MM * 25.4 / 72, grayscale=True).to_numpy()
    finally:
        document.close()
    return np.asarray(picture, np.uint8).reshape(picture.shape[:2])


def part(pixels: NDArray[np.uint8], area: Rect) -> NDArray[np.uint8]:
    left, top, right, bottom = (
        round(value * PX_PER_MM) for value in (area.x_mm, area.y_mm, area.right_mm, area.bottom_mm)
    )
    return pixels[top:bottom, left:right]


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_stands_in_the_way_of_what_is_measured(language: str) -> None:
    pixels = drawn(language)
    for area in LAYOUT.bare:
        assert part(pixels, area).min() == 255
    for line, mark_mm in zip(LAYOUT.answer_lines, LAYOUT.marks_mm, strict=True):
        zone = part(pixels, line.zone).copy()
        middle = len(zone) // 2
        zone[middle - 4 * PX_PER_MM : middle + 4 * PX_PER_MM] = 255
        assert zone.min() == 255, f"beside the line with its mark at {mark_mm} mm"
    for square in LAYOUT.squares:
        centre, reach = square.centre, 9.2
        ring = part(pixels, Rect(centre.x_mm - reach, centre.y_mm - reach, 2 * reach, 0.8))
        assert ring.min() == 255
    for patch in LAYOUT.patches:
        inner = part(pixels, patch.area.grown(-1.0))
        assert np.abs(inner.astype(int) - 255 * (1 - patch.ink)).max() <= 1
    for ruler in LAYOUT.rulers:
        # On the far side of the axis, and between the ticks, there is only paper.
        ends = [ruler.place(-1.0, -1.5), ruler.place(ruler.length_mm + 1.0, -0.4)]
        (x0, x1), (y0, y1) = sorted(p.x_mm for p in ends), sorted(p.y_mm for p in ends)
        assert part(pixels, Rect(x0, y0, x1 - x0, y1 - y0)).min() == 255


def test_every_tick_is_dark_where_it_is_promised() -> None:
    pixels = drawn("en")
    for ruler in LAYOUT.rulers:
        for tick in ruler.ticks_mm:
            here, between = ruler.place(tick, 2.0), ruler.place(tick + 1.0, 2.0)
            assert pixels[round(here.y_mm * PX_PER_MM - 0.5), round(here.x_mm * PX_PER_MM - 0.5)] < 60
            assert pixels[round(between.y_mm * PX_PER_MM), round(between.x_mm * PX_PER_MM)] == 255


def test_the_lines_for_the_steel_ruler_are_100_mm() -> None:
    across, down = LAYOUT.measure_lines
    assert across.length_mm == pytest.approx(100.0)
    assert down.length_mm == pytest.approx(100.0)
    assert across.start.y_mm == across.end.y_mm
    assert down.start.x_mm == down.end.x_mm


def test_its_code_is_none_of_a_sheet() -> None:
    with pytest.raises(SheetIdError):
        SheetId(PAYLOAD)


def test_it_is_the_same_file_every_time() -> None:
    first, second = BytesIO(), BytesIO()
    render_ruler(first, "fi")
    render_ruler(second, "fi")
    assert first.getvalue() == second.getvalue()
