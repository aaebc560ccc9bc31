"""Trees learn what they are shown, the same every time, and say nothing of what they were not."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from calibration.boosting import DEPTH, train
from scanner.reading.confidence import log_odds, probability

Floats = NDArray[np.float64]


def world(lines: int, seed: int) -> tuple[Floats, NDArray[np.bool_]]:
    """Two measures that matter together, and one that does not."""
    rng = np.random.default_rng(seed)
    measures = rng.uniform(0.0, 1.0, (lines, 3))
    wrong = (measures[:, 0] > 0.7) & (measures[:, 1] > 0.4)
    return measures, rng.random(lines) < np.where(wrong, 0.05, 0.95)


def test_what_matters_together_is_learned_and_the_rest_is_not() -> None:
    model = train(*world(6000, 1), ("a", "b", "idle"))
    odds = log_odds(np.array([[0.9, 0.9, 0.5], [0.9, 0.1, 0.5], [0.1, 0.9, 0.5], [0.1, 0.9, 0.95]]), model)
    both, first, second, idle = probability(odds, model)
    assert both < 0.15
    assert min(first, second) > 0.85
    assert abs(second - idle) < 0.05


def test_the_chances_are_those_of_lines_it_never_saw() -> None:
    model = train(*world(6000, 2), ("a", "b", "idle"))
    measures, right = world(6000, 3)
    chances = probability(log_odds(measures, model), model)
    for low, high in ((0.0, 0.3), (0.8, 1.0)):
        chosen = (chances >= low) & (chances < high)
        assert float(chances[chosen].mean()) == pytest.approx(float(right[chosen].mean()), abs=0.03)


def test_the_same_lines_make_the_same_model() -> None:
    assert train(*world(1500, 4), ("a", "b", "idle")) == train(*world(1500, 4), ("a", "b", "idle"))


def test_every_tree_has_its_depth() -> None:
    model = train(*world(1500, 5), ("a", "b", "idle"))
    for tree in model.trees:
        assert len(tree.measures) == len(tree.limits) == DEPTH
        assert len(tree.leaves) == 2**DEPTH


@pytest.mark.parametrize("alike", [True, False])
def test_lines_that_are_all_alike_teach_nothing(alike: bool) -> None:
    measures, right = world(600, 6)
    with pytest.raises(ValueError, match="lines that are right"):
        train(measures, np.full_like(right, alike), ("a", "b", "idle"))
