"""Files that hold a single picture: JPEG and PNG."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import BinaryIO

from PIL import Image, ImageOps

from scanner.model.page import finer_than_needed
from scanner.pages.decoded import DecodedPage
from scanner.pages.facts import check_pixels, damaged, torn
from scanner.pages.grey import from_pillow, is_black_and_white, pillow_without_alarm
from scanner.pages.jpeg import JpegBytes, JpegHeader, decode_grey, read_header
from scanner.settings_limits import Limits

_PNG_SIGNATURE_BYTES = 8
_PNG_CHUNK_FRAME_BYTES = 12
"""Length, type and checksum round the content of a chunk."""


def inspect_jpeg(path: Path, limits: Limits) -> None:
    """Raise `UnreadableError` when a JPEG file is torn, damaged or too large."""
    with _mapped(path) as data:
        _checked_header(data, limits)


def inspect_png(file: BinaryIO, size_bytes: int, limits: Limits) -> None:
    """Raise `UnreadableError` when a PNG file is torn, damaged or too large.

    Every chunk up to `IEND` must lie inside the file; bytes behind it do not matter.
    """
    position = _PNG_SIGNATURE_BYTES
    first = True
    while True:
        file.seek(position)
        head = file.read(8)
        length, kind = int.from_bytes(head[:4], "big"), head[4:]
        if len(head) < 8 or position + _PNG_CHUNK_FRAME_BYTES + length > size_bytes:
            raise torn("A PNG ends in the middle.")
        if not kind.isalpha() or first != (kind == b"IHDR"):
            raise damaged("A PNG whose parts are not in order.")
        if first:
            size = file.read(8)
            check_pixels(int.from_bytes(size[:4], "big"), int.from_bytes(size[4:], "big"), limits.page_pixels)
            first = False
        if kind == b"IEND":
            return
        position += _PNG_CHUNK_FRAME_BYTES + length


def read_jpeg(path: Path, limits: Limits) -> DecodedPage:
    """The picture of a JPEG file, turned as its EXIF orientation says."""
    with _mapped(path) as data:
        header = _checked_header(data, limits)
        if header.components in (1, 3):
            return jpeg_page(data, header)
        # CMYK, often stored inverted as Adobe does: Pillow knows how to tell.
        return _read_with_pillow(io.BytesIO(data), "JPEG", header.stated_dpi, limits)


def jpeg_page(data: JpegBytes, header: JpegHeader) -> DecodedPage:
    """The picture of a whole grey or colour JPEG in memory, at half its size where that is enough."""
    half = finer_than_needed(header.width_px, header.height_px, header.stated_dpi)
    grey = decode_grey(data, upright=True, half=half)
    if grey is None:
        raise damaged("A JPEG that cannot be decoded.")
    dpi = header.stated_dpi / 2 if half and header.stated_dpi else header.stated_dpi
    return DecodedPage(grey, dpi, is_black_and_white(grey))


def read_png(path: Path, limits: Limits) -> DecodedPage:
    """The picture of a PNG file."""
    with path.open("rb") as file:
        return _read_with_pillow(file, "PNG", None, limits)


def _read_with_pillow(file: BinaryIO, kind: str, stated_dpi: float | None, limits: Limits) -> DecodedPage:
    with pillow_without_alarm(limits.page_pixels), Image.open(file, formats=(kind,)) as picture:
        check_pixels(picture.width, picture.height, limits.page_pixels)
        dpi = picture.info.get("dpi", (stated_dpi,))[0] or None
        picture.load()
        ImageOps.exif_transpose(picture, in_place=True)
        pixels, bilevel = from_pillow(picture)
        return DecodedPage(pixels, None if dpi is None else float(dpi), bilevel or is_black_and_white(pixels))


def _checked_header(data: mmap, limits: Limits) -> JpegHeader:
    header = read_header(data)
    check_pixels(header.width_px, header.height_px, limits.page_pixels)
    if not header.whole:
        raise torn("A JPEG ends in the middle.")
    return header


@contextmanager
def _mapped(path: Path) -> Iterator[mmap]:
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as data:
        yield data
