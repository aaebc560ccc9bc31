"""A JPEG that is finer than needed is decoded at half its size; every other page stays as it is."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from scanner.model.page import FINE_DPI, FINE_SIDE_PX, ScannedPage, finer_than_needed
from tests.pages.pdfs import Coded, PageOf, as_jpeg, as_raw, pdf, place
from tests.pages.pictures import Grey, chart, colour_jpeg, jpeg, same
from tests.pages.reading import page
from tests.pages.test_pictures import exif

WIDTH, HEIGHT = 4001, 4800
"""An odd width: half of a last column is a column too."""
POINTS_PER_PX = 72 / 600


@cache
def fine() -> Grey:
    """Not to be written on."""
    return chart(WIDTH, HEIGHT)


@cache
def coded() -> Coded:
    return as_jpeg(fine())


def expected() -> Grey:
    return chart((WIDTH + 1) // 2, HEIGHT // 2)


def of_pdf(folder: Path, *pictures: Coded, content: bytes | None = None, **entries: object) -> ScannedPage:
    size = WIDTH * POINTS_PER_PX, HEIGHT * POINTS_PER_PX
    if content is None:
        content = place(size[0], 0, 0, size[1], 0, 0)
    return page(folder, pdf([PageOf(pictures, content, entries, size)]))


@pytest.mark.parametrize("write", [jpeg, colour_jpeg])
def test_a_jpeg_file_of_600_dpi_comes_with_300(write: object, tmp_path: Path) -> None:
    found = page(tmp_path, write(fine(), dpi=(600, 600)))  # type: ignore[operator]
    assert same(found.pixels, expected(), tolerance=2)
    assert found.stated_dpi == 300
    assert not found.bilevel


def test_it_is_turned_as_its_exif_orientation_says(tmp_path: Path) -> None:
    upright = fine()[:, :-1]  # of an odd side the other end would be the one that is made up
    stored = np.ascontiguousarray(np.rot90(upright))
    found = page(tmp_path, jpeg(stored, dpi=(600, 600), exif=exif(6)))
    assert same(found.pixels, chart(WIDTH // 2, HEIGHT // 2), tolerance=2)


@pytest.mark.parametrize("dpi", [None, (300, 300), (499, 499)])
def test_a_file_that_claims_less_stays_whole(dpi: tuple[int, int] | None, tmp_path: Path) -> None:
    options = {} if dpi is None else {"dpi": dpi}
    found = page(tmp_path, jpeg(fine(), **options))
    assert found.pixels.shape == (HEIGHT, WIDTH)
    assert found.stated_dpi == (dpi and dpi[0])


def test_a_small_picture_that_claims_much_stays_whole(tmp_path: Path) -> None:
    found = page(tmp_path, jpeg(chart(1200, 1600), dpi=(1200, 1200)))
    assert found.pixels.shape == (1600, 1200)
    assert found.stated_dpi == 1200


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_a_jpeg_page_of_a_pdf_comes_at_half_its_size(turn: int, tmp_path: Path) -> None:
    found = of_pdf(tmp_path, coded(), Rotate=turn)
    assert same(found.pixels, np.rot90(expected(), -turn // 90), tolerance=2)
    assert found.stated_dpi == pytest.approx(300, abs=0.2)


def test_a_mirrored_picture_of_a_pdf_is_mirrored_back(tmp_path: Path) -> None:
    width, height = WIDTH * POINTS_PER_PX, HEIGHT * POINTS_PER_PX
    found = of_pdf(tmp_path, coded(), content=place(-width, 0, 0, -height, width, height))
    assert same(found.pixels, np.rot90(expected(), 2), tolerance=2)


def test_a_unit_of_two_points_makes_it_300_dpi_which_is_not_too_fine(tmp_path: Path) -> None:
    found = of_pdf(tmp_path, coded(), UserUnit=2)
    assert found.pixels.shape == (HEIGHT, WIDTH)
    assert found.stated_dpi == pytest.approx(300, abs=0.2)


def test_a_jpeg_that_pdfium_must_interpret_stays_whole(tmp_path: Path) -> None:
    found = of_pdf(tmp_path, as_jpeg(255 - fine()).but(Decode=[1, 0]))
    assert same(found.pixels, fine(), tolerance=2)
    assert found.stated_dpi == pytest.approx(600, abs=0.4)


def test_a_page_that_is_no_jpeg_stays_as_it_is(tmp_path: Path) -> None:
    assert same(of_pdf(tmp_path, as_raw(fine())).pixels, fine())


def test_a_page_of_two_jpegs_is_put_together_whole(tmp_path: Path) -> None:
    width, height = WIDTH * POINTS_PER_PX, HEIGHT * POINTS_PER_PX
    halves = [as_jpeg(np.ascontiguousarray(part)) for part in np.vsplit(fine(), 2)]
    content = place(width, 0, 0, height / 2, 0, height / 2) + place(width, 0, 0, height / 2, 0, 0, "Im1")
    found = of_pdf(tmp_path, *halves, content=content)
    assert same(found.pixels, fine(), tolerance=2)


def test_both_claim_and_size_must_be_fine() -> None:
    assert finer_than_needed(FINE_SIDE_PX, FINE_SIDE_PX, FINE_DPI)
    assert not finer_than_needed(FINE_SIDE_PX - 1, 2 * FINE_SIDE_PX, FINE_DPI)
    assert not finer_than_needed(FINE_SIDE_PX, FINE_SIDE_PX, FINE_DPI - 1)
    assert not finer_than_needed(FINE_SIDE_PX, FINE_SIDE_PX, None)
