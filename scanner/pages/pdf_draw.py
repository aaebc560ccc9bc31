"""PDFium at work: single pictures of a page, or the whole page rendered.

PDFium is not thread-safe; it runs in one thread of a process only. Pages and bitmaps are closed as soon
as their pixels are copied, because PDFium keeps decoded pictures as long as the page is open.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from math import sqrt
from pathlib import Path

import numpy as np
import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from scanner.model.outcome import RefusalReason
from scanner.model.page import GreyPixels
from scanner.pages.facts import UnreadableError, damaged
from scanner.pages.grey import from_channels
from scanner.pages.pdf_placement import POINTS_PER_INCH


class CannotDrawError(UnreadableError):
    """PDFium cannot show this page; another program might."""

    def __init__(self, detail: str) -> None:
        super().__init__(RefusalReason.DAMAGED, detail)


_LOSSLESS = ("CCITTFaxDecode", "JBIG2Decode", "FlateDecode")
"""Codes of which PDFium makes an empty picture without a word when it cannot decode them."""
_PASSWORD_ERRORS = (pdfium_c.FPDF_ERR_PASSWORD, pdfium_c.FPDF_ERR_SECURITY)
_DEEPEST_FORM = 8
_LONGEST_SIDE_PX = 100_000
_BELOW_LIMIT = 0.999
"""Room for rounding up to whole pixels."""


def open_document(path: Path) -> pdfium.PdfDocument:
    """Open a PDF with the empty password, which is enough when only an owner's password protects it.

    Raises:
        UnreadableError: `encrypted` or `damaged`.
    """
    try:
        return pdfium.PdfDocument(path)
    except pdfium.PdfiumError as error:
        if error.err_code in _PASSWORD_ERRORS:
            raise UnreadableError(RefusalReason.ENCRYPTED, "A PDF that asks for a password.") from error
        raise damaged("A PDF that cannot be opened.") from error


@contextmanager
def open_page(document: pdfium.PdfDocument, number: int) -> Iterator[pdfium.PdfPage]:
    """Page `number`, counting from 1. Raises `CannotDrawError` when PDFium cannot take it apart."""
    try:
        page = document[number - 1]
    except pdfium.PdfiumError as error:
        raise CannotDrawError("A PDF page that cannot be opened.") from error
    with closing(page):
        yield page


def picture_objects(page: pdfium.PdfPage) -> list[pdfium.PdfImage]:
    """The pictures of a page in drawing order, those inside forms too."""
    images = page.get_objects(filter=[pdfium_c.FPDF_PAGEOBJ_IMAGE], max_depth=_DEEPEST_FORM)
    return [image for image in images if isinstance(image, pdfium.PdfImage)]


def picture_pixels(image: pdfium.PdfImage) -> GreyPixels:
    """A picture as stored, first row first, with its /Decode array and colour space applied.

    Raises:
        CannotDrawError: when PDFium cannot decode it.
    """
    try:
        bitmap = image.get_bitmap()
    except pdfium.PdfiumError as error:
        raise CannotDrawError("A PDF page with a picture that cannot be decoded.") from error
    return from_channels(bitmap.to_numpy())


def stored_bytes(image: pdfium.PdfImage) -> int:
    """Length of a picture as it stands in the file."""
    return int(pdfium_c.FPDFImageObj_GetImageDataRaw(image, None, 0))


def lossless_bytes(image: pdfium.PdfImage) -> int:
    """Stored length of a picture in one of the codes that fail silently; 0 for any other."""
    filters = image.get_filters()
    return stored_bytes(image) if filters and filters[-1] in _LOSSLESS else 0


def affordable_dpi(page: pdfium.PdfPage, dpi: float, most_pixels: int) -> float:
    """`dpi`, or less when the page would have more than `most_pixels`."""
    width_in, height_in = (side / POINTS_PER_INCH for side in page.get_size())
    if width_in <= 0 or height_in <= 0:
        raise CannotDrawError("A PDF page without extent.")
    return min(dpi, _BELOW_LIMIT * sqrt(most_pixels / (width_in * height_in)))


def render(page: pdfium.PdfPage, dpi: float) -> GreyPixels:
    """The page as a viewer shows it, with its annotations."""
    width, height = (max(1, round(side / POINTS_PER_INCH * dpi)) for side in page.get_size())
    if max(width, height) > _LONGEST_SIDE_PX:
        raise CannotDrawError(f"A PDF page of {width} x {height} pixels.")
    pixels = np.full((height, width), 255, np.uint8)
    bitmap = pdfium.PdfBitmap.new_native(
        width, height, pdfium_c.FPDFBitmap_Gray, buffer=np.ctypeslib.as_ctypes(pixels.reshape(-1))
    )
    # Called directly: the helper rounds sizes up, which would stretch a scan by a fraction of a pixel.
    flags = pdfium_c.FPDF_GRAYSCALE | pdfium_c.FPDF_ANNOT
    pdfium_c.FPDF_RenderPageBitmap(bitmap, page, 0, 0, width, height, 0, flags)
    return pixels
