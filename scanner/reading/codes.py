"""Read QR codes from a region of a page: two readers over a ladder of clean-ups.

Neither reader alone survives what copiers and coffee do to a code; together, over several versions
of the region, they read almost everything that level H can restore. A clean code is read on the
first rung, in about a millisecond.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
import zxingcpp

from scanner.model.page import GreyPixels
from scanner.reading.mapping import FloatArray

_QR = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)


@dataclass(frozen=True)
class FoundCode:
    """A QR code and where it stands."""

    payload: str
    corners_px: FloatArray
    """Shape (4, 2): top left, top right, bottom right, bottom left of the modules as printed, to a pixel
    or two."""


MAX_SIDE_PX = 1400
"""A region larger than this is halved first: a QR code of 25 modules needs no more."""


MIN_SIDE_PX = 21
"""The smallest QR code has so many modules: a narrower strip, as a spoilt file may be, holds none."""


def find_codes(pixels: GreyPixels) -> tuple[FoundCode, ...]:
    """The QR codes anywhere on a page that are read without effort, each once."""
    found = []
    for code in zxingcpp.read_barcodes(np.ascontiguousarray(pixels), formats=_QR, try_invert=False):
        place = code.position
        corners = (place.top_left, place.top_right, place.bottom_right, place.bottom_left)
        found.append(FoundCode(code.text, np.array([[p.x, p.y] for p in corners], dtype=np.float64)))
    return tuple(found)


def read_clean(region: GreyPixels) -> tuple[str, ...]:
    """The distinct QR payloads that are read at once."""
    fitting = _fitting(region)
    return () if fitting is None else _by_zxing(fitting)


def read_hard(region: GreyPixels) -> tuple[str, ...]:
    """The distinct QR payloads of a damaged region, from the first rung that yields any."""
    fitting = _fitting(region)
    for version in () if fitting is None else _ladder(fitting):
        for reader in (_by_zxing, _by_zbar):
            payloads = reader(version)
            if payloads:
                return payloads
    return ()


def zbar_available() -> bool:
    """Whether pyzbar finds its system library, without which damaged codes are read less often."""
    return _zbar_decode() is not None


def _fitting(region: GreyPixels) -> GreyPixels | None:
    """The region at a size that is quick to search; None when no code can be in it."""
    while max(region.shape) > MAX_SIDE_PX and min(region.shape) >= MIN_SIDE_PX:
        region = _grey(cv2.resize(region, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA))
    return region if min(region.shape) >= MIN_SIDE_PX else None


def _ladder(region: GreyPixels) -> Iterator[GreyPixels]:
    """Versions of the region, the likeliest to help first."""
    yield region
    blurred = _grey(cv2.GaussianBlur(region, (0, 0), 1.5))
    yield blurred
    yield _grey(cv2.threshold(blurred, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)[1])
    yield _grey(cv2.resize(region, None, fx=2.0, fy=2.0, interpolation=cv2.INTER_CUBIC))
    yield _grey(cv2.resize(region, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA))
    window = max(15, min(region.shape) // 4 | 1)
    yield _grey(cv2.adaptiveThreshold(blurred, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY, window, 8))
    kernel = np.ones((3, 3), np.uint8)
    for operation in (cv2.MORPH_CLOSE, cv2.MORPH_OPEN):
        yield _grey(cv2.morphologyEx(region, operation, kernel))
    yield _grey(cv2.medianBlur(region, 5))
    yield _grey(cv2.createCLAHE(clipLimit=4.0, tileGridSize=(4, 4)).apply(blurred))


def _grey(picture: object) -> GreyPixels:
    return np.asarray(picture, dtype=np.uint8)


def _by_zxing(region: GreyPixels) -> tuple[str, ...]:
    found = zxingcpp.read_barcodes(np.ascontiguousarray(region), formats=_QR, try_invert=False)
    return tuple(dict.fromkeys(code.text for code in found))


def _by_zbar(region: GreyPixels) -> tuple[str, ...]:
    decode = _zbar_decode()
    return () if decode is None else decode(region)


@lru_cache(maxsize=1)
def _zbar_decode() -> Callable[[GreyPixels], tuple[str, ...]] | None:
    """pyzbar fails at import where libzbar is not installed, hence here and not above."""
    try:
        from pyzbar import pyzbar
    except ImportError:
        return None

    def decode(region: GreyPixels) -> tuple[str, ...]:
        found = pyzbar.decode(region, symbols=[pyzbar.ZBarSymbol.QRCODE])
        return tuple(dict.fromkeys(code.data.decode("utf-8", "replace") for code in found))

    return decode
