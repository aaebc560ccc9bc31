"""Whose page is this: from pixels to a sheet of the record, or to a refusal.

The corner marks tell where the two codes must stand, so usually only two small regions are looked
at. Whatever looks odd (a code unread, a mark missing or doubled) makes the whole page worth a
search, because a second sheet on the page must be noticed. Nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from forms.geometry import Rect
from forms.identifier import SheetId, SheetIdError
from forms.layout import Frame
from forms.layout import frame as frame_of
from forms.ruler_layout import PAYLOAD_PREFIX as RULER_PREFIX
from scanner.model.outcome import Refusal, RefusalReason
from scanner.model.page import GreyPixels, ScannedPage
from scanner.model.result import EmptyPage
from scanner.model.sheet import SheetLookup
from scanner.reading.codes import find_codes, read_clean, read_hard
from scanner.reading.emptiness import is_empty
from scanner.reading.fiducials import Fiducial, Shrunk, find_fiducials, shrunk, small_page
from scanner.reading.mapping import PaperToPixel, fit_mapping
from scanner.reading.printed_code import read_printed_code
from scanner.reading.stages import IdentifiedPage

MIN_SIDE_PX = 700
"""A picture whose shorter side has fewer pixels shows no A4 page at a readable resolution."""
CODE_SIDE_PX = 160
"""Shorter side, at least, of a region on which a code is tried first: four pixels to a module."""
SEARCH_MARGIN_MM = 6.0
"""How far round a code's expected place is looked: room for its quiet zone and an imperfect mapping."""


def identify(page: ScannedPage, lookup: SheetLookup) -> IdentifiedPage | EmptyPage | Refusal:
    """Find the sheet that a page shows. `lookup` asks the record.

    Where a person has said which it is, no code is searched for: neither the one that could not be read,
    nor the one of another sheet that lay on it.
    """
    frame = frame_of()
    small = small_page(page.pixels)
    fiducials = find_fiducials(page.pixels, [mark.tag_id for mark in frame.corner_marks], small)
    single, doubled = _once_each(fiducials)
    mapping = coarse_mapping(frame, single)
    if page.said_sheet_id is not None:
        return _known(page, page.said_sheet_id, lookup, single, small)
    payloads = _payloads(page.pixels, frame, mapping, odd=doubled or len(single) < len(frame.corner_marks))
    sheet_ids, foreign = _ours(payloads)
    if not sheet_ids and mapping is not None:
        sheet_ids = _printed_codes(page.pixels, frame, mapping)
    if len(sheet_ids) > 1 or (sheet_ids and doubled):
        return _refuse(page, RefusalReason.TWO_SHEETS, "The page shows more than one sheet.")
    if not sheet_ids:
        return _without_code(page, fiducials, foreign)
    (sheet_id,) = sheet_ids
    return _known(page, sheet_id, lookup, single, small)


def _known(
    page: ScannedPage,
    sheet_id: str,
    lookup: SheetLookup,
    single: tuple[Fiducial, ...],
    small: Shrunk,
) -> IdentifiedPage | Refusal:
    """The page with its sheet, unless the record does not know it, or it is void."""
    sheet = lookup(sheet_id)
    if sheet is None:
        return _refuse(
            page, RefusalReason.UNKNOWN_SHEET, f"No sheet {sheet_id} was printed from this record."
        )
    if sheet.void_reason is not None:
        refusal = _refuse(page, RefusalReason.VOID_SHEET, f"Sheet {sheet_id} is void.")
        return replace(refusal, sheet_id=sheet_id)
    codes = find_codes(page.pixels) if len(single) < 2 else ()
    own_codes = tuple(code for code in codes if code.payload == sheet_id)
    return IdentifiedPage(page, sheet, single, own_codes, small)


def coarse_mapping(frame: Frame, fiducials: tuple[Fiducial, ...]) -> PaperToPixel | None:
    """A mapping good to about a millimetre from two corner marks or more; None with fewer."""
    if len(fiducials) < 2:
        return None
    squares = {mark.tag_id: mark.square for mark in frame.corner_marks}
    points_mm = np.array([[p.x_mm, p.y_mm] for f in fiducials for p in squares[f.tag_id].corners])
    points_px = np.vstack([f.corners_px for f in fiducials])
    mapping, _ = fit_mapping(points_mm, points_px, perspective=len(fiducials) == len(squares))
    return mapping


