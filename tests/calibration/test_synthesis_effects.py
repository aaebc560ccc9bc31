"""Each trouble of paper, printer, copier, scanner and phone really does what it says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from calibration.synthesis.copiers import Copier, photocopied
from calibration.synthesis.dirt import SPOIL, Dirt, fold
from calibration.synthesis.firmware import Halftone, ScanMode, through_jpeg
from calibration.synthesis.holes import staple
from calibration.synthesis.optics import Light
from calibration.synthesis.paper import MM_PER_INCH, Paper
from calibration.synthesis.passage import Wave
from calibration.synthesis.phones import Phone, View, photographed, some_phone
from calibration.synthesis.printers import Printer, in_colour, lay_toner, print_lines
from calibration.synthesis.scanners import Scanner, Streak, scan
from calibration.synthesis.stains import specks
from calibration.synthesis.stock import STOCKS, Stock, tint
from calibration.synthesis.streaks import any_streak
from calibration.synthesis.way import Device, taken
from forms.definition import load_library
from forms.geometry import Line, Point
from forms.layout import compute_layout

Floats = NDArray[np.float64]
LINES = (Line(Point(20, 40), Point(60, 40)),)
ANSWERS = compute_layout(load_library()["ors"], "fi").answer_lines
SPOTS_MM = np.array([[12.0, 14.0], [68.0, 12.0], [40.0, 60.0], [13.0, 108.0], [67.0, 107.0]])
PLAIN = Scanner(noise=0.0, blur_mm=0.0, white=255, black=0, lid=255, jpeg_quality=None)
EVEN_COPIER = Copier(noise=0.0, toner=1.0, uneven=0.0, specks=0, blur_mm=0.03)
EVEN_LIGHT = Light(white=255, black=0)
SHARP = Phone(dpi=200, colour=False, noise=0, sharpen=0, blur_mm=0, jpeg_quality=100, light=EVEN_LIGHT)


def grey_sheet(level: int = 255, dpi: float = 200) -> Paper:
    return Paper(
        np.full((round(120 * dpi / MM_PER_INCH), round(80 * dpi / MM_PER_INCH)), level, np.uint8), dpi
    )


def spotted(dpi: float = 400) -> Paper:
    """A small white sheet with a black spot of 3 mm at each of `SPOTS_MM`."""
    paper = grey_sheet(dpi=dpi)
    y, x = ((np.arange(side) + 0.5) / paper.px_per_mm for side in paper.pixels.shape)
    for spot in SPOTS_MM:
        paper.pixels[(x[None, :] - spot[0]) ** 2 + (y[:, None] - spot[1]) ** 2 < 1.5**2] = 0
    return paper


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def centres_px(pixels: NDArray[np.uint8], near_px: Floats, reach: int) -> Floats:
    """Middle of what is dark round each place."""
    found = []
    for x, y in np.rint(near_px).astype(int):
        dark = np.clip(200.0 - pixels[y - reach : y + reach + 1, x - reach : x + reach + 1], 0, None)
        rows, columns = np.mgrid[-reach : reach + 1, -reach : reach + 1]
        found.append((x + (dark * columns).sum() / dark.sum(), y + (dark * rows).sum() / dark.sum()))
    return np.array(found)


PHONES = st.builds(
    replace,
    st.just(SHARP),
    dpi=st.integers(150, 300),
    turn=st.sampled_from([0, 90, 180]),
    roll_deg=st.floats(-5, 5),
    tilt_deg=st.tuples(st.floats(-9, 9), st.floats(-9, 9)),
    distance_mm=st.floats(330, 520),
    bow_mm=st.tuples(st.floats(-2, 3), st.floats(-2, 4)),
    wave_mm=st.floats(0, 0.5),
    motion_mm=st.tuples(st.floats(-0.3, 0.3), st.floats(-0.3, 0.3)),
)


@given(phone=PHONES)
@settings(derandomize=True, max_examples=8, deadline=None)
def test_a_phone_sees_every_spot_where_its_view_says(phone: Phone) -> None:
    paper = in_colour(spotted(300))
    picture = photographed(paper, phone, rng())
    expected = View(phone, paper.size_mm).to_picture_px(SPOTS_MM)
    found = centres_px(picture.pixels, expected, round(2.6 * phone.dpi / MM_PER_INCH))
    assert np.abs(found - expected).max() * MM_PER_INCH / phone.dpi < 0.06


def test_perspective_makes_the_far_edge_shorter_and_curl_bends_straight_lines() -> None:
    tilted = View(replace(SHARP, tilt_deg=(10.0, 0.0)), (210.0, 297.0))
    corners = tilted.to_picture_px(np.array([[0.0, 0], [210, 0], [0, 297], [210, 297]]))
    top, foot = (float(np.hypot(*(corners[i + 1] - corners[i]))) for i in (0, 2))
    assert 0.80 < min(top, foot) / max(top, foot) < 0.93
    curled = View(replace(SHARP, bow_mm=(3.0, 0.0), tilt_deg=(8.0, 0.0)), (210.0, 297.0))
    level = curled.to_picture_px(np.array([[5.0, 60], [105, 60], [205, 60]]))
    sag_mm = (level[1, 1] - (level[0, 1] + level[2, 1]) / 2) * MM_PER_INCH / SHARP.dpi
    assert 0.2 < abs(sag_mm) < 3


def test_the_light_of_a_photograph_falls_and_is_shaded_and_tinted() -> None:
    paper = in_colour(grey_sheet())
    light = Light(white=220, black=10, fall=(0.4, 0.0), vignette=0.1, tint=(1.0, 0.95, 0.75))
    lamp = replace(SHARP, colour=True, margin=0.0, light=light)
    seen = photographed(paper, lamp, rng()).pixels.astype(float)
    middle = seen[seen.shape[0] // 2]
    assert middle[20, 0] / middle[-20, 0] > 1.4
    assert middle[20, 2] / middle[20, 0] == pytest.approx(0.77, abs=0.04)
    shaded = replace(lamp, light=replace(light, shadow=0.5, shadow_at=(0.5, 1.0), shadow_reach=0.4))
    dark = photographed(paper, shaded, rng()).pixels[..., 0] / seen[..., 0]
    assert dark[-20, seen.shape[1] // 2] < 0.6
    assert dark[20, seen.shape[1] // 2] > 0.95


def test_a_phones_picture_shows_the_table_and_needs_colour() -> None:
    pixels = photographed(in_colour(grey_sheet()), replace(SHARP, colour=True, margin=0.1), rng()).pixels
    assert pixels[3:20, 3:20].mean() < 140
    assert pixels[pixels.shape[0] // 2, pixels.shape[1] // 2].mean() > 240
    with pytest.raises(ValueError, match="colour"):
        photographed(grey_sheet(), SHARP, rng())


def test_phones_stay_within_what_people_do() -> None:
    some = rng()
    phones = [some_phone(some) for _ in range(100)]
    assert all(2 <= np.hypot(*phone.tilt_deg) <= 12 and 150 <= phone.dpi <= 300 for phone in phones)
    assert 0.3 < np.mean([phone.light.shadow > 0 for phone in phones]) < 0.6


@pytest.mark.parametrize("generations", [1, 3])
def test_copies_of_copies_keep_places_as_the_way_says(generations: int) -> None:
    paper = spotted()
    copiers = tuple(
        replace(EVEN_COPIER, scale=1.012, aspect=0.997, skew_deg=0.7, offset_mm=(0.6, -0.4))
        for _ in range(generations)
    )
    device = Device(copiers=copiers, scanner=PLAIN, phone=None)
    picture, way = taken(paper, device, rng(), mark_mm=SPOTS_MM[:1])
    expected = way.to_picture_px(SPOTS_MM)
    found = centres_px(picture.pixels, expected, round(2.6 * 300 / MM_PER_INCH))
    assert np.abs(found - expected).max() * MM_PER_INCH / 300 < 0.03
    moved = np.hypot(*((expected + 0.5) * MM_PER_INCH / 300 - SPOTS_MM).T)
    assert moved.max() > 0.5 * generations


def test_a_copiers_level_spreads_strokes_or_erodes_them() -> None:
    paper = grey_sheet(dpi=400)
    paper.pixels[:, 600:606] = 60
    widths = []
    for level in (105.0, 150.0, 195.0):
        copy = photocopied(paper, replace(EVEN_COPIER, level=level, contrast=7.0, blur_mm=0.08), rng())
        widths.append(float((copy.pixels < 128).mean(axis=0).sum()))
    assert widths[0] < widths[1] < widths[2]
    assert widths[2] - widths[0] > 1.5
    pale = grey_sheet(200)
    assert (
        photocopied(pale, replace(EVEN_COPIER, level=110.0, contrast=7.0), rng()).pixels[20:-20].min() > 240
    )


def printed(printer: Printer) -> Paper:
    paper = Paper(np.full((7016, 4961), 255, np.uint8), 600)
    print_lines(paper, ANSWERS, printer)
    return paper


def test_prints_may_be_of_another_size_down_the_page_and_run_ahead() -> None:
    wave = Wave(0.4, 120.0, 30.0)
    plain, worn = Printer(scale=0.95), Printer(scale=0.95, aspect=1.01, feed=(wave,))
    levels = []
    for printer in (plain, worn):
        dark = (printed(printer).pixels[:, 2400:2500] < 128).mean(axis=1)
        rows = np.flatnonzero(dark > 0.5)
        groups = np.split(rows, np.flatnonzero(np.diff(rows) > 5) + 1)
        found = [(group.mean() + 0.5) * MM_PER_INCH / 600 for group in groups]
        said = [printer.line_on_paper(answer.line).start.y_mm for answer in ANSWERS]
        assert found == pytest.approx(said, abs=0.03)
        levels.append(np.array(found))
    even = 148.5 + 1.01 * (levels[0] - 148.5)
    assert levels[1] == pytest.approx(even + wave.at(even), abs=0.05)
    assert np.ptp(wave.at(even)) > 0.3


def test_toner_comes_in_bands_and_flakes_off() -> None:
    def black() -> Paper:
        return grey_sheet(0, dpi=600)

    banded, flaked = black(), black()
    lay_toner(banded, Printer(bands=0.6), rng())
    across = banded.pixels.mean(axis=0)
    assert np.ptp(across) > 60
    assert np.ptp(banded.pixels, axis=0).max() < 5, "bands run down the page"
    lay_toner(flaked, Printer(flaking=0.15), rng())
    assert (flaked.pixels > 128).mean() == pytest.approx(0.15, abs=0.06)
    white = grey_sheet(255, dpi=600)
    lay_toner(white, Printer(flaking=0.15, bands=0.6, toner=0.5), rng())
    assert white.pixels.min() == 255


@pytest.mark.parametrize("chosen", STOCKS, ids=lambda stock: str(stock.name))
def test_paper_has_its_colour_and_its_grey(chosen: Stock) -> None:
    colour, grey = in_colour(grey_sheet()), grey_sheet()
    tint(colour, chosen, rng())
    tint(grey, chosen, rng())
    shares = colour.pixels.mean(axis=(0, 1)) / 255
    assert shares == pytest.approx(chosen.colour, abs=0.07)
    assert shares.argmin() == np.argmin(chosen.colour)
    assert grey.pixels.mean() / 255 == pytest.approx(chosen.grey, abs=0.07)
    assert grey.pixels.std() > 0.3


def test_folds_lie_along_lines_or_cross_them() -> None:
    along, upright = grey_sheet(), grey_sheet()
    for seed in range(12):
        SPOIL[Dirt.FOLD_ALONG](along, rng(seed), LINES)
        SPOIL[Dirt.FOLD_UPRIGHT](upright, rng(seed), LINES)
    rows, columns = along.pixels.mean(axis=1), upright.pixels.mean(axis=0)
    assert abs(rows.argmin() / along.px_per_mm - 40) < 3
    assert rows.min() < 235
    assert 17 < columns.argmin() / along.px_per_mm < 63
    assert np.ptp(upright.pixels.mean(axis=1)) < 15 < np.ptp(columns)


def test_a_slip_is_folded_where_the_sheet_is() -> None:
    whole = grey_sheet(dpi=300)
    part = Paper(np.full((200, 500), 255, np.uint8), 300, (100, 400), whole.size_mm)
    for paper in (whole, part):
        fold(paper, rng(3), 41.0)
        specks(paper, rng(4), 300, 0.9)
    same = whole.pixels[400:600, 100:600].astype(int) - part.pixels
    assert (np.abs(same) > 12).mean() < 0.02, "but for toner that cracked elsewhere"
    assert part.pixels.min() < 160


def test_a_staple_is_a_wire_with_holes_or_only_the_holes() -> None:
    dark = []
    for seed in range(12):
        paper = grey_sheet(dpi=300)
        staple(paper, rng(seed), (40.0, 60.0))
        rows, columns = np.nonzero(paper.pixels < 130)
        far = np.hypot(columns / paper.px_per_mm - 40, rows / paper.px_per_mm - 60)
        assert 4.5 < far.max() < 8
        dark.append((far < 3).sum())
    assert sum(count == 0 for count in dark) in range(2, 9)


def test_a_stamp_stands_by_a_line_in_colour() -> None:
    paper = in_colour(grey_sheet())
    SPOIL[Dirt.STAMP](paper, rng(2), LINES)
    inked = paper.pixels.min(axis=2) < 200
    assert 0.002 < inked.mean() < 0.2
    spread = paper.pixels[inked].mean(axis=0)
    assert spread.max() - spread.min() > 20


def test_streaks_drift_are_coloured_and_are_aimed_at_a_mark() -> None:
    streak = Streak(at_mm=30.0, width_mm=0.6, strength=0.8, drift_mm=5.0, colour=(1.0, 0.0, 0.0))
    pixels = scan(
        in_colour(grey_sheet()), replace(PLAIN, mode=ScanMode.COLOUR, streaks=(streak,)), rng()
    ).pixels
    px_per_mm = 300 / MM_PER_INCH
    for row in (100, pixels.shape[0] - 100):
        at = 30.0 + 5.0 * (row / px_per_mm) / 297
        assert pixels[row, :, 0].argmin() / px_per_mm == pytest.approx(at, abs=0.4)
    assert pixels[..., 1:].min() == 255
    aimed = Streak(at_mm=0.0, width_mm=0.4, strength=0.9, from_mm=-6.0, to_mm=6.0)
    turned = replace(PLAIN, skew_deg=3.0, offset_mm=(2.0, 1.0))
    device = Device(copiers=(EVEN_COPIER,), scanner=turned, phone=None, aimed=(aimed,))
    mark = np.array([[33.0, 70.0]])
    picture, way = taken(grey_sheet(), device, rng(), mark_mm=mark)
    rows, columns = np.nonzero(picture.pixels[300:-300, 200:-200] < 150)
    assert (columns.mean() + 200, rows.mean() + 300) == pytest.approx(way.to_picture_px(mark)[0], abs=1.5)


def test_any_streak_is_now_and_then_of_every_kind() -> None:
    some = rng()
    streaks = [any_streak(some) for _ in range(200)]
    assert {s.strength > 0 for s in streaks} == {True, False}
    assert any(0 < s.strength < 0.15 for s in streaks)
    for trait in ([s.drift_mm != 0 for s in streaks], [s.colour is not None for s in streaks]):
        assert 0.15 < np.mean(trait) < 0.45


def test_jpeg_is_in_the_pixels_and_writing_it_again_hardly_changes_them() -> None:
    clean = scan(spotted(), PLAIN, rng()).pixels.astype(int)
    rough = scan(spotted(), replace(PLAIN, jpeg_quality=40), rng()).pixels
    double = scan(spotted(), replace(PLAIN, jpeg_quality=40, first_jpeg_quality=35), rng()).pixels
    assert 4 < np.abs(rough - clean).max() < 120
    assert (rough != double).any()
    again = np.abs(through_jpeg(rough, 40).astype(int) - rough)
    assert again.mean() < 0.05 * np.abs(rough - clean)[rough != clean].mean()


def test_firmware_sharpens_bends_the_tones_and_takes_dots_away() -> None:
    paper = grey_sheet(200)
    paper.pixels[:, 300:] = 80
    plain, sharp = (scan(paper, replace(PLAIN, sharpen=amount), rng()).pixels for amount in (0.0, 1.0))
    assert sharp.max() > plain.max() + 8
    assert sharp.min() < plain.min() - 8
    middle = [scan(grey_sheet(128), replace(PLAIN, gamma=g), rng()).pixels.mean() for g in (0.7, 1.0, 1.5)]
    assert middle[0] > middle[1] + 20 > middle[2] + 40
    dotted = replace(PLAIN, mode=ScanMode.FIXED, speckle=500.0)
    counts = [
        (scan(grey_sheet(), replace(dotted, despeckle=d), rng()).pixels == 0).mean() for d in (False, True)
    ]
    assert counts[0] == pytest.approx(500e-6 * 1.3, rel=0.2)
    assert counts[1] == 0


def test_an_ordered_dither_is_a_pattern_with_the_mean_of_the_grey() -> None:
    ordered = replace(PLAIN, mode=ScanMode.DITHERED, halftone=Halftone.ORDERED)
    pixels = scan(grey_sheet(180), ordered, rng()).pixels[16:-16, 16:-16]
    assert pixels.mean() == pytest.approx(180, abs=4)
    np.testing.assert_array_equal(pixels[:-8, :-8], pixels[8:, 8:])
    assert set(np.unique(pixels)) == {0, 255}


def test_adaptive_thresholds_differ_in_what_they_look_at() -> None:
    paper = grey_sheet(200)
    paper.pixels[:, 300:310] = 165
    strict, lenient = (
        scan(paper, replace(PLAIN, mode=ScanMode.ADAPTIVE, adaptive_below=below), rng()).pixels[
            16:-16, 16:-16
        ]
        for below in (15, 45)
    )
    assert (strict == 0).mean() > 0.005
    assert lenient.min() == 255
