"""Read the printed code by character recognition, when no QR code of the page can be read.

The text counts only when its check characters are right, so a misread code is noticed and never
becomes another sheet.
"""

from __future__ import annotations

import shutil
from functools import lru_cache

import cv2
import numpy as np

from forms.geometry import Rect
from forms.identifier import ALPHABET, SheetId, SheetIdError
from scanner.model.page import GreyPixels
from scanner.reading.mapping import PaperToPixel

PX_PER_MM = 14.0
"""About 350 dpi, where Tesseract reads 9 to 12 point type best."""
MARGIN_MM = 1.5
SECONDS = 10


def ocr_available() -> bool:
    """Whether the program that reads the printed code is installed."""
    return shutil.which("tesseract") is not None


def read_printed_code(pixels: GreyPixels, mapping: PaperToPixel, area: Rect) -> SheetId | None:
    """The identifier that stands in `area` of the paper, or None when it cannot be read for certain."""
    if not ocr_available():
        return None
    upright = _upright(pixels, mapping, area.grown(MARGIN_MM))
    binary = cv2.threshold(upright, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)[1]
    for picture in (upright, np.asarray(binary, dtype=np.uint8)):
        for layout_mode in (7, 6):
            sheet_id = _parse(_recognise(picture, layout_mode))
            if sheet_id is not None:
                return sheet_id
    return None


def _upright(pixels: GreyPixels, mapping: PaperToPixel, area: Rect) -> GreyPixels:
    width_px, height_px = round(area.width_mm * PX_PER_MM), round(area.height_mm * PX_PER_MM)
    crop_to_paper = np.array(
        [[1 / PX_PER_MM, 0.0, area.x_mm], [0.0, 1 / PX_PER_MM, area.y_mm], [0.0, 0.0, 1.0]]
    )
    upright = cv2.warpPerspective(
        pixels,
        mapping.matrix @ crop_to_paper,
        (width_px, height_px),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(upright, dtype=np.uint8)


@lru_cache(maxsize=1)
def _settings() -> str:
    # O, I and L are not in the alphabet, but stand for 0 and 1 when a code is parsed.
    return f"--oem 1 -c tessedit_char_whitelist={ALPHABET}OIL -c load_system_dawg=0 -c load_freq_dawg=0"


def _recognise(picture: GreyPixels, layout_mode: int) -> str:
    import pytesseract

    try:
        text = pytesseract.image_to_string(
            picture, config=f"{_settings()} --psm {layout_mode}", lang="eng", timeout=SECONDS
        )
    except (pytesseract.TesseractError, RuntimeError):
        return ""
    return str(text)


def _parse(text: str) -> SheetId | None:
    try:
        return SheetId.parse("".join(text.split()))
    except SheetIdError:
        return None
