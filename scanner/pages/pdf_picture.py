"""The coded bytes of a picture inside a PDF, and when they can be decoded without PDFium."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scanner.model.page import GreyPixels
from scanner.pages.facts import UnreadableError, check_pixels, damaged
from scanner.pages.jpeg import JpegHeader, decode_grey, read_header
from scanner.pages.pdf_plan import PlacedPicture
from scanner.pages.pdf_stream import filters_of, plain_components
from scanner.settings_limits import Limits

_JPEG_FILTERS = ("/DCTDecode", "/DCT")
_JPEG_END = b"\xff\xd9"
_JPEG_NOISE = b"\x5a\xc3" * 512
_JPX_FILTER = "/JPXDecode"
_JPX_SIZE_MARKER = b"\xff\x4f\xff\x51"


@dataclass(frozen=True, slots=True)
class EmbeddedJpeg:
    """A JPEG stored as it is in a PDF."""

    data: bytes
    header: JpegHeader


def checked_jpeg(picture: PlacedPicture, limits: Limits) -> EmbeddedJpeg | None:
    """The JPEG of a picture, None when it is coded otherwise; checks the size that the code itself states.

    Raises:
        UnreadableError: `too_large`, or `damaged` for a JPEG that lacks rows at its end. Decoders fill
            those with grey, and a mark in them would be lost without a word.
    """
    filters = filters_of(picture.image)
    if filters == [_JPX_FILTER]:
        _check_jpx(picture.image.read_raw_bytes(), limits)
    if len(filters) != 1 or filters[0] not in _JPEG_FILTERS:
        return None
    data = picture.image.read_raw_bytes()
    try:
        header = read_header(data)
    except UnreadableError as error:
        # The file is whole even when a picture in it is not.
        raise damaged("A PDF page with a picture that cannot be decoded.") from error
    check_pixels(header.width_px, header.height_px, limits.page_pixels)
    if not header.whole:
        if not _has_every_row(data):
            raise damaged("A PDF page whose JPEG picture ends in the middle.")
        data += _JPEG_END
    return EmbeddedJpeg(data, header)


def jpeg_pixels(picture: PlacedPicture, jpeg: EmbeddedJpeg, *, half: bool = False) -> GreyPixels | None:
    """Grey pixels of a JPEG that means what it says, perhaps at half its size; None when PDFium must
    interpret it."""
    image, header = picture.image, jpeg.header
    size_agrees = (header.width_px, header.height_px) == (picture.width_px, picture.height_px)
    if not size_agrees or plain_components(image) != header.components:
        return None
    decode = [float(value) for value in image.get("/Decode", ())]
    parameters = image.get("/DecodeParms", image.get("/DP"))
    if decode not in ([], [0.0, 1.0] * header.components) or parameters is not None:
        return None
    # A PDF turns pages by its own means; an EXIF orientation inside the picture does not count.
    return decode_grey(jpeg.data, half=half)


def _has_every_row(data: bytes) -> bool:
    """Whether only the end marker of a JPEG is missing, as some scanners leave it out.

    What follows the coded picture is ignored when the picture is complete, and decoded into it when it
    is not: two different continuations tell.
    """
    one, other = decode_grey(data + _JPEG_END), decode_grey(data + _JPEG_NOISE + _JPEG_END)
    return one is not None and other is not None and np.array_equal(one, other)


def is_one_bit(picture: PlacedPicture) -> bool:
    """Whether a picture has two levels."""
    return bool(picture.image.get("/BitsPerComponent", picture.image.get("/BPC")) == 1)


def _check_jpx(data: bytes, limits: Limits) -> None:
    """The size in a JPEG 2000 codestream's SIZ segment (ISO 15444-1, A.5.1)."""
    start = data.find(_JPX_SIZE_MARKER)
    if start < 0 or len(data) < start + 24:
        raise damaged("A PDF page with a JPEG 2000 picture without a size.")
    width = int.from_bytes(data[start + 8 : start + 12], "big")
    height = int.from_bytes(data[start + 12 : start + 16], "big")
    check_pixels(width, height, limits.page_pixels)
