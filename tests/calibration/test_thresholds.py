"""A threshold keeps to the risk it was told, and says so when it cannot."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from calibration import boosting
from calibration.evidence import Evidence
from calibration.thresholds import Calibration, calibrate
from scanner.model.binomial import upper_bound
from scanner.reading.confidence import MEASURES
from scanner.reading.profile import CAUTIOUS, load_profile

BASE = load_profile(CAUTIOUS)


@pytest.fixture(autouse=True)
def few_trees(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is tested here is the choice; a small model shows it as well as a large one."""
    monkeypatch.setattr(boosting, "TREES", 60)
    monkeypatch.setattr(boosting, "RATE", 0.3)


TELLING = MEASURES.index("misfit_mm")


def world(lines: int, seed: int, *, hopeless: float = 0.0) -> Evidence:
    """Lines that are wrong the more often the more their ink misfits; some are wrong without any sign."""
    rng = np.random.default_rng(seed)
    measures = rng.normal(size=(lines, len(MEASURES)))
    measures[:, TELLING] = rng.uniform(0.0, 1.0, lines)
    right = rng.random(lines) < 1.0 / (1.0 + np.exp(60.0 * (measures[:, TELLING] - 0.7)))
    right &= rng.random(lines) >= hopeless
    everywhere = np.ones(lines, dtype=bool)
    return Evidence(measures, right, everywhere, everywhere, rng.random(lines) < 0.5, lines, lines)


@cache
def calibrated(risk: float, hopeless: float = 0.0) -> Calibration:
    """Made once for all tests, with the few trees of all."""
    training, choosing, stating = (world(5000, seed, hopeless=hopeless) for seed in (1, 2, 3))
    return calibrate(training, choosing, stating, BASE, risk)


def test_the_risk_is_kept_and_as_much_is_accepted_as_it_allows() -> None:
    strict, lenient = calibrated(2e-3), calibrated(5e-2)
    assert strict.met
    assert lenient.met
    assert strict.profile.min_confidence > lenient.profile.min_confidence
    assert 2500 < strict.cost.accepted < lenient.cost.accepted < 4200
    # On lines that chose nothing the share may lie a little above what was aimed at, not far.
    assert strict.cost.wrong / strict.cost.accepted < 4e-3
    assert lenient.cost.wrong / lenient.cost.accepted < 7e-2


def test_too_few_lines_are_admitted() -> None:
    assert not calibrated(1e-5).met


def test_what_cannot_be_told_apart_is_admitted() -> None:
    hopeless = calibrated(1e-3, hopeless=0.05)
    assert not hopeless.met
    assert hopeless.cost.bound > 0.03


def test_the_bound_is_that_of_the_lines_which_chose_nothing() -> None:
    cost = calibrated(2e-3).cost
    assert cost.bound == upper_bound(cost.wrong, cost.accepted)
    assert cost.lines == 5000


def test_confidence_is_honest() -> None:
    assert calibrated(5e-2).cost.calibration_error < 0.02


def test_a_line_that_the_rules_refuse_is_never_accepted() -> None:
    parts = [world(3000, seed) for seed in (1, 2, 3)]
    refused = Evidence(
        parts[2].measures,
        parts[2].right,
        np.zeros(3000, dtype=bool),
        parts[2].clear,
        parts[2].hard,
        3000,
        3000,
    )
    assert calibrate(parts[0], parts[1], refused, BASE, 5e-2).cost.accepted == 0


def test_limits_stay_where_no_model_judges_better() -> None:
    profile = calibrated(5e-2).profile
    assert profile.rival_area_mm2 == BASE.rival_area_mm2
    assert profile.min_tick == BASE.min_tick
    assert profile.max_stroke_misfit_mm > BASE.max_stroke_misfit_mm


@pytest.mark.parametrize("seed", [4, 5])
def test_parts_of_evidence_share_out_its_counts(seed: int) -> None:
    whole = world(1000, seed)
    part = whole.part(whole.hard)
    assert part.lines == np.count_nonzero(whole.hard)
    assert part.measures.shape == (part.lines, len(MEASURES))
