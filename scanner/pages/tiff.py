"""Pages of a TIFF, one by one, by Pillow and libtiff."""

from __future__ import annotations

from math import inf
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from PIL import Image, TiffImagePlugin

from scanner.pages.decoded import DecodedPage
from scanner.pages.facts import check_pixels
from scanner.pages.grey import check_not_lost, from_pillow, is_black_and_white, pillow_without_alarm
from scanner.pages.jpeg import CM_PER_INCH
from scanner.pages.tiff_structure import TiffPage, tiff_pages
from scanner.settings_limits import Limits

_FAX_G4 = 4
_X_RESOLUTION, _RESOLUTION_UNIT = 282, 296
_PER_INCH, _PER_CM = 2, 3


def inspect_tiff(file: BinaryIO, size_bytes: int, limits: Limits) -> int:
    """The number of pages; raises `UnreadableError` when the file is torn, damaged or too large."""
    return len(tiff_pages(file, size_bytes, limits.pages))


class TiffScan:
    """An open TIFF. Keeps its place in the chain of pages, so that reading them in order is cheap."""

    def __init__(self, path: Path, limits: Limits) -> None:
        self._limits = limits
        self._file = path.open("rb")
        try:
            self._pages = tiff_pages(self._file, path.stat().st_size, limits.pages)
        except BaseException:
            self._file.close()
            raise
        self._picture: TiffImagePlugin.TiffImageFile | None = None

    def __enter__(self) -> TiffScan:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._picture is not None:
            self._picture.close()
        self._file.close()

    def read(self, number: int) -> DecodedPage:
        """Page `number`, counting from 1."""
        page = self._pages[number - 1]
        check_pixels(page.width_px, page.height_px, self._limits.page_pixels)
        with pillow_without_alarm(self._limits.page_pixels):
            return self._decode(page)

    def _decode(self, page: TiffPage) -> DecodedPage:
        try:
            picture = self._opened()
            picture.seek(page.frame)
            picture.load()
        except BaseException:
            # A failed decoding leaves Pillow's picture between two pages: begin afresh with the next.
            self._picture = None
            raise
        pixels, bilevel = from_pillow(picture)
        if page.white_is_zero and picture.mode.startswith("I;16"):
            # Pillow turns inverted samples of 1 and 8 bits round, those of 16 it leaves as they are.
            pixels = 255 - pixels
        if page.compression == _FAX_G4:
            check_not_lost(pixels, page.stored_bytes)
        return DecodedPage(pixels, _stated_dpi(picture), bilevel or is_black_and_white(pixels))

    def _opened(self) -> TiffImagePlugin.TiffImageFile:
        if self._picture is None:
            picture = Image.open(self._file, formats=("TIFF",))
            if not isinstance(picture, TiffImagePlugin.TiffImageFile):  # pragma: no cover - asked for TIFF
                raise TypeError(picture)
            self._picture = picture
        return self._picture


def _stated_dpi(picture: TiffImagePlugin.TiffImageFile) -> float | None:
    """From the tags themselves: Pillow makes up one pixel an inch where there are none."""
    try:
        across = float(picture.tag_v2.get(_X_RESOLUTION, 0))
    except (ArithmeticError, TypeError, ValueError):  # a hint only: not worth losing the page
        return None
    unit = picture.tag_v2.get(_RESOLUTION_UNIT, _PER_INCH)
    if unit not in (_PER_INCH, _PER_CM) or not 0 < across < inf:
        return None
    return across * (CM_PER_INCH if unit == _PER_CM else 1)
