"""A printed and scanned ruler sheet -> what this printer and this scanner do to the paper.

Measuring only: what the figures mean for an office is judged in `calibration.ruler_verdicts`.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot

from calibration.ruler_lines import KnownMarks, measure_known_marks
from calibration.ruler_scan import PRINT_ONE, locate
from calibration.ruler_shape import LINE_MM, Shape, measure_shape
from calibration.ruler_sharpness import Sharpness, measure_sharpness
from calibration.ruler_ticks import measure_ruler
from calibration.ruler_tone import Tone, measure_tone
from scanner.errors import JanaError
from scanner.model.page import ScannedPage

MIN_FOUND = 0.7
"""Share of the ticks of every ruler that must be found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """Lengths in one direction of the page, 1 being true."""

    pair: float | None
    """Printer and scanner together, by the resolution that the file states; None when it states none."""
    printer: float | None
    """By what a person read off a steel ruler; None when nobody did."""

    @property
    def scanner(self) -> float | None:
        return None if self.pair is None or self.printer is None else self.pair / self.printer


@dataclass(frozen=True, slots=True, kw_only=True)
class RulerFigures:
    """All that was measured on one scan of a ruler sheet."""

    stated_dpi: float | None
    shape: Shape
    across: Scale
    down: Scale
    sharp_across: Sharpness | None
    sharp_down: Sharpness | None
    tone: Tone
    marks: KnownMarks

    @property
    def error_mm(self) -> float:
        """What is to be expected on a line of 100 mm: 19 of 20 marks lie closer to where they are read.

        Positions are taken relative to the printed line, so that scale and skew do not count: only how
        the feed bends the line between its ends, and how exactly one stroke is found.
        """
        return hypot(self.shape.bend_mm, 1.96 * self.shape.scatter_mm)


def read_ruler(
    page: ScannedPage, printed_across_mm: float | None = None, printed_down_mm: float | None = None
) -> RulerFigures:
    """Measure a scanned ruler sheet. `printed_..._mm`: what a steel ruler reads on its lines A and B.

    Raises JanaError, with what to do, for a page that is no ruler sheet or cannot be measured.
    """
    located = locate(page)
    rulers = [measure_ruler(located, ruler) for ruler in located.layout.rulers]
    if min(ruler.found_share for ruler in rulers) < MIN_FOUND:
        raise JanaError(
            "The rulers are not where they are printed: this is no ruler sheet of this version, or it is "
            f"folded, cut or too faint. {PRINT_ONE}"
        )
    shape = measure_shape(located, rulers)
    return RulerFigures(
        stated_dpi=page.stated_dpi,
        shape=shape,
        across=_scale(shape.dpi_across, page.stated_dpi, printed_across_mm),
        down=_scale(shape.dpi_down, page.stated_dpi, printed_down_mm),
        sharp_across=measure_sharpness(located, down=False),
        sharp_down=measure_sharpness(located, down=True),
        tone=measure_tone(located),
        marks=measure_known_marks(located, shape.turn),
    )


def _scale(dpi: float, stated_dpi: float | None, printed_mm: float | None) -> Scale:
    return Scale(
        pair=None if stated_dpi is None else dpi / stated_dpi,
        printer=None if printed_mm is None else printed_mm / LINE_MM,
    )
