"""TIFF pages of every kind come out upright, dark on light, one by one."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from scanner.model.outcome import Refusal, RefusalReason
from scanner.model.page import ScannedPage
from scanner.pages.facts import FileFacts, FileKind, FileRefusal
from tests.pages.pictures import (
    Grey,
    TiffPicture,
    bits_of,
    chart,
    fax,
    grey_tiff,
    packed_bits,
    pillow_bytes,
    same,
    tiff,
)
from tests.pages.reading import inspected, outcomes, page, pages

WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE, CMYK = 0, 1, 2, 3, 5
FAX_G4 = 4


@pytest.mark.parametrize(("order", "big"), [("<", False), (">", False), ("<", True)])
@pytest.mark.parametrize("photometric", [WHITE_IS_ZERO, BLACK_IS_ZERO])
def test_bits_in_both_senses(order: str, big: bool, photometric: int, tmp_path: Path) -> None:
    bits = bits_of(chart())
    stored = packed_bits(bits if photometric == BLACK_IS_ZERO else 255 - bits)
    picture = TiffPicture(64, 48, [stored], bits=(1,), photometric=photometric)
    found = page(tmp_path, tiff([picture], order, big=big))
    assert same(found.pixels, bits)
    assert found.bilevel
    assert found.stated_dpi == 100


@pytest.mark.parametrize("photometric", [WHITE_IS_ZERO, BLACK_IS_ZERO])
def test_fax_g4_in_both_senses(photometric: int, tmp_path: Path) -> None:
    bits = bits_of(chart())
    data = fax(bits if photometric == WHITE_IS_ZERO else 255 - bits)
    picture = TiffPicture(64, 48, [data], bits=(1,), photometric=photometric, compression=FAX_G4)
    found = page(tmp_path, tiff([picture]))
    assert same(found.pixels, bits)
    assert found.bilevel


def test_an_empty_fax_page_is_white(tmp_path: Path) -> None:
    """T.6 codes a white row under a white row by a single 1 bit, whatever a library may say."""
    data = b"\xff" * 6 + b"\x00\x10\x01\x00"
    picture = TiffPicture(64, 48, [data], bits=(1,), photometric=WHITE_IS_ZERO, compression=FAX_G4)
    assert page(tmp_path, tiff([picture])).pixels.min() == 255


@pytest.mark.parametrize(("order", "depth"), [("<", 8), (">", 8), ("<", 16)])
@pytest.mark.parametrize("photometric", [WHITE_IS_ZERO, BLACK_IS_ZERO])
def test_grey_in_both_senses(order: str, depth: int, photometric: int, tmp_path: Path) -> None:
    grey = chart() if photometric == BLACK_IS_ZERO else 255 - chart()
    stored = grey.tobytes() if depth == 8 else (grey.astype(order + "u2") * 257).tobytes()
    picture = TiffPicture(64, 48, [stored], bits=(depth,), photometric=photometric)
    found = page(tmp_path, tiff([picture], order))
    assert same(found.pixels, chart())
    assert not found.bilevel


@pytest.mark.parametrize("depth", [8, 16])
def test_colour(depth: int, tmp_path: Path) -> None:
    grey = chart().astype("u1" if depth == 8 else "<u2") * (1 if depth == 8 else 257)
    stored = np.repeat(grey[:, :, None], 3, axis=2).tobytes()
    picture = TiffPicture(64, 48, [stored], bits=(depth,) * 3, photometric=RGB)
    assert same(page(tmp_path, tiff([picture])).pixels, chart(), tolerance=1)


def test_cmyk(tmp_path: Path) -> None:
    ink = np.zeros((48, 64, 4), np.uint8)
    ink[:, :, 3] = 255 - chart()
    picture = TiffPicture(64, 48, [ink.tobytes()], bits=(8,) * 4, photometric=CMYK)
    assert same(page(tmp_path, tiff([picture])).pixels, chart(), tolerance=2)


def test_palette(tmp_path: Path) -> None:
    """Index 0 is white, 1 black, 2 grey."""
    index = np.select([chart() == 0, chart() == 96], [1, 2], 0).astype(np.uint8)
    levels = [65535, 0, 96 * 257] + [30000] * 253
    picture = TiffPicture(64, 48, [index.tobytes()], photometric=PALETTE, more={320: (3, levels * 3)})
    assert same(page(tmp_path, tiff([picture])).pixels, chart(), tolerance=1)


def test_alpha_lies_on_white_paper(tmp_path: Path) -> None:
    layered = np.zeros((48, 64, 4), np.uint8)
    layered[:, :, 3] = 255 - chart()
    picture = TiffPicture(64, 48, [layered.tobytes()], bits=(8,) * 4, photometric=RGB, more={338: (3, [2])})
    assert same(page(tmp_path, tiff([picture])).pixels, chart(), tolerance=2)


@pytest.mark.parametrize(
    "compression", ["tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg", "tiff_deflate"]
)
def test_compressions_of_grey(compression: str, tmp_path: Path) -> None:
    options = {"quality": 92} if compression == "jpeg" else {}
    content = pillow_bytes(Image.fromarray(chart()), "TIFF", compression=compression, **options)
    assert same(page(tmp_path, content).pixels, chart(), tolerance=9)


def test_another_library_writes_lzw_with_a_predictor(tmp_path: Path) -> None:
    done, content = cv2.imencode(".tif", chart(), [cv2.IMWRITE_TIFF_COMPRESSION, 5])
    assert done
    assert same(page(tmp_path, content.tobytes()).pixels, chart())


def test_colour_jpeg_in_tiff(tmp_path: Path) -> None:
    content = pillow_bytes(Image.fromarray(chart()).convert("RGB"), "TIFF", compression="jpeg", quality=92)
    assert same(page(tmp_path, content).pixels, chart(), tolerance=9)


def test_16_bits_from_a_big_endian_machine(tmp_path: Path) -> None:
    stored = (chart().astype(">u2") * 257).tobytes()
    assert same(page(tmp_path, tiff([TiffPicture(64, 48, [stored], bits=(16,))], ">")).pixels, chart())


def test_many_strips(tmp_path: Path) -> None:
    strips = [chart()[top : top + 8].tobytes() for top in range(0, 48, 8)]
    found = page(tmp_path, tiff([TiffPicture(64, 48, strips, rows_per_strip=8)]))
    assert same(found.pixels, chart())


@pytest.mark.parametrize(
    ("orientation", "stored"),
    [
        (1, lambda it: it),
        (2, np.fliplr),
        (3, lambda it: np.rot90(it, 2)),
        (4, np.flipud),
        (5, lambda it: it.T),
        (6, lambda it: np.rot90(it, 1)),
        (7, lambda it: np.rot90(it, 2).T),
        (8, lambda it: np.rot90(it, -1)),
    ],
)
def test_an_orientation_tag_is_obeyed(orientation: int, stored: object, tmp_path: Path) -> None:
    assert callable(stored)
    turned: Grey = np.ascontiguousarray(stored(chart()))
    content = grey_tiff(turned, more={274: (3, [orientation])})
    assert same(page(tmp_path, content).pixels, chart())


def test_pages_differ_in_size_and_kind(tmp_path: Path) -> None:
    bits = bits_of(chart(80, 40))
    content = tiff(
        [
            TiffPicture(64, 48, [chart().tobytes()], dpi=None),
            TiffPicture(80, 40, [packed_bits(bits)], bits=(1,), dpi=200),
            TiffPicture(64, 48, [(255 - chart()).tobytes()], photometric=WHITE_IS_ZERO, dpi=300),
        ]
    )
    first, second, third = pages(tmp_path, content)
    assert same(first.pixels, chart())
    assert same(second.pixels, bits)
    assert same(third.pixels, chart())
    assert [it.stated_dpi for it in (first, second, third)] == [None, 200, 300]
    assert [it.source.scan_page for it in (first, second, third)] == [1, 2, 3]


def test_a_thumbnail_is_not_a_page(tmp_path: Path) -> None:
    content = tiff(
        [
            TiffPicture(64, 48, [chart().tobytes()]),
            TiffPicture(8, 6, [b"\0" * 48], subfile=1),
            TiffPicture(64, 48, [np.full((48, 64), 9, np.uint8).tobytes()], subfile=2),
        ]
    )
    first, second = pages(tmp_path, content)
    assert same(first.pixels, chart())
    assert second.pixels.max() == 9


def test_a_resolution_per_centimetre(tmp_path: Path) -> None:
    content = grey_tiff(chart(), dpi=118, more={296: (3, [3])})
    assert page(tmp_path, content).stated_dpi == pytest.approx(299.7, abs=0.1)


def test_a_page_that_cannot_be_decoded_leaves_its_neighbours_alone(tmp_path: Path) -> None:
    good = TiffPicture(64, 48, [chart().tobytes()])
    bad = TiffPicture(64, 48, [b"nonsense" * 8], compression=8)
    found = outcomes(tmp_path, tiff([good, bad, good, bad, good]))
    assert [isinstance(it, ScannedPage) for it in found] == [True, False, True, False, True]
    assert isinstance(found[1], Refusal)
    assert (found[1].reason, found[1].scan_page) == (RefusalReason.DAMAGED, 2)
    assert isinstance(found[4], ScannedPage)
    assert same(found[4].pixels, chart())


def test_fax_data_that_decode_to_nothing_are_not_an_empty_page(tmp_path: Path) -> None:
    data = b"\x00" * 30_000
    picture = TiffPicture(1240, 1754, [data], bits=(1,), photometric=WHITE_IS_ZERO, compression=FAX_G4)
    (found,) = outcomes(tmp_path, tiff([picture]))
    assert isinstance(found, Refusal)
    assert found.reason is RefusalReason.DAMAGED


def test_a_page_of_unknown_samples_is_refused(tmp_path: Path) -> None:
    floats = np.zeros((48, 64), np.float32).tobytes()
    (found,) = outcomes(
        tmp_path, grey_tiff(chart(), bits=(32,), more={339: (3, [3])}).replace(b"", b"") + floats
    )
    assert isinstance(found, Refusal)
    assert found.reason is RefusalReason.DAMAGED


def test_a_circle_of_pages_is_damaged(tmp_path: Path) -> None:
    picture = TiffPicture(64, 48, [chart().tobytes()])
    found = inspected(tmp_path, tiff([picture, picture], loop=True))
    assert isinstance(found, FileRefusal)
    assert found.reason is RefusalReason.DAMAGED


@pytest.mark.parametrize("big", [False, True])
def test_a_tiff_cut_anywhere_is_torn(big: bool, tmp_path: Path) -> None:
    picture = TiffPicture(64, 48, [chart()[:24].tobytes(), chart()[24:].tobytes()], rows_per_strip=24)
    whole = tiff([picture, picture, picture], big=big)
    assert inspected(tmp_path, whole) == FileFacts(FileKind.TIFF, 3, len(whole))
    for share in (0.001, 0.01, 0.1, 0.3, 0.34, 0.5, 0.67, 0.9, 0.99, 0.999):
        cut = whole[: max(8, int(len(whole) * share))]
        found = inspected(tmp_path, cut)
        assert isinstance(found, FileRefusal), share
        assert found.reason is RefusalReason.TORN, share


def test_a_strip_outside_the_file_is_torn(tmp_path: Path) -> None:
    """As when a copy brought the directory at the front but not all the strips behind it."""
    content = grey_tiff(chart(), more={279: (4, [64 * 48 * 10])})
    found = inspected(tmp_path, content)
    assert isinstance(found, FileRefusal)
    assert found.reason is RefusalReason.TORN
