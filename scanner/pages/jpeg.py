"""What a JPEG says of itself before it is decoded.

Walks the marker segments of ITU-T T.81 annex B up to the first scan; the scan itself is left to
OpenCV's decoder. Serves JPEG files and the JPEG pictures inside PDF pages alike.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from mmap import mmap

import cv2
import numpy as np

from scanner.model.page import GreyPixels
from scanner.pages.facts import damaged, torn

JpegBytes = bytes | mmap

CM_PER_INCH = 2.54

_START_OF_SCAN = 0xDA
_END_OF_IMAGE = b"\xff\xd9"
_APP0 = 0xE0
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""SOF markers: all of C0 to CF but the tables DHT, JPG and DAC."""
_WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD9)})


@dataclass(frozen=True, slots=True)
class JpegHeader:
    """The frame of a JPEG."""

    width_px: int
    height_px: int
    components: int
    """1 grey, 3 colour, 4 CMYK."""
    stated_dpi: float | None
    """From JFIF; None when it gives only an aspect ratio."""
    whole: bool
    """An end marker follows the first scan; bytes behind it do not matter."""


def read_header(data: JpegBytes) -> JpegHeader:
    """Read the segments before the first scan.

    Raises:
        UnreadableError: `torn` when the data end among the segments, `damaged` when there is no frame.
    """
    frame: tuple[int, int, int] | None = None
    stated_dpi: float | None = None
    for marker, start, end in _segments(data):
        if marker in _FRAMES:
            if end - start < 6:
                raise damaged("A JPEG frame header is too short.")
            height = int.from_bytes(data[start + 1 : start + 3], "big")
            width = int.from_bytes(data[start + 3 : start + 5], "big")
            frame = (width, height, data[start + 5])
        elif marker == _APP0:
            stated_dpi = _jfif_dpi(data[start:end])
        elif marker == _START_OF_SCAN:
            if frame is None:
                break
            # Stuffing keeps FF D9 out of the coded picture, and thumbnails stand before the scan.
            whole = data.rfind(_END_OF_IMAGE, end) >= 0
            return JpegHeader(*frame, stated_dpi=stated_dpi, whole=whole)
    raise damaged("A JPEG without a frame.")


def decode_grey(data: JpegBytes, *, upright: bool = False, half: bool = False) -> GreyPixels | None:
    """Grey pixels, in memory of their own; None when the data cannot be decoded.

    `upright`: turned as an EXIF orientation says. `half`: each two by two pixels as one, by a smaller
    inverse transform: a quarter of the memory, and never more time.
    """
    flags = cv2.IMREAD_REDUCED_GRAYSCALE_2 if half else cv2.IMREAD_GRAYSCALE
    if not upright:
        flags |= cv2.IMREAD_IGNORE_ORIENTATION
    # The array must not outlive a mapping that it looks at, nor does it.
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    return None if pixels is None else np.asarray(pixels, np.uint8)


def _segments(data: JpegBytes) -> Iterator[tuple[int, int, int]]:
    """Marker, start and end of each segment's content, up to the first scan's header."""
    position, size = 2, len(data)
    while True:
        while position < size and data[position] != 0xFF:
            position += 1
        while position < size and data[position] == 0xFF:
            position += 1
        if position >= size:
            raise torn("A JPEG ends before its picture begins.")
        marker = data[position]
        position += 1
        if marker in _WITHOUT_LENGTH:
            continue
        if marker == _END_OF_IMAGE[1]:
            raise damaged("A JPEG without a picture.")
        length = int.from_bytes(data[position : position + 2], "big")
        if position + length > size or position + 2 > size:
            raise torn("A JPEG ends within its header.")
        if length < 2:
            raise damaged("A JPEG segment has an impossible length.")
        yield marker, position + 2, position + length
        if marker == _START_OF_SCAN:
            return
        position += length


def _jfif_dpi(content: bytes) -> float | None:
    if len(content) < 12 or not content.startswith(b"JFIF\0"):
        return None
    unit, density = content[7], int.from_bytes(content[8:10], "big")
    if not density or unit not in (1, 2):
        return None
    return density * CM_PER_INCH if unit == 2 else float(density)
