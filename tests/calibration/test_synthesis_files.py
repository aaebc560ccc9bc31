"""The files are what scanners write: they open, hold all pages in order, and keep what they must."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pikepdf
import pypdfium2 as pdfium
import pytest
from PIL import Image

from calibration.synthesis.files import (
    g4_bytes,
    jpeg_bytes,
    png_bytes,
    write_g4_pdf,
    write_jpeg_pdf,
    write_tiff,
)
from calibration.synthesis.scanners import Picture

DPI = 200
WIDTH, HEIGHT = 400, 600


def pages(count: int, *, bilevel: bool = False, colour: bool = False) -> list[Picture]:
    """Pages that are told apart by the height of a black bar: 50 rows a page number."""
    made = []
    for number in range(1, count + 1):
        shape = (HEIGHT, WIDTH, 3) if colour else (HEIGHT, WIDTH)
        pixels = np.full(shape, 255 if bilevel else 230, np.uint8)
        pixels[: 50 * number, 100:300] = 0
        made.append(Picture(pixels, DPI, bilevel))
    return made


def number_of(image: Image.Image) -> int:
    """Which page this is."""
    grey = np.array(image.convert("L").resize((WIDTH, HEIGHT)))
    return round(np.count_nonzero(grey[:, 200] < 100) / 50)


def test_a_jpeg_pdf_holds_the_jpeg_files_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "stack.pdf"
    jpegs = [jpeg_bytes(page, 85) for page in pages(3)]
    write_jpeg_pdf(path, jpegs)
    with pikepdf.open(path) as pdf:
        assert len(pdf.pages) == 3
        for page, data in zip(pdf.pages, jpegs, strict=True):
            (image,) = page.get_images().values()
            assert image.Filter == pikepdf.Name.DCTDecode
            assert image.read_raw_bytes() == data
            assert float(page.mediabox[2]) == pytest.approx(WIDTH / DPI * 72, abs=0.01)


def test_a_jpeg_pdf_shows_its_pages_upright_and_in_order(tmp_path: Path) -> None:
    path = tmp_path / "stack.pdf"
    write_jpeg_pdf(path, [jpeg_bytes(page, 85) for page in pages(4, colour=True)])
    document = pdfium.PdfDocument(path)
    shown = [number_of(page.render(scale=DPI / 72).to_pil()) for page in document]
    document.close()
    assert shown == [1, 2, 3, 4]


def test_a_g4_pdf_holds_bilevel_pages_by_group_4(tmp_path: Path) -> None:
    path = tmp_path / "stack.pdf"
    write_g4_pdf(path, [g4_bytes(page) for page in pages(3, bilevel=True)])
    with pikepdf.open(path) as pdf:
        for page in pdf.pages:
            (image,) = page.get_images().values()
            assert image.Filter in (pikepdf.Name.CCITTFaxDecode, [pikepdf.Name.CCITTFaxDecode])
            assert float(page.mediabox[3]) == pytest.approx(HEIGHT / DPI * 72, abs=0.01)
    document = pdfium.PdfDocument(path)
    shown = [number_of(page.render(scale=DPI / 72).to_pil()) for page in document]
    document.close()
    assert shown == [1, 2, 3]


@pytest.mark.parametrize(
    ("compression", "bilevel", "known_as"),
    [("group4", True, "group4"), ("tiff_lzw", False, "tiff_lzw"), ("jpeg", False, "jpeg")],
)
def test_a_tiff_holds_all_pages_with_their_resolution(
    tmp_path: Path, compression: str, bilevel: bool, known_as: str
) -> None:
    path = tmp_path / "stack.tif"
    data = [g4_bytes(p) if bilevel else png_bytes(p) for p in pages(3, bilevel=bilevel)]
    write_tiff(path, data, compression)
    with Image.open(path) as image:
        assert getattr(image, "n_frames", 1) == 3
        shown = []
        for frame in range(3):
            image.seek(frame)
            assert image.info["compression"] == known_as
            assert float(image.info["dpi"][0]) == pytest.approx(DPI, abs=0.1)
            assert (image.mode == "1") == bilevel
            shown.append(number_of(image))
    assert shown == [1, 2, 3]


def test_lossless_files_keep_every_pixel(tmp_path: Path) -> None:
    (grey,) = pages(1)
    (black,) = pages(1, bilevel=True)
    for name, data, picture in (("a.png", png_bytes(grey), grey), ("a.tif", g4_bytes(black), black)):
        (tmp_path / name).write_bytes(data)
        with Image.open(tmp_path / name) as image:
            np.testing.assert_array_equal(np.array(image.convert("L")), picture.pixels)


def test_a_jpeg_file_gets_smaller_with_its_quality() -> None:
    noise = np.random.default_rng(1).integers(0, 255, (200, 200), np.uint8)
    sizes = [len(jpeg_bytes(Picture(noise, DPI, False), quality)) for quality in (90, 60, 30)]
    assert sizes == sorted(sizes, reverse=True)


def test_a_stack_without_pages_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least one page"):
        write_tiff(tmp_path / "none.tif", [])
