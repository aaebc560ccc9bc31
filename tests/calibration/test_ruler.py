"""What is put into a printer and a scanner is read back from the ruler sheet, within stated tolerances."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from calibration.ruler import read_ruler
from calibration.ruler_bounds import Level, worst
from calibration.ruler_verdicts import judge
from calibration.synthesis.passage import Feed, Wave
from calibration.synthesis.printers import Printer
from calibration.synthesis.scanners import Picture, ScanMode, Scanner, Streak
from scanner.errors import JanaError
from tests.calibration.ruler_scans import GOOD, as_page, expected, figures_of, scanned

SCALE = 0.0002
PX_PER_MM = GOOD.dpi / 25.4
SKEW_DEG = 0.02
WOBBLE_MM = 0.02
FITTED = Printer(scale=0.957, offset_mm=(0.8, -0.6), toner=0.85)
UNEVEN = Feed(stretch=0.996, waves=(Wave(0.09, 63.0, 40.0),), sway=(Wave(0.04, 160.0, 0.0),))

DEVICES = {
    "perfect": (Printer(), GOOD),
    "600 dpi": (Printer(), Scanner(dpi=600, skew_deg=0.4, feed=UNEVEN)),
    "150 dpi, small print": (FITTED, Scanner(dpi=150, skew_deg=-1.3, across=1.004, feed=UNEVEN)),
    "300 dpi, upside down": (FITTED, Scanner(dpi=300, turn=180, skew_deg=2.1, feed=UNEVEN, blur_mm=0.08)),
    "on its side": (Printer(), Scanner(dpi=300, turn=90, skew_deg=0.6, across=0.997, feed=UNEVEN)),
    "fed along the lines": (Printer(scale=1.012), Scanner(dpi=200, device_turn=90, feed=UNEVEN, noise=6.0)),
    "black and white": (
        Printer(),
        Scanner(dpi=300, mode=ScanMode.FIXED, skew_deg=0.8, across=1.003, feed=UNEVEN),
    ),
}


@pytest.mark.parametrize("device", DEVICES)
def test_what_a_device_does_is_read_back(device: str) -> None:
    printer, scanner = DEVICES[device]
    figures, true = figures_of(printer, scanner), expected(printer, scanner)
    assert figures.across.pair == pytest.approx(true.across, abs=SCALE)
    assert figures.down.pair == pytest.approx(true.down, abs=SCALE)
    shape = figures.shape
    assert shape.turn == scanner.turn
    assert (shape.turn + shape.skew_deg - true.angle_deg + 180) % 360 - 180 == pytest.approx(0, abs=SKEW_DEG)
    assert shape.skew_deg == pytest.approx(scanner.skew_deg, abs=0.05)
    tolerance = WOBBLE_MM * (1.5 if scanner.mode.bilevel else 1.0)
    assert shape.across.peak_to_peak_mm == pytest.approx(true.wobble_across_mm, abs=tolerance)
    assert shape.down.peak_to_peak_mm == pytest.approx(true.wobble_down_mm, abs=tolerance)
    if scanner.feed.waves:
        fed = "across" if (scanner.turn - scanner.device_turn) % 180 else "down"
        wobble = shape.across if fed == "across" else shape.down
        assert shape.feed == fed
        assert wobble.period_mm == pytest.approx(scanner.feed.waves[0].length_mm / printer.scale, rel=0.06)
    assert figures.marks.found == figures.marks.printed


def test_the_wobble_along_the_lines_is_the_error_that_marks_have() -> None:
    figures = figures_of(*DEVICES["fed along the lines"])
    assert figures.marks.worst_error_mm is not None
    assert 0.5 * figures.error_mm < figures.marks.worst_error_mm < 1.3 * figures.error_mm
    even = figures_of()
    assert even.marks.worst_error_mm is not None
    assert even.marks.worst_error_mm < 0.02
    assert even.error_mm < 0.02


def test_a_steel_ruler_tells_the_printer_from_the_scanner() -> None:
    scanner = replace(GOOD, across=1.008, feed=Feed(stretch=0.99))
    page = as_page(scanned(FITTED, scanner))
    figures = read_ruler(page, 95.7, 95.7)
    assert figures.across.printer == pytest.approx(0.957)
    assert figures.across.scanner == pytest.approx(1.008, abs=SCALE)
    assert figures.down.scanner == pytest.approx(0.99, abs=SCALE)
    levels = {verdict.check: verdict for verdict in judge(figures)}
    assert levels["print size across"].level is Level.OUT
    assert "4.3 % too small" in levels["print size across"].meaning
    assert "Actual size" in str(levels["print size across"].remedy)
    assert levels["scan size across"].level is Level.OK
    assert levels["resolution"].level is Level.OK


def test_blur_gives_the_width_of_an_edge() -> None:
    blurred = figures_of(Printer(), Scanner(dpi=300, blur_mm=0.15)).sharp_across
    assert blurred is not None
    # A Gaussian rises from a tenth to nine tenths over 2.563 of its standard deviations, and its
    # response is a half at 0.1874 / its standard deviation.
    assert blurred.rise_mm == pytest.approx(2.563 * 0.15, rel=0.04)
    assert blurred.mtf50_lp_mm == pytest.approx(0.1874 / 0.15, rel=0.05)


def test_tones_are_grey_levels_of_the_scanner() -> None:
    scanner = replace(GOOD, white=236, black=31, noise=5.0, jpeg_quality=None)
    tone = figures_of(Printer(), scanner).tone
    assert tone.paper == pytest.approx(236, abs=1)
    assert tone.black == pytest.approx(31, abs=1.5)
    assert tone.noise == pytest.approx(5.0, rel=0.12)
    assert tone.faint == pytest.approx(0.25 * (236 - 31), abs=2)
    assert not tone.bilevel


@pytest.mark.parametrize(("dpi", "turn"), [(200, 0), (300, 180), (300, 270)])
def test_a_perfect_pair_is_all_ok(dpi: int, turn: int) -> None:
    verdicts = judge(figures_of(Printer(), Scanner(dpi=dpi, turn=turn)))
    assert [v.check for v in verdicts if v.level is not Level.OK] == []
    assert worst(verdicts) is Level.OK


FAULTS = {
    "skew": (Printer(), replace(GOOD, skew_deg=5.0), Level.OUT),
    "size across": (Printer(scale=0.985), GOOD, Level.WATCH),
    "proportions": (Printer(), replace(GOOD, across=1.025), Level.OUT),
    "feed": (Printer(), replace(GOOD, feed=Feed(waves=(Wave(0.3, 50.0, 0.0),))), Level.WATCH),
    "marks": (Printer(), replace(GOOD, device_turn=90, feed=UNEVEN), Level.WATCH),
    "resolution": (Printer(), replace(GOOD, dpi=150), Level.WATCH),
    "sharpness": (Printer(), replace(GOOD, blur_mm=0.2), Level.OUT),
    "contrast": (Printer(toner=0.45), GOOD, Level.WATCH),
    "faint tones": (Printer(), replace(GOOD, mode=ScanMode.GREY, white=255, black=190), Level.WATCH),
    "noise": (Printer(), replace(GOOD, noise=11.0), Level.WATCH),
    "tones": (Printer(), replace(GOOD, mode=ScanMode.FIXED), Level.WATCH),
    "streaks": (
        Printer(),
        replace(GOOD, streaks=(Streak(at_mm=82.0, width_mm=0.3, strength=0.6),)),
        Level.WATCH,
    ),
}
ALONG = {
    "size across": {"size down"},
    "proportions": {"size across", "right angle"},
    "marks": {"size across", "feed"},
    "contrast": {"faint tones"},
    "faint tones": {"contrast"},
}
"""What the same fault may spoil too."""


@pytest.mark.parametrize("check", FAULTS)
def test_a_fault_is_warned_of_and_nothing_else(check: str) -> None:
    printer, scanner, level = FAULTS[check]
    verdicts = judge(figures_of(printer, scanner))
    wrong = {v.check: v for v in verdicts if v.level is not Level.OK}
    assert wrong[check].level is level
    assert wrong[check].remedy
    assert wrong.keys() - {check} <= ALONG.get(check, set())
    if check == "streaks":
        assert "down the whole page" in wrong[check].meaning


def test_a_stain_on_a_ruler_changes_nothing() -> None:
    picture = scanned(Printer(), GOOD)
    pixels = picture.pixels.copy()
    cv2.circle(pixels, (round(17 * PX_PER_MM), round(140 * PX_PER_MM)), 40, 90, -1)
    clean, stained = (
        read_ruler(as_page(Picture(p, GOOD.dpi, bilevel=False))) for p in (picture.pixels, pixels)
    )
    assert stained.down.pair == pytest.approx(clean.down.pair, abs=SCALE / 2)
    assert stained.shape.down.peak_to_peak_mm < WOBBLE_MM


def test_without_a_stated_resolution_sizes_are_unknown() -> None:
    picture = scanned(Printer(), GOOD)
    figures = read_ruler(replace(as_page(picture), stated_dpi=None))
    assert figures.across.pair is None
    checks = {v.check: v for v in judge(figures)}
    assert checks["size"].level is Level.WATCH
    assert checks["resolution"].level is Level.OK


def refused(pixels: np.ndarray[tuple[int, int], np.dtype[np.uint8]]) -> str:
    with pytest.raises(JanaError) as caught:
        read_ruler(as_page(Picture(pixels, GOOD.dpi, bilevel=False)))
    return str(caught.value)


def test_other_pictures_are_refused_with_what_to_do() -> None:
    good = scanned(Printer(), GOOD).pixels
    height, width = good.shape
    assert "not the ruler sheet" in refused(np.full((height, width), 240, np.uint8))
    assert "whole page" in refused(np.ascontiguousarray(good[: height // 2]))
    assert "too few" in refused(
        np.asarray(cv2.resize(good, None, fx=0.42, fy=0.42, interpolation=cv2.INTER_AREA))
    )
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    moved = corners + np.array([[90, 60], [-60, 20], [0, 0], [0, 0]], np.float32)
    photo = cv2.warpPerspective(good, cv2.getPerspectiveTransform(corners, moved), (width, height))
    assert "photograph" in refused(np.asarray(photo, np.uint8))
    without = good.copy()
    without[round(35 * PX_PER_MM) : round(262 * PX_PER_MM)] = 248
    assert "rulers are not" in refused(without)
