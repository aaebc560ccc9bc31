"""Damaged QR codes are still read, and never as something else than they say."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import cv2
import numpy as np
import pytest
import segno

from forms.render import QR_MASK, QR_VERSION
from scanner.model.page import GreyPixels
from scanner.reading.codes import read_clean, read_hard, zbar_available
from tests.reading.sheets import sheet_id

PAYLOAD = sheet_id(1).payload
MODULE_PX = 9
"""0.8 mm at 300 dpi are 9.4 pixels."""
QUIET_MODULES = 4
Damage = Callable[[GreyPixels, np.random.Generator], GreyPixels]


def code(payload: str = PAYLOAD, module_px: int = MODULE_PX) -> GreyPixels:
    """A code as our sheets carry it, on grey paper with its quiet zone."""
    matrix = np.array(list(segno.make_qr(payload, error="h", version=QR_VERSION, mask=QR_MASK).matrix))
    with_quiet = np.pad(matrix == 1, QUIET_MODULES)
    modules = np.where(with_quiet, 30, 240).astype(np.uint8)
    return np.asarray(np.kron(modules, np.ones((module_px, module_px), np.uint8)), np.uint8)


def blurred(pixels: GreyPixels, rng: np.random.Generator) -> GreyPixels:
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), 3.5), np.uint8)


def stained(pixels: GreyPixels, rng: np.random.Generator) -> GreyPixels:
    """Coffee over half of the code."""
    wet: GreyPixels = np.zeros(pixels.shape, np.uint8)
    centre = tuple(int(place) for place in rng.integers(100, 200, 2))
    cv2.circle(wet, centre, 80, 255, -1)
    soft = cv2.GaussianBlur(wet, (0, 0), 6)
    return np.rint(pixels * (1 - 0.55 * soft / 255.0)).astype(np.uint8)


def scribbled(pixels: GreyPixels, rng: np.random.Generator) -> GreyPixels:
    """A pen across the modules, the finder patterns spared."""
    spoilt = pixels.copy()
    places = rng.integers(11 * MODULE_PX, 24 * MODULE_PX, (7, 2)).astype(np.int32)
    cv2.polylines(spoilt, [places], False, (40,), 5, cv2.LINE_AA)
    return spoilt


def holed(pixels: GreyPixels, rng: np.random.Generator) -> GreyPixels:
    """A piece of the middle is torn out."""
    spoilt = pixels.copy()
    cv2.circle(spoilt, (17 * MODULE_PX, 17 * MODULE_PX), 4 * MODULE_PX, (240,), -1)
    return spoilt


def grainy(pixels: GreyPixels, rng: np.random.Generator) -> GreyPixels:
    noisy = pixels + rng.normal(0, 60, pixels.shape)
    return np.clip(noisy, 0, 255).astype(np.uint8)


def copied(pixels: GreyPixels, rng: np.random.Generator) -> GreyPixels:
    """Faint and blurred, then black or white: a copy of a copy."""
    soft = cv2.GaussianBlur(pixels, (0, 0), 2.5)
    return np.asarray(cv2.threshold(soft, 110, 255, cv2.THRESH_BINARY)[1], np.uint8)


DAMAGE: tuple[Damage, ...] = (blurred, stained, scribbled, holed, grainy, copied)


def test_a_clean_code_is_read_at_once() -> None:
    assert read_clean(code()) == (PAYLOAD,)
    assert read_hard(code()) == (PAYLOAD,)


@pytest.mark.parametrize("module_px", [3, 4, 20, 60])
def test_the_size_in_pixels_does_not_matter(module_px: int) -> None:
    assert read_clean(code(module_px=module_px)) == (PAYLOAD,)
    assert read_hard(code(module_px=module_px)) == (PAYLOAD,)


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_turned_code_is_read(quarters: int) -> None:
    assert read_clean(np.rot90(code(), quarters)) == (PAYLOAD,)


@pytest.mark.parametrize("damage", DAMAGE, ids=lambda damage: damage.__name__)
@pytest.mark.parametrize("seed", range(3))
def test_a_damaged_code_is_read(damage: Damage, seed: int) -> None:
    spoilt = damage(code(), np.random.default_rng(seed))
    assert np.abs(spoilt.astype(int) - code()).max() > 60
    assert read_hard(spoilt) == (PAYLOAD,)


def test_the_ladder_reads_what_a_single_look_does_not() -> None:
    rng = np.random.default_rng(5)
    spoilt = [grainy(blurred(code(), rng), rng) for _ in range(4)]
    assert sum(read_hard(pixels) == (PAYLOAD,) for pixels in spoilt) > sum(
        read_clean(pixels) == (PAYLOAD,) for pixels in spoilt
    )


@pytest.mark.parametrize("seed", range(6))
def test_a_ruined_code_is_read_rightly_or_not_at_all(seed: int) -> None:
    rng = np.random.default_rng(seed)
    pixels = code()
    for damage in rng.permutation(np.array(DAMAGE, dtype=object))[:4]:
        pixels = damage(pixels, rng)
    for _ in range(seed):
        place = rng.integers(0, 20, 2) * MODULE_PX
        pixels[place[0] : place[0] + 90, place[1] : place[1] + 90] = rng.integers(0, 256, (90, 90))
    assert set(read_hard(pixels)) <= {PAYLOAD}


def test_paper_words_and_noise_are_no_code() -> None:
    rng = np.random.default_rng(1)
    words = np.full((300, 300), 240, np.uint8)
    cv2.putText(words, "J1 0 1 2 3", (10, 150), cv2.FONT_HERSHEY_SIMPLEX, 1.5, (30,), 3)
    for pixels in (
        np.full((300, 300), 240, np.uint8),
        words,
        rng.integers(0, 256, (300, 300), dtype=np.uint8),
    ):
        assert read_clean(pixels) == ()
        assert read_hard(pixels) == ()


def test_two_codes_are_both_returned() -> None:
    other = sheet_id(2).payload
    assert set(read_clean(np.hstack([code(), code(other)]))) == {PAYLOAD, other}


WITHOUT_ZBAR = """
import sys
sys.modules["pyzbar"] = None
import cv2
from scanner.reading.codes import read_hard, zbar_available
assert not zbar_available()
print(*read_hard(cv2.imread(sys.argv[1], cv2.IMREAD_GRAYSCALE)))
"""


def test_codes_are_read_without_zbar(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("code") / "code.png"
    cv2.imwrite(str(path), copied(code(), np.random.default_rng(0)))
    run = subprocess.run(
        [sys.executable, "-c", WITHOUT_ZBAR, str(path)], capture_output=True, text=True, check=False
    )
    assert (run.stdout.strip(), run.stderr) == (PAYLOAD, "")


@pytest.mark.skipif(not zbar_available(), reason="libzbar0 is NOT INSTALLED: the second reader is not tested")
def test_zbar_reads_where_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zxingcpp.read_barcodes", lambda *_, **__: [])
    assert read_clean(code()) == ()
    assert read_hard(code()) == (PAYLOAD,)
