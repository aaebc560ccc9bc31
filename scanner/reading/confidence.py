"""How likely it is that a reading is right, from its evidence alone: a learned model over measures.

Pure: no pixels. What the measures are is said here; which of them matter is learned by `calibration`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from scanner.model.confidence import ConfidenceModel
from scanner.model.reading import Candidate, LineEvidence, LineReading, MarkKind
from scanner.reading.passing import runs_through

FAR_MM = 99.0
"""Stands for the distance of a second mark where there is none."""


def _is(kind: MarkKind) -> Callable[[Candidate], float]:
    return lambda mark: float(mark.kind is kind)


OF_MARK: dict[str, Callable[[Candidate], float]] = {
    **{f"is_{kind.value}": _is(kind) for kind in MarkKind},
    "end_mm": lambda mark: min(mark.position_mm, 100.0 - mark.position_mm),
    "height_mm": lambda mark: abs(mark.height_mm),
    "reach_above_mm": lambda mark: mark.reach_above_mm,
    "reach_below_mm": lambda mark: mark.reach_below_mm,
    "extent_mm": lambda mark: mark.right_mm - mark.left_mm,
    "near_extent_mm": lambda mark: mark.near_right_mm - mark.near_left_mm,
    "width_mm": lambda mark: mark.width_mm,
    "row_width_mm": lambda mark: mark.row_width_mm,
    "area_mm2": lambda mark: mark.area_mm2,
    "slant_deg": lambda mark: abs(mark.slant_deg),
    "disagreement_mm": lambda mark: mark.disagreement_mm,
    "straightness_mm": lambda mark: mark.straightness_mm,
    "misfit_mm": lambda mark: mark.misfit_mm,
    "flare_mm": lambda mark: mark.flare_mm,
    "near_flare_mm": lambda mark: mark.near_flare_mm,
    "foot_mm": lambda mark: mark.foot_mm,
    "solidity": lambda mark: mark.solidity,
    "branching": lambda mark: mark.branching,
    "leaves_zone": lambda mark: float(mark.leaves_zone),
    "crossing_deg": lambda mark: mark.crossing_deg,
    "centring": lambda mark: mark.centring,
    "hole_mm2": lambda mark: mark.hole_mm2,
    "streak": lambda mark: mark.streak,
}
"""What is measured on the leading mark."""

OF_LINE: dict[str, Callable[[LineEvidence], float]] = {
    "overdrawn_mm": lambda seen: seen.overdrawn_mm,
    "other_ink_mm2": lambda seen: seen.other_ink_mm2,
}
"""What is measured on the line and its surroundings. What tells one scanner from another (resolution, noise,
contrast, sharpness) is left out: a model that knows those learns the machines it was trained on."""

OF_RIVALS = (
    "rivals",
    "rival_mm2",
    "rival_darkness",
    "rival_mm",
    "rival_height_mm",
    "rival_size_mm",
    "rival_softness",
    "second_rival_mm2",
    "all_rivals_mm2",
)
"""What is measured on the largest of the other marks, the first being their number. What runs through the
whole zone does not count: whether it is a streak or a ruler's line is for the rules to say."""

MEASURES = (*OF_MARK, *OF_LINE, *OF_RIVALS)


def measures_of(reading: LineReading) -> tuple[float, ...]:
    """The values of `MEASURES` on a line. Raises IndexError on one without any mark."""
    leading, *others = reading.candidates
    others = [mark for mark in others if not runs_through(mark)]
    return (
        *(measure(leading) for measure in OF_MARK.values()),
        *(measure(reading.evidence) for measure in OF_LINE.values()),
        *_of_rivals(leading, others),
    )


def _of_rivals(leading: Candidate, others: list[Candidate]) -> tuple[float, ...]:
    if not others:
        return 0.0, 0.0, 0.0, FAR_MM, FAR_MM, 0.0, 0.0, 0.0, 0.0
    largest, *rest = sorted(others, key=lambda mark: mark.area_mm2 * mark.darkness, reverse=True)
    return (
        float(len(others)),
        largest.area_mm2,
        largest.darkness / max(leading.darkness, 0.01),
        max(largest.left_mm - leading.right_mm, leading.left_mm - largest.right_mm),
        max(-largest.reach_above_mm, -largest.reach_below_mm, 0.0),
        largest.reach_above_mm + largest.reach_below_mm,
        largest.softness_mm / max(leading.softness_mm, 0.01),
        rest[0].area_mm2 if rest else 0.0,
        sum(mark.area_mm2 for mark in others),
    )


def confidence_of(reading: LineReading, model: ConfidenceModel) -> float | None:
    """Probability that the proposed place is within 1 mm of what the person meant, as far as the model
    knows; None on a line without any mark."""
    if not reading.candidates:
        return None
    odds = log_odds(np.array([measures_of(reading)]), model)
    return float(probability(odds, model)[0])


def log_odds(measures: NDArray[np.float64], model: ConfidenceModel) -> NDArray[np.float64]:
    """The sum of all trees for measures of shape (lines, len(MEASURES)), shape (lines,)."""
    chosen, limits, leaves = _arrays(model)
    trees, depth = chosen.shape
    yes = measures[:, chosen.ravel()].reshape(len(measures), trees, depth) > limits
    leaf = yes @ (1 << np.arange(depth)[::-1])
    return np.asarray(model.base + leaves[np.arange(trees), leaf].sum(axis=1), dtype=np.float64)


def probability(odds: NDArray[np.float64], model: ConfidenceModel) -> NDArray[np.float64]:
    """What log odds mean, by the model's knots."""
    x, y = np.array(model.knots).T
    return np.asarray(np.interp(odds, x, y), dtype=np.float64)


@lru_cache(maxsize=4)
def _arrays(
    model: ConfidenceModel,
) -> tuple[NDArray[np.intp], NDArray[np.float64], NDArray[np.float64]]:
    """Which measures, limits and leaves, shapes (trees, depth), (trees, depth) and (trees, 2 ** depth)."""
    return (
        np.array([tree.measures for tree in model.trees], dtype=np.intp),
        np.array([tree.limits for tree in model.trees], dtype=np.float64),
        np.array([tree.leaves for tree in model.trees], dtype=np.float64),
    )
