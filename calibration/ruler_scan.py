"""From a file to a ruler sheet whose corner marks are found, or to words that say what to do."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from forms.identifier import SheetId, SheetIdError
from forms.ruler_layout import PAYLOAD, PAYLOAD_PREFIX, RulerLayout, ruler_layout
from scanner.errors import JanaError, UsageError
from scanner.model.outcome import Refusal
from scanner.model.page import PageSource, ScannedPage
from scanner.pages.facts import FileRefusal, UnreadableError
from scanner.pages.inspect import inspect_file
from scanner.pages.read import read_page
from scanner.reading.codes import read_clean
from scanner.reading.fiducials import Fiducial, find_fiducials, refine_corners
from scanner.reading.mapping import MM_PER_INCH, PaperToPixel, fit_mapping
from scanner.record.names import escaped_name
from scanner.settings_limits import Limits

MIN_DPI = 100.0
"""Below this a tick of a ruler has less than a pixel."""
MAX_PERSPECTIVE = 0.01
"""Change of scale over the page, as a share, from which a picture is a photograph and no scan: even a
bad feed changes it by a tenth of this from one side of the page to the other."""
PRINT_ONE = "Print one by `jana calibrate ruler --out RULER.pdf`, and scan it as you scan every sheet."


@dataclass(frozen=True)
class LocatedRuler:
    """A ruler sheet on which every place can be found to a millimetre or better."""

    page: ScannedPage
    layout: RulerLayout
    mapping: PaperToPixel
    """Through the corner marks."""
    residual_mm: float
    """Root mean square error of the mapping at these."""

    @property
    def dpi(self) -> float:
        """Resolution on the paper as the form counts its millimetres."""
        return self.mapping.px_per_mm(105.0, 148.5) * MM_PER_INCH


def load_scan(path: Path, number: int | None, limits: Limits) -> ScannedPage:
    """Page `number` of a scan, or its only page.

    The file is decoded in this process: a person at the terminal named it, and a file that kills its
    decoder hurts nothing else.

    Raises JanaError when it cannot be decoded, UsageError when it is not clear which page is meant.
    """
    name = escaped_name(os.fsencode(path.name))
    try:
        facts = inspect_file(path, limits)
        if isinstance(facts, FileRefusal):
            raise JanaError(f"{name}: {facts.detail} {PRINT_ONE}")
        if number is None and facts.page_count > 1:
            raise UsageError(f"{name} has {facts.page_count} pages: say which one, such as --page 1.")
        if number is not None and number > facts.page_count:
            raise UsageError(f"{name} has no page {number}: it has {facts.page_count}.")
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        page = read_page(path, facts, PageSource(digest, name, number or 1), limits)
    except OSError as error:
        raise JanaError(f"{name} cannot be read: {error.strerror or error}.") from error
    except UnreadableError as error:
        raise JanaError(f"{name}: {error.detail} Scan the sheet again.") from error
    if isinstance(page, Refusal):
        raise JanaError(f"{name}: {page.detail} Scan the sheet again.")
    return page


def locate(page: ScannedPage) -> LocatedRuler:
    """Find the ruler sheet on a page. Raises JanaError for anything else, with what to do."""
    layout = ruler_layout()
    marks = find_fiducials(page.pixels, [mark.tag_id for mark in layout.corner_marks])
    _check_is_ruler(page, marks)
    corners = refine_corners(page.pixels, marks)
    if len(corners) < len(layout.corner_marks):
        raise JanaError(
            f"Only {len(corners)} of the 4 corner marks of the ruler sheet can be measured. "
            "Scan the whole page, flat and unfolded, without cutting its edges."
        )
    points_mm = np.array([[p.x_mm, p.y_mm] for mark in layout.corner_marks for p in mark.square.corners])
    points_px = np.vstack([corners[mark.tag_id] for mark in layout.corner_marks])
    mapping, residual_mm = fit_mapping(points_mm, points_px, perspective=True)
    located = LocatedRuler(page, layout, mapping, residual_mm)
    _check_is_scan(located)
    return located


def _check_is_ruler(page: ScannedPage, marks: tuple[Fiducial, ...]) -> None:
    """By its QR code; where none can be read, the rulers themselves must be found later."""
    payloads = read_clean(page.pixels)
    if PAYLOAD in payloads:
        ids = [mark.tag_id for mark in marks]
        if len(set(ids)) < len(ids):
            raise JanaError("The page shows more than one sheet. Scan one ruler sheet alone.")
        return
    if any(payload.startswith(PAYLOAD_PREFIX) for payload in payloads):
        raise JanaError(f"This ruler sheet is of another version than this program knows. {PRINT_ONE}")
    if any(_is_identifier(payload) for payload in payloads):
        raise JanaError(f"This is a sheet with answers (for `jana read`), not the ruler sheet. {PRINT_ONE}")
    if len(marks) < 2:
        raise JanaError(f"This page is not the ruler sheet: its corner marks are not there. {PRINT_ONE}")


def _is_identifier(payload: str) -> bool:
    try:
        SheetId(payload)
    except SheetIdError:
        return False
    return True


def _check_is_scan(located: LocatedRuler) -> None:
    if located.mapping.mirrored:
        raise JanaError("The picture is mirrored. Scan the printed side, and turn mirroring off.")
    matrix = located.mapping.matrix / located.mapping.matrix[2, 2]
    page_mm = np.array([210.0, 297.0])
    if float(np.abs(matrix[2, :2]) @ page_mm) > MAX_PERSPECTIVE:
        raise JanaError(
            "The page lies in perspective, as in a photograph. Scan it on the scanner that is to be measured."
        )
    if located.dpi < MIN_DPI:
        raise JanaError(f"The scan has {located.dpi:.0f} dpi, too few to measure on. Scan at 300 dpi.")
