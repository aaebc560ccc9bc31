"""The small picture of a whole page: upright, small, and still to be read."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from scanner.model.page import GreyPixels
from scanner.reading.page_picture import SIDE_PX, page_png


def shown(png: bytes) -> GreyPixels:
    return np.asarray(cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_GRAYSCALE), np.uint8)


def sheet_of_paper(width: int = 2480, height: int = 3508) -> GreyPixels:
    """White, with a black patch in the upper left corner, and a grey one below it."""
    pixels = np.full((height, width), 250, np.uint8)
    pixels[: height // 4, : width // 4] = 5
    pixels[height // 2 : 3 * height // 4, : width // 4] = 128
    return pixels


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_the_page_stands_upright(turn: int) -> None:
    lying = np.ascontiguousarray(np.rot90(sheet_of_paper(), -turn // 90))
    picture = shown(page_png(lying, turn))
    height, width = picture.shape
    assert width == SIDE_PX
    assert abs(height - SIDE_PX * 3508 / 2480) <= 1
    assert picture[height // 8, width // 8] == 0
    assert abs(int(picture[5 * height // 8, width // 8]) - 128) <= 9
    assert picture[height // 8, 3 * width // 4] == 255


@pytest.mark.parametrize(
    ("width", "height"), [(1, 1), (1, 3000), (3, 2), (827, 1169), (1653, 1000), (60, 40)]
)
def test_any_size_has_a_picture_and_none_is_made_larger(width: int, height: int) -> None:
    picture = shown(page_png(np.full((height, width), 90, np.uint8)))
    assert picture.shape[0] <= height
    assert picture.shape[1] <= width
    assert min(picture.shape) == min(width, height, SIDE_PX)
    assert np.all(picture == 85)


def test_a_scanned_page_takes_some_ten_kilobytes() -> None:
    rng = np.random.default_rng(1)
    noisy = np.clip(sheet_of_paper().astype(np.int16) + rng.normal(0, 4, (3508, 2480)), 0, 255)
    assert len(page_png(noisy.astype(np.uint8))) < 60_000
