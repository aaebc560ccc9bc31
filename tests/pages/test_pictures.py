"""JPEG and PNG files of every kind come out upright, dark on light."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from scanner.model.outcome import RefusalReason
from scanner.pages.facts import FileFacts, FileKind, FileRefusal
from tests.pages.pictures import (
    Grey,
    bits_of,
    chart,
    cmyk_jpeg,
    colour_jpeg,
    jpeg,
    packed_bits,
    pillow_bytes,
    png,
    png_chunk,
    same,
)
from tests.pages.reading import inspected, page

ORIENTATIONS: list[tuple[int, Callable[[Grey], Grey]]] = [
    (1, lambda it: it),
    (2, np.fliplr),
    (3, lambda it: np.rot90(it, 2)),
    (4, np.flipud),
    (5, lambda it: it.T),
    (6, lambda it: np.rot90(it, 1)),
    (7, lambda it: np.rot90(it, 2).T),
    (8, lambda it: np.rot90(it, -1)),
]


def exif(orientation: int) -> bytes:
    """As a telephone writes it: one tag that says how the picture was held."""
    return b"Exif\0\0II*\0\x08\0\0\0\x01\0" + struct.pack("<HHIHHI", 0x112, 3, 1, orientation, 0, 0)


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"quality": 85, "restart_marker_rows": 1}])
def test_grey_jpeg(options: dict[str, object], tmp_path: Path) -> None:
    found = page(tmp_path, jpeg(chart(), **options))
    assert same(found.pixels, chart(), tolerance=9)
    assert not found.bilevel
    assert found.stated_dpi is None


@pytest.mark.parametrize("subsampling", [0, 1, 2])
def test_colour_jpeg(subsampling: int, tmp_path: Path) -> None:
    assert same(page(tmp_path, colour_jpeg(chart(), subsampling=subsampling)).pixels, chart(), tolerance=9)


def test_cmyk_jpeg_of_an_adobe_program(tmp_path: Path) -> None:
    assert same(page(tmp_path, cmyk_jpeg(chart())).pixels, chart(), tolerance=9)


@pytest.mark.parametrize(("orientation", "stored"), ORIENTATIONS)
@pytest.mark.parametrize("write", [jpeg, colour_jpeg])
def test_an_exif_orientation_is_obeyed(
    orientation: int, stored: Callable[[Grey], Grey], write: Callable[..., bytes], tmp_path: Path
) -> None:
    turned = np.ascontiguousarray(stored(chart()))
    found = page(tmp_path, write(turned, exif=exif(orientation), quality=98))
    assert same(found.pixels, chart(), tolerance=9)


def test_an_exif_orientation_of_cmyk_is_obeyed(tmp_path: Path) -> None:
    turned = Image.fromarray(np.ascontiguousarray(np.rot90(chart(), 1))).convert("CMYK")
    found = page(tmp_path, pillow_bytes(turned, "JPEG", quality=95, exif=exif(6)))
    assert same(found.pixels, chart(), tolerance=9)


@pytest.mark.parametrize(("dpi", "expected"), [((300, 300), 300), ((150, 150), 150)])
def test_a_jpeg_states_its_resolution(dpi: tuple[int, int], expected: float, tmp_path: Path) -> None:
    assert page(tmp_path, jpeg(chart(), dpi=dpi)).stated_dpi == expected


def test_a_jpeg_states_its_resolution_in_centimetres(tmp_path: Path) -> None:
    content = bytearray(jpeg(chart(), dpi=(118, 118)))
    content[content.index(b"JFIF") + 7] = 2
    assert page(tmp_path, bytes(content)).stated_dpi == pytest.approx(299.7, abs=0.1)


@pytest.mark.parametrize("depth", [1, 2, 4, 8, 16])
def test_grey_png(depth: int, tmp_path: Path) -> None:
    grey = bits_of(chart()) if depth == 1 else chart()
    expected = grey if depth in (1, 8, 16) else np.where(grey == 96, 85 if depth == 2 else 102, grey)
    found = page(tmp_path, png(64, 48, depth, 0, _samples(expected.astype(np.uint8), depth)))
    assert same(found.pixels, expected.astype(np.uint8))
    assert found.bilevel is (depth == 1)


def _samples(grey: Grey, depth: int) -> bytes:
    if depth == 16:
        return (grey.astype(">u2") * 257).tobytes()
    level = grey // (255 // (2**depth - 1))
    bits = np.unpackbits(level.astype(np.uint8)[:, :, None], axis=2)[:, :, 8 - depth :]
    return np.packbits(bits.reshape(grey.shape[0], -1), axis=1).tobytes()


@pytest.mark.parametrize("depth", [8, 16])
def test_colour_png(depth: int, tmp_path: Path) -> None:
    colour = np.repeat(chart()[:, :, None], 3, axis=2).astype(">u1" if depth == 8 else ">u2")
    rows = (colour * (1 if depth == 8 else 257)).astype(colour.dtype).tobytes()
    assert same(page(tmp_path, png(64, 48, depth, 2, rows)).pixels, chart(), tolerance=1)


def test_palette_png_with_a_see_through_colour(tmp_path: Path) -> None:
    """Index 0 is black but see-through, so it shows the white paper; 1 black; 2 grey."""
    index = np.select([chart() == 0, chart() == 96], [1, 2], 0).astype(np.uint8)
    colours = (b"PLTE", bytes((0, 0, 0, 0, 0, 0, 96, 96, 96)))
    found = page(tmp_path, png(64, 48, 8, 3, index.tobytes(), colours, (b"tRNS", b"\0\xff\xff")))
    assert same(found.pixels, chart(), tolerance=1)


def test_one_grey_of_a_png_can_be_see_through(tmp_path: Path) -> None:
    found = page(tmp_path, png(64, 48, 8, 0, chart().tobytes(), (b"tRNS", b"\0\0")))
    assert same(found.pixels, np.where(chart() == 0, 255, chart()).astype(np.uint8))


@pytest.mark.parametrize(("colour_type", "channels"), [(4, 2), (6, 4)])
@pytest.mark.parametrize("depth", [8, 16])
def test_alpha_of_a_png_lies_on_white_paper(
    colour_type: int, channels: int, depth: int, tmp_path: Path
) -> None:
    layered = np.zeros((48, 64, channels), ">u2" if depth == 16 else ">u1")
    layered[:, :, -1] = (255 - chart()).astype(layered.dtype) * (257 if depth == 16 else 1)
    found = page(tmp_path, png(64, 48, depth, colour_type, layered.tobytes()))
    assert same(found.pixels, chart(), tolerance=2)


def test_a_png_states_its_resolution(tmp_path: Path) -> None:
    size = (b"pHYs", struct.pack(">IIB", 11811, 11811, 1))
    found = page(tmp_path, png(64, 48, 8, 0, chart().tobytes(), size))
    assert found.stated_dpi == pytest.approx(300, abs=0.1)
    assert page(tmp_path, png(64, 48, 8, 0, chart().tobytes())).stated_dpi is None


def test_another_library_writes_a_png(tmp_path: Path) -> None:
    assert same(page(tmp_path, cv2.imencode(".png", chart())[1].tobytes()).pixels, chart())


def test_a_grey_picture_of_two_levels_is_bilevel(tmp_path: Path) -> None:
    assert page(tmp_path, png(64, 48, 8, 0, bits_of(chart()).tobytes())).bilevel


@pytest.mark.parametrize("junk", [b"\0" * 5000, b"\r\n", b"another file"])
def test_bytes_behind_the_end_do_not_matter(junk: bytes, tmp_path: Path) -> None:
    assert same(page(tmp_path, jpeg(chart()) + junk).pixels, chart(), tolerance=9)
    assert same(page(tmp_path, png(64, 48, 8, 0, chart().tobytes()) + junk).pixels, chart())


def test_a_jpeg_cut_anywhere_is_torn(tmp_path: Path) -> None:
    thumbnail = b"Exif\0\0" + jpeg(chart(16, 12))
    whole = pillow_bytes(Image.fromarray(chart()), "JPEG", exif=thumbnail, quality=92)
    assert inspected(tmp_path, whole) == FileFacts(FileKind.JPEG, 1, len(whole))
    for length in (3, 20, len(whole) // 4, len(whole) // 2, len(whole) * 9 // 10, len(whole) - 1):
        found = inspected(tmp_path, whole[:length])
        assert isinstance(found, FileRefusal), length
        assert found.reason is RefusalReason.TORN, length


def test_a_png_cut_anywhere_is_torn(tmp_path: Path) -> None:
    whole = png(64, 48, 1, 0, packed_bits(bits_of(chart())))
    assert inspected(tmp_path, whole) == FileFacts(FileKind.PNG, 1, len(whole))
    for length in (8, 12, 30, len(whole) // 2, len(whole) - 12, len(whole) - 1):
        found = inspected(tmp_path, whole[:length])
        assert isinstance(found, FileRefusal), length
        assert found.reason is RefusalReason.TORN, length


def test_a_png_whose_parts_are_in_disorder_is_damaged(tmp_path: Path) -> None:
    content = b"\x89PNG\r\n\x1a\n" + png_chunk(b"IDAT", b"") + png_chunk(b"IEND", b"")
    found = inspected(tmp_path, content)
    assert isinstance(found, FileRefusal)
    assert found.reason is RefusalReason.DAMAGED
