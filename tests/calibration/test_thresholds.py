"""A threshold keeps to the risk it was told, and says so when it cannot."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calibration import boosting
from calibration.evidence import Evidence
from calibration.thresholds import Calibration, _last_within, _lowest_bound, calibrate, model_of
from scanner.model.binomial import upper_bound
from scanner.model.confidence import ConfidenceModel
from scanner.reading.confidence import MEASURES
from scanner.reading.profile import CAUTIOUS, load_profile

BASE = load_profile(CAUTIOUS)


@pytest.fixture(autouse=True)
def few_trees(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is tested here is the choice; a small model shows it as well as a large one."""
    monkeypatch.setattr(boosting, "TREES", 40)
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
def learned(hopeless: float = 0.0) -> tuple[ConfidenceModel, Evidence]:
    """A model, and the lines that told what its sums mean; made once for all tests."""
    training, choosing = (world(5000, seed, hopeless=hopeless) for seed in (1, 2))
    return model_of(training, choosing), choosing


@cache
def calibrated(risk: float, hopeless: float = 0.0) -> Calibration:
    return calibrate(*learned(hopeless), world(5000, 3, hopeless=hopeless), BASE, risk)


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
    refused = replace(world(3000, 3), passes=np.zeros(3000, dtype=bool))
    assert calibrate(*learned(), refused, BASE, 5e-2).cost.accepted == 0


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


@given(
    st.lists(st.tuples(st.integers(0, 6), st.integers(0, 400)), min_size=1, max_size=12), st.floats(0, 0.2)
)
@settings(max_examples=60, derandomize=True, deadline=None)
def test_not_every_bound_is_worked_out_but_the_right_one_is_found(
    steps: list[tuple[int, int]], risk: float
) -> None:
    seen, right = np.cumsum([step for step, _ in steps]), np.cumsum([step for _, step in steps])
    of = seen + right + 1
    bounds = [upper_bound(int(s), int(n)) for s, n in zip(seen, of, strict=True)]
    assert _lowest_bound(seen, of) == bounds.index(min(bounds))
    assert _last_within(seen, of, risk) == max((i for i, b in enumerate(bounds) if b <= risk), default=None)