def _once_each(fiducials: tuple[Fiducial, ...]) -> tuple[tuple[Fiducial, ...], bool]:
    """The marks whose id was seen exactly once, and whether any was seen more often."""
    ids = [fiducial.tag_id for fiducial in fiducials]
    single = tuple(f for f in fiducials if ids.count(f.tag_id) == 1)
    return single, len(single) < len(fiducials)


def _payloads(pixels: GreyPixels, frame: Frame, mapping: PaperToPixel | None, *, odd: bool) -> set[str]:
    """All QR payloads that the page shows, looking no harder than needed."""
    regions = [] if mapping is None else [_region(pixels, mapping, code.qr) for code in frame.codes]
    read = [set(read_clean(shrunk(region, CODE_SIDE_PX)[0]) or read_clean(region)) for region in regions]
    if not odd and len(read) == len(frame.codes) and all(read) and len(set.union(*read)) == 1:
        return read[0]
    payloads = set().union(*read, read_clean(pixels), _codes_anywhere(pixels))
    if not _ours(payloads)[0]:
        payloads |= {payload for region in regions for payload in read_hard(region)}
    return payloads


def _codes_anywhere(pixels: GreyPixels) -> Iterable[str]:
    """Codes anywhere on the page, at two scales: a code may be too large or too small for one of them."""
    for side_px in (1200, 600):
        yield from read_clean(shrunk(pixels, side_px)[0])


def _region(pixels: GreyPixels, mapping: PaperToPixel, area: Rect) -> GreyPixels:
    corners = mapping.to_pixels(
        np.array([[p.x_mm, p.y_mm] for p in area.grown(SEARCH_MARGIN_MM).corners], dtype=np.float64)
    )
    height, width = pixels.shape
    left, top = np.clip(np.floor(corners.min(axis=0)).astype(int), 0, [width - 1, height - 1])
    right, bottom = np.clip(np.ceil(corners.max(axis=0)).astype(int), [left + 1, top + 1], [width, height])
    return pixels[top:bottom, left:right]


def _ours(payloads: Iterable[str]) -> tuple[set[str], set[str]]:
    """Payloads that are identifiers of ours, and those that are not."""
    ours, foreign = set(), set()
    for payload in payloads:
        try:
            ours.add(SheetId(payload).text)
        except SheetIdError:
            foreign.add(payload)
    return ours, foreign


def _printed_codes(pixels: GreyPixels, frame: Frame, mapping: PaperToPixel) -> set[str]:
    found = (read_printed_code(pixels, mapping, code.text) for code in frame.codes)
    return {sheet_id.text for sheet_id in found if sheet_id is not None}


def _without_code(
    page: ScannedPage, fiducials: tuple[Fiducial, ...], foreign: set[str]
) -> EmptyPage | Refusal:
    if any(payload.startswith(RULER_PREFIX) for payload in foreign):
        detail = "The page is a sheet of rulers: give its scan to `jana calibrate ruler`."
    elif foreign:
        detail = "The page carries a QR code that is not ours."
    elif fiducials:
        detail = (
            "The page looks like a sheet of ours, but neither its QR codes nor its printed codes can be read."
        )
    elif is_empty(page.pixels):
        return EmptyPage(page.source)
    elif min(page.pixels.shape) < MIN_SIDE_PX:
        side = min(page.pixels.shape)
        return _refuse(
            page,
            RefusalReason.LOW_RESOLUTION,
            f"The picture has only {side} pixels on its shorter side; scan at 200 dpi or more.",
        )
    else:
        detail = "No code of ours was found on the page."
    return _refuse(page, RefusalReason.NO_CODE, detail)


def _refuse(page: ScannedPage, reason: RefusalReason, detail: str) -> Refusal:
    source = page.source
    return Refusal(source.scan_sha256, source.scan_name, source.scan_page, reason, detail)
