"""Pages of a PDF: the embedded picture where a page is nothing but pictures, else a rendered page.

Three ways, each only when the one before cannot do it: the pictures themselves, PDFium, poppler.
"""

from __future__ import annotations

import re
from contextlib import ExitStack
from math import sqrt
from pathlib import Path
from types import TracebackType

import cv2
import numpy as np
import pikepdf
import pypdfium2 as pdfium

from scanner.model.page import GreyPixels, finer_than_needed
from scanner.pages import pdf_draw, poppler
from scanner.pages.decoded import DecodedPage
from scanner.pages.facts import damaged, too_large, torn
from scanner.pages.grey import check_not_lost, is_black_and_white, is_uniform
from scanner.pages.pdf_fax import fax_pixels
from scanner.pages.pdf_picture import EmbeddedJpeg, checked_jpeg, is_one_bit, jpeg_pixels
from scanner.pages.pdf_placement import POINTS_PER_INCH, Canvas, composed, extent, lay_out, resolution_dpi
from scanner.pages.pdf_plan import MISSING_PICTURE, PagePlan, plan_page
from scanner.settings_limits import Limits

_TAIL_BYTES = 1024
"""A reader looks for %%EOF in the last kilobyte (ISO 32000-1, implementation note 18 of annex H)."""
_HEAD_BYTES = 1024
_LINEAR_LENGTH = re.compile(rb"/Linearized\b[^>]{0,200}?/L\s+(\d{1,15})")
"""A linearised file has an end mark near its front too, but says there how long it is (annex F.2)."""
_JUNK = b"\0\t\n\f\r "
_DEFAULT_DPI = 300.0
_LOWEST_DPI = 150.0
_HIGHEST_DPI = 600.0
_MAIN_SHARE = 0.05
"""A picture smaller than this share of the page says nothing of the page's resolution."""
_TURNS = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}
_TRIED_PICTURES = 20
_STRANGE = (
    pikepdf.PikepdfError,
    ArithmeticError,
    AttributeError,
    LookupError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What comes of objects that are other than they should be: a null for a dictionary, a name for a number."""
_KEPT_PAGES = 100
_KEPT_BYTES = 64 * 1024**2
"""PDFium and qpdf remember every object, and PDFium every picture's stored bytes, of the pages that they
have seen; after so many, the file is opened anew, which takes a millisecond."""


def inspect_pdf(path: Path, size_bytes: int, limits: Limits) -> int:
    """The number of pages.

    Raises:
        UnreadableError: `torn` without an end mark, `encrypted` when a password is asked for,
            `damaged` when the file cannot be opened, `too_large` for too many pages.
    """
    _check_end(path, size_bytes)
    with pdf_draw.open_document(path) as document:
        count = len(document)
    if count > limits.pages:
        raise too_large(f"A PDF of {count} pages; at most {limits.pages} are read.")
    return count


def _check_end(path: Path, size_bytes: int) -> None:
    with path.open("rb") as file:
        promised = _LINEAR_LENGTH.search(file.read(_HEAD_BYTES))
        end = size_bytes
        tail = b""
        while end and not tail:
            # Some servers pad files with zeros up to a whole block, or a mail program adds empty lines.
            start = max(0, end - 65536)
            file.seek(start)
            tail = file.read(end - start).rstrip(_JUNK)
            end = start
        end += len(tail)
        file.seek(max(0, end - _TAIL_BYTES))
        last = file.read(min(end, _TAIL_BYTES))
    mark = last.rfind(b"%%EOF")
    if mark < 0 or (promised and int(promised[1]) > size_bytes):
        raise torn("A PDF ends in the middle.")
    start_mark = last.rfind(b"startxref", 0, mark)
    offset = last[start_mark + 9 : mark].split() if start_mark >= 0 else []
    if offset and offset[0].isdigit() and int(offset[0]) >= size_bytes:
        raise torn("A PDF is shorter than its own table of contents says.")


class PdfScan:
    """An open PDF, of which pages are read one by one."""

    def __init__(self, path: Path, page_count: int, limits: Limits) -> None:
        self._path = path
        self._page_count = page_count
        self._limits = limits
        self._open = ExitStack()
        self._book: pikepdf.Pdf | None = None
        self._document: pdfium.PdfDocument | None = None
        self._kept_pages = 0
        self._kept_bytes = 0

    def __enter__(self) -> PdfScan:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def read(self, number: int) -> DecodedPage:
        """Page `number`, counting from 1."""
        if self._kept_pages >= _KEPT_PAGES or self._kept_bytes >= _KEPT_BYTES:
            self._close()
        self._kept_pages += 1
        plan = self._plan(number)
        jpegs = [checked_jpeg(it, self._limits) for it in plan.pictures] if plan else []
        canvas = self._canvas(plan) if plan else None
        try:
            if plan and canvas:
                dpi = (canvas.dpi_x + canvas.dpi_y) / 2 / plan.user_unit
                pixels = _at_half_size(plan, canvas, jpegs, dpi)
                if pixels is not None:
                    return DecodedPage(pixels, dpi / 2, is_black_and_white(pixels))
                pixels = self._put_together(number, plan, canvas, jpegs)
                if pixels is not None:
                    one_bit = all(is_one_bit(it) for it in plan.pictures)
                    return DecodedPage(pixels, dpi, is_black_and_white(pixels, one_bit=one_bit))
            return self._rendered(number, plan)
        except pdf_draw.CannotDrawError:
            if plan is None or not poppler.is_installed():
                raise
            return self._by_poppler(number, plan)

    def _close(self) -> None:
        self._open.close()
        self._book = self._document = None
        self._kept_pages = self._kept_bytes = 0

    def _opened(self) -> pdfium.PdfDocument:
        if self._document is None:
            self._document = self._open.enter_context(pdf_draw.open_document(self._path))
        return self._document

    def _plan(self, number: int) -> PagePlan | None:
        """The page taken apart; None when only PDFium understands the file."""
        try:
            if self._book is None:
                mode = pikepdf.AccessMode.stream  # a mapped file would count as memory
                self._book = self._open.enter_context(pikepdf.open(self._path, access_mode=mode))
            if len(self._book.pages) != self._page_count:
                return None
            return plan_page(self._book.pages[number - 1], self._limits)
        except _STRANGE:
            return None

    def _canvas(self, plan: PagePlan) -> Canvas | None:
        if plan.obstacles or plan.turn % 90:
            return None
        canvas = lay_out(plan.box, [(it.matrix, it.width_px, it.height_px) for it in plan.pictures])
        if canvas and canvas.width_px * canvas.height_px > self._limits.page_pixels:
            return None
        return canvas

    def _put_together(
        self, number: int, plan: PagePlan, canvas: Canvas, jpegs: list[EmbeddedJpeg | None]
    ) -> GreyPixels | None:
        """The page made of its own pictures; None when PDFium sees other pictures than we do."""
        most = self._limits.page_pixels
        found = [
            jpeg_pixels(it, jpeg) if jpeg else fax_pixels(it, most)
            for it, jpeg in zip(plan.pictures, jpegs, strict=True)
        ]
        if any(pixels is None for pixels in found):
            others = self._by_pdfium(number, plan, [pixels is None for pixels in found])
            found = [mine if mine is not None else other for mine, other in zip(found, others, strict=True)]
        pictures = [pixels for pixels in found if pixels is not None]
        if len(pictures) < len(found):
            return None
        return _turned(composed(canvas, pictures), plan)

    def _by_pdfium(self, number: int, plan: PagePlan, wanted: list[bool]) -> list[GreyPixels | None]:
        """The wanted pictures of a page as PDFium decodes them; None for the others, or on disagreement."""
        with pdf_draw.open_page(self._opened(), number) as page:
            images = self._images(page)
            sizes = [(it.width_px, it.height_px) for it in plan.pictures]
            if [image.get_px_size() for image in images] != sizes:
                return [None] * len(wanted)
            return [_decoded(image) if want else None for image, want in zip(images, wanted, strict=True)]

    def _images(self, page: pdfium.PdfPage) -> list[pdfium.PdfImage]:
        images = pdf_draw.picture_objects(page)
        self._kept_bytes += sum(pdf_draw.stored_bytes(image) for image in images)
        return images

    def _rendered(self, number: int, plan: PagePlan | None) -> DecodedPage:
        with pdf_draw.open_page(self._opened(), number) as page:
            dpi = pdf_draw.affordable_dpi(page, _native_dpi(plan), self._limits.page_pixels)
            images = self._images(page)
            stored_bytes = sum(pdf_draw.lossless_bytes(image) for image in images)
            for image in images[:_TRIED_PICTURES]:
                # PDFium leaves out what it cannot decode; better to fail here than to show a page without it.
                _decoded(image)
            pixels = pdf_draw.render(page, dpi)
        check_not_lost(pixels, stored_bytes)
        if plan and MISSING_PICTURE in plan.obstacles and is_uniform(pixels):
            raise damaged("A PDF page that lacks the picture which it shows.")
        return _finished(pixels, dpi / (plan.user_unit if plan else 1))

    def _by_poppler(self, number: int, plan: PagePlan) -> DecodedPage:
        area_in2 = plan.box.width * plan.box.height / POINTS_PER_INCH**2
        dpi = min(_native_dpi(plan), sqrt(self._limits.page_pixels / max(area_in2, 1e-6)))
        pixels = poppler.render(self._path, number, dpi, self._limits)
        if is_uniform(pixels):
            raise damaged("A PDF page that neither PDFium nor poppler can draw.")
        return _finished(pixels, dpi / plan.user_unit)


def _at_half_size(
    plan: PagePlan, canvas: Canvas, jpegs: list[EmbeddedJpeg | None], dpi: float
) -> GreyPixels | None:
    """A page that is one JPEG and finer than needed; None when it is another page."""
    if len(jpegs) != 1 or not finer_than_needed(canvas.width_px, canvas.height_px, dpi):
        return None
    (picture,), (jpeg,), (spot,) = plan.pictures, jpegs, canvas.spots
    across, down = (
        (picture.height_px, picture.width_px) if spot.sideways else (picture.width_px, picture.height_px)
    )
    if jpeg is None or (across, down) != (canvas.width_px, canvas.height_px) or spot.left_px or spot.top_px:
        return None
    pixels = jpeg_pixels(picture, jpeg, half=True)
    return None if pixels is None else _turned(np.ascontiguousarray(spot.turned(pixels)), plan)


def _turned(pixels: GreyPixels, plan: PagePlan) -> GreyPixels:
    return np.asarray(cv2.rotate(pixels, _TURNS[plan.turn]), np.uint8) if plan.turn else pixels


def _decoded(image: pdfium.PdfImage) -> GreyPixels:
    pixels = pdf_draw.picture_pixels(image)
    check_not_lost(pixels, pdf_draw.lossless_bytes(image))
    return pixels


def _finished(pixels: GreyPixels, stated_dpi: float) -> DecodedPage:
    return DecodedPage(pixels, stated_dpi, is_black_and_white(pixels))


def _native_dpi(plan: PagePlan | None) -> float:
    """The finest resolution among a page's larger pictures, within reason."""
    if plan is None:
        return _DEFAULT_DPI
    page_area = max(plan.box.width * plan.box.height, 1e-6)
    found = []
    for picture in plan.pictures:
        place = extent(picture.matrix)
        if place.width * place.height >= _MAIN_SHARE * page_area:
            found.append(resolution_dpi(picture.matrix, picture.width_px, picture.height_px))
    return min(max(max(found), _LOWEST_DPI), _HIGHEST_DPI) if found else _DEFAULT_DPI
