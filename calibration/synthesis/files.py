"""Pictures to files, as scanners and offices write them: PDF, TIFF, JPEG and PNG.

A stack is written page by page; JPEG data go into a PDF as they are, not compressed twice.
"""

from __future__ import annotations

from collections.abc import Iterable
from io import BytesIO
from pathlib import Path

import pypdfium2 as pdfium
from PIL import Image

from calibration.synthesis.scanners import Picture

POINTS_PER_INCH = 72


def as_image(picture: Picture) -> Image.Image:
    """The picture for Pillow: one bit a pixel when it is bilevel."""
    image = Image.fromarray(picture.pixels)
    return image.convert("1", dither=Image.Dither.NONE) if picture.bilevel else image


def jpeg_bytes(picture: Picture, quality: int) -> bytes:
    """A JPEG file with its resolution."""
    return _saved(picture, "JPEG", quality=quality)


def png_bytes(picture: Picture) -> bytes:
    """A PNG file with its resolution."""
    return _saved(picture, "PNG")


def g4_bytes(picture: Picture) -> bytes:
    """A TIFF file of one page with CCITT group 4 data; the picture must be bilevel."""
    return _saved(picture, "TIFF", compression="group4")


def _saved(picture: Picture, form: str, **how: object) -> bytes:
    out = BytesIO()
    as_image(picture).save(out, form, dpi=(picture.dpi, picture.dpi), **how)
    return out.getvalue()


def write_jpeg_pdf(path: Path, jpegs: Iterable[bytes]) -> None:
    """A PDF with one JPEG file a page, each page the size of its picture."""
    document = pdfium.PdfDocument.new()
    try:
        for data in jpegs:
            with Image.open(BytesIO(data)) as header:
                per_pt = float(header.info["dpi"][0]) / POINTS_PER_INCH
                size = [side / per_pt for side in header.size]
            image = pdfium.PdfImage.new(document)
            image.load_jpeg(BytesIO(data), inline=True)
            image.set_matrix(pdfium.PdfMatrix().scale(*size))
            page = document.new_page(*size)
            page.insert_obj(image)
            page.gen_content()
            page.close()
        document.save(path)
    finally:
        document.close()


def write_g4_pdf(path: Path, pages: Iterable[bytes]) -> None:
    """A PDF with CCITT group 4 data, from one-page G4 TIFF files (`g4_bytes`)."""
    _save_stack(path, pages, "PDF")


def write_tiff(path: Path, pages: Iterable[bytes], compression: str = "group4") -> None:
    """A TIFF of many pages from one-page files of any kind.

    `compression` is Pillow's name: `group4` for bilevel pages, `tiff_lzw` or `jpeg` for grey and colour.
    """
    _save_stack(path, pages, "TIFF", compression=compression)


def _save_stack(path: Path, pages: Iterable[bytes], form: str, **how: object) -> None:
    """Let Pillow write pages one after another. Raises ValueError when there is none."""
    images = (Image.open(BytesIO(data)) for data in pages)
    first = next(images, None)
    if first is None:
        raise ValueError(f"{path.name}: a stack needs at least one page")
    dpi = float(first.info["dpi"][0])
    if form == "PDF":
        how["resolution"] = dpi
    else:
        how["dpi"] = (dpi, dpi)
    first.save(path, form, save_all=True, append_images=images, **how)
