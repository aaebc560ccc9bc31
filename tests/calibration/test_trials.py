"""Trials: the reader gets real pages, the same ones each time, and nothing that happens is left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
import pytest

from calibration.synthesis.conditions import Condition
from calibration.synthesis.scanners import Picture
from calibration.synthesis.sheets import PlannedMark
from calibration.trials import (
    ReadLine,
    Trial,
    World,
    make_page,
    one_page,
    plan_trial,
    read_trial,
    run_trials,
    scanned_page,
)
from calibration.truth import DrawnKind
from scanner.model.decision import Verdict
from scanner.reading.profile import SHIPPED, load_profile
from tests.calibration.trial_world import ASKEW, PRINTER, QUICK, world

__all__ = ["world"]

PROFILE = load_profile(SHIPPED)


@pytest.fixture
def trial(world: World) -> Trial:
    """A page with a clear stroke on every line."""
    planned = plan_trial(world, QUICK, 1, 1, rare_share=0.0)
    marks = tuple(PlannedMark(DrawnKind.STROKE, 20.0 + 15 * i) for i in range(len(planned.plan)))
    return replace(planned, plan=marks)


def test_clear_marks_on_a_decent_page_are_read_as_they_were_meant(world: World, trial: Trial) -> None:
    lines = read_trial(trial, world.known, PROFILE)
    assert [line.truth.number for line in lines] == list(range(1, len(trial.plan) + 1))
    for line in lines:
        assert line.decision is not None
        assert line.decision.verdict is Verdict.ACCEPTED
        assert line.decision.reading.item == line.truth.item
        assert line.decision.reading.position_mm == pytest.approx(line.truth.position_mm, abs=0.3)
        assert line.crop is not None
        crop = np.asarray(cv2.imdecode(np.frombuffer(line.crop, np.uint8), cv2.IMREAD_GRAYSCALE))
        assert crop.shape[1] > 8 * 100
        assert (line.refusal, line.wrong_sheet, line.lost) == (None, False, False)


def test_a_page_that_the_record_does_not_know_is_refused_with_its_reason(world: World, trial: Trial) -> None:
    lines = read_trial(trial, {}, PROFILE)
    assert {line.refusal for line in lines} == {"unknown_sheet"}
    assert all(line.decision is None and not line.lost for line in lines)


def test_a_page_that_is_read_as_another_sheet_is_seen(world: World, trial: Trial) -> None:
    other = next(known for sheet_id, known in world.known.items() if sheet_id != trial.sheet.sheet_id)
    lines = read_trial(trial, {trial.sheet.sheet_id: other}, PROFILE)
    assert all(line.wrong_sheet for line in lines)


def test_a_page_that_passes_for_empty_is_lost(world: World, trial: Trial) -> None:
    nothing = tuple(PlannedMark(DrawnKind.BLANK, 50.0) for _ in trial.plan)
    treatment = replace(trial.treatment, printer=replace(PRINTER, toner=0.0))
    lines = read_trial(replace(trial, plan=nothing, treatment=treatment), world.known, PROFILE)
    assert all(line.lost for line in lines)


def test_an_error_of_the_reader_is_that_page_refused(world: World, trial: Trial) -> None:
    class Broken(dict[str, object]):
        def get(self, *_: object) -> None:
            raise ArithmeticError("record on fire")

    lines = read_trial(trial, Broken(), PROFILE)  # type: ignore[arg-type]
    assert {line.refusal for line in lines} == {"crashed: ArithmeticError: record on fire"}


def test_the_same_pages_come_with_any_number_of_workers_and_other_conditions() -> None:
    def run(conditions: Sequence[Condition], workers: int, seed: int = 3) -> list[ReadLine]:
        done: list[int] = []
        lines = run_trials(conditions, 2, seed, profile=PROFILE, workers=workers, progress=done.append)
        read = list(lines)
        assert done == list(range(1, 2 * len(conditions) + 1))
        return read

    together = run([ASKEW, QUICK], workers=2)
    assert [line for line in together if line.condition == "quick"] == run([QUICK], workers=1)
    assert {line.hard for line in together if line.condition == "askew"} == {True}
    assert len({line.sheet for line in together}) == 4
    other = run([QUICK], workers=1, seed=4)
    assert [line.truth.position_mm for line in other] != [line.truth.position_mm for line in together]


def test_a_page_can_be_made_again_by_its_name(world: World) -> None:
    page, _, conditions = make_page(plan_trial(world, ASKEW, 3, 2, 0.15))
    assert page.source.scan_name == "askew/3/2"
    assert conditions.skew_deg == 4.0
    np.testing.assert_array_equal(one_page(ASKEW, 3, 2).pixels, page.pixels)
    assert not np.array_equal(one_page(ASKEW, 3, 1).pixels, page.pixels)


def test_pictures_come_to_the_reader_as_files_hold_them() -> None:
    rng = np.random.default_rng(1)
    grey = rng.integers(0, 256, (40, 30), np.uint8)
    colour = np.zeros((40, 30, 3), np.uint8)
    colour[..., 0] = 255
    lossless = scanned_page(Picture(grey, 200, bilevel=False), None, "a")
    np.testing.assert_array_equal(lossless.pixels, grey)
    assert (lossless.stated_dpi, lossless.bilevel) == (200.0, False)
    lossy = scanned_page(Picture(grey, 200, bilevel=False), 30, "a").pixels
    assert lossy.shape == grey.shape
    assert not np.array_equal(lossy, grey)
    red = scanned_page(Picture(colour, 200, bilevel=False), 90, "a").pixels
    assert red.shape == (40, 30)
    assert abs(float(red.mean()) - 76) < 3  # Rec. 601: 0.299 of full red
    bits = np.where(grey > 128, 255, 0).astype(np.uint8)
    fax = scanned_page(Picture(bits, 200, bilevel=True), 85, "a")
    np.testing.assert_array_equal(fax.pixels, bits)
    assert fax.bilevel
