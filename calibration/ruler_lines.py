"""The reader's own measuring, tried on answer lines whose marks are printed at known places."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from calibration.ruler_scan import LocatedRuler
from forms.ruler_layout import PAYLOAD, VERSION
from scanner.model.sheet import KnownSheet, SheetPurpose
from scanner.reading.measure import measure
from scanner.reading.stages import RegisteredPage

FOUND_WITHIN_MM = 3.0
"""A mark that is read further off is not this mark."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownMarks:
    """Printed marks as `jana read` measures them."""

    printed: int
    found: int
    mean_error_mm: float | None
    """Of those found, without sign; None when there is none."""
    worst_error_mm: float | None


def measure_known_marks(located: LocatedRuler, turn: int) -> KnownMarks:
    """Measure the sheet's answer lines as on any other sheet, and compare with what is printed."""
    sheet = KnownSheet(
        sheet_id=PAYLOAD,
        instrument="ruler",
        version=VERSION,
        language="en",
        layout=located.layout.as_form(),
        purpose=SheetPurpose(),
        void_reason=None,
    )
    registered = RegisteredPage(located.page, sheet, located.mapping, located.residual_mm, turn, located.dpi)
    readings = [reading for reading, _ in measure(registered)]
    off = [
        abs(reading.position_mm - mark)
        for reading, mark in zip(readings, located.layout.marks_mm, strict=True)
        if reading.position_mm is not None and abs(reading.position_mm - mark) < FOUND_WITHIN_MM
    ]
    return KnownMarks(
        printed=len(readings),
        found=len(off),
        mean_error_mm=float(np.mean(off)) if off else None,
        worst_error_mm=max(off) if off else None,
    )
